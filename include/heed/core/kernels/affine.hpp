#pragma once

/// @file
/// The affine map of whole tiles, y = W x + b, and its two gradients.

#include <algorithm>
#include <cassert>
#include <concepts>

#include "heed/core/compiled.hpp"
#include "heed/core/kernels/panel_product.hpp"
#include "heed/core/kernels/product.hpp"
#include "heed/core/kernels/weight_gradient.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// A weight (out x in), or a rectangle of a larger one: outputs are contiguous, and consecutive inputs are `stride`
/// apart. Or a table whose rows are the outputs: inputs are contiguous, and consecutive outputs are `row` apart. `data`
/// is null for a gradient that is not wanted.
template <class S>
struct Weight {
  S* data;
  Index out, in, stride, row = 1;

  template <class M>
    requires std::same_as<std::remove_const_t<M>, Matrix<std::remove_const_t<S>>>
  Weight(M& m) : data(data_of(m)), out(m.rows()), in(m.cols()), stride(m.rows()) {}
  template <class M>
    requires std::same_as<std::remove_const_t<M>, Table<std::remove_const_t<S>>>
  Weight(M& m) : data(data_of(m)), out(m.rows()), in(m.width()), stride(1), row(m.width()) {}

  Weight(S* data_, Index out_, Index in_, Index stride_) : data(data_), out(out_), in(in_), stride(stride_) {}
  Weight outputs(Index first, Index count) const {
    assert(first >= 0 && count >= 0 && first + count <= out);
    Weight part = *this;
    if (part.data) part.data += first * row;
    part.out = count;
    return part;
  }
  Weight inputs(Index first, Index count) const {
    assert(first >= 0 && count >= 0 && first + count <= in);
    Weight part = *this;
    if (part.data) part.data += first * stride;
    part.in = count;
    return part;
  }

 private:
  template <class M>
  static S* data_of(M& m) {
    if constexpr (!std::is_const_v<S>) {
      if (!m.wanted()) return nullptr;
    }
    return m.data();
  }
};

/// W as a term of a product that reads the features of `x`, and the transpose of W.
template <class S>
kernels::Term<S> times(const Weight<const S>& w, const S* x) {
  return {x, w.in, w.data, w.row, w.stride};
}
template <class S>
kernels::Term<S> times_transposed(const Weight<const S>& w, const S* dy) {
  return {dy, w.out, w.data, w.stride, w.row};
}

namespace detail {
/// Calls f(first, number) for blocks of outputs. A block of a large weight stays in the CPU's caches while all steps
/// pass by, and so does a block of one step's features.
template <class S, class F>
void for_outputs(const Weight<const S>& w, Index lanes, F&& f) {
  constexpr auto small = static_cast<Index>((128 << 10) / sizeof(S));
  Index part = w.out;
  if (lanes > 1) {
    const Index most = std::max<Index>(small / std::max(w.in, 4 * lanes) / 64 * 64, 64);
    if (w.out > 2 * most) part = most;
  }
  for (Index first = 0; first < w.out; first += part) f(first, std::min(part, w.out - first));
}

template <class S>
HEED_KERNEL void affine_of_steps(const Tile<const S>& x, const Weight<const S>& w, const S* bias, const Tile<S>& y,
                                 kernels::Ahead* ahead) {
  if (w.row == 1 && w.stride == w.out && kernels::needs_panels<S>(x.steps, w.out, w.in, x.lanes)) {
    return kernels::panel_product<S>(x.steps, w.out, w.in, x.lanes, w.data, bias, x.data, y.data);
  }
  for_outputs(w, x.lanes, [&](Index first, Index count) {
    for (Index t = 0; t < x.steps; ++t) {
      kernels::product<S>(count, x.lanes, {.bias = bias ? bias + first : nullptr}, y.at(t, first),
                          {times<S>(w.outputs(first, count), x.at(t))}, ahead);
    }
  });
}
}  // namespace detail

/// y = W x + b at every step; `bias` may be null.
template <class S>
HEED_INLINE void affine(const Tile<const S>& x, const Weight<const S>& w, const S* bias, const Tile<S>& y,
                        kernels::Ahead* ahead = nullptr) {
  assert(x.steps == y.steps && x.features == w.in && y.features == w.out);
  if (x.steps == 1 && x.lanes == 1) {  // one vector alone: the product itself is all that is worth a call
    kernels::product<S>(w.out, 1, {.bias = bias}, y.data, {times<S>(w, x.data)});
  } else {
    detail::affine_of_steps<S>(x, w, bias, y, ahead);
  }
}

/// dx (+)= W' dy at every step
template <class S>
HEED_KERNEL void input_gradient(const Tile<const S>& dy, const Weight<const S>& w, const Into<S>& dx,
                                kernels::Ahead* ahead = nullptr) {
  if (!dx) return;
  assert(dy.steps == dx.tile.steps && dy.features == w.out && dx.tile.features == w.in);
  detail::for_outputs(w, dy.lanes, [&](Index first, Index count) {
    for (Index t = 0; t < dy.steps; ++t) {
      S* to = dx.tile.at(t);
      kernels::product<S>(w.in, dy.lanes, {.values = dx.add || first > 0 ? to : nullptr}, to,
                          {times_transposed<S>(w.outputs(first, count), dy.at(t, first))}, ahead);
    }
  });
}

/// dW += sum over steps and lanes of dy x', db += sum of dy. `db` may be null, and so may dW if it is not wanted.
template <class S>
HEED_KERNEL void weight_gradient(const Tile<const S>& x, const Tile<const S>& dy, const Weight<S>& dw, S* db,
                                 kernels::Ahead* ahead = nullptr) {
  assert(x.steps == dy.steps && x.features == dw.in && dy.features == dw.out);
  const kernels::Rows<const S> dy_rows{dy.data, dy.features, dy.features * dy.lanes};
  const kernels::Rows<const S> x_rows{x.data, x.features, x.features * x.lanes};
  if (!dw.data) {
    // not wanted
  } else if (dw.row == 1) {
    kernels::weight_gradient<S>(x.steps, x.lanes, dy_rows, x_rows, dw.data, dw.stride, ahead);
  } else {
    assert(dw.row == dw.in);
    kernels::table_gradient<S>(x.steps, x.lanes, dy_rows, x_rows, dw.data);
  }
  if (db) kernels::bias_gradient<S>(x.steps, x.lanes, dy_rows, db);
}

/// The numbers of a bias; null if it is switched off, or if it is a gradient that is not wanted.
template <class S>
const S* values_or_null(const Vector<S>& bias) {
  return bias.empty() ? nullptr : bias.data();
}
template <class S>
S* values_or_null(Vector<S>& bias) {
  return bias.empty() || !bias.wanted() ? nullptr : bias.data();
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::affine_of_steps)
HEED_COMPILED_FUNCTION(heed::input_gradient)
HEED_COMPILED_FUNCTION(heed::weight_gradient)
