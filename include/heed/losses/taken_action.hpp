#pragma once

/// @file
/// The loss of one output among several: the value of the action that was taken.

#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/huber.hpp"
#include "heed/losses/loss.hpp"

namespace heed::inline HEED_ISA {

/// Compares one output per sequence with its value. Targets are (n, 2): the index of the output, and the value. The
/// other outputs have no loss and no gradient. torch.nn.functional.huber_loss(q.gather(1, action), value); the mean is
/// over sequences.
template <class S, Loss<S> L = Huber<S>>
  requires std::same_as<typename L::Target, S>
struct TakenAction {
  using Target = S;
  L loss;

  explicit TakenAction(L l = L()) : loss(std::move(l)) {}

  /// Each sequence counts as one.
  static double target_weight(std::span<const S>) { return 1; }

  /// Throws unless each sequence has an output's index in 0 .. `outputs` - 1, and a finite value.
  static void check(TensorView<const S, 2> targets, Index outputs);

  /// The scaled loss of a tile of one step, as in the other losses.
  double operator()(Tile<const S> y, Tile<const S> target, const S* weights, double scale, Tile<S> dy,
                    const Pass& pass) const;
};

template <class S, Loss<S> L>
  requires std::same_as<typename L::Target, S>
void TakenAction<S, L>::check(TensorView<const S, 2> targets, Index outputs) {
  require(targets.extent(1) == 2, [&] {
    return Fault{"wrong number of targets", "TakenAction", "an action and its value", text_of(targets.extent(1))};
  });
  for (Index i = 0; i < targets.extent(0); ++i) {
    const S action = targets(i, 0), value = targets(i, 1);
    const auto where = [&] { return "target " + text_of(i) + " (counted from 0)"; };
    require(action >= 0 && action < static_cast<S>(outputs) && action == std::floor(action), [&] {
      return Fault{"no such action", where(), "0 to " + text_of(outputs - 1), text_of(static_cast<double>(action))};
    });
    require(std::isfinite(value), [&] {
      return Fault{"target is not finite", where(), "a finite number", text_of(static_cast<double>(value))};
    });
  }
}

template <class S, Loss<S> L>
  requires std::same_as<typename L::Target, S>
double TakenAction<S, L>::operator()(Tile<const S> y, Tile<const S> target, const S* weights, double scale, Tile<S> dy,
                                     const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> wanted = pass.scratch.like(y);
  copy(y, wanted);
  for (Index l = 0; l < y.lanes; ++l) {
    wanted.at(0, static_cast<Index>(target.at(0, 0)[l]))[l] = target.at(0, 1)[l];
  }
  return loss(y, wanted, weights, scale, dy, pass);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::TakenAction)
