#include "number_sections.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../../support/svg_charts.hpp"
#include "heed/metrics/regression.hpp"

namespace classifier::page {

using heed::Index;
using support::column_head;
using support::html;
using support::row_head;
using support::short_number;

namespace {

constexpr Index most_outputs = 200;

heed::Tensor<double, 2> one_column(const heed::Tensor<double, 2>& all, Index k) {
  heed::Tensor<double, 2> one({all.extent(0), 1});
  for (Index i = 0; i < one.extent(0); ++i) one(i, 0) = all(i, k);
  return one;
}

std::string error_cells(const Errors& e) {
  std::string cells;
  for (const double value : {e.mse, e.mae}) cells += "<td class=\"number\">" + short_number(value) + "</td>";
  return cells + "<td class=\"number\">" + support::fixed_number(e.r2, 4) + "</td>";
}

std::string by_step_ahead(const NumberFindings& f, const heed::Tensor<double, 2>& answers) {
  const Index columns = static_cast<Index>(f.task.forecasts.size());
  std::vector<support::ChartLine> lines;
  const auto add = [&](const std::string& name, const heed::Tensor<double, 2>& values) {
    lines.push_back({name, "c" + std::to_string(lines.size()), {}});
    for (Index h = 0; h < f.task.horizon; ++h) {
      double sum = 0;
      for (Index i = 0; i < values.extent(0); ++i) {
        for (Index k = h * columns; k < (h + 1) * columns; ++k) sum += std::abs(values(i, k) - f.truth(i, k));
      }
      lines.back().points.emplace_back(static_cast<double>(h + 1),
                                       sum / static_cast<double>(values.extent(0) * columns));
    }
  };
  add("model", answers);
  for (const Baseline& b : f.baselines) add(b.name, b.values);
  return support::figure(
      support::line_chart({"Error by steps ahead", "mean absolute error of each step that is forecast", "steps ahead",
                           "mean absolute error"},
                          lines),
      "The mean absolute error of each step that is forecast.");
}

}  // namespace

heed::Tensor<double, 2> in_double(const heed::Tensor<float, 2>& values) {
  return {values.extents(), {values.begin(), values.end()}};
}

Errors errors_of(const heed::Tensor<double, 2>& answers, const heed::Tensor<double, 2>& truth) {
  return {heed::mse(answers.view(), truth.view()), heed::mae(answers.view(), truth.view()),
          heed::r2(answers.view(), truth.view())};
}

Section error_section(const NumberFindings& f) {
  const heed::Tensor<double, 2> answers = in_double(f.answers);
  const Index outputs = f.truth.extent(1);
  std::string rows = "<tr>" + row_head("model") + error_cells(errors_of(answers, f.truth)) + "</tr>\n";
  for (const Baseline& b : f.baselines) {
    rows += "<tr>" + row_head(html(b.name)) + error_cells(errors_of(b.values, f.truth)) + "</tr>\n";
  }
  const std::string head = column_head("who") + support::number_head("mean squared error") +
                           support::number_head("mean absolute error") + support::number_head("R²");
  std::string body = "<p>R² is 1 for perfect answers and 0 for ones that are as good as the mean.</p>\n" +
                     support::table("Errors of all answers", head, rows, "figures");
  if (f.baselines.empty()) body += "<p class=\"note\">The model's file does not keep a baseline to compare with.</p>\n";
  if (outputs > 1) {
    rows.clear();
    for (Index k = 0; k < std::min(outputs, most_outputs); ++k) {
      rows += "<tr>" + row_head(html(support::cut(f.names[static_cast<std::size_t>(k)], 40))) +
              error_cells(errors_of(one_column(answers, k), one_column(f.truth, k))) + "</tr>\n";
    }
    if (outputs > most_outputs) {
      body += "<p class=\"note\">The table shows the first " + std::to_string(most_outputs) + " of " +
              grouped(outputs) + " outputs.</p>\n";
    }
    body += support::table("Errors of each output", head, rows, "figures");
  }
  if (f.task.forecast() && f.task.horizon > 1) {
    body += "<div class=\"charts\">" + by_step_ahead(f, answers) + "</div>\n";
  }
  return {"errors", "Errors", body};
}

}  // namespace classifier::page
