#pragma once

/// @file
/// The layout of images in the features of a step.

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// An image in the features of a step: row by row, with the channels of a pixel side by side. Number (y width + x)
/// channels + c is channel c of the pixel at (y, x). An image with one channel is a row-major matrix.
struct ImageShape {
  Index channels = 1, height = 0, width = 0;

  Index pixels() const { return height * width; }
  Index size() const { return channels * pixels(); }
  /// Where the channels of a pixel begin.
  Index at(Index y, Index x) const { return (y * width + x) * channels; }
  friend bool operator==(const ImageShape&, const ImageShape&) = default;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Throws if an extent is not positive.
HEED_FUNCTION void check_image(ImageShape image, const char* where);
/// Throws unless each step of x holds one image.
HEED_FUNCTION void check_image_features(ImageShape image, Shape x, const char* where);

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// The placements of a square window in an image: one every `stride` pixels, beginning `padding` pixels before the
/// edge.
struct ImageWindow {
  ImageShape image;
  Index kernel = 1, stride = 1, padding = 0;

  Index out_height() const { return (image.height + 2 * padding - kernel) / stride + 1; }
  Index out_width() const { return (image.width + 2 * padding - kernel) / stride + 1; }
  /// The rows (or columns) of the window that lie inside the image, for placement `out` along an axis of `extent`
  /// pixels.
  IndexRange inside(Index out, Index extent) const {
    const Index first = out * stride - padding;
    return {first < 0 ? -first : 0, first + kernel > extent ? extent - first : kernel};
  }
  /// The placements at which row (or column) k of the window lies inside an axis of `extent` pixels, out of `places`.
  IndexRange places(Index k, Index extent, Index places) const {
    const auto up = [this](Index n) { return n <= 0 ? Index(0) : (n + stride - 1) / stride; };
    const Index last = up(extent + padding - k);
    return {up(padding - k), last < places ? last : places};
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Throws if the window does not fit.
HEED_FUNCTION void check_window(const ImageWindow& w, const char* where);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <string>

#include "heed/core/tensor.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION void check_image(ImageShape image, const char* where) {
  check_sizes({{"channels", image.channels}, {"height", image.height}, {"width", image.width}}, where);
  element_count(Extents<3>{image.channels, image.height, image.width});  // throws if the number of pixels overflows
}

HEED_FUNCTION void check_image_features(ImageShape image, Shape x, const char* where) {
  require(x.features == image.size(), [&] {
    return Fault{"wrong number of features", where, std::to_string(image.size()), std::to_string(x.features)};
  });
}

HEED_FUNCTION void check_window(const ImageWindow& w, const char* where) {
  check_image(w.image, where);
  const bool fit = w.kernel <= most_size && w.stride <= most_size && w.padding <= most_size;
  require(fit && w.kernel > 0 && w.stride > 0 && w.padding >= 0, [&] {
    return Fault{"kernel, stride or padding out of range", where, "at least 1, 1 and 0",
                 to_text(Extents<3>{w.kernel, w.stride, w.padding})};
  });
  const Index least = w.image.height < w.image.width ? w.image.height : w.image.width;
  require(w.kernel <= least + 2 * w.padding && w.padding < w.kernel, [&] {
    return Fault{"the kernel does not fit the image and its padding", where,
                 "at most " + std::to_string(least + 2 * w.padding) + ", and more than the padding",
                 std::to_string(w.kernel)};
  });
}

}  // namespace heed::inline HEED_ISA

#endif
