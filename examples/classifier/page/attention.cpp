#include "attention.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "../../support/svg_charts.hpp"
#include "pictures.hpp"

namespace classifier::page {

using heed::Index;
using support::html;

namespace {

constexpr double most_weights = 4e8;
constexpr Index most_looked_at = 500, most_columns = 40;
constexpr std::size_t most_groups = 16, most_examples = 9;

// the first of each group in turn
std::vector<Index> examples(Index count, const std::vector<std::int32_t>& groups) {
  std::vector<Index> chosen;
  std::map<std::int32_t, int> taken;
  for (int round = 1; round <= static_cast<int>(most_examples) && chosen.size() < most_examples; ++round) {
    taken.clear();
    for (Index i = 0; i < count && chosen.size() < most_examples; ++i) {
      const int nth = ++taken[groups.empty() ? 0 : groups[static_cast<std::size_t>(i)]];
      if (nth == round) chosen.push_back(i);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

// where in time the attention of each group is, on the mean
std::string profiles(const Cases& cases, const std::vector<std::string>& names, const std::vector<std::int32_t>& groups,
                     const std::vector<Index>& rows) {
  const Index columns = std::min(cases.steps, most_columns);
  std::map<std::int32_t, std::pair<std::vector<double>, double>> sums;
  for (const Index i : rows) {
    const std::vector<float> weights = cases.attention(i).weights;
    if (weights.empty()) continue;
    auto& [sum, count] = sums[groups.empty() ? 0 : groups[static_cast<std::size_t>(i)]];
    sum.resize(static_cast<std::size_t>(columns));
    const auto length = static_cast<Index>(weights.size());
    for (Index c = 0; c < columns; ++c) {  // a short sequence is stretched
      const Index first = c * length / columns, last = std::max(first + 1, (c + 1) * length / columns);
      double part = 0;
      for (Index t = first; t < last; ++t) part += static_cast<double>(weights[static_cast<std::size_t>(t)]);
      sum[static_cast<std::size_t>(c)] +=
          length >= columns ? part : part * static_cast<double>(length) / static_cast<double>(columns);
    }
    ++count;
  }
  std::vector<std::pair<std::string, std::vector<double>>> lines;
  for (auto& [group, both] : sums) {
    if (lines.size() == most_groups) break;
    for (double& value : both.first) value /= both.second;
    lines.emplace_back(groups.empty() ? "all" : names[static_cast<std::size_t>(group)], both.first);
  }
  const std::string last = std::to_string(cases.steps - 1);
  std::string text =
      support::figure(strips("Attention over time", "the mean attention at each part of the time, a row for each class",
                             lines, cases.ragged ? "start" : "step 0", cases.ragged ? "end" : last),
                      std::string("Mean attention over time") + (groups.empty() ? "" : ", by true class") +
                          (cases.ragged ? ". Sequences of different lengths are stretched to one." : "."));
  if (sums.size() > most_groups) {
    text += "<p class=\"note\">Shown are the first " + std::to_string(most_groups) + " of " +
            std::to_string(sums.size()) + " classes.</p>\n";
  }
  return text;
}

}  // namespace

Section attention_section(const Cases& cases, const std::vector<std::string>& names,
                          const std::vector<std::int32_t>& groups) {
  const bool text = static_cast<bool>(cases.words);
  const std::string title = text ? "Attention over words" : "Attention over time";
  if (!cases.attention) {
    return {"attention", title, "<p>" + html(cases.no_attention) + "</p>\n"};
  }
  const std::vector<Index> shown = examples(cases.count, groups);
  const double each =
      static_cast<double>(cases.attention(shown.front()).heads) * std::pow(static_cast<double>(cases.steps), 2);
  const auto looked_at = static_cast<Index>(most_weights / std::max(each, 1.0));
  const std::vector<Index> rows = evenly(cases.count, std::clamp(looked_at, Index(20), most_looked_at));
  std::string body = "<p>The stronger the shade, the more the answer rests on that part. The weights of a " +
                     cases.one + " add up to 1; in each picture the strongest shade is the largest weight.</p>\n";
  if (static_cast<Index>(rows.size()) < cases.count) {
    body += "<p class=\"note\">Means are over " + std::to_string(rows.size()) + " of " +
            counted_of(cases.count, cases) + ", evenly spaced.</p>\n";
  }
  body += text ? favourite_words(cases, rows)
               : "<div class=\"charts\">" + profiles(cases, names, groups, rows) + "</div>\n";
  body += "<h3>Examples</h3>\n" + cases.key + "<div class=\"cards\">\n";
  for (const Index i : shown) {
    const std::string of =
        groups.empty()
            ? ""
            : ", class " + support::cut(names[static_cast<std::size_t>(groups[static_cast<std::size_t>(i)])], 40);
    body += "<article class=\"card\"><h4>Row " + html(cases.name(i) + of) + "</h4>" +
            cases.picture(i, cases.attention(i).weights) + "</article>\n";
  }
  body += "</div>\n";
  if (cases.attention(shown.front()).heads > 0) body += head_maps(cases, shown.front());
  return {"attention", title, body};
}

}  // namespace classifier::page
