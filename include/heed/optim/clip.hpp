#pragma once

/// @file
/// Gradient clipping.

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

/// The Euclidean norm over all parameters.
template <Visitable Model>
double norm(const Model& gradient) {
  double total = 0;
  for_each_parameter(
      [&](const Path&, const auto& g) {
        for (const auto v : g) total += static_cast<double>(v) * static_cast<double>(v);
      },
      gradient);
  return std::sqrt(total);
}

/// Scales the gradient by min(1, max_norm / (norm + 1e-6)) and returns the norm before. torch.nn.utils.clip_grad_norm_.
template <Visitable Model>
double clip_norm(Model& gradient, double max_norm) {
  require(max_norm >= 0, [&] { return Fault{"largest norm", "clip_norm", "at least 0", std::to_string(max_norm)}; });
  const double before = norm(gradient), factor = max_norm / (before + 1e-6);
  if (factor < 1) {
    for_each_parameter(
        [&](const Path&, auto& g) {
          using S = typename std::remove_reference_t<decltype(g)>::Scalar;
          for (S& v : g) v *= static_cast<S>(factor);
        },
        gradient);
  }
  return before;
}

}  // namespace heed::inline HEED_ISA
