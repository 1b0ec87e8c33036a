#pragma once

/// @file
/// Mean pooling over windows of steps.

#include <algorithm>

#include "heed/core/compiled.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/pool_window.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `MeanPool1d`.
struct MeanPool1dOptions {
  Index kernel_size = 2;
  Index stride = 0;        ///< 0: the kernel's size
  Index padding = 0;       ///< at both ends; at most half of the kernel
  bool ceil_mode = false;  ///< also counts a last window that the sequence does not fill
  bool count_include_pad = true;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "kernel_size"}, o.kernel_size...);
    f({.name = "stride", .range = Range::from(0), .optional = true}, o.stride...);
    f({.name = "padding", .range = Range::from(0), .optional = true}, o.padding...);
    f({.name = "ceil_mode", .optional = true}, o.ceil_mode...);
    f({.name = "count_include_pad", .optional = true}, o.count_include_pad...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y_t = mean over k < kernel_size of x at step t stride - padding + k, for each feature: torch.nn.AvgPool1d. Maps
/// (steps, features) to (output_length(steps), features). Padding counts as zeros; with `count_include_pad` off it does
/// not count. Steps past a sequence's end are padding. A sequence that is too short for one window has no output steps.
template <class S>
struct MeanPool1d {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::own_steps;
  using Options = MeanPool1dOptions;
  struct Cache {
    TileBuffer<S> share;  // (output steps, 1): 1 / steps that the window counts; 0 past the last window
  };

  detail::PoolWindow window{{2, 2}};
  bool count_include_pad = true;

  MeanPool1d() = default;
  /// Throws if an option is out of range.
  explicit MeanPool1d(Options o)
      : window{{o.kernel_size, o.stride ? o.stride : o.kernel_size, 1, o.padding, o.padding}, o.ceil_mode},
        count_include_pad(o.count_include_pad) {
    window.check("MeanPool1d");
  }

  /// The options that make such a layer.
  Options options() const { return {window.kernel, window.stride, window.left, window.ceil, count_include_pad}; }
  bool reads_distances() const { return window.kernel > 1 || window.stride > 1; }
  Index output_length(Index length) const { return window.count(length); }
  Shape output_shape(Shape x) const { return {output_length(x.steps), x.features}; }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, MeanPool1d&,
                const Pass& pass) const;

  static void visit(auto&&, auto&...) {}

 private:
  S share_of(Index t, Index length) const {
    if (t >= output_length(length)) return 0;
    const Index first = window.step(t), last = first + window.kernel;
    return 1 / static_cast<S>(count_include_pad ? std::min(last, length + window.left) - first
                                                : std::min(last, length) - std::max<Index>(first, 0));
  }
  // calls f(t, step, share): the share of a step of x in step t of y, per lane; `room` has one number per lane
  template <class F>
  void for_each_part(Tile<const S> x, Tile<const S> share, S* room, F&& f) const {
    for (Index t = 0; t < share.steps; ++t) {
      const Index last = std::min(window.step(t) + window.kernel, x.steps);
      for (Index step = std::max<Index>(window.step(t), 0); step < last; ++step) {
        const S* part = share.at(t);
        if (x.lengths) {
          for (Index l = 0; l < x.lanes; ++l) room[l] = step < x.lengths[l] ? part[l] : S(0);
          part = room;
        }
        f(t, step, part);
      }
    }
  }
};

template <class S>
void MeanPool1d<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  using namespace simd;
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> share = cache.share.take({y.steps, 1}, x.lanes);
  for (Index t = 0; t < y.steps; ++t) {
    for (Index l = 0; l < x.lanes; ++l) share.at(t)[l] = share_of(t, x.length(l));
  }
  fill(y, S(0));
  S* room = pass.scratch.template take<S>(x.lanes);
  for_each_part(x, share, room, [&](Index t, Index step, const S* part) {
    for_each_place<S>(x.features, x.lanes, [&]<class P>(auto at) HEED_LAMBDA {
      accumulate(y.at(t) + at.number, mul(at.template of_lane<P>(part), load<P>(x.at(step) + at.number)));
    });
  });
}

template <class S>
void MeanPool1d<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, MeanPool1d&,
                             const Pass& pass) const {
  using namespace simd;
  if (!dx) return;
  const Scratch::Mark mark(pass.scratch);
  if (!dx.add) fill(dx.tile, S(0));
  S* room = pass.scratch.template take<S>(x.lanes);
  for_each_part(x, cache.share.view(), room, [&](Index t, Index step, const S* part) {
    for_each_place<S>(x.features, x.lanes, [&]<class P>(auto at) HEED_LAMBDA {
      accumulate(dx.tile.at(step) + at.number, mul(at.template of_lane<P>(part), load<P>(dy.at(t) + at.number)));
    });
  });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::MeanPool1d)
