#pragma once

// Images with labels: read, or drawn for programs without data.

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/image.hpp"
#include "heed/core/rng.hpp"
#include "heed/data/labelled.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/load.hpp"

namespace support {

/// An image a step, a step a sequence. Pixels are 0 to 1.
using Images = heed::Labelled<float>;

inline std::span<const float> pixels_of(const Images& images, heed::Index i) {
  return {images[i].data(), static_cast<std::size_t>(images.sequences.features())};
}

/// Classes by these names, or, of null, by those that occur.
inline Images with_classes(heed::Sequences<float> sequences, const std::vector<std::string>* names,
                           const std::string& where) {
  return names ? Images(std::move(sequences), {*names}, where) : Images(std::move(sequences), where);
}

/// A line an image: pixels of 0 to `largest`, row by row, and a label. Throws where lines have other numbers of pixels.
inline Images read_images(const std::filesystem::path& path, heed::ImageShape image, double largest,
                          const std::vector<std::string>* names = nullptr) {
  auto sequences = heed::load_sequences<float>(path, {}, {.features = image.size()});
  heed::require(sequences.steps() == 1, [&] {
    return heed::Fault{"not an image a line", path.string(), std::to_string(image.size()) + " pixels and a label",
                       std::to_string(sequences.steps()) + " times as many"};
  });
  for (float& pixel : sequences.x) {
    heed::require(pixel >= 0 && static_cast<double>(pixel) <= largest, [&] {
      return heed::Fault{"a pixel is out of range", path.string(), "0 to --largest " + heed::text_of(largest),
                         heed::text_of(static_cast<double>(pixel))};
    });
    pixel /= static_cast<float>(largest);
  }
  return with_classes(std::move(sequences), names, path.string());
}

/// Digits of 5 x 7 somewhere in images of 8 x 8, more or less bright, on noise; each an image of the key alone.
inline Images drawn_digits(heed::Key key, heed::Index count) {
  // a row of five pixels after another, from the top
  constexpr std::array<std::string_view, 10> digits{
      " ### #   ##   ##   ##   ##   # ### ", "  #   ##    #    #    #    #   ### ",
      " ### #   #    #   #   #   #   #####", " ### #   #    #  ##     ##   # ### ",
      "   #   ##  # # #  # #####   #    # ", "######    ####     #    ##   # ### ",
      " ### #    #    #### #   ##   # ### ", "#####    #   #   #   #    #    #   ",
      " ### #   ##   # ### #   ##   # ### ", " ### #   ##   # ####    #    # ### "};
  constexpr heed::ImageShape image{.channels = 1, .height = 8, .width = 8};
  heed::Sequences<float> data{.x = heed::Tensor<float, 3>({count, 1, image.size()})};
  for (heed::Index i = 0; i < count; ++i) {
    const heed::Key draw = key.child(static_cast<std::uint64_t>(i));
    const auto digit = static_cast<std::size_t>(draw.below(0, digits.size()));
    const auto top = static_cast<heed::Index>(draw.below(1, 2)), left = static_cast<heed::Index>(draw.below(2, 4));
    const double bright = draw.uniform(3, 0.5, 0.8);
    for (heed::Index p = 0; p < image.size(); ++p) {
      const heed::Index y = p / image.width - top, x = p % image.width - left;
      const bool ink = y >= 0 && y < 7 && x >= 0 && x < 5 && digits[digit][static_cast<std::size_t>(y * 5 + x)] != ' ';
      const double noise = draw.child(4).uniform(static_cast<std::uint64_t>(p), 0, 0.2);
      data.x(i, 0, p) = static_cast<float>((ink ? bright : 0) + noise);
    }
    data.labels.push_back(std::to_string(digit));
  }
  return Images(std::move(data), heed::LabelMap::fixed(10), "built-in task");
}

/// A line, a corner, a cross or a square somewhere in an image, on noise; drawn in 8 x 8 fields. Throws where images
/// are smaller.
inline heed::Sequences<float> drawn_shapes(heed::Key key, heed::Index count, heed::ImageShape image) {
  const heed::Index field = image.height / 8;
  heed::require(field > 0, [] { return heed::Fault{"images too small", "built-in task", "a side of 8 or more", {}}; });
  heed::Sequences<float> data{.x = heed::Tensor<float, 3>({count, 1, image.size()})};
  for (heed::Index i = 0; i < count; ++i) {
    const heed::Key draw = key.child(static_cast<std::uint64_t>(i));
    const auto kind = draw.below(0, 4);
    const auto top = static_cast<heed::Index>(draw.below(1, 4)), left = static_cast<heed::Index>(draw.below(2, 4));
    for (heed::Index p = 0; p < image.size(); ++p) {
      const heed::Index pixel = p / image.channels;
      const heed::Index y = pixel / image.width / field - top, x = pixel % image.width / field - left;
      const bool shapes[] = {x == 2, x == 0 || y == 4, x == y || x + y == 4, x % 4 == 0 || y % 4 == 0};
      const bool ink = std::min(x, y) >= 0 && std::max(x, y) < 5 && shapes[kind];
      data.x(i, 0, p) = static_cast<float>(draw.child(9).uniform(static_cast<std::uint64_t>(p), 0, 0.1) + 0.9 * ink);
    }
    data.labels.emplace_back(std::array{"line", "corner", "cross", "square"}[kind]);
  }
  return data;
}

}  // namespace support
