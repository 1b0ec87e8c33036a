#include "pictures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "../../support/svg_charts.hpp"
#include "heed/data/vocabulary.hpp"

namespace classifier::page {

using heed::Index;
using support::Svg;

namespace {

constexpr Index most_cells = 60;
constexpr std::size_t most_words_drawn = 120;
constexpr int longest_word = 40;
constexpr double no_point = std::numeric_limits<double>::quiet_NaN();

double largest_of(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

void draw_strip(Svg& svg, const std::vector<double>& values, double largest, double from, double to, double y,
                double high) {
  const double wide = (to - from) / static_cast<double>(std::max<std::size_t>(values.size(), 1));
  for (std::size_t k = 0; k < values.size(); ++k) {
    svg.box(from + static_cast<double>(k) * wide, y, wide, high, "heat", largest > 0 ? values[k] / largest : 0);
  }
  svg.box(from, y, to - from, high, "frame");
}

}  // namespace

std::vector<double> in_cells(const std::vector<float>& weights, Index cells) {
  std::vector<double> sums(static_cast<std::size_t>(std::max<Index>(cells, 0)));
  const auto length = static_cast<Index>(weights.size());
  for (Index t = 0; t < length && cells > 0; ++t) {
    sums[static_cast<std::size_t>(t * cells / length)] += static_cast<double>(weights[static_cast<std::size_t>(t)]);
  }
  return sums;
}

std::string series_picture(const heed::Sequences<float>& data, Index i, Index length, const FeatureScale& scale,
                           const std::vector<float>& attention) {
  constexpr double high = 110, left = 40, right = 8, strip = 10;
  const bool attends = !attention.empty();
  const double bottom = attends ? 34 : 18;
  const Index drawn = std::min(most_drawn, data.features()), every = length / 300 + 1;
  std::vector<std::vector<double>> lines(static_cast<std::size_t>(drawn));
  std::vector<double> all;
  for (Index f = 0; f < drawn; ++f) {
    const auto at = static_cast<std::size_t>(f);
    for (Index t = 0; t < length; t += every) {
      const bool there = data.mask.empty() || data.mask(i, t) != 0;
      lines[at].push_back(there ? (static_cast<double>(data.x(i, t, f)) - scale.mean[at]) / scale.deviation[at]
                                : no_point);
      all.push_back(lines[at].back());
    }
  }
  Svg svg(support::chart_width, high + bottom);
  const support::Axis y = support::Axis::of(all, high - 4, 6);
  const support::Axis x{0, static_cast<double>(std::max<Index>(length - 1, 1)), left, support::chart_width - right};
  for (const double mark : y.marks(3)) {
    svg.line(left, y(mark), support::chart_width - right, y(mark), "grid");
    svg.text(left - 5, y(mark) + 4, support::short_number(mark, 3), "end");
  }
  for (std::size_t f = lines.size(); f-- > 0;) {
    std::vector<std::pair<double, double>> points;
    for (std::size_t k = 0; k < lines[f].size(); ++k) {
      points.emplace_back(x(static_cast<double>(k) * static_cast<double>(every)), y(lines[f][k]));
    }
    svg.path(points, "curve thin c" + std::to_string(f));
  }
  if (attends) {
    const std::vector<double> cells = in_cells(attention, std::min(length, most_cells));
    draw_strip(svg, cells, largest_of(cells), left, support::chart_width - right, high + 2, strip);
  }
  svg.text(left, high + bottom - 4, "step 0");
  svg.text(support::chart_width - right, high + bottom - 4, std::to_string(std::max<Index>(length - 1, 0)), "end");
  return svg.image("sequence " + std::to_string(i) + " over time",
                   std::to_string(length) + " steps of " + std::to_string(data.features()) + " features" +
                       (attends ? "; the strip below shows where the attention is" : ""));
}

std::string sentence_picture(const std::vector<std::string>& words, const std::int32_t* tokens,
                             const std::vector<float>& attention) {
  const float largest = attention.empty() ? 0 : *std::max_element(attention.begin(), attention.end());
  std::string text = "<p class=\"sentence\">";
  for (std::size_t t = 0; t < std::min(words.size(), most_words_drawn); ++t) {
    const bool unknown = tokens[t] == heed::Vocabulary::unknown;
    const bool shaded = largest > 0 && t < attention.size();
    const double part = shaded ? static_cast<double>(attention[t] / largest) : 0;
    text += "<span class=\"word" + std::string(unknown ? " unknown" : "") + support::shade_class(part) + "\"";
    if (shaded) {
      text += " style=\"--p:" + support::short_number(part, 2) + "\" title=\"weight " +
              support::fixed_number(static_cast<double>(attention[t]), 3) + "\"";
    }
    text += ">" + support::html(support::cut(words[t], longest_word)) + "</span> ";
  }
  if (words.size() > most_words_drawn) text += "… (" + std::to_string(words.size()) + " words)";
  return text + "</p>";
}

std::string strips(const std::string& title, const std::string& description,
                   const std::vector<std::pair<std::string, std::vector<double>>>& rows, const std::string& from,
                   const std::string& to) {
  constexpr double left = 96, right = 8, line = 20;
  Svg svg(support::chart_width, line * static_cast<double>(rows.size()) + 20);
  double largest = 0;
  for (const auto& [name, values] : rows) largest = std::max(largest, largest_of(values));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double y = line * static_cast<double>(r);
    svg.text(left - 6, y + 14, support::cut(rows[r].first, 14), "end");
    draw_strip(svg, rows[r].second, largest, left, support::chart_width - right, y + 2, line - 4);
  }
  svg.text(left, svg.height - 4, from);
  svg.text(support::chart_width - right, svg.height - 4, to, "end");
  return svg.image(title, description);
}

std::string square_map(const std::string& title, const std::vector<double>& values, Index side) {
  constexpr double wide = 150;
  Svg svg(wide, wide);
  const double cell = wide / static_cast<double>(std::max<Index>(side, 1)), largest = largest_of(values);
  for (Index k = 0; k < static_cast<Index>(values.size()); ++k) {
    const double part = largest > 0 ? values[static_cast<std::size_t>(k)] / largest : 0;
    if (part < 0.005) continue;
    svg.box(static_cast<double>(k % side) * cell, static_cast<double>(k / side) * cell, cell, cell, "heat", part);
  }
  svg.box(0.5, 0.5, wide - 1, wide - 1, "frame");
  return svg.image(title, "a row for each step that asks, a column for each step that is looked at");
}

}  // namespace classifier::page
