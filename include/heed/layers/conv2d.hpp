#pragma once

/// @file
/// Convolution over images.

#include <algorithm>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/image.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Conv2d`.
struct Conv2dOptions {
  Index in_channels = 0, out_channels = 0;
  Index height = 0, width = 0;  ///< of the input
  Index kernel_size = 3, stride = 1, padding = 0;
  bool bias = true;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y[o, v, u] = b_o + sum over channels c, rows i and columns j of w[o, c, i, j] x[c, v stride - padding + i, u stride
/// - padding + j]; x is 0 outside of the image. torch.nn.Conv2d with a square kernel, its parameter names and
/// initialisation.
///
/// Each step is an image, laid out as in `ImageShape`: maps (steps, height width in_channels) to (steps, out_height
/// out_width out_channels). The channels of a pixel are consecutive, so a row of the kernel meets consecutive features.
/// An output pixel is one product with one term per kernel row, and nothing is copied.
template <class S>
struct Conv2d {
  using Scalar = S;
  using Input = S;
  static constexpr bool stepwise = true;
  using Options = Conv2dOptions;
  struct Cache {};

  Parameter<S, 4> weight;  ///< out x in x kernel x kernel
  Vector<S> bias;          ///< out; empty if switched off
  ImageWindow window;

  Conv2d() = default;
  /// Throws if a size is not positive, or if the kernel does not fit into the padded image.
  explicit Conv2d(Options o);

  /// Weight and bias from U(-b, b), b = 1/sqrt(in_channels kernel^2).
  void initialize(Key key) {
    initialize_fan_in(weight, key.child(0), row_size() * window.kernel);
    initialize_fan_in(bias, key.child(1), row_size() * window.kernel);
  }

  ImageShape in_image() const { return window.image; }
  ImageShape out_image() const { return {weight.rows(), window.out_height(), window.out_width()}; }

  Shape output_shape(Shape x) const {
    check_image_features(window.image, x, "Conv2d");
    return {x.steps, out_image().size()};
  }

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> /*y*/, Tile<const S> dy, Into<S> dx, Cache&, Conv2d& grad,
                const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) {
    f("weight", layers.weight...);
    f("bias", layers.bias...);
  }

 private:
  // numbers in a kernel row: columns x channels
  Index row_size() const { return window.kernel * window.image.channels; }
  // The kernel with its columns side by side: outputs run fastest, then channels, columns, rows. In `weight` rows come
  // before columns.
  Index block(Index i, Index j) const { return (i * window.kernel + j) * window.image.channels * weight.rows(); }
  template <class F>
  void for_each_block(F&& f) const {
    const Index count = window.image.channels * weight.rows();
    for (Index i = 0; i < window.kernel; ++i) {
      for (Index j = 0; j < window.kernel; ++j) f((j * window.kernel + i) * count, block(i, j), count);
    }
  }
  const S* by_rows(const Pass& pass) const;

  void parameter_gradients_of(Tile<const S> x, Tile<const S> dy, S* dw, S* db) const;

  // for a pixel of the input: the sum over the windows that contain it
  void input_gradient_of(Tile<const S> dy, const S* w, kernels::Term<S>* terms, Into<S> dx) const;
  // the window whose row or column k is pixel p; -1: none
  Index place(Index p, Index k, Index places) const {
    const Index first = p + window.padding - k;
    return first >= 0 && first % window.stride == 0 && first / window.stride < places ? first / window.stride : -1;
  }
};

template <class S>
Conv2d<S>::Conv2d(Options o) : window{{o.in_channels, o.height, o.width}, o.kernel_size, o.stride, o.padding} {
  check_sizes({{"in_channels", o.in_channels}, {"out_channels", o.out_channels}}, "Conv2d");
  check_window(window, "Conv2d");
  weight = Parameter<S, 4>(o.out_channels, o.in_channels, o.kernel_size, o.kernel_size);
  if (o.bias) bias = Vector<S>(o.out_channels);
  initialize({});
}

template <class S>
void Conv2d<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const S* w = by_rows(pass);
  auto* const terms = pass.scratch.template take<kernels::Term<S>>(window.kernel);
  const ImageShape in = in_image(), out = out_image();
  for (Index t = 0; t < x.steps; ++t) {
    for (Index v = 0; v < out.height; ++v) {
      const IndexRange rows = window.inside(v, in.height);
      for (Index u = 0; u < out.width; ++u) {
        const IndexRange columns = window.inside(u, in.width);
        Index count = 0;
        for (Index i = rows.first; i < rows.last; ++i) {
          const S* from = x.at(
              t, in.at(v * window.stride - window.padding + i, u * window.stride - window.padding + columns.first));
          terms[count++] = {from, columns.count() * in.channels, w + block(i, columns.first), 1, out.channels};
        }
        kernels::sum_of_products<S>(out.channels, x.lanes, {.bias = values_or_null(bias)}, y.at(t, out.at(v, u)),
                                    {terms, count});
      }
    }
  }
}

template <class S>
void Conv2d<S>::backward(Tile<const S> x, Tile<const S> /*y*/, Tile<const S> dy, Into<S> dx, Cache&, Conv2d& grad,
                         const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  if (wants_gradient(grad)) {
    S* dw = pass.scratch.template take<S>(weight.size());
    std::fill_n(dw, weight.size(), S(0));
    for (Index t = 0; t < x.steps; ++t) {
      parameter_gradients_of(x.step(t), dy.step(t), dw, values_or_null(grad.bias));
    }
    S* to = grad.weight.data();
    for_each_block([&](Index here, Index in_rows, Index count) {
      for (Index k = 0; k < count; ++k) to[here + k] += dw[in_rows + k];
    });
  }
  if (!dx) return;
  const S* w = by_rows(pass);
  auto* const terms = pass.scratch.template take<kernels::Term<S>>(window.kernel * window.kernel);
  for (Index t = 0; t < x.steps; ++t) input_gradient_of(dy.step(t), w, terms, dx.step(t));
}

template <class S>
const S* Conv2d<S>::by_rows(const Pass& pass) const {
  S* w = pass.scratch.template take<S>(weight.size());
  for_each_block(
      [&](Index here, Index in_rows, Index count) { std::copy_n(weight.data() + here, count, w + in_rows); });
  return w;
}

// All pixels of an output column use the same kernel columns, so they are the steps of one pass. With few input
// channels, a block of outputs is computed at a time, small enough to stay in L1 while the bias and the kernel's rows
// pass by.
template <class S>
void Conv2d<S>::parameter_gradients_of(Tile<const S> x, Tile<const S> dy, S* dw, S* db) const {
  const ImageShape in = in_image(), out = out_image();
  const Index column = out.height * x.lanes * static_cast<Index>(sizeof(S));
  const Index some = row_size() < 16 ? std::max<Index>((Index(32) << 10) / column / 4 * 4, 4) : out.channels;
  for (Index u = 0; u < out.width; ++u) {
    const IndexRange columns = window.inside(u, in.width);
    for (Index first = 0; first < out.channels; first += some) {
      const Index outputs = std::min(some, out.channels - first), down = out.width * out.channels * x.lanes;
      if (db)
        kernels::bias_gradient<S>(out.height, x.lanes, {dy.at(0, out.at(0, u) + first), outputs, down}, db + first);
      for (Index i = 0; i < window.kernel; ++i) {
        const IndexRange places = window.places(i, in.height, out.height);
        if (places.count() <= 0) continue;
        const Index row = places.first * window.stride - window.padding + i;
        const S* from = x.at(0, in.at(row, u * window.stride - window.padding + columns.first));
        kernels::weight_gradient<S>(
            places.count(), x.lanes, {dy.at(0, out.at(places.first, u) + first), outputs, down},
            {from, columns.count() * in.channels, window.stride * in.width * in.channels * x.lanes},
            dw + block(i, columns.first) + first, out.channels);
      }
    }
  }
}

template <class S>
void Conv2d<S>::input_gradient_of(Tile<const S> dy, const S* w, kernels::Term<S>* terms, Into<S> dx) const {
  const ImageShape in = in_image(), out = out_image();
  for (Index v = 0; v < in.height; ++v) {
    for (Index u = 0; u < in.width; ++u) {
      S* to = dx.tile.at(0, in.at(v, u));
      Index count = 0;
      for (Index i = 0; i < window.kernel; ++i) {
        const Index y = place(v, i, out.height);
        for (Index j = 0; y >= 0 && j < window.kernel; ++j) {
          const Index x = place(u, j, out.width);
          if (x >= 0) terms[count++] = {dy.at(0, out.at(y, x)), out.channels, w + block(i, j), out.channels, 1};
        }
      }
      if (count == 0 && dx.add) continue;
      kernels::sum_of_products<S>(in.channels, dy.lanes, {.values = dx.add ? to : nullptr}, to, {terms, count});
    }
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Conv2d)
