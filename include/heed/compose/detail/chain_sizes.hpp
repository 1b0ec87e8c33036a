#pragma once

// The sizes that the layers of a chain ask for.

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "heed/compose/any_layer.hpp"
#include "heed/compose/chain.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/flatten_steps.hpp"

namespace heed::inline HEED_ISA {

template <class S>
Index Chain<S>::input_size() const {
  Index size = 0, factor = 1;  // layers before the first with a size give so many features for each of the input
  each_placed([&](const AnyLayer<S>& layer, std::size_t) {
    if (size > 0) return;
    size = layer.input_size();
    const Index times = size > 0 ? 1 : layer.feature_factor();
    const bool fits = times > 0 && times <= most_size / factor;
    if (fits) factor *= times;
    require(fits && size % factor == 0, [&] {
      return Fault{"no number of features gives those of the layer", layer.kind(), "a multiple of " + text_of(factor),
                   text_of(size)};
    });
  });
  require(size > 0, [] {
    return Fault{"the layers accept any number of features", "Chain", "a layer with a number of its own", {}};
  });
  return size / factor;
}

template <class S>
Index Chain<S>::test_steps() const {
  constexpr Index most = Index(1) << 16;
  std::size_t front = 0;
  while (front < layers.size() && !layers[front].template as<FlattenSteps<S>>()) ++front;
  const Index wanted = front < layers.size() ? layers[front].template as<FlattenSteps<S>>()->steps : 1;
  const auto enough = [&](Index steps) {
    for (std::size_t i = 0; i < front; ++i) steps = layers[i].output_length(steps);
    return steps >= wanted;
  };
  if (!enough(most)) return 0;
  Index too_few = 0, steps = most;
  while (steps - too_few > 1) {
    const Index middle = (too_few + steps) / 2;
    (enough(middle) ? steps : too_few) = middle;
  }
  return steps;
}

template <class S>
double Chain<S>::attention_work(Shape x) const {
  double work = 0;
  each_placed([&](const AnyLayer<S>& layer, std::size_t) {
    const Shape y = layer.output_shape(x);
    if (std::string_view(layer.kind()).ends_with("_attention")) {
      const auto steps = static_cast<double>(x.steps);
      constexpr Index softmax = 8;  // takes as long as so many features
      work += steps * steps * static_cast<double>(std::max({x.features, y.features, softmax}));
    }
    x = y;
  });
  return work;
}

}  // namespace heed::inline HEED_ISA
