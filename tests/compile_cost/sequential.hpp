#pragma once

#include "heed/heed.hpp"

inline auto sequential() {
  return heed::Sequential(heed::Lstm<float>({.input_size = 5, .hidden_size = 32}),
                          heed::AttentionPool<float>({.features = 32}),
                          heed::Dense<float>({.in_features = 32, .out_features = 10}));
}
