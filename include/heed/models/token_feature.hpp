#pragma once

/// @file
/// What a model's tokens stand for.

#include <string>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// A feature of words, such as "lower" or "suffix3", and the texts of its tokens 2, 3, .... Token 0 is padding, token 1
/// any other text.
struct TokenFeature {
  std::string name;
  std::vector<std::string> texts = {};
  friend bool operator==(const TokenFeature&, const TokenFeature&) = default;
};

}  // namespace heed::inline HEED_ABI
