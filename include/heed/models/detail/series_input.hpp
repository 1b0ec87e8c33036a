#pragma once

// How models of series prepare their input. For heed/models.

#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/last_value.hpp"
#include "heed/layers/standardize.hpp"

namespace heed::inline HEED_ISA::detail {

/// last_value > standardize, each if it is on. The model's answer is then one of changes: `finish` adds the last value.
template <class S>
struct SeriesInput {
  const LastValue<S>& last_value;
  const Standardize<S>& standardize;

  struct Cache {
    typename LastValue<S>::Cache last_value;
    typename Standardize<S>::Cache standardize;
    TileBuffer<S> changes, standardized;
  };

  bool active() const { return last_value.active() || standardize.active(); }
  /// Throws if a part does not fit a model of these sizes.
  void check(Index features, Index outputs) const {
    last_value.check(features, outputs);
    if (standardize.active()) standardize.output_shape({1, features});
  }
  /// Describes the parts, as `extras` of a model does. Throws if one does not fit.
  static void extras(auto&& f, auto& model) {
    f("last_value", model.last_value, model.options.classes);
    model.last_value.check(model.options.features, model.options.classes);
    f("standardize", model.standardize, model.options.features);
  }

  Tile<const S> forward(Tile<const S> x, Cache& cache, const Pass& pass) const {
    if (last_value.active()) {
      const Tile<S> changes = cache.changes.take(x.shape(), x.lanes, x.lengths);
      last_value.forward(x, changes, cache.last_value, pass);
      x = changes;
    }
    if (standardize.active()) {
      const Tile<S> standardized = cache.standardized.take(x.shape(), x.lanes, x.lengths);
      standardize.forward(x, standardized, cache.standardize, pass);
      x = standardized;
    }
    return x;
  }
  /// What the last `forward` gave for x.
  Tile<const S> view(Tile<const S> x, const Cache& cache) const {
    return standardize.active() ? cache.standardized.view() : changes(x, cache);
  }
  void finish(Tile<S> y, const Cache& cache) const {
    if (last_value.active()) last_value.add(y, cache.last_value);
  }

  /// Where the gradient of what `forward` gave goes: without parts that is dx itself.
  Into<S> gradient(Tile<const S> x, Into<S> dx, const Pass& pass) const {
    return active() ? into_if(bool(dx), pass.scratch.like(x)) : dx;
  }
  /// From that gradient, and dy of the model's answer, to dx.
  void backward(Tile<const S> x, Tile<const S> dinput, Tile<const S> dy, Into<S> dx, Cache& cache,
                const Pass& pass) const {
    if (!dx || !active()) return;
    const Scratch::Mark mark(pass.scratch);
    LastValue<S> no_last_value;
    Standardize<S> no_standardize;
    if (standardize.active()) {
      const Into<S> to = last_value.active() ? into(pass.scratch.like(x)) : dx;
      standardize.backward(changes(x, cache), cache.standardized.view(), dinput, to, cache.standardize, no_standardize,
                           pass);
      dinput = to.tile;
    }
    if (!last_value.active()) return;
    last_value.backward(x, cache.changes.view(), dinput, dx, cache.last_value, no_last_value, pass);
    last_value.backward_of_add(x, dy, dx.tile, cache.last_value, pass);
  }

 private:
  Tile<const S> changes(Tile<const S> x, const Cache& cache) const {
    return last_value.active() ? cache.changes.view() : x;
  }
};

}  // namespace heed::inline HEED_ISA::detail
