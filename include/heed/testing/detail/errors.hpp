#pragma once

/// @file
/// Error norms and central differences: an inner part of check_layer.hpp.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::testing::detail {

// |a - b| / max(|a|, |b|) in Euclidean norms, with an absolute floor
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

// "1e-07"
HEED_FUNCTION std::string short_text(double value);

// A possible cause of the difference: "a sign?". Empty if there is no guess.
HEED_FUNCTION std::string guess(const std::vector<double>& expected, const std::vector<double>& got, Index lanes,
                                Index steps);

// fourth-order central differences of `loss` by each number of `values`
HEED_FUNCTION std::vector<double> differences(double* values, Index count, const std::function<double()>& loss);

}  // namespace heed::inline HEED_ISA::testing::detail

#if HEED_BODIES

#include <cstdio>

#include "heed/core/error.hpp"

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

HEED_FUNCTION std::string short_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

HEED_FUNCTION std::string guess(const std::vector<double>& expected, const std::vector<double>& got, Index lanes,
                                Index steps) {
  double ee = 0, eg = 0, gg = 0;
  std::size_t wrong = 0, first = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!std::isfinite(got[i])) return "a number that is not finite, the first at " + text_of(i) + "?";
    ee += expected[i] * expected[i];
    eg += expected[i] * got[i];
    gg += got[i] * got[i];
  }
  const double scale = std::sqrt(std::max(ee, gg));
  for (std::size_t i = expected.size(); i-- > 0;) {
    if (std::abs(expected[i] - got[i]) <= 1e-6 * scale) continue;
    ++wrong;
    first = i;
  }
  const double tolerance = 1e-5;
  if (gg <= tolerance * tolerance * ee) return "nothing is added to it?";
  if (ee <= tolerance * tolerance * gg) return "the output does not depend on it?";
  const double factor = eg / ee;
  const double off = std::sqrt(std::max(0.0, gg - factor * eg));
  if (off <= tolerance * std::sqrt(gg)) {
    const auto is = [&](double f) { return std::abs(factor - f) <= tolerance * std::abs(f); };
    if (is(-1)) return "a sign?";
    if (is(static_cast<double>(lanes))) return "multiplied by the number of lanes?";
    if (is(1 / static_cast<double>(lanes))) return "divided by the number of lanes, which the loss does?";
    if (steps > 1 && is(static_cast<double>(steps))) return "multiplied by the number of steps?";
    if (steps > 1 && is(1 / static_cast<double>(steps))) return "divided by the number of steps?";
    if (is(2)) return "added twice?";
    return "a factor of " + short_text(factor) + "?";
  }
  const auto sorted = [](std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v;
  };
  if (norm_error(sorted(expected), sorted(got)) <= tolerance) return "the right numbers in other places: transposed?";
  if (wrong * 2 <= expected.size()) {
    return text_of(wrong) + " of " + text_of(expected.size()) + " numbers differ, the first at " + text_of(first) + "?";
  }
  return gg < ee ? "a term is missing?" : "";
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
