#pragma once

/// @file
/// Flattens an image to a vector in PyTorch's order.

#include <algorithm>

#include "heed/core/compiled.hpp"
#include "heed/core/image.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// Each step is an image; flattens it channel by channel: number (c height + y) width + x is channel c of the pixel at
/// (y, x). torch.nn.Flatten of an image (channels, height, width), so that the dense layer after it can use PyTorch's
/// weights.
template <class S>
struct Flatten {
  using Scalar = S;
  using Input = S;
  static constexpr bool stepwise = true;
  struct Cache {};

  ImageShape image;

  Flatten() = default;
  /// Throws if an extent is not positive.
  explicit Flatten(ImageShape i) : image(i) { check_image(image, "Flatten"); }

  Shape output_shape(Shape x) const {
    check_image_features(image, x, "Flatten");
    return x;
  }

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;

  void backward(Tile<const S>, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, Flatten&, const Pass&) const;

  static void visit(auto&&, auto&...) {}

 private:
  template <class F>
  void for_each_number(Index steps, F&& f) const {
    for (Index t = 0; t < steps; ++t) {
      for (Index c = 0; c < image.channels; ++c) {
        for (Index p = 0; p < image.pixels(); ++p) f(t, p * image.channels + c, c * image.pixels() + p);
      }
    }
  }
};

template <class S>
void Flatten<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  for_each_number(x.steps, [&](Index t, Index pixel_first, Index channel_first) {
    std::copy_n(x.at(t, pixel_first), x.lanes, y.at(t, channel_first));
  });
}

template <class S>
void Flatten<S>::backward(Tile<const S>, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, Flatten&,
                          const Pass&) const {
  if (!dx) return;
  for_each_number(dy.steps, [&](Index t, Index pixel_first, Index channel_first) {
    const Tile<const S> from(dy.at(t, channel_first), {1, 1}, dy.lanes);
    const Tile<S> to(dx.tile.at(t, pixel_first), {1, 1}, dy.lanes);
    dx.add ? add(from, to) : copy(from, to);
  });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Flatten)
