#pragma once

/// @file
/// What a model's tokens stand for.

#include <string>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// A feature of words, "lower" or "suffix3", and the texts that its tokens 2, 3, ... stand for. 0 is padding, 1 every
/// other text.
struct TokenFeature {
  std::string name;
  std::vector<std::string> texts = {};
  friend bool operator==(const TokenFeature&, const TokenFeature&) = default;
};

}  // namespace heed::inline HEED_ABI
