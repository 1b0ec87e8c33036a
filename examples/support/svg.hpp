#pragma once

// Figures for pages of HTML: SVG whose colours and letters are those of the page's style, in its light and its dark.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "html.hpp"

namespace support {

/// A coordinate, to a tenth of a pixel.
inline std::string place(double value) {
  std::string text = fixed_number(value, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

/// An SVG as it grows. Shapes have classes, which the page's style gives colours.
class Svg {
 public:
  double width, height;

  Svg(double wide, double high) : width(wide), height(high) {}

  void line(double x1, double y1, double x2, double y2, std::string_view kind) {
    body_ += "<line x1=\"" + place(x1) + "\" y1=\"" + place(y1) + "\" x2=\"" + place(x2) + "\" y2=\"" + place(y2) +
             "\"" + named(kind) + "/>";
  }
  /// `part`: how much of its colour, 0 to 1.
  void box(double x, double y, double wide, double high, std::string_view kind, double part = 1, double round = 0) {
    body_ += "<rect x=\"" + place(x) + "\" y=\"" + place(y) + "\" width=\"" + place(std::max(wide, 0.0)) +
             "\" height=\"" + place(std::max(high, 0.0)) + "\"" + (round > 0 ? " rx=\"" + place(round) + "\"" : "") +
             opacity(part) + named(kind) + "/>";
  }
  void dot(double x, double y, double radius, std::string_view kind) {
    body_ += "<circle cx=\"" + place(x) + "\" cy=\"" + place(y) + "\" r=\"" + place(radius) + "\"" + named(kind) + "/>";
  }
  /// `at`: start, middle or end.
  void text(double x, double y, std::string_view what, std::string_view at = "start", std::string_view kind = "") {
    body_ += "<text x=\"" + place(x) + "\" y=\"" + place(y) + "\"" +
             (at == "start" ? "" : " text-anchor=\"" + std::string(at) + "\"") + named(kind) + ">" + html(what) +
             "</text>";
  }
  /// Upwards, for the name of a y axis.
  void text_upwards(double x, double y, std::string_view what) {
    body_ += "<text transform=\"translate(" + place(x) + " " + place(y) + ") rotate(-90)\" text-anchor=\"middle\">" +
             html(what) + "</text>";
  }
  /// Lines from point to point; NaN ends one.
  void path(std::span<const std::pair<double, double>> points, std::string_view kind) {
    std::string d;
    bool on = false;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto [x, y] = points[i];
      if (!std::isfinite(x) || !std::isfinite(y)) {
        on = false;
        continue;
      }
      const bool ends = i + 1 == points.size() || !std::isfinite(points[i + 1].second);
      if (!on && ends) {  // one point alone
        dot(x, y, 2, std::string(kind) + " dot");
        continue;
      }
      d += (on ? "L" : "M") + place(x) + " " + place(y);
      on = true;
    }
    if (!d.empty()) body_ += "<path d=\"" + d + "\"" + named(kind) + "/>";
  }

  /// The whole, with what readers that do not see it are told. `fixed`: as many pixels wide on every screen.
  std::string image(std::string_view title, std::string_view description, bool fixed = false) const {
    const std::string size = place(width) + " " + place(height);
    return "<svg viewBox=\"0 0 " + size + "\"" +
           (fixed ? " class=\"fixed\" width=\"" + place(width) + "\" height=\"" + place(height) + "\"" : "") +
           " role=\"img\" aria-label=\"" + html(title) + "\"><title>" + html(title) + "</title><desc>" +
           html(description) + "</desc>" + body_ + "</svg>";
  }

 private:
  static std::string named(std::string_view kind) { return kind.empty() ? "" : " class=\"" + std::string(kind) + "\""; }
  static std::string opacity(double part) {
    return part >= 1 ? "" : " fill-opacity=\"" + short_number(std::clamp(part, 0.0, 1.0), 2) + "\"";
  }
  std::string body_;
};

/// Numbers on pixels, with round numbers to write beside them.
struct Axis {
  double low, high, from, to;

  double operator()(double value) const {
    return high > low ? from + (value - low) / (high - low) * (to - from) : (from + to) / 2;
  }

  /// About `count` round numbers between the ends.
  std::vector<double> marks(int count = 5) const {
    const double span = high - low;
    if (!(span > 0) || !std::isfinite(span)) return {low};
    const double rough = span / count, power = std::pow(10, std::floor(std::log10(rough))), part = rough / power;
    const double step = power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
    std::vector<double> result;
    for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * span; ++k) result.push_back(k * step);
    return result;
  }

  /// An axis that the finite ones of some numbers fit on, with a little room.
  static Axis of(std::span<const double> values, double from, double to) {
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (const double value : values) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    if (low > high) low = high = 0;
    const double room = high > low ? 0.04 * (high - low) : std::max(0.01, 0.04 * std::abs(high));
    return {low - room, high + room, from, to};
  }
};

}  // namespace support
