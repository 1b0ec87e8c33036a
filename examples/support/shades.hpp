#pragma once

// Weights as colours of a terminal, or as shades where there are none.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "terminal.hpp"

namespace support {

namespace detail {
struct Colour {
  int red, green, blue, indexed;  // indexed: the nearest of the 256 colours
};
// from dark blue to yellow in steps that look equal (viridis, https://bids.github.io/colormap)
inline constexpr std::array<Colour, 9> ramp{{{68, 1, 84, 53},
                                             {71, 45, 123, 60},
                                             {59, 82, 139, 61},
                                             {44, 114, 142, 30},
                                             {33, 145, 140, 30},
                                             {40, 174, 128, 36},
                                             {94, 201, 98, 77},
                                             {173, 220, 48, 148},
                                             {253, 231, 37, 220}}};
inline constexpr std::array<const char*, 5> shades{" ", "░", "▒", "▓", "█"};

template <class T, std::size_t N>
const T& pick(const std::array<T, N>& scale, double part) {
  return scale[static_cast<std::size_t>(std::lround(std::clamp(part, 0.0, 1.0) * static_cast<double>(N - 1)))];
}

// the sequence that sets the background to the colour of a part of the largest weight
inline std::string background(double part, Colours colours) {
  const Colour& c = pick(ramp, part);
  char text[64];
  if (colours == Colours::full) {
    std::snprintf(text, sizeof text, "\x1b[48;2;%d;%d;%dm", c.red, c.green, c.blue);
  } else {
    std::snprintf(text, sizeof text, "\x1b[48;5;%dm", c.indexed);
  }
  return text;
}

// two columns that show a part of the largest weight
inline std::string cell(double part, Colours colours) {
  if (colours == Colours::none) return std::string(pick(shades, part)) + pick(shades, part);
  return background(part, colours) + "  ";
}
}  // namespace detail

/// A row of cells for values from 0 to `largest`, closed.
inline std::string cells(const std::vector<double>& values, double largest, Colours colours) {
  std::string text;
  for (const double value : values) text += detail::cell(largest > 0 ? value / largest : 0, colours);
  return colours == Colours::none ? '|' + text + '|' : text + "\x1b[0m";
}

/// Cells from 0 to the largest weight.
inline std::string scale(Colours colours) {
  std::vector<double> parts;
  for (int i = 0; i <= 8; ++i) parts.push_back(i / 8.0);
  return cells(parts, 1, colours);
}

/// A word on the colour of a part of the largest weight; where there are no colours, behind a shade.
inline std::string shaded(const std::string& word, double part, Colours colours) {
  if (colours == Colours::none) return detail::pick(detail::shades, part) + word;
  const char* const letters = part < 0.6 ? "\x1b[97m" : "\x1b[30m";  // white on the dark end, black on the bright one
  return detail::background(part, colours) + letters + ' ' + word + " \x1b[0m";
}

}  // namespace support
