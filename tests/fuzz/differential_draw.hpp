#pragma once

// The random choices of a seed, the same for all instruction sets.

#include <cstdint>

#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"

namespace {

using heed::Index;

/// Choices and numbers of a seed. The numbers have 23 bits: float and double hold them, whatever computes them.
struct Draw {
  heed::Key key;
  std::uint64_t count = 0;
  Index below(Index n) { return static_cast<Index>(key.bits(count++) % static_cast<std::uint64_t>(n)); }
  bool flag() { return below(2) == 1; }
  template <class E>
  E choice() {
    return static_cast<E>(below(static_cast<Index>(names_of(E()).size())));
  }
  /// From -1 to below 1.
  double number() { return static_cast<double>(below(1 << 23) - (1 << 22)) / (1 << 22); }
};

}  // namespace
