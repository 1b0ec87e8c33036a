#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"

namespace test_support {

/// Numbers in +-bound that float holds exactly.
template <class S>
std::vector<S> random_values(heed::Index count, std::uint64_t seed, double bound = 1) {
  std::vector<S> values(static_cast<std::size_t>(count));
  std::uint64_t i = 0;
  for (S& v : values) v = static_cast<S>(static_cast<float>(heed::Key{seed}.uniform(i++, -bound, bound)));
  return values;
}

/// The largest |a - b|; infinity where the sizes differ or a number is not finite.
template <class A, class B>
double largest_difference(const A& a, const B& b) {
  if (static_cast<heed::Index>(a.size()) != static_cast<heed::Index>(b.size())) return HUGE_VAL;
  double largest = 0;
  auto other = b.begin();
  for (const auto x : a) {
    const double d = std::abs(static_cast<double>(x) - static_cast<double>(*other++));
    largest = std::isfinite(d) ? std::max(largest, d) : HUGE_VAL;
  }
  return largest;
}

/// What sums of some dozens of products of numbers in +-1 may be off by.
template <class S>
inline constexpr double rounding = sizeof(S) == 4 ? 2e-5 : 1e-13;

}  // namespace test_support
