#pragma once

/// @file
/// All steps of a sequence as one vector.

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/extents.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ABI {

/// Options of `FlattenSteps`.
struct FlattenStepsOptions {
  Index steps = 0;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) { f({.name = "steps"}, o.steps...); }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Maps (steps, features) to (1, steps features), step after step. torch.nn.Flatten and keras.layers.Flatten of
/// (n, steps, features). The number of steps is fixed. Steps past a sequence's end give 0.
template <class S>
struct FlattenSteps {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = FlattenStepsOptions;
  struct Cache {};

  Index steps = 0;

  FlattenSteps() = default;
  /// Throws if the number of steps is not positive, or is one that no file may have.
  explicit FlattenSteps(Options o) : steps(o.steps) {
    check_sizes({{"steps", o.steps}}, "FlattenSteps");
    heed::check(o, "FlattenSteps");
  }

  /// The options that make such a layer.
  Options options() const { return {steps}; }
  bool reads_distances() const { return true; }
  Index feature_factor() const { return steps; }
  /// Throws if x has another number of steps.
  Shape output_shape(Shape x) const;

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
    const Tile<S> all(y.data, x.shape(), x.lanes);
    copy(x, all);
    zero_past_end(all, x.lengths);
  }
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, FlattenSteps&,
                const Pass& pass) const {
    if (!dx) return;
    const Scratch::Mark mark(pass.scratch);
    const Tile<const S> d = valid_steps(Tile<const S>(dy.data, x.shape(), x.lanes), x.lengths, pass.scratch);
    dx.add ? add(d, dx.tile) : copy(d, dx.tile);
  }

  static void visit(auto&&, auto&...) {}
};

template <class S>
Shape FlattenSteps<S>::output_shape(Shape x) const {
  require(x.steps == steps,
          [&] { return Fault{"wrong number of steps", "FlattenSteps", text_of(steps), text_of(x.steps)}; });
  return detail::inside("FlattenSteps", [&] { return Shape{1, element_count(Extents<2>{steps, x.features})}; });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::FlattenSteps)
