#pragma once

// Images with labels: read, drawn for programs without data, and shown in the terminal.

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/image.hpp"
#include "heed/core/rng.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/load.hpp"
#include "heed/train/tiles.hpp"
#include "shade_map.hpp"

namespace support {

/// Pixels are 0 to 1; one channel.
struct Images {
  heed::Sequences<float> sequences;   // an image a step, a step a sequence
  std::vector<std::int32_t> classes;  // by `names`
  std::vector<std::string> names;

  heed::Index count() const { return sequences.count(); }
  std::span<const float> pixels(heed::Index i) const {
    const auto size = static_cast<std::size_t>(sequences.features());
    return {sequences.x.data() + static_cast<std::size_t>(i) * size, size};
  }
  std::int32_t class_of(heed::Index i) const { return classes[static_cast<std::size_t>(i)]; }
  heed::LabelledSequences<float> view() const { return {sequences.x.view(), classes, {}}; }
};

/// Numbers the labels: by their names, or, of null, by those that occur. Throws at a label that is not among
/// them.
inline Images with_classes(heed::Sequences<float> sequences, const std::vector<std::string>* names,
                           const std::string& where) {
  const heed::LabelMap map = names ? heed::LabelMap{*names} : heed::LabelMap::from(sequences.labels, where);
  Images images{std::move(sequences), {}, map.names};
  images.classes = map.encode(images.sequences.labels, where);
  return images;
}

/// Images `first` to `last` - 1.
inline Images some_images(const Images& all, heed::Index first, heed::Index last) {
  const auto f = static_cast<std::ptrdiff_t>(first), l = static_cast<std::ptrdiff_t>(last);
  const std::ptrdiff_t size = all.sequences.features();
  const auto x = all.sequences.x.begin();
  heed::Sequences<float> part{.x = heed::Tensor<float, 3>({last - first, 1, size}, {x + f * size, x + l * size})};
  part.labels.assign(all.sequences.labels.begin() + f, all.sequences.labels.begin() + l);
  return {std::move(part), {all.classes.begin() + f, all.classes.begin() + l}, all.names};
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
  const std::vector<std::string> names = heed::LabelMap::fixed(10).names;
  return with_classes(std::move(data), &names, "built-in task");
}

/// Shades for `height` rows of as many numbers, from 0 to `largest`, each as wide as `wide` letters.
inline std::vector<std::string> shade_rows(std::span<const float> values, heed::Index height, float largest = 1,
                                           std::size_t wide = 2) {
  std::vector<std::string> rows(static_cast<std::size_t>(height));
  const std::size_t width = values.size() / rows.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    rows[i / width].append(wide, shade(largest > 0 ? values[i] / largest : 0));
  }
  return rows;
}

}  // namespace support
