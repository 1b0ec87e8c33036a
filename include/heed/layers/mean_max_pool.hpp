#pragma once

/// @file
/// Mean and maximum over time, concatenated.

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/extents.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/pooling.hpp"

namespace heed::inline HEED_ISA {

/// y = [mean x; max x] of each feature over the valid steps: maps (steps, features) to (1, 2 features).
/// torch.cat([x.mean(1), x.amax(1)], -1). If several steps share the maximum, the first of them gets its gradient. A
/// sequence without steps gives 0.
template <class S>
struct MeanMaxPool {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  struct Cache {
    typename MeanPool<S>::Cache mean;
    typename MaxPool<S>::Cache max;
  };

  Index feature_factor() const { return 2; }
  /// Throws if the number of features is negative, or twice it overflows.
  Shape output_shape(Shape x) const {
    return detail::inside("MeanMaxPool", [&] { return Shape{1, element_count(Extents<2>{2, x.features})}; });
  }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
    MeanPool<S>().forward(x, half(y, 0), cache.mean, pass);
    MaxPool<S>().forward(x, half(y, 1), cache.max, pass);
  }
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, MeanMaxPool&,
                const Pass& pass) const {
    MeanPool<S> mean;
    MaxPool<S> max;
    mean.backward(x, y, half(dy, 0), dx, cache.mean, mean, pass);
    max.backward(x, y, half(dy, 1), onto_if(bool(dx), dx.tile), cache.max, max, pass);
  }

  /// A stream remembers the mean and the maximum so far.
  Index prepare_stream(Shape x, Cache&) const { return 2 * x.features; }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const {
    MeanPool<S>().stream_step(x, half(y, 0), memory, cache.mean, pass);
    MaxPool<S>().stream_step(x, half(y, 1), memory, cache.max, pass);
  }

  static void visit(auto&&, auto&...) {}

 private:
  template <class T>
  static Tile<T> half(Tile<T> y, Index which) {
    return y ? Tile<T>(y.at(0, which * y.features / 2), {1, y.features / 2}, y.lanes) : Tile<T>();
  }
};

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::MeanMaxPool)
