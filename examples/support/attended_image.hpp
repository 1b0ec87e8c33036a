#pragma once

// An image, and for each word that is said of it how much its regions were attended to: as shades in the terminal, and
// as a picture, by gnuplot.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "picture.hpp"
#include "shades.hpp"

namespace support {

struct AttendedImage {
  Grid pixels;                     // 0 to 1
  std::vector<std::string> words;  // that are said
  std::vector<Grid> attention;     // of each word: its regions
  std::string title;
};

/// The image, and below it the regions for each word, two columns each, as dark as they were attended to, within 80
/// columns; of wide ones some.
inline std::string attended_text(const AttendedImage& image) {
  constexpr heed::Index most = 38;
  std::string text = side_by_side({image.pixels.thinned(most).shades(1)}, "");
  std::vector<std::vector<std::string>> blocks;
  std::size_t columns = 0;
  for (std::size_t i = 0; i < image.words.size(); ++i) {
    const Grid map = image.attention[i].thinned(most);
    std::vector<std::string> block = map.shades(map.largest());
    const std::size_t width = block.front().size();
    block.insert(block.begin(), column(image.words[i], static_cast<int>(width)));
    if (!blocks.empty() && columns + 3 + width > 80) {
      text += side_by_side(blocks, " | ");
      blocks.clear();
    }
    columns = blocks.empty() ? 2 + width : columns + 3 + width;
    blocks.push_back(std::move(block));
  }
  return text + side_by_side(blocks, " | ");
}

namespace detail {

/// The grid's value at a place of 0 to 1, between the middles of its cells.
inline double between(const Grid& grid, double y, double x) {
  const auto along = [](double at, heed::Index count) {
    const double place = std::clamp(at * static_cast<double>(count) - 0.5, 0.0, static_cast<double>(count - 1));
    const auto first = std::min(static_cast<heed::Index>(place), std::max<heed::Index>(count - 2, 0));
    return std::pair{first, place - static_cast<double>(first)};
  };
  const auto [top, down] = along(y, grid.height());
  const auto [left, right] = along(x, grid.width);
  const auto at = [&](heed::Index v, heed::Index u) {
    v = std::min(v, grid.height() - 1);
    u = std::min(u, grid.width - 1);
    return static_cast<double>(grid.values[static_cast<std::size_t>(v * grid.width + u)]);
  };
  return (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
         down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1));
}

/// Paper under ink.
inline std::array<int, 3> warm(double part, double ink) {
  const double light = 1 - 0.76 * std::clamp(ink, 0.0, 1.0);
  const auto [red, green, blue] = blended(paper_ramp, part);
  return {static_cast<int>(light * red), static_cast<int>(light * green), static_cast<int>(light * blue)};
}

/// "plot" of height x width colours, `colour(y, x)` at places of 0 to 1; smooth where the terminal keeps images as
/// such.
template <class F>
std::string colours(int height, int width, bool smooth, F&& colour) {
  std::string text = "set xrange [-0.5:" + std::to_string(width - 1) + ".5]\nset yrange [" +
                     std::to_string(height - 1) + ".5:-0.5]\n$colours << EOD\n";
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto [r, g, b] = colour((y + 0.5) / height, (x + 0.5) / width);
      for (const int n : {x, y, r, g, b}) text += std::to_string(n) + ' ';
      text.back() = '\n';
    }
  }
  return text + "EOD\nplot $colours using 1:2:3:4:5 with rgbimage" + (smooth ? "\n" : " pixels\n");
}

}  // namespace detail

/// A row for each image: itself in grey, and for each word the image over its attention, in colours of one scale from 0
/// to the largest weight. Throws as `run_gnuplot` does, and where there is nothing to draw.
inline void draw(const fs::path& path, const std::vector<AttendedImage>& images, const std::string& title) {
  constexpr int cell = 184, gap = 16, edge = 24, above = 26, head = 50, foot = 64, fine = 4, scale_width = 240;
  const bool smooth = path.extension() == ".png";
  std::size_t panels = 0;
  double largest = 0, tallest = 0;
  for (const AttendedImage& image : images) {
    panels = std::max(panels, image.words.size() + 1);
    for (const Grid& map : image.attention) {
      largest = std::max(largest, map.largest());
    }
    tallest = std::max(tallest, static_cast<double>(image.pixels.height()) / static_cast<double>(image.pixels.width));
  }
  heed::require(panels > 0 && largest > 0, [&] { return heed::Fault{"no image to draw", path.string(), {}, {}}; });
  const int high = static_cast<int>(cell * tallest), row_height = above + high + gap;
  const int width = 2 * edge + static_cast<int>(panels) * (cell + gap) - gap;
  const int height = head + static_cast<int>(images.size()) * row_height + foot;
  std::string script =
      "set multiplot\nunset key\nunset tics\nset border 15 linecolor '#d0d0d0' linewidth 0.5\nset label 1 " +
      gnuplot_text(title) + " at screen 0.5, screen " + detail::number(1 - 24.0 / height) + " center font ',13'\n";
  int y = head;
  for (const AttendedImage& image : images) {
    const int fine_height = fine * static_cast<int>(image.pixels.height());
    const int fine_width = fine * static_cast<int>(image.pixels.width);
    for (std::size_t i = 0; i <= image.words.size(); ++i) {
      script += detail::frame(edge + static_cast<int>(i) * (cell + gap), y + above, cell, high, width, height);
      script += "set title " +
                gnuplot_text(i > 0                 ? image.words[i - 1]
                             : image.title.empty() ? "image"
                                                   : image.title) +
                " offset 0,-0.6 textcolor '" + (i == 0 ? "#707070" : "#000000") + "' font ',12'\n";
      script += detail::colours(fine_height, fine_width, smooth, [&](double v, double u) {
        const double seen = i == 0 ? 0 : detail::between(image.attention[i - 1], v, u) / largest;
        return detail::warm(seen, detail::between(image.pixels, v, u));
      });
      script += "unset label 1\n";
    }
    y += row_height;
  }
  char most[32];
  std::snprintf(most, sizeof most, "%.2f", largest);
  script +=
      detail::frame((width - scale_width) / 2, y + 8, scale_width, 12, width, height) +
      "unset title\nset label 2 '0' at graph 0, graph 0 center offset 0,-1\nset label 3 '" + most +
      "' at graph 1, graph 0 center offset 0,-1\nset label 4 'attention weight of a region' at graph 0.5, graph 0 "
      "center offset 0,-1\n" +
      detail::colours(2, 120, smooth, [](double, double u) { return detail::warm(u, 0); });
  run_gnuplot(path, width, height, script + "unset multiplot\n");
}

}  // namespace support
