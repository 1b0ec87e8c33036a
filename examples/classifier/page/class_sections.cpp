#include "class_sections.hpp"

#include <algorithm>
#include <numeric>
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

std::string figure_cells(double precision, double recall, double f1) {
  std::string cells;
  for (const double value : {precision, recall, f1}) {
    cells += "<td class=\"number meter\" style=\"--p:" + support::short_number(value, 3) + "\">" +
             support::fixed_number(value, 3) + "</td>";
  }
  return cells;
}

// of the classes that are labelled or answered at all
std::string mean_row(const ClassFindings& f) {
  double precision = 0, recall = 0, count = 0;
  std::int64_t support = 0;
  for (Index c = 0; c < f.confusion.extent(0); ++c) {
    const heed::ClassReport& r = f.reports[static_cast<std::size_t>(c)];
    bool answered = false;
    for (Index i = 0; i < f.confusion.extent(0); ++i) answered = answered || f.confusion(i, c) > 0;
    if (r.support == 0 && !answered) continue;
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
      "many "
      "are found. F1 is the harmonic mean of both. Support: how many sequences have this class.</p>\n";
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
    const heed::ClassReport& r = f.reports[static_cast<std::size_t>(c)];
    rows += "<tr>" + row_head(html(cut(f.name(c), 40))) + figure_cells(r.precision, r.recall, r.f1);
    rows += "<td class=\"number\">" + grouped(r.support) + "</td></tr>\n";
  }
  rows += mean_row(f);
  body += support::table("Figures of each class",
                         column_head("class") + support::number_head("precision") + support::number_head("recall") +
                             support::number_head("F1") + support::number_head("support"),
                         rows, "figures");
  return {"classes", "Figures of each class", body};
}

}  // namespace classifier::page
