#pragma once

/// @file
/// Options of `Chain`.

#include <string>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Chain`.
struct ChainOptions {
  std::vector<std::string> layers = {};  ///< each as "lstm hidden_size=32 input_size=5"

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "layers", .meaning = "The layers, first to last, each with its options"}, o.layers...);
  }
};

}  // namespace heed::inline HEED_ABI
