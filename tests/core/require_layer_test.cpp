#include "heed/core/require_layer.hpp"

#include <gtest/gtest.h>

#include "heed/layers/dense.hpp"
#include "heed/layers/embedding.hpp"

namespace require_layer_test {

// what lacks a piece: tests/must_not_compile
TEST(RequireLayer, TakesLayersOfNumbersAndOfTokens) {
  static_assert(heed::require_layer<heed::Dense<float>>());
  static_assert(heed::require_trainable_layer<heed::Dense<double>>());
  static_assert(heed::require_trainable_layer<heed::Embedding<float>>());
}

}  // namespace require_layer_test
