#pragma once

/// @file
/// Counter-based random numbers: a number is a function of its key and its index. There is no hidden state, so results
/// do not depend on the order in which threads draw.
///
/// The function is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).

#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// A stream of random numbers, and the root of further streams.
struct Key {
  std::uint64_t value = 0;

  /// 64 random bits.
  constexpr std::uint64_t bits(std::uint64_t index) const {
    std::uint64_t z = value + 0x9e3779b97f4a7c15ULL * (index + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// A derived stream: of an epoch, a layer, a row.
  constexpr Key child(std::uint64_t site) const { return Key{bits(bits(site) ^ 0xd1b54a32d192ed03ULL)}; }

  /// Uniform in [0, 1), 53 bits.
  constexpr double uniform(std::uint64_t index) const { return static_cast<double>(bits(index) >> 11) * 0x1p-53; }
  /// Uniform in [low, high).
  constexpr double uniform(std::uint64_t index, double low, double high) const {
    return low + (high - low) * uniform(index);
  }
  /// Standard normal (Box and Muller).
  double normal(std::uint64_t index) const {
    const double radius = std::sqrt(-2 * std::log(1 - uniform(2 * index)));
    return radius * std::cos(2 * std::numbers::pi * uniform(2 * index + 1));
  }
  /// Uniform in 0 .. bound - 1, by multiplication (Lemire 2019). The bias is below bound / 2^64.
  constexpr std::uint64_t below(std::uint64_t index, std::uint64_t bound) const {
    const std::uint64_t x = bits(index), a = x >> 32, b = x & 0xffffffffU, c = bound >> 32, d = bound & 0xffffffffU;
    const std::uint64_t middle = a * d + ((b * d) >> 32), low = b * c + (middle & 0xffffffffU);
    return a * c + (middle >> 32) + (low >> 32);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Shuffles `order` (Fisher-Yates). The permutation depends only on the key and the size.
template <class T>
void shuffle(std::vector<T>& order, Key key) {
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(key.below(i, i))]);
}

}  // namespace heed::inline HEED_ISA
