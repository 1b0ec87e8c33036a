#pragma once

// Charts for pages of HTML: lines, points, bars. They are as wide as a telephone, so that their letters stay legible
// there; wider screens set several side by side.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "svg.hpp"

namespace support {

inline constexpr double chart_width = 340;

/// What stands around a chart, and what it is called.
struct ChartNames {
  std::string title, description = {}, x = {}, y = {};
};

/// A frame with two axes.
struct Chart {
  static constexpr double left = 52, right = 12, top = 10, bottom = 36;
  Svg svg;
  Axis x, y;
  ChartNames names;

  /// `x_range` and `y_range`: what must fit.
  Chart(ChartNames what, std::pair<double, double> x_range, std::pair<double, double> y_range, double high = 240)
      : svg(chart_width, high),
        x{x_range.first, x_range.second, left, chart_width - right},
        y{y_range.first, y_range.second, high - bottom, top},
        names(std::move(what)) {
    for (const double mark : y.marks()) {
      svg.line(left, y(mark), chart_width - right, y(mark), "grid");
      svg.text(left - 6, y(mark) + 4, short_number(mark), "end");
    }
    for (const double mark : x.marks()) {
      svg.line(x(mark), high - bottom, x(mark), high - bottom + 4, "axis");
      svg.text(x(mark), high - bottom + 16, short_number(mark), "middle");
    }
    svg.line(left, high - bottom, chart_width - right, high - bottom, "axis");
    svg.text((left + chart_width - right) / 2, high - 5, names.x, "middle");
    svg.text_upwards(12, (top + high - bottom) / 2, names.y);
  }

  std::string image() const { return svg.image(names.title, names.description); }
};

/// A line of a chart. `kind` is its colour in the page's style: c0, c1, ...
struct ChartLine {
  std::string name, kind;
  std::vector<std::pair<double, double>> points;
};

/// "■ training ■ test", in the lines' colours.
inline std::string chart_key(const std::vector<std::pair<std::string, std::string>>& names_and_kinds) {
  std::string key = "<ul class=\"key\">";
  for (const auto& [name, kind] : names_and_kinds) {
    key += "<li><span class=\"chip " + kind + "\"></span>" + html(name) + "</li>";
  }
  return key + "</ul>";
}

inline std::pair<double, double> range_of(const std::vector<double>& values) {
  const Axis axis = Axis::of(values, 0, 1);
  return {axis.low, axis.high};
}

/// Lines with a key below. At most about 400 points of each are drawn.
inline std::string line_chart(const ChartNames& names, const std::vector<ChartLine>& lines) {
  std::vector<double> xs, ys;
  std::vector<std::pair<std::string, std::string>> key;
  for (const ChartLine& line : lines) {
    for (const auto& [x, y] : line.points) {
      xs.push_back(x);
      ys.push_back(y);
    }
    key.emplace_back(line.name, line.kind);
  }
  const auto [least, most] = std::minmax_element(xs.begin(), xs.end());
  const bool any = !xs.empty();
  Chart chart(names, {any ? *least : 0, any ? *most : 1}, range_of(ys));
  for (const ChartLine& line : lines) {
    const std::size_t every = line.points.size() / 400 + 1;
    std::vector<std::pair<double, double>> drawn;
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      if (i % every != 0 && i + 1 != line.points.size()) continue;
      drawn.emplace_back(chart.x(line.points[i].first), chart.y(line.points[i].second));
    }
    chart.svg.path(drawn, "curve " + line.kind);
  }
  return chart.image() + chart_key(key);
}

/// A bar of a list.
struct Bar {
  std::string name;
  double value;
  std::string text;  // beside it
};

/// Bars from 0 to the right, or where a value is below 0 to the left; one below the other.
inline std::string bar_list(const ChartNames& names, const std::vector<Bar>& bars) {
  constexpr double line = 22, top = 4, text_room = 70;
  int longest = 0;
  double low = 0, high = 0;
  for (const Bar& bar : bars) {
    longest = std::max(longest, columns_of(bar.name));
    if (!std::isfinite(bar.value)) continue;
    low = std::min(low, bar.value);
    high = std::max(high, bar.value);
  }
  const double left = std::clamp(6.6 * longest + 10, 40.0, 130.0);
  Svg svg(chart_width, top + line * static_cast<double>(bars.size()) + 6);
  const Axis x{low, high > low ? high : 1, left, chart_width - text_room};
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double y = top + line * static_cast<double>(i), value = std::isfinite(bars[i].value) ? bars[i].value : 0;
    svg.text(left - 6, y + 15, cut(bars[i].name, static_cast<int>((left - 8) / 6.4)), "end");
    svg.box(x(std::min(value, 0.0)), y + 4, x(std::max(value, 0.0)) - x(std::min(value, 0.0)), line - 8,
            value < 0 ? "c1" : "c0");
    svg.text(chart_width - text_room + 6, y + 15, bars[i].text);
  }
  svg.line(x(0), top, x(0), svg.height - 6, "axis");
  return svg.image(names.title, names.description);
}

/// How often values fall into bins of equal width.
inline std::string histogram(const ChartNames& names, const std::vector<double>& values, int bins = 24) {
  const auto [low, high] = range_of(values);
  std::vector<double> counts(static_cast<std::size_t>(bins));
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    const int bin = std::clamp(static_cast<int>((value - low) / (high - low) * bins), 0, bins - 1);
    ++counts[static_cast<std::size_t>(bin)];
  }
  Chart chart(names, {low, high}, {0, std::max(1.0, *std::max_element(counts.begin(), counts.end()))}, 200);
  const double wide = (chart.x.to - chart.x.from) / bins;
  for (int b = 0; b < bins; ++b) {
    const double y = chart.y(counts[static_cast<std::size_t>(b)]);
    chart.svg.box(chart.x.from + b * wide + 0.5, y, wide - 1, chart.y(0) - y, "c0");
  }
  return chart.image();
}

}  // namespace support
