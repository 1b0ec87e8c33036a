#pragma once

/// @file
/// Max pooling over windows of steps.

#include <cstdint>

#include "heed/core/compiled.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/pool_window.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `MaxPool1d`.
struct MaxPool1dOptions {
  Index kernel_size = 2;
  Index stride = 0;   ///< 0: the kernel's size
  Index padding = 0;  ///< at both ends; at most half of the kernel
  Index dilation = 1;
  bool ceil_mode = false;  ///< also counts a last window that the sequence does not fill

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "kernel_size"}, o.kernel_size...);
    f({.name = "stride", .range = Range::from(0), .optional = true}, o.stride...);
    f({.name = "padding", .range = Range::from(0), .optional = true}, o.padding...);
    f({.name = "dilation", .optional = true}, o.dilation...);
    f({.name = "ceil_mode", .optional = true}, o.ceil_mode...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y_t = max over k < kernel_size of x at step t stride - padding + k dilation, for each feature: torch.nn.MaxPool1d.
/// Maps (steps, features) to (output_length(steps), features). Padding and steps past a sequence's end are ignored; a
/// window of nothing else gives 0. If several steps share the maximum, the first of them gets the gradient. A sequence
/// that is too short for one window has no output steps.
template <class S>
struct MaxPool1d {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::own_steps;
  using Options = MaxPool1dOptions;
  struct Cache {
    TileBuffer<std::int32_t> where;  // (output steps, features): the step with the maximum, -1 for none
  };

  detail::PoolWindow window{{2, 2}};

  MaxPool1d() = default;
  /// Throws if an option is out of range.
  explicit MaxPool1d(Options o)
      : window{{o.kernel_size, o.stride ? o.stride : o.kernel_size, o.dilation, o.padding, o.padding}, o.ceil_mode} {
    window.check("MaxPool1d");
  }

  /// The options that make such a layer.
  Options options() const { return {window.kernel, window.stride, window.left, window.dilation, window.ceil}; }
  bool reads_distances() const { return window.kernel > 1 || window.stride > 1; }
  Index output_length(Index length) const { return window.count(length); }
  Shape output_shape(Shape x) const { return {output_length(x.steps), x.features}; }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const;
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, MaxPool1d&,
                const Pass&) const;

  static void visit(auto&&, auto&...) {}
};

template <class S>
void MaxPool1d<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const {
  const Tile<std::int32_t> wheres = cache.where.take(y.shape(), x.lanes);
  fill(wheres, std::int32_t(-1));
  fill(y, S(0));
  const Index common = common_length(x), L = x.lanes;
  for (Index t = 0; t < y.steps; ++t) {
    for (Index k = 0; k < window.kernel; ++k) {
      const Index step = window.step(t, k);
      if (step < 0 || step >= x.steps) continue;
      const auto at = static_cast<std::int32_t>(step);
      for (Index f = 0; f < x.features; ++f) {
        const S* from = x.at(step, f);
        S* to = y.at(t, f);
        std::int32_t* where = wheres.at(t, f);
        const auto take = [&](Index l, bool valid) HEED_LAMBDA {
          const bool better = valid && (where[l] < 0 || from[l] > to[l] || from[l] != from[l]);  // NaN stays
          to[l] = better ? from[l] : to[l];
          where[l] = better ? at : where[l];
        };
        if (step < common) {
          for (Index l = 0; l < L; ++l) take(l, true);
        } else {
          for (Index l = 0; l < L; ++l) take(l, step < x.lengths[l]);
        }
      }
    }
  }
  if (!x.lengths) return;
  for (Index t = 0; t < y.steps; ++t) {  // windows past a sequence's last one may still cover its steps
    for (Index l = 0; l < L; ++l) {
      if (t < output_length(x.length(l))) continue;
      for (Index f = 0; f < x.features; ++f) {
        y.at(t, f)[l] = 0;
        wheres.at(t, f)[l] = -1;
      }
    }
  }
}

template <class S>
void MaxPool1d<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, MaxPool1d&,
                            const Pass&) const {
  if (!dx) return;
  if (!dx.add) fill(dx.tile, S(0));
  const Tile<const std::int32_t> wheres = cache.where.view();
  const Index L = x.lanes;
  for (Index t = 0; t < dy.steps; ++t) {
    for (Index k = 0; k < window.kernel; ++k) {
      const Index step = window.step(t, k);
      if (step < 0 || step >= x.steps) continue;
      for (Index f = 0; f < x.features; ++f) {
        const std::int32_t* where = wheres.at(t, f);
        const S* d = dy.at(t, f);
        S* to = dx.tile.at(step, f);
        for (Index l = 0; l < L; ++l) to[l] += where[l] == step ? d[l] : S(0);
      }
    }
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::MaxPool1d)
