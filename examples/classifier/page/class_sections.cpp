#include "class_sections.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "../../support/html.hpp"

namespace classifier::page {

using heed::Index;
using support::column_head;
using support::cut;
using support::html;
using support::row_head;

namespace {

constexpr std::size_t most_rows = 300;

// a cell without a number: 0 / 0
std::string figure_cells(std::optional<double> precision, std::optional<double> recall, std::optional<double> f1) {
  std::string cells;
  for (const std::optional<double>& value : {precision, recall, f1}) {
    cells += value ? "<td class=\"number meter\" style=\"--p:" + support::short_number(*value, 3) + "\">" +
                         support::fixed_number(*value, 3) + "</td>"
                   : "<td class=\"number\">-</td>";
  }
  return cells;
}

bool is_answered(const ClassFindings& f, Index c) {
  for (Index i = 0; i < f.confusion.extent(0); ++i) {
    if (f.confusion(i, c) > 0) return true;
  }
  return false;
}

std::string class_cells(const ClassFindings& f, Index c) {
  const heed::ClassReport& r = f.reports[static_cast<std::size_t>(c)];
  const bool answered = is_answered(f, c), labelled = r.support > 0;
  const auto if_any = [](bool any, double value) { return any ? std::optional(value) : std::nullopt; };
  return figure_cells(if_any(answered, r.precision), if_any(labelled, r.recall), if_any(answered || labelled, r.f1)) +
         "<td class=\"number\">" + grouped(r.support) + "</td></tr>\n";
}

// of the classes that are labelled or answered at all
std::string mean_row(const ClassFindings& f) {
  double precision = 0, recall = 0, count = 0;
  std::int64_t support = 0;
  for (Index c = 0; c < f.confusion.extent(0); ++c) {
    const heed::ClassReport& r = f.reports[static_cast<std::size_t>(c)];
    if (r.support == 0 && !is_answered(f, c)) continue;
    precision += r.precision;
    recall += r.recall;
    support += r.support;
    ++count;
  }
  return "<tr class=\"mean\">" + row_head("mean") +
         figure_cells(precision / count, recall / count, heed::macro_f1(f.confusion)) + "<td class=\"number\">" +
         grouped(support) + "</td></tr>\n";
}

}  // namespace

Section class_section(const ClassFindings& f) {
  std::vector<Index> shown(f.names.size());
  std::iota(shown.begin(), shown.end(), Index(0));
  std::string body =
      "<p>Precision: of the answers of this class, how many are right. Recall: of the sequences of this class, how "
      "many are found. F1 is the harmonic mean of both. Support: how many sequences have this class. A dash stands "
      "where "
      "there is nothing to count; the mean has 0 there, and leaves out classes that occur nowhere.</p>\n";
  if (shown.size() > most_rows) {
    std::stable_sort(shown.begin(), shown.end(), [&](Index a, Index b) {
      return f.reports[static_cast<std::size_t>(a)].f1 < f.reports[static_cast<std::size_t>(b)].f1;
    });
    shown.resize(most_rows);
    body += "<p class=\"note\">Shown are the " + std::to_string(most_rows) + " classes with the lowest F1, of " +
            grouped(static_cast<Index>(f.names.size())) + ".</p>\n";
  }
  std::string rows;
  for (const Index c : shown) {
    rows += "<tr>" + row_head(html(cut(f.name(c), 40))) + class_cells(f, c);
  }
  rows += mean_row(f);
  body += support::table("Figures of each class",
                         column_head("class") + support::number_head("precision") + support::number_head("recall") +
                             support::number_head("F1") + support::number_head("support"),
                         rows, "figures");
  return {"classes", "Figures of each class", body};
}

}  // namespace classifier::page
