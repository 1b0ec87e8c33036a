#pragma once

#include "heed/compose/sequential.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dense.hpp"

namespace test_support {

/// The smallest classifier of sequences: an attention pool and a dense layer. Quick to compile.
template <class S>
struct SmallModel : heed::Sequential<heed::AttentionPool<S>, heed::Dense<S>> {
  struct Options {
    heed::Index features = 0, classes = 0;
  };
  SmallModel() = default;
  explicit SmallModel(Options o)
      : heed::Sequential<heed::AttentionPool<S>, heed::Dense<S>>(
            heed::AttentionPool<S>({.features = o.features}),
            heed::Dense<S>({.in_features = o.features, .out_features = o.classes})) {
    this->initialize({7});
  }
};

}  // namespace test_support
