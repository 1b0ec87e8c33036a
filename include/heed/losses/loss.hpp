#pragma once

/// @file
/// What a loss is, as a concept.

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

/// A loss between a model's outputs in S and targets of type `Target`: std::int32_t for labels, one for the outputs
/// (1, k) of a sequence or one for each step of (steps, k); S for k numbers a sequence.
///
/// - `target_weight(targets)`: what those of one sequence add to the denominator of the mean.
/// - `check(targets, outputs)`: throws where labels or targets do not fit a model of so many outputs.
/// - `loss(y, target, weights, scale, dy, pass)`: the loss of a tile times `scale`, and in `dy` its gradient. Labels
///   are a tile (1 or more than y has steps, 1), numbers (1, k). `weights` is one a lane: padding lanes have 0.
/// - optional: `name`, and `options` that list their fields (heed/options/fields.hpp): checkpoints compare them.
/// - optional: `count_correct(y, target, weights)`, a number of 0 to 1 for each lane, weighted and summed: the
///   accuracy. With `counted(targets)`, how many those of a sequence count as: otherwise 1.
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
