#pragma once

/// @file
/// Errors and central differences: an inner part of check_layer.hpp.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::testing::detail {

// |a - b| / max(|a|, |b|), in Euclidean norms, with an absolute floor
HEED_FUNCTION double norm_error(const std::vector<double>& a, const std::vector<double>& b);

// The largest difference over max(1, the largest value).
template <class A, class B>
double largest_error(const A& a, const B& b) {
  double difference = a.size() == b.size() ? 0 : 1e300, scale = 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    difference = std::isnan(x - y) ? 1e300 : std::max(difference, std::abs(x - y));
    scale = std::max(scale, std::abs(y));
  }
  return difference / scale;
}

// fourth-order central differences of `loss` in every number of `values`
HEED_FUNCTION std::vector<double> differences(double* values, Index count, const std::function<double()>& loss);

}  // namespace heed::inline HEED_ISA::testing::detail

#if HEED_BODIES

namespace heed::inline HEED_ISA::testing::detail {

HEED_FUNCTION double norm_error(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0, first = 0, second = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    first += a[i] * a[i];
    second += b[i] * b[i];
  }
  return std::sqrt(difference) / std::max({std::sqrt(first), std::sqrt(second), 1e-3});
}

HEED_FUNCTION std::vector<double> differences(double* values, Index count, const std::function<double()>& loss) {
  constexpr double h = 1e-3;
  std::vector<double> gradient(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) {
    const double x = values[i];
    const auto at = [&](double step) {
      values[i] = x + step;
      return loss();
    };
    gradient[static_cast<std::size_t>(i)] = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    values[i] = x;
  }
  return gradient;
}

}  // namespace heed::inline HEED_ISA::testing::detail

#endif
