#pragma once

// A tile that owns random numbers.

#include <cstdint>
#include <vector>

#include "heed/core/rng.hpp"
#include "heed/core/tile.hpp"

namespace test_support {

using heed::Index;
using heed::Tile;

/// A tile of numbers that owns them: in +-1, from a key.
struct Numbers {
  heed::Shape shape;
  Index lanes;
  std::vector<double> values;

  Numbers(heed::Shape shape_, Index lanes_, std::uint64_t seed)
      : shape(shape_), lanes(lanes_), values(static_cast<std::size_t>(shape_.steps * shape_.features * lanes_)) {
    std::uint64_t i = 0;
    for (double& v : values) v = heed::Key{seed}.uniform(i++, -1, 1);
  }
  Tile<double> tile() { return Tile<double>(values.data(), shape, lanes); }
  Tile<const double> view(const std::vector<std::int32_t>& lengths = {}) const {
    return Tile<const double>(values.data(), shape, lanes, lengths.empty() ? nullptr : lengths.data());
  }
};

}  // namespace test_support
