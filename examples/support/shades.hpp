#pragma once

// Numbers as shades: letters for any terminal, colours for those that have them, and the same colours for pictures.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/types.hpp"
#include "terminal.hpp"

namespace support {

struct Colour {
  int red, green, blue, indexed = 0;  // indexed: the nearest of the 256 colours of terminals
};
// from dark blue to yellow in steps that look equal (viridis, https://bids.github.io/colormap)
inline constexpr std::array<Colour, 9> colour_ramp{{{68, 1, 84, 53},
                                                    {71, 45, 123, 60},
                                                    {59, 82, 139, 61},
                                                    {44, 114, 142, 30},
                                                    {33, 145, 140, 30},
                                                    {40, 174, 128, 36},
                                                    {94, 201, 98, 77},
                                                    {173, 220, 48, 148},
                                                    {253, 231, 37, 220}}};
// paper: from white over yellow and orange to red
inline constexpr std::array<Colour, 5> paper_ramp{
    {{250, 250, 250}, {255, 236, 170}, {254, 190, 82}, {247, 122, 44}, {214, 47, 39}}};
inline constexpr std::string_view letter_ramp = " .:-=+*#%@";

/// What stands in a ramp for a part of the largest number, 0 to 1.
template <class Ramp>
const auto& shade_of(const Ramp& ramp, double part) {
  const double place = std::clamp(part, 0.0, 1.0) * static_cast<double>(ramp.size());
  return ramp[std::min(static_cast<std::size_t>(place), ramp.size() - 1)];
}
/// A colour between two of a ramp: red, green and blue.
template <std::size_t N>
std::array<double, 3> blended(const std::array<Colour, N>& ramp, double part) {
  const double place = std::clamp(part, 0.0, 1.0) * (N - 1);
  const std::size_t first = std::min(static_cast<std::size_t>(place), N - 2);
  const double rest = place - static_cast<double>(first);
  const Colour &a = ramp[first], &b = ramp[first + 1];
  return {(1 - rest) * a.red + rest * b.red, (1 - rest) * a.green + rest * b.green,
          (1 - rest) * a.blue + rest * b.blue};
}
/// Letters on the colour of a part are black; otherwise white.
inline bool is_bright(double part) { return part >= 0.6; }

namespace detail {
// the sequence that sets the background to the colour of a part of the largest weight
inline std::string background(double part, Colours colours) {
  const Colour& c = shade_of(colour_ramp, part);
  char text[64];
  if (colours == Colours::full) {
    std::snprintf(text, sizeof text, "\x1b[48;2;%d;%d;%dm", c.red, c.green, c.blue);
  } else {
    std::snprintf(text, sizeof text, "\x1b[48;5;%dm", c.indexed);
  }
  return text;
}
}  // namespace detail

/// A row of cells for numbers from 0 to `largest`, each `wide` columns.
template <class Values>
std::string shade_row(const Values& values, double largest, Colours colours = Colours::none, std::size_t wide = 2) {
  std::string row;
  for (const auto value : values) {
    const double part = largest > 0 ? static_cast<double>(value) / largest : 0;
    const bool plain = colours == Colours::none;
    row += plain ? "" : detail::background(part, colours);
    row.append(wide, plain ? shade_of(letter_ramp, part) : ' ');
  }
  return colours == Colours::none ? row : row + "\x1b[0m";
}

/// The same, in a frame where there are no colours.
inline std::string cells(const std::vector<double>& values, double largest, Colours colours) {
  const std::string row = shade_row(values, largest, colours);
  return colours == Colours::none ? '|' + row + '|' : row;
}

/// Cells from 0 to the largest weight.
inline std::string scale(Colours colours) {
  std::vector<double> parts;
  for (int i = 0; i <= 8; ++i) parts.push_back(i / 8.0);
  return cells(parts, 1, colours);
}

/// A word on the colour of a part of the largest weight; where there are no colours, behind a letter of the ramp.
inline std::string shaded(const std::string& word, double part, Colours colours) {
  if (colours == Colours::none) return shade_of(letter_ramp, part) + word;
  return detail::background(part, colours) + (is_bright(part) ? "\x1b[30m" : "\x1b[97m") + ' ' + word + " \x1b[0m";
}

/// As long as a part of `width` columns, to the nearest.
inline std::string bar(double part, int width) {
  return std::string(static_cast<std::size_t>(std::lround(std::clamp(part, 0.0, 1.0) * width)), '#');
}

/// Numbers of 0 or more, row after row.
struct Grid {
  std::vector<float> values;
  heed::Index width = 0;

  heed::Index height() const { return static_cast<heed::Index>(values.size()) / width; }
  double largest() const {
    return values.empty() ? 0 : static_cast<double>(*std::max_element(values.begin(), values.end()));
  }

  /// At most so wide, and as many times less high: of some neighbours the largest.
  Grid thinned(heed::Index most) const {
    const heed::Index every = (width + most - 1) / most;
    if (every <= 1) return *this;
    const heed::Index rows = height();
    Grid some{{}, (width + every - 1) / every};
    some.values.resize(static_cast<std::size_t>(some.width * ((rows + every - 1) / every)));
    for (heed::Index i = 0; i < rows * width; ++i) {
      float& value = some.values[static_cast<std::size_t>(i / width / every * some.width + i % width / every)];
      value = std::max(value, values[static_cast<std::size_t>(i)]);
    }
    return some;
  }
  /// A line of letters for each row, for numbers from 0 to `top`.
  std::vector<std::string> shades(double top, std::size_t wide = 2) const {
    std::vector<std::string> rows;
    for (auto from = values.begin(); from != values.end(); from += width) {
      rows.push_back(shade_row(std::vector<float>(from, from + width), top, Colours::none, wide));
    }
    return rows;
  }
};

/// Blocks of lines, plain text, side by side, two columns from the left.
inline std::string side_by_side(const std::vector<std::vector<std::string>>& blocks, std::string_view between) {
  std::size_t height = 0;
  for (const auto& block : blocks) height = std::max(height, block.size());
  std::string text;
  for (std::size_t y = 0; y < height; ++y) {
    std::string line = " ";
    for (const auto& block : blocks) {
      int width = 0;
      for (const std::string& row : block) width = std::max(width, columns_of(row));
      line.append(line.size() == 1 ? " " : between).append(column(y < block.size() ? block[y] : "", width));
    }
    text += line.erase(line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

/// The numbers as letters, 0 to the largest, in at most `width` columns: two a number where there is room, otherwise
/// some share a column.
inline std::string shade_map(const Grid& grid, heed::Index width = 72) {
  return side_by_side({grid.thinned(width).shades(grid.largest(), 2 * grid.width <= width ? 2 : 1)}, "");
}

}  // namespace support
