#pragma once

#include "heed/compose/sequential.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/lstm.hpp"

inline auto sequential() {
  return heed::Sequential(heed::Lstm<float>({.input_size = 5, .hidden_size = 32}),
                          heed::AttentionPool<float>({.features = 32}),
                          heed::Dense<float>({.in_features = 32, .out_features = 10}));
}
