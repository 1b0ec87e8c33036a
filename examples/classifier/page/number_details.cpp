#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "../../support/svg_charts.hpp"
#include "number_sections.hpp"

namespace classifier::page {

using heed::Index;
using support::html;
using support::short_number;

namespace {

constexpr Index most_charts = 4, most_points = 1500;
constexpr std::size_t most_far_off = 12;

}  // namespace

Section scatter_section(const NumberFindings& f, const Cases& cases) {
  const Index outputs = f.truth.extent(1), charts = std::min(outputs, most_charts);
  const std::vector<Index> rows = evenly(cases.count, most_points);
  std::string body = "<p>Answers on the dashed line are right. A residual is the answer less the truth.</p>\n";
  if (static_cast<Index>(rows.size()) < cases.count) {
    body += "<p class=\"note\">The points are " + grouped(static_cast<Index>(rows.size())) + " of " +
            counted_of(cases.count, cases) + ", evenly spaced. The bars count all.</p>\n";
  }
  if (charts < outputs) {
    body += "<p class=\"note\">Drawn are the first " + std::to_string(charts) + " of " + grouped(outputs) +
            " outputs.</p>\n";
  }
  body += "<div class=\"charts\">";
  for (Index k = 0; k < charts; ++k) {
    const std::string name = support::cut(f.names[static_cast<std::size_t>(k)], 30);
    const std::string of = outputs > 1 ? " of " + name : "";
    std::vector<double> both, answers, residuals;
    for (Index i = 0; i < cases.count; ++i) {
      both.push_back(f.truth(i, k));
      both.push_back(static_cast<double>(f.answers(i, k)));
      answers.push_back(both.back());
      residuals.push_back(static_cast<double>(f.answers(i, k)) - f.truth(i, k));
    }
    const auto range = support::range_of(both), around = support::range_of(residuals);
    support::Chart points({"Answers" + of + " against the truth", "each point is a " + cases.one, "truth", "answer"},
                          range, range, 300);
    points.svg.line(points.x(range.first), points.y(range.first), points.x(range.second), points.y(range.second),
                    "ideal");
    support::Chart left(
        {"Residuals" + of + " against the answers", "each point is a " + cases.one, "answer", "residual"},
        support::range_of(answers), {std::min(around.first, 0.0), std::max(around.second, 0.0)}, 240);
    left.svg.line(left.x.from, left.y(0), left.x.to, left.y(0), "ideal");
    for (const Index i : rows) {
      const auto answer = static_cast<double>(f.answers(i, k));
      points.svg.dot(points.x(f.truth(i, k)), points.y(answer), 2.5, "c0 faint");
      left.svg.dot(left.x(answer), left.y(answer - f.truth(i, k)), 2.5, "c0 faint");
    }
    body += support::figure(points.image(), html("Answers" + of + " against the truth.")) +
            support::figure(left.image(), html("Residuals" + of + " against the answers.")) +
            support::figure(
                support::histogram({"Residuals" + of, "how often residuals of a size occur", "residual", cases.many},
                                   residuals),
                html("How often residuals" + of + " occur."));
  }
  return {"answers", "Answers against the truth", body + "</div>\n"};
}

Section far_off_section(const NumberFindings& f, const Cases& cases) {
  const Index outputs = f.truth.extent(1);
  std::vector<double> deviation(static_cast<std::size_t>(outputs), 1);
  for (Index k = 0; k < outputs && cases.count > 1; ++k) {  // outputs may have units of their own
    double sum = 0, squares = 0;
    for (Index i = 0; i < cases.count; ++i) sum += f.truth(i, k) / static_cast<double>(cases.count);
    for (Index i = 0; i < cases.count; ++i) squares += (f.truth(i, k) - sum) * (f.truth(i, k) - sum);
    if (squares > 0) deviation[static_cast<std::size_t>(k)] = std::sqrt(squares / static_cast<double>(cases.count));
  }
  std::vector<std::pair<double, Index>> worst;  // of each sequence the output that is furthest off
  std::vector<Index> order, output;
  for (Index i = 0; i < cases.count; ++i) {
    std::pair<double, Index> top{-1, 0};
    for (Index k = 0; k < outputs; ++k) {
      const double off =
          std::abs(static_cast<double>(f.answers(i, k)) - f.truth(i, k)) / deviation[static_cast<std::size_t>(k)];
      if (off > top.first) top = {off, k};
    }
    worst.push_back(top);
    order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
    return worst[static_cast<std::size_t>(a)].first > worst[static_cast<std::size_t>(b)].first;
  });
  order.resize(std::min(order.size(), most_far_off));
  std::string body = "<p>The " + std::to_string(order.size()) + " that are furthest off, of " +
                     counted_of(cases.count, cases) + ". Rows count from 0.</p>\n" + cases.key +
                     "<div class=\"cards\">\n";
  for (const Index i : order) {
    const Index k = worst[static_cast<std::size_t>(i)].second;
    const std::vector<float> attention = cases.attention ? cases.attention(i).weights : std::vector<float>();
    const auto answer = static_cast<double>(f.answers(i, k));
    body +=
        "<article class=\"card\"><h3>Row " + html(cases.name(i)) + "</h3><dl class=\"pairs\">" +
        (outputs > 1 ? "<dt>output</dt><dd>" + html(support::cut(f.names[static_cast<std::size_t>(k)], 40)) + "</dd>"
                     : "") +
        "<dt>truth</dt><dd>" + short_number(f.truth(i, k), 5) + "</dd><dt>answer</dt><dd>" + short_number(answer, 5) +
        " <span class=\"note\">" + (answer < f.truth(i, k) ? "" : "+") + short_number(answer - f.truth(i, k)) +
        "</span></dd></dl>" + cases.picture(i, attention) + "</article>\n";
  }
  return {"mistakes", "The worst answers", body + "</div>\n"};
}

}  // namespace classifier::page
