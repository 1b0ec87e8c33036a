#pragma once

// Heat maps as pictures (.png or .svg), drawn by gnuplot.
//
//     support::draw("attention.png", {{.columns = words, .values = weights, .title = "what it read"}});

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "gnuplot.hpp"
#include "heed/core/error.hpp"
#include "shades.hpp"
#include "terminal.hpp"

namespace support {

/// A table of numbers of 0 or more as colours, its first row on top.
struct HeatMap {
  std::vector<std::string> columns = {},
                           rows = {};  ///< names on the axes; where there are none, numbers 0, 1, ... or nothing
  std::vector<float> values = {};      ///< row after row
  std::string title = {}, x_label = {}, y_label = {};
  std::size_t width = 0;  ///< columns where they have no names
  bool numbers = false;   ///< the value stands in each cell

  std::size_t count_of_columns() const { return columns.empty() ? width : columns.size(); }
  std::size_t count_of_rows() const { return count_of_columns() == 0 ? 0 : values.size() / count_of_columns(); }
};

struct HeatMaps {
  std::vector<HeatMap> maps;
  std::size_t across = 1;  ///< maps side by side
  std::string title = {};
  std::string value_label = "attention weight";
};

namespace detail {

inline int longest(const std::vector<std::string>& names) {
  int columns = 0;
  for (const std::string& name : names) columns = std::max(columns, columns_of(name));
  return columns;
}

/// Where a heat map's parts stand, in pixels.
struct MapLayout {
  static constexpr int letter = 8, line = 18, gap = 12;
  int cell_x, cell_y;
  int left, right, top, bottom;  // around the cells
  int inner_width, inner_height;

  explicit MapLayout(const HeatMap& map) {
    const int nx = static_cast<int>(map.count_of_columns()), ny = static_cast<int>(map.count_of_rows());
    const bool words_x = !map.columns.empty(), words_y = !map.rows.empty();
    cell_x = std::clamp(620 / nx, words_x ? 22 : 2, 36);
    cell_y = ny == 1 ? 30 : std::clamp(620 / ny, words_y ? 20 : 2, words_x == words_y ? cell_x : 36);
    if (map.numbers) cell_x = std::max(cell_x, 40);
    if (words_x == words_y && ny > 1) cell_y = std::max(cell_y, cell_x);
    inner_width = nx * cell_x;
    inner_height = ny * cell_y;
    // words of the x axis rise to their cell at 45 degrees
    const int slanted = words_x ? static_cast<int>(0.72 * letter * longest(map.columns)) : 0;
    const int to_the_left = std::max(0, slanted - cell_x / 2);
    const int numbers_y = ny > 1 ? 4 * letter : 0;
    left = gap + std::max(to_the_left, (words_y ? letter * longest(map.rows) : numbers_y) + gap);
    if (!map.y_label.empty()) left += line;
    right = 2 * gap;
    top = map.title.empty() ? gap : line + gap;
    bottom = (words_x ? slanted + line : line + 4) + (map.x_label.empty() ? 0 : line) + gap / 2;
    // a title may be wider than the map
    right = std::max(right, letter * columns_of(map.title) + gap - inner_width);
  }
  int width() const { return left + inner_width + right; }
  int height() const { return top + inner_height + bottom; }
};

/// A tic's name is a format.
inline std::string tic_name(const std::string& name) {
  std::string result;
  for (const char c : name) result += c == '%' ? "%%" : std::string(1, c);
  return result;
}

/// Names or numbers on an axis; numbers only so often that there is room for them.
inline std::string tics(char axis, const std::vector<std::string>& names, std::size_t count, int cell) {
  std::string text = std::string("set ") + axis + "tics scale 0 ";
  if (axis == 'x' && !names.empty()) text += "rotate by 45 right ";
  text += "(";
  std::size_t every = 1;
  if (names.empty()) {
    for (const std::size_t step : {1U, 2U, 5U, 10U, 20U, 50U, 100U, 200U, 500U, 1000U, 10000U}) {
      every = step;
      if (static_cast<int>(step) * cell >= (axis == 'x' ? 34 : 20)) break;
    }
  }
  for (std::size_t i = 0; i < count; i += every) {
    text += (i ? ", " : "") + gnuplot_text(names.empty() ? std::to_string(i) : tic_name(names[i])) + " " +
            std::to_string(i);
  }
  return text + ")\n";
}

/// The colours of the terminal's heat maps.
inline std::string palette() {
  std::string text = "set palette defined (";
  for (std::size_t i = 0; i < colour_ramp.size(); ++i) {
    char colour[32];
    std::snprintf(colour, sizeof colour, "%zu '#%02x%02x%02x'", i, static_cast<unsigned>(colour_ramp[i].red),
                  static_cast<unsigned>(colour_ramp[i].green), static_cast<unsigned>(colour_ramp[i].blue));
    text += (i ? ", " : "") + std::string(colour);
  }
  return text + ")\n";
}
/// The cells, and the numbers in them: white on dark colours, black on bright ones.
inline std::string cells(const HeatMap& map, double largest) {
  const std::size_t nx = map.count_of_columns();
  std::string data = "$cells << EOD\n";
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    const auto value = static_cast<double>(map.values[i]);
    char text[16];
    std::snprintf(text, sizeof text, "%.2f", value);
    data += std::to_string(i % nx) + " " + std::to_string(i / nx) + " " + number(value) + " " + text + " " +
            (is_bright(value / largest) ? "0x000000" : "0xffffff") + "\n" + (i % nx == nx - 1 ? "\n" : "");
  }
  const bool line = nx == 1 || map.values.size() == nx;  // of which gnuplot makes no image
  data += line ? "EOD\nplot $cells using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror fillstyle solid "
                 "noborder fillcolor palette"
               : "EOD\nplot $cells using 1:2:3 with image pixels";
  if (map.numbers) data += ", $cells using 1:2:4:5 with labels textcolor rgb variable font ',9'";
  return data + "\n";
}

inline void check(const HeatMap& map, const fs::path& path) {
  const std::size_t nx = map.count_of_columns(), ny = map.count_of_rows();
  heed::require(nx > 0 && ny > 0 && nx * ny == map.values.size() && (map.rows.empty() || map.rows.size() == ny),
                [&] { return heed::Fault{"the names of a heat map do not fit its values", path.string(), {}, {}}; });
}

}  // namespace detail

/// All maps on one page, with one scale from 0 to the largest value. Throws as `run_gnuplot` does, and where names do
/// not fit values.
inline void draw(const fs::path& path, const HeatMaps& page) {
  using detail::MapLayout;
  constexpr int scale_height = 62, scale_width = 240;
  heed::require(!page.maps.empty() && page.across > 0,
                [&] { return heed::Fault{"no heat map to draw", path.string(), {}, {}}; });
  double largest = 0;
  std::vector<int> widths(page.across, 0), heights((page.maps.size() + page.across - 1) / page.across, 0);
  for (std::size_t i = 0; i < page.maps.size(); ++i) {
    const HeatMap& map = page.maps[i];
    detail::check(map, path);
    for (const float value : map.values) largest = std::max(largest, static_cast<double>(value));
    const MapLayout layout(map);
    widths[i % page.across] = std::max(widths[i % page.across], layout.width());
    heights[i / page.across] = std::max(heights[i / page.across], layout.height());
  }
  if (largest <= 0) largest = 1;
  const int title = page.title.empty() ? 0 : 2 * MapLayout::line;
  int width = std::max(scale_width + 80, 9 * columns_of(page.title) + 40), height = title + scale_height, x = 0;
  for (const int w : widths) x += w;
  for (const int h : heights) height += h;
  width = std::max(width, x);

  std::string script = "set multiplot\nunset key\nset border 0\n" + detail::palette() +
                       "set cbrange [0:" + detail::number(largest) + "]\n";
  if (title)
    script += "set label 1 " + gnuplot_text(page.title) + " at screen 0.5, screen " +
              detail::number(1 - 20.0 / height) + " center font ',12'\n";
  x = 0;
  int y = title;
  for (std::size_t i = 0; i < page.maps.size(); ++i) {
    const HeatMap& map = page.maps[i];
    const MapLayout layout(map);
    const bool last = i + 1 == page.maps.size();
    const std::size_t nx = map.count_of_columns(), ny = map.count_of_rows();
    int left = layout.left;  // maps in one column begin at one place
    for (std::size_t k = i % page.across; k < page.maps.size(); k += page.across) {
      left = std::max(left, MapLayout(page.maps[k]).left);
    }
    left = std::min(left, std::max(layout.left, widths[i % page.across] - layout.inner_width - layout.right));
    script += detail::frame(x + left, y + layout.top, layout.inner_width, layout.inner_height, width, height);
    script +=
        "set xrange [-0.5:" + std::to_string(nx - 1) + ".5]\nset yrange [" + std::to_string(ny - 1) + ".5:-0.5]\n";
    script += detail::tics('x', map.columns, nx, layout.cell_x);
    script += ny == 1 && map.rows.empty() ? "unset ytics\n" : detail::tics('y', map.rows, ny, layout.cell_y);
    if (ny == 1 || columns_of(map.title) * MapLayout::letter > layout.inner_width) {  // from the left edge on
      script += "unset title\nset label 2 " + gnuplot_text(map.title) + " at graph 0, graph 1 left offset 0,0.7\n";
    } else {
      script += "unset label 2\nset title " + gnuplot_text(map.title) + " offset 0,-0.5\n";
    }
    script += "set xlabel " + gnuplot_text(map.x_label) + "\nset ylabel " + gnuplot_text(map.y_label) + "\n";
    if (last) {  // the scale, once, at the foot of the page
      script += "set cbtics scale 0.5 offset 0,0.4\nset cblabel " + gnuplot_text(page.value_label) +
                " offset 0,0.8\nset colorbox horizontal user origin screen " +
                detail::number((width - scale_width) / 2.0 / width) + ", screen " + detail::number(44.0 / height) +
                " size screen " + detail::number(1.0 * scale_width / width) + ", screen " +
                detail::number(12.0 / height) + "\n";
    } else {
      script += "unset colorbox\n";
    }
    script += detail::cells(map, largest) + "unset label 1\n";
    x += widths[i % page.across];
    if (i % page.across == page.across - 1) {
      x = 0;
      y += heights[i / page.across];
    }
  }
  run_gnuplot(path, width, height, script + "unset multiplot\n");
}

inline void draw(const fs::path& path, const HeatMap& map) { draw(path, HeatMaps{.maps = {map}}); }

}  // namespace support
