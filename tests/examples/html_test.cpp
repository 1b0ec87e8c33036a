// Text, numbers and figures of pages of HTML (examples/support/html.hpp, svg.hpp, svg_charts.hpp).

#include "../../examples/support/html.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../../examples/support/svg_charts.hpp"

namespace html_test {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

int times(const std::string& text, const std::string& part) {
  int n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(Html, TextIsNoMarkup) {
  EXPECT_EQ(support::html("a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
  EXPECT_EQ(support::html("käse 日本"), "käse 日本");
  EXPECT_EQ(support::html("a\x1b[1m\nb"), "a?[1m?b") << "control characters";
  EXPECT_EQ(support::html("\xff\xfe"), "??") << "no UTF-8";
}

TEST(Html, LongTextIsCutBetweenCharacters) {
  EXPECT_EQ(support::cut("short", 5), "short");
  EXPECT_EQ(support::cut("longer", 5), "long…");
  EXPECT_EQ(support::cut("ääääää", 4), "äää…");
  EXPECT_EQ(support::cut("two words", 5), "two…");
}

TEST(Html, NumbersAreShort) {
  EXPECT_EQ(support::short_number(0.123456), "0.1235");
  EXPECT_EQ(support::short_number(-0.0), "0");
  EXPECT_EQ(support::short_number(nan), "–");
  EXPECT_EQ(support::short_number(HUGE_VAL), "∞");
  EXPECT_EQ(support::fixed_number(-0.0001, 2), "0.00");
  EXPECT_EQ(support::fixed_number(-1.5, 1), "-1.5");
  EXPECT_EQ(support::percent(0.12345), "12.3 %");
  EXPECT_EQ(support::percent(nan), "–");
  EXPECT_EQ(support::fixed_number(1e300, 3).size(), 305U);
}

TEST(Svg, LinesEndWhereThereIsNoPoint) {
  support::Svg svg(10, 10);
  svg.path(std::vector<std::pair<double, double>>{{0, 0}, {1, 1}, {2, nan}, {3, 3}, {4, nan}, {5, 5}, {6, 6.04}}, "c0");
  const std::string image = svg.image("a <title>", "what");
  EXPECT_NE(image.find("d=\"M0 0L1 1M5 5L6 6\""), std::string::npos) << image;
  EXPECT_EQ(times(image, "<circle"), 1) << "one point alone";
  EXPECT_NE(image.find("<title>a &lt;title&gt;</title><desc>what</desc>"), std::string::npos) << image;
}

TEST(Svg, AxesHaveRoundMarks) {
  const support::Axis axis{0, 1, 0, 100};
  EXPECT_EQ(axis.marks().size(), 6U);
  EXPECT_DOUBLE_EQ(axis.marks()[1], 0.2);
  EXPECT_DOUBLE_EQ(axis(0.25), 25);
  for (const auto& [low, high] : {std::pair{-3e-9, 4e-9}, {1e12, 1.5e12}, {-7.0, 100.0}, {0.0, 1e-300}}) {
    const std::vector<double> marks = support::Axis{low, high, 0, 1}.marks();
    EXPECT_GE(marks.size(), 2U);
    EXPECT_LE(marks.size(), 12U);
    for (const double mark : marks)
      EXPECT_TRUE(mark >= low - 1e-9 * (high - low) && mark <= high + 1e-9 * (high - low));
  }
  EXPECT_EQ((support::Axis{2, 2, 0, 100}(2)), 50);
  const support::Axis none = support::Axis::of(std::vector<double>{nan, HUGE_VAL}, 0, 1);
  EXPECT_LT(none.low, none.high);
}

TEST(SvgCharts, TakeWhatIsNotFinite) {
  const std::vector<support::ChartLine> lines{{"a", "c0", {{1, nan}, {2, HUGE_VAL}, {3, 1}}}, {"b", "c1", {}}};
  const std::string chart = support::line_chart({"title", "text", "x", "y"}, lines);
  for (const char* wrong : {"=\"nan", "=\"inf", "–\"", "∞\""}) EXPECT_EQ(chart.find(wrong), std::string::npos) << wrong;
  const std::string bars = support::bar_list({"title"}, {{"one", nan, "–"}, {"two", -1, "-1"}, {"three", 2, "2"}});
  EXPECT_EQ(times(bars, "<rect"), 3);
  EXPECT_NE(support::histogram({"title"}, {1, 1, nan}).find("<rect"), std::string::npos);
  EXPECT_NE(support::line_chart({"none"}, {}).find("<svg"), std::string::npos);
}

TEST(SvgCharts, LongCurvesAreThinned) {
  support::ChartLine line{"a", "c0", {}};
  for (int i = 0; i < 100'000; ++i) line.points.emplace_back(i, std::sin(i));
  EXPECT_LT(support::line_chart({"title"}, {line}).size(), 20'000U);
}

}  // namespace html_test
