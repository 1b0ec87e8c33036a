#include <algorithm>
#include <numeric>
#include <tuple>
#include <vector>

#include "../../support/svg_charts.hpp"
#include "class_sections.hpp"

namespace classifier::page {

using heed::Index;
using support::cell;
using support::column_head;
using support::cut;
using support::html;
using support::row_head;

namespace {

constexpr std::size_t most_in_matrix = 40, most_pairs = 20;

// those in the most mistakes, at most so many, in their order
std::vector<Index> classes_shown(const heed::Tensor<std::int64_t, 2>& confusion) {
  std::vector<Index> all(static_cast<std::size_t>(confusion.extent(0)));
  std::iota(all.begin(), all.end(), Index(0));
  if (all.size() <= most_in_matrix) return all;
  std::vector<std::int64_t> mistakes(all.size());
  for (const Index i : all) {
    for (const Index j : all) {
      if (i == j) continue;
      mistakes[static_cast<std::size_t>(i)] += confusion(i, j);
      mistakes[static_cast<std::size_t>(j)] += confusion(i, j);
    }
  }
  std::stable_sort(all.begin(), all.end(), [&](Index a, Index b) {
    return mistakes[static_cast<std::size_t>(a)] > mistakes[static_cast<std::size_t>(b)];
  });
  all.resize(most_in_matrix);
  std::sort(all.begin(), all.end());
  return all;
}

std::string matrix(const ClassFindings& f, const std::vector<Index>& shown) {
  std::string head = column_head("truth ↓<br>answer →"), rows;
  for (const Index c : shown) head += column_head(html(cut(f.name(c), 12)));
  for (const Index i : shown) {
    std::string row = row_head(html(cut(f.name(i), 24)));
    const auto support = static_cast<double>(f.reports[static_cast<std::size_t>(i)].support);
    for (const Index j : shown) {
      const std::int64_t count = f.confusion(i, j);
      const double part = support > 0 ? static_cast<double>(count) / support : 0;
      row += "<td class=\"" + std::string(i == j ? "hit" : "miss") + (count == 0 ? " none" : "") +
             support::shade_class(part) + "\"" +
             (count > 0 ? " style=\"--p:" + support::short_number(part, 2) + "\"" : "") + ">" + std::to_string(count) +
             "</td>";
    }
    rows += "<tr>" + row + "</tr>\n";
  }
  return support::table("How often each class is answered", head, rows, "matrix");
}

std::string frequent_mistakes(const ClassFindings& f) {
  std::vector<std::tuple<std::int64_t, Index, Index>> all;  // -count: sorted, the most frequent first
  for (Index i = 0; i < f.confusion.extent(0); ++i) {
    for (Index j = 0; j < f.confusion.extent(1); ++j) {
      if (i != j && f.confusion(i, j) > 0) all.emplace_back(-f.confusion(i, j), i, j);
    }
  }
  if (all.empty()) return {};
  const std::size_t shown = std::min(all.size(), most_pairs);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shown), all.end());
  std::string rows;
  for (std::size_t k = 0; k < shown; ++k) {
    const auto [count, truth, answer] = all[k];
    rows += "<tr>" + row_head(html(cut(f.name(truth), 40))) + cell(html(cut(f.name(answer), 40))) +
            "<td class=\"number\">" + grouped(-count) + "</td></tr>\n";
  }
  return support::table("The most frequent mistakes",
                        column_head("truth") + column_head("answer") + support::number_head("count"), rows);
}

}  // namespace

Section confusion_section(const ClassFindings& f, const Cases& cases) {
  const std::vector<Index> shown = classes_shown(f.confusion);
  std::string body = "<p>A row for each true class, a column for each answer. The shade is the share of the row.</p>\n";
  if (shown.size() < f.names.size()) {
    body += "<p class=\"note\">Shown are the " + std::to_string(shown.size()) + " classes with the most mistakes, of " +
            grouped(static_cast<Index>(f.names.size())) + " classes.</p>\n";
  }
  body += matrix(f, shown);
  if (f.names.size() > 6) body += frequent_mistakes(f);
  if (f.calibration.accuracy == 1) body += "<p>" + all_are(cases) + " answered right.</p>\n";
  return {"confusion", "Confusion matrix", body};
}

}  // namespace classifier::page
