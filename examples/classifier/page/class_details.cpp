#include <algorithm>
#include <numeric>
#include <vector>

#include "../../support/svg_charts.hpp"
#include "class_sections.hpp"

namespace classifier::page {

using heed::Index;
using support::html;
using support::percent;

namespace {

constexpr std::size_t most_mistakes = 12;

std::string reliability(const heed::Calibration& c) {
  support::Chart chart({"Reliability diagram",
                        "accuracy of the answers against the probability they were given; the diagonal is perfect",
                        "probability of the answer", "share that is right"},
                       {0, 1}, {0, 1}, 300);
  const double wide = 1 / static_cast<double>(c.bins.size());
  chart.svg.line(chart.x(0), chart.y(0), chart.x(1), chart.y(1), "ideal");
  for (std::size_t b = 0; b < c.bins.size(); ++b) {
    const heed::CalibrationBin& bin = c.bins[b];
    if (bin.count == 0) continue;
    const double from = static_cast<double>(b) * wide, x = chart.x(from) + 1;
    chart.svg.box(x, chart.y(bin.accuracy), chart.x(from + wide) - x - 1, chart.y(0) - chart.y(bin.accuracy), "c0",
                  0.55);
    chart.svg.dot(chart.x(bin.confidence), chart.y(bin.accuracy), 3.5, "c0");
  }
  return chart.image();
}

std::string confidences(const heed::Calibration& c, const Cases& cases) {
  double most = 1;
  for (const heed::CalibrationBin& bin : c.bins) most = std::max(most, static_cast<double>(bin.count));
  support::Chart chart({"How sure the answers are", "how many answers were given with which probability",
                        "probability of the answer", cases.many},
                       {0, 1}, {0, most}, 220);
  const double wide = 1 / static_cast<double>(c.bins.size());
  for (std::size_t b = 0; b < c.bins.size(); ++b) {
    const double from = static_cast<double>(b) * wide, x = chart.x(from) + 1;
    const double y = chart.y(static_cast<double>(c.bins[b].count));
    chart.svg.box(x, y, chart.x(from + wide) - x - 1, chart.y(0) - y, "c0");
  }
  return chart.image();
}

}  // namespace

Section calibration_section(const ClassFindings& f, const Cases& cases) {
  if (f.names.size() < 2) {
    return {"calibration", "Reliability of probabilities",
            "<p>The model knows one class. It gives it the probability 1 always.</p>\n"};
  }
  const heed::Calibration& c = f.calibration;
  const double gap = c.confidence - c.accuracy;
  const std::string verdict = std::abs(gap) < 0.02 ? "On the whole it is as sure as it is right."
                              : gap > 0
                                  ? "On the whole it is more sure than it is right: its probabilities are too high."
                                  : "On the whole it is less sure than it is right: its probabilities are too low.";
  std::string body =
      "<p>Of the answers that a model gives with 80 %, four in five should be right: bars should end on "
      "the dashed line. The mean probability of the answers is " +
      percent(c.confidence) + ", and " + percent(c.accuracy) + " are right. " + verdict + "</p>\n";
  body += "<dl class=\"tiles\"><div><dt>Expected calibration error</dt><dd>" + support::fixed_number(c.ece, 4) +
          "</dd></div><div><dt>Largest error of a bin</dt><dd>" + support::fixed_number(c.mce, 4) +
          "</dd></div><div><dt>Brier score (0 to 2)</dt><dd>" + support::fixed_number(c.brier, 4) +
          "</dd></div></dl>\n";
  body +=
      "<div class=\"charts\">" +
      support::figure(reliability(c), "Each bar is one of " + std::to_string(c.bins.size()) +
                                          " bins of equal width; a dot stands at the mean probability of its bin.") +
      support::figure(confidences(c, cases), "How many " + cases.many + " each bin has.") + "</div>\n";
  if (cases.count < 200) {
    body += "<p class=\"note\">With " + counted_of(cases.count, cases) +
            " most bins hold few: the diagram is a rough one.</p>\n";
  }
  return {"calibration", "Reliability of probabilities", body};
}

Section mistake_section(const ClassFindings& f, const Cases& cases) {
  std::vector<Index> wrong;
  for (Index i = 0; i < cases.count; ++i) {
    if (f.answer(i) != f.truth_of(i)) wrong.push_back(i);
  }
  const std::string title = "The worst mistakes";
  if (wrong.empty()) {
    return {"mistakes", title, "<p>" + all_are(cases) + " answered right.</p>\n"};
  }
  std::stable_sort(wrong.begin(), wrong.end(),
                   [&](Index a, Index b) { return f.probability(a, f.truth_of(a)) < f.probability(b, f.truth_of(b)); });
  const std::size_t shown = std::min(wrong.size(), most_mistakes);
  const bool one = wrong.size() == 1;
  std::string body = "<p>" + counted_of(static_cast<Index>(wrong.size()), cases) + " of " + grouped(cases.count) +
                     (one ? " is" : " are") + " answered wrong. ";
  if (!one) {
    body += (shown < wrong.size() ? "Here are the " + std::to_string(shown) + " that gave"
                                  : std::string("Here they are, beginning with those that gave")) +
            " the true class the lowest probability. ";
  }
  body += "Rows count from 0.</p>\n" + cases.key;
  body += "<div class=\"cards\">\n";
  for (std::size_t k = 0; k < shown; ++k) {
    const Index i = wrong[k], truth = f.truth_of(i), answer = f.answer(i);
    const std::vector<float> attention = cases.attention ? cases.attention(i).weights : std::vector<float>();
    body += "<article class=\"card\"><h3>Row " + html(cases.name(i)) + "</h3><dl class=\"pairs\"><dt>truth</dt><dd>" +
            html(support::cut(f.name(truth), 60)) + " <span class=\"note\">" + percent(f.probability(i, truth)) +
            "</span></dd><dt>answer</dt><dd>" + html(support::cut(f.name(answer), 60)) + " <span class=\"note\">" +
            percent(f.probability(i, answer)) + "</span></dd></dl>" + cases.picture(i, attention) + "</article>\n";
  }
  return {"mistakes", title, body + "</div>\n"};
}

}  // namespace classifier::page
