#include <algorithm>
#include <map>
#include <utility>

#include "../../support/svg_charts.hpp"
#include "attention.hpp"
#include "pictures.hpp"

namespace classifier::page {

using heed::Index;
using support::html;

namespace {

constexpr Index most_side = 24, most_heads = 8;
constexpr std::size_t most_favourites = 20;

}  // namespace

std::string favourite_words(const Cases& cases, const std::vector<Index>& rows) {
  struct Sum {
    double weight = 0, share = 0;
    Index count = 0;
  };
  std::map<std::string, Sum> sums;
  for (const Index i : rows) {
    const std::vector<float> weights = cases.attention(i).weights;
    const std::vector<std::string>& words = cases.words(i);
    for (std::size_t t = 0; t < std::min(weights.size(), words.size()); ++t) {
      Sum& sum = sums[words[t]];
      sum.weight += static_cast<double>(weights[t]);
      sum.share += 1 / static_cast<double>(words.size());
      ++sum.count;
    }
  }
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [word, sum] : sums) {
    if (sum.count > 1) order.emplace_back(-sum.weight / sum.share, word);
  }
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), most_favourites));
  if (order.empty()) return {};
  std::string text;
  for (const auto& [ratio, word] : order) {
    const Sum& sum = sums[word];
    text += "<tr>" + support::row_head(html(support::cut(word, 40))) + "<td class=\"number\">" + grouped(sum.count) +
            "</td><td class=\"number\">" + support::fixed_number(sum.weight / static_cast<double>(sum.count), 3) +
            "</td><td class=\"number\">" + support::fixed_number(-ratio, 2) + "</td></tr>\n";
  }
  return support::table("Words that get the most attention",
                        support::column_head("word") + support::number_head("occurs") +
                            support::number_head("mean weight") + support::number_head("times an equal share"),
                        text);
}

std::string head_maps(const Cases& cases, Index i) {
  const Attention a = cases.attention(i);
  const auto length = static_cast<Index>(a.weights.size());
  const Index side = std::min(length, most_side), heads = std::min(a.heads, most_heads);
  std::string text;
  for (Index h = 0; h < heads; ++h) {
    std::vector<double> cells(static_cast<std::size_t>(side * side));
    for (Index q = 0; q < length; ++q) {
      for (Index t = 0; t < length; ++t) {
        cells[static_cast<std::size_t>(q * side / length * side + t * side / length)] +=
            static_cast<double>(a.maps[static_cast<std::size_t>((h * length + q) * length + t)]);
      }
    }
    const std::string name = "Head " + std::to_string(h) + ", row " + cases.name(i);
    text += support::figure(square_map(name, cells, side), html(name));
  }
  const std::string which =
      heads < a.heads ? " The first " + std::to_string(heads) + " of " + std::to_string(a.heads) + " heads." : "";
  return "<h3>Heads</h3><p>A row for each step that asks, a column for each step that it looks at." + which +
         "</p><div class=\"maps\">" + text + "</div>\n";
}

}  // namespace classifier::page
