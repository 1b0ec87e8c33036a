#pragma once

/// @file
/// Poolings over time without weights: (steps, features) to (1, features), over each sequence's valid steps. A sequence
/// without steps gives 0.

#include <algorithm>
#include <cstdint>
#include <limits>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/lane_product.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/step_chunks.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `LastPool`.
struct LastPoolOptions {
  bool both_ends = false;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) { f({.name = "both_ends", .optional = true}, o.both_ends...); }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The last valid step. After a bidirectional recurrent layer, the backward half of that step has seen only one step.
/// With `both_ends`, the second half of the features comes from the first step instead, so that both halves are final
/// states. PyTorch's h_n and Keras' Bidirectional do the same.
template <class S>
struct LastPool {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = LastPoolOptions;
  struct Cache {};

  bool both_ends = false;

  LastPool() = default;
  explicit LastPool(Options o) : both_ends(o.both_ends) {}

  /// The options that make such a layer.
  Options options() const { return {both_ends}; }
  /// Throws if `both_ends` is set and the number of features is odd.
  Shape output_shape(Shape x) const;
  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, LastPool&, const Pass&) const;
  /// A stream remembers nothing. Throws with `both_ends`.
  Index prepare_stream(Shape, Cache&) const;
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>&, Cache&, const Pass&) const { copy(x, y); }
  static void visit(auto&&, auto&...) {}

 private:
  // the step that feature f of lane l comes from; -1: the lane has no steps
  Index step_of(Tile<const S> x, Index f, Index l) const {
    return both_ends && 2 * f >= x.features ? std::min<Index>(x.length(l), 1) - 1 : x.length(l) - 1;
  }
  // for a tile without lengths: calls f(index in x, index in y, count) for the parts from the last and the first step
  template <class F>
  void each_part(const Tile<const S>& x, F&& f) const {
    const Index all = x.features * x.lanes, from_last = both_ends ? (x.features + 1) / 2 * x.lanes : all;
    f((x.steps - 1) * all, Index(0), from_last);
    if (from_last < all) f(from_last, from_last, all - from_last);
  }
};

template <class S>
Shape LastPool<S>::output_shape(Shape x) const {
  require(!both_ends || x.features % 2 == 0, [&] {
    return Fault{"the features have no halves", "LastPool of both ends", "an even number", text_of(x.features)};
  });
  return {1, x.features};
}

template <class S>
void LastPool<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  if (!x.lengths && x.steps > 0) {
    return each_part(x, [&](Index from, Index to, Index count) { std::copy_n(x.data + from, count, y.data + to); });
  }
  for (Index f = 0; f < x.features; ++f) {
    S* const to = y.at(0, f);
    for (Index l = 0; l < x.lanes; ++l) {
      const Index t = step_of(x, f, l);
      to[l] = t < 0 ? S(0) : x.at(t, f)[l];
    }
  }
}

template <class S>
void LastPool<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, LastPool&,
                           const Pass&) const {
  if (!dx) return;
  if (!dx.add) fill(dx.tile, S(0));
  if (!x.lengths && x.steps > 0) {
    return each_part(x, [&](Index to, Index from, Index count) {
      for (Index i = 0; i < count; ++i) dx.tile.data[to + i] += dy.data[from + i];
    });
  }
  for (Index f = 0; f < x.features; ++f) {
    for (Index l = 0; l < x.lanes; ++l) {
      const Index t = step_of(x, f, l);
      if (t >= 0) dx.tile.at(t, f)[l] += dy.at(0, f)[l];
    }
  }
}

template <class S>
Index LastPool<S>::prepare_stream(Shape, Cache&) const {
  require(!both_ends, [] {
    return Fault{"a state of the backward direction has no next step", "LastPool", "both_ends to be off", "on"};
  });
  return 0;
}

/// The mean of the valid steps. GlobalAveragePooling1D of Keras, with its mask.
template <class S>
struct MeanPool {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  struct Cache {
    TileBuffer<S> share;  // (steps, 1): 1 / length at valid steps, 0 past the end
  };
  Shape output_shape(Shape x) const { return {1, x.features}; }
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const;
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, MeanPool&,
                const Pass&) const;
  /// A stream remembers the mean so far.
  Index prepare_stream(Shape x, Cache&) const { return x.features; }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache&, const Pass&) const;
  static void visit(auto&&, auto&...) {}
};

template <class S>
void MeanPool<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const {
  const Tile<S> share = cache.share.take({x.steps, 1}, x.lanes);
  for (Index t = 0; t < x.steps; ++t) {
    for (Index l = 0; l < x.lanes; ++l) {
      const Index n = x.length(l);
      share.at(t)[l] = t < n ? S(1) / static_cast<S>(n) : S(0);
    }
  }
  detail::StepChunks chunks(x);
  for (Index c = chunks.count(); c-- > 0;) {
    const Tile<const S> part = chunks.of(x, c);
    kernels::lane_product<S>(1, x.features, part.steps, x.lanes, {chunks.of(share, c).data, 0, 1},
                             {part.data, x.features, 1}, {y.data, 0, 1}, 1, c + 1 < chunks.count(),
                             chunks.fetch<S>(c - 1, part.size(), {x}));
  }
}

template <class S>
void MeanPool<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, MeanPool&,
                           const Pass&) const {
  if (!dx) return;
  const Tile<const S> share = cache.share.view();
  detail::StepChunks(x).writing(dx, [&]<bool Away>() HEED_LAMBDA {
    for (Index t = 0; t < x.steps; ++t) {
      for_each_place<S>(x.features, x.lanes, [&]<class P>(auto at) HEED_LAMBDA {
        put<Away>(dx, t * x.features * x.lanes + at.number,
                  simd::mul(at.template of_lane<P>(share.at(t)), simd::load<P>(dy.data + at.number)));
      });
    }
  });
}

template <class S>
void MeanPool<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache&, const Pass&) const {
  using namespace simd;
  S* mean = memory.take(x.features);
  const S share = 1 / static_cast<S>(memory.step + 1);
  for_each_packet<S>(x.features, [&]<class P>(Index f) HEED_LAMBDA {
    const P before = load<P>(mean + f);
    store(mean + f, fma(sub(load<P>(x.data + f), before), set1<P>(share), before));
  });
  std::copy_n(mean, x.features, y.data);
}

/// The maximum of each feature over the valid steps. If several steps share it, the first of them gets the gradient.
template <class S>
struct MaxPool {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  struct Cache {
    TileBuffer<std::int32_t> where;  // (1, features): the step with the maximum, -1 for none
  };
  Shape output_shape(Shape x) const { return {1, x.features}; }
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const;
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, MaxPool&,
                const Pass&) const;
  /// A stream remembers the maximum so far.
  Index prepare_stream(Shape x, Cache&) const { return x.features; }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache&, const Pass&) const;
  static void visit(auto&&, auto&...) {}
};

template <class S>
void MaxPool<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const {
  const Tile<std::int32_t> where = cache.where.take({1, x.features}, x.lanes);
  fill(where, std::int32_t(-1));
  fill(y, S(0));
  const Index common = common_length(x), n = x.features * x.lanes;
  for (Index t = 0; t < x.steps; ++t) {
    const auto now = static_cast<std::int32_t>(t);
    // the numbers from i on, in lanes that have not ended
    const auto take = [&](Index i, Index count, const std::int32_t* lengths) HEED_LAMBDA {
      const S* const from = x.at(t) + i;
      S* const largest = y.data + i;
      std::int32_t* const at = where.data + i;
      for (Index l = 0; l < count; ++l) {
        const bool larger = (at[l] < 0) | (from[l] > largest[l]) | (from[l] != from[l]);  // NaN stays
        const bool better = lengths ? larger & (now < lengths[l]) : larger;
        largest[l] = better ? from[l] : largest[l];
        at[l] = better ? now : at[l];
      }
    };
    if (t < common) {
      take(0, n, nullptr);
    } else {
      for (Index f = 0; f < x.features; ++f) take(f * x.lanes, x.lanes, x.lengths);
    }
  }
}

template <class S>
void MaxPool<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, MaxPool&,
                          const Pass&) const {
  if (!dx) return;
  const Tile<const std::int32_t> where = cache.where.view();
  const Index n = x.features * x.lanes;
  const std::int32_t* const at = where.data;
  const S* const from = dy.data;
  if (dx.add) {
    for (Index i = 0; i < n; ++i) {
      if (at[i] >= 0) dx.tile.data[at[i] * n + i] += from[i];
    }
    return;
  }
  for (Index t = 0; t < x.steps; ++t) {
    const auto now = static_cast<std::int32_t>(t);
    S* const to = dx.tile.at(t);
    for (Index i = 0; i < n; ++i) to[i] = at[i] == now ? from[i] : S(0);
  }
}

template <class S>
void MaxPool<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache&, const Pass&) const {
  S* largest = memory.take(x.features);
  if (memory.step == 0) std::copy_n(x.data, x.features, largest);
  for (Index f = 0; f < x.features; ++f) {
    const S v = x.data[f];
    largest[f] = v > largest[f] || v != v ? v : largest[f];  // NaN stays
  }
  std::copy_n(largest, x.features, y.data);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::LastPool)
HEED_COMPILED_TYPE(struct heed::MeanPool)
HEED_COMPILED_TYPE(struct heed::MaxPool)
