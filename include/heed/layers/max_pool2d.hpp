#pragma once

/// @file
/// Max pooling over windows of an image.

#include <limits>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/image.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Options of `MaxPool2d`.
struct MaxPool2dOptions {
  Index channels = 0, height = 0, width = 0;  ///< of the input
  Index kernel_size = 2;
  Index stride = 0;  ///< 0: the kernel's size
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y[c, v, u] = max over rows i and columns j < kernel_size of x[c, v stride + i, u stride + j]: torch.nn.MaxPool2d. If
/// several pixels share the maximum, the first of them, row by row, gets the gradient. Each step is an image, laid out
/// as in `ImageShape`.
template <class S>
struct MaxPool2d {
  using Scalar = S;
  using Input = S;
  static constexpr bool backward_reads_output = true;
  static constexpr bool stepwise = true;
  using Options = MaxPool2dOptions;
  struct Cache {};

  ImageWindow window;

  MaxPool2d() = default;
  /// Throws if a size is not positive, or if the window does not fit into the image.
  explicit MaxPool2d(Options o)
      : window{{o.channels, o.height, o.width}, o.kernel_size, o.stride ? o.stride : o.kernel_size, 0} {
    check_window(window, "MaxPool2d");
  }

  ImageShape in_image() const { return window.image; }
  ImageShape out_image() const { return {window.image.channels, window.out_height(), window.out_width()}; }

  Shape output_shape(Shape x) const {
    check_image_features(window.image, x, "MaxPool2d");
    return {x.steps, out_image().size()};
  }

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;

  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache&, MaxPool2d&, const Pass&) const;

  static void visit(auto&&, auto&...) {}

 private:
  template <class F>
  void for_each_window(Index steps, F&& f) const {
    for (Index t = 0; t < steps; ++t) {
      for (Index v = 0; v < window.out_height(); ++v) {
        for (Index u = 0; u < window.out_width(); ++u) f(t, v, u);
      }
    }
  }
  // the channels of the pixel at row i and column j of a window
  template <class U>
  U* in_window(Tile<U> x, Index t, Index v, Index u, Index i, Index j) const {
    return x.at(t, window.image.at(v * window.stride + i, u * window.stride + j));
  }
};

template <class S>
void MaxPool2d<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  using namespace simd;
  for_each_window(x.steps, [&](Index t, Index v, Index u) {
    S* to = y.at(t, out_image().at(v, u));
    for_each_packet<S>(window.image.channels * x.lanes, [&]<class P>(Index k) HEED_LAMBDA {
      P top = load<P>(in_window(x, t, v, u, 0, 0) + k), nan = set1<P>(0);  // NaN, once a value was NaN
      const P infinity = set1<P>(std::numeric_limits<S>::infinity()), least = sub(set1<P>(0), infinity);
      for (Index i = 0; i < window.kernel; ++i) {
        for (Index j = 0; j < window.kernel; ++j) {
          const P value = load<P>(in_window(x, t, v, u, i, j) + k);
          top = max(top, value);
          nan = select_less(value, infinity, nan, select_less(least, value, nan, value));
        }
      }
      store(to + k, select_less(nan, infinity, top, nan));
    });
  });
}

template <class S>
void MaxPool2d<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache&, MaxPool2d&,
                            const Pass&) const {
  using namespace simd;
  if (!dx) return;
  if (!dx.add) fill(dx.tile, S(0));
  for_each_window(x.steps, [&](Index t, Index v, Index u) {
    const Index out = out_image().at(v, u);
    for_each_packet<S>(window.image.channels * x.lanes, [&]<class P>(Index k) HEED_LAMBDA {
      const P top = load<P>(y.at(t, out) + k), zero = set1<P>(0);
      P left = load<P>(dy.at(t, out) + k);  // what is left to give: nothing, once the maximum got it
      for (Index i = 0; i < window.kernel; ++i) {
        for (Index j = 0; j < window.kernel; ++j) {
          const P value = load<P>(in_window(x, t, v, u, i, j) + k);
          accumulate(in_window(dx.tile, t, v, u, i, j) + k, select_less(value, top, zero, left));
          left = select_less(value, top, left, zero);
        }
      }
    });
  });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::MaxPool2d)
