#pragma once

/// @file
/// How far a tile of short sequences may be cut.

#include <algorithm>
#include <cstdint>
#include <span>

#include "heed/core/any_model.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The fewest steps that a tile may have instead of x.steps: those of the shortest sequence, unless the model does not
/// accept so few, as `FlattenSteps` does not. Without lengths all sequences have x.steps.
template <class S>
Index least_steps(const ModelReference<S>& model, Shape x, std::span<const std::int32_t> lengths) {
  if (lengths.empty()) return x.steps;
  const auto accepts = [&](Index steps) {
    try {
      model.output_shape({steps, x.features});
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  const Index shortest = *std::min_element(lengths.begin(), lengths.end());
  if (accepts(shortest)) return shortest;
  Index least = x.steps;
  while (least - 1 > shortest && accepts(least - 1)) --least;
  return least;
}

}  // namespace heed::inline HEED_ISA
