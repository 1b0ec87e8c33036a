#pragma once

/// @file
/// The concept of a loss.

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>

#include "heed/core/labels_view.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// A loss between a model's outputs (scalar S) and targets of type `Target`. std::int32_t is for labels: one for the
/// output (1, k) of a sequence, or one for each step of an output (steps, k). S is for k numbers per sequence.
///
/// - `target_weight(targets)`: what the targets of one sequence add to the denominator of the mean.
/// - `check(targets, outputs)`: throws if the targets do not fit a model with this many outputs.
/// - `loss(y, target, weights, scale, dy, pass)`: the loss of a tile times `scale`; writes its gradient to `dy`. Labels
///   are a tile (1 or at least y's steps, 1), numbers (1, k). `weights` has one weight per lane; padding lanes have 0.
/// - Optional `name`, and `options` that list their fields (heed/options/fields.hpp): checkpoints compare them.
/// - Optional `count_correct(y, target, weights)` for the accuracy: a number from 0 to 1 per lane, weighted and summed.
///   With `counted(targets)`: how many a sequence's targets count as; otherwise 1.
template <class L, class S>
concept Loss =
    std::copyable<L> && (std::same_as<typename L::Target, std::int32_t> || std::same_as<typename L::Target, S>) &&
    requires(const L& loss, std::span<const typename L::Target> one, TargetsView<typename L::Target> all,
             Tile<const S> y, Tile<const typename L::Target> target, const S* weights, Tile<S> dy, const Pass& pass) {
      { loss.target_weight(one) } -> std::convertible_to<double>;
      loss.check(all, Index(1));
      { loss(y, target, weights, 1.0, dy, pass) } -> std::convertible_to<double>;
    };

}  // namespace heed::inline HEED_ISA
