#pragma once

/// @file
/// Augments images: moves each a little.

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/extents.hpp"
#include "heed/core/image.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/sequences.hpp"

namespace heed::inline HEED_ISA {

/// to[y, x] = from[y - down, x - right], bilinearly interpolated; 0 outside of the image.
template <class S>
void move_image(ImageShape image, const S* from, double down, double right, S* to) {
  const double rows = std::floor(-down), columns = std::floor(-right);
  const S below = static_cast<S>(-down - rows), beside = static_cast<S>(-right - columns);
  const S weights[2][2] = {{(1 - below) * (1 - beside), (1 - below) * beside}, {below * (1 - beside), below * beside}};
  const auto limit = [](double whole, Index extent) {  // a larger shift has the same effect
    return static_cast<Index>(std::clamp(whole, -static_cast<double>(extent) - 1, static_cast<double>(extent)));
  };
  const Index first_row = limit(rows, image.height), first_column = limit(columns, image.width);
  std::fill_n(to, image.size(), S(0));
  for (Index y = 0; y < image.height; ++y) {
    for (Index x = 0; x < image.width; ++x) {
      for (Index i = 0; i < 2; ++i) {
        for (Index j = 0; j < 2; ++j) {
          const Index v = y + first_row + i, u = x + first_column + j;
          if (v < 0 || v >= image.height || u < 0 || u >= image.width) continue;
          for (Index c = 0; c < image.channels; ++c) to[image.at(y, x) + c] += weights[i][j] * from[image.at(v, u) + c];
        }
      }
    }
  }
}

/// Each image, followed by `copies` - 1 copies moved by up to `reach` pixels up or down and left or right, including
/// fractions. The draws depend only on the key and the number of the copy. Throws if a sequence is not one image of
/// this shape, or if a number is out of range.
template <class S>
Sequences<S> moved_copies(const Sequences<S>& images, ImageShape image, Index copies, double reach, Key key) {
  check_image(image, "moved_copies");
  check_image_features(image, {images.steps(), images.features()}, "moved_copies");
  require(images.steps() == 1 && copies >= 1 && copies <= most_size / std::max<Index>(images.count(), 1) &&
              std::isfinite(reach) && reach >= 0,
          [&] {
            return Fault{"steps, copies or reach out of range", "moved_copies",
                         "1 step, at least 1 copy, a reach of 0 or more",
                         text_of(images.steps()) + ", " + text_of(copies) + ", " + text_of(reach)};
          });
  const DefaultFloatingMode mode;
  Sequences<S> result{.x = Tensor<S, 3>({images.count() * copies, 1, image.size()})};
  for (Index row = 0; row < result.count(); ++row) {
    const Key draw = key.child(static_cast<std::uint64_t>(row));
    const double distance = row % copies == 0 ? 0 : reach;
    move_image<S>(image, &images.x(row / copies, 0, 0), draw.uniform(0, -distance, distance),
                  draw.uniform(1, -distance, distance), &result.x(row, 0, 0));
    if (!images.labels.empty()) result.labels.push_back(images.labels[static_cast<std::size_t>(row / copies)]);
  }
  return result;
}

}  // namespace heed::inline HEED_ISA
