#pragma once

/// @file
/// What a loss is, as a concept.

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>

#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// What a loss compares with: a label a sequence, or (n, k) numbers.
template <class T>
using TargetsView =
    std::conditional_t<std::same_as<T, std::int32_t>, std::span<const std::int32_t>, TensorView<const T, 2>>;

/// A loss between a model's outputs (1, k) in S and targets of type `Target`: std::int32_t for a label a sequence, S
/// for numbers.
///
/// - `target_weight(targets)`: what those of one sequence add to the denominator of the mean.
/// - `check(targets, outputs)`: throws where labels (n) or targets (n, k) do not fit a model of so many outputs.
/// - `loss(y, target, weights, scale, dy, pass)`: the loss of a tile times `scale`, and in `dy` its gradient. `weights`
///   is one a lane: padding lanes have 0.
/// - optional: `count_correct(y, target, weights)`, a number of 0 to 1 for each lane, weighted and summed: the
/// accuracy.
template <class L, class S>
concept Loss = std::copyable<L> &&
    (std::same_as<typename L::Target, std::int32_t> ||
     std::same_as<typename L::Target, S>)&&requires(const L& loss, std::span<const typename L::Target> one,
                                                    TargetsView<typename L::Target> all, Tile<const S> y,
                                                    Tile<const typename L::Target> target, const S* weights, Tile<S> dy,
                                                    const Pass& pass) {
  { loss.target_weight(one) } -> std::convertible_to<double>;
  loss.check(all, Index(1));
  { loss(y, target, weights, 1.0, dy, pass) } -> std::convertible_to<double>;
};

}  // namespace heed::inline HEED_ISA
