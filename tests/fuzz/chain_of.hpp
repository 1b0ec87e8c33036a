#pragma once

// Chains of layers of any kinds and options, for fuzzers.

#include <cstddef>
#include <vector>

#include "choices.hpp"
#include "heed/compose/chain.hpp"

namespace fuzz {

inline heed::AnyLayer<float> layer(Choices& c) {
  using Kinds = heed::AnyLayer<float>::Kinds;
  heed::AnyLayer<float> result;
  Kinds::with(c.below(Kinds::names.size()), [&]<class Kind>(Kind) {
    using L = typename Kind::Layer;
    if constexpr (requires { typename L::Options; }) {
      result = L(options<typename L::Options>(c));
    } else {
      result = L();
    }
  });
  return result;
}

/// At most four layers, which need not fit each other.
inline heed::Chain<float> chain(Choices& c) {
  std::vector<heed::AnyLayer<float>> layers;
  for (std::size_t i = c.below(5); i > 0; --i) layers.push_back(layer(c));
  return heed::Chain<float>(layers);
}

}  // namespace fuzz
