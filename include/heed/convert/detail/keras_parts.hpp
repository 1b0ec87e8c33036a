#pragma once

// A Keras model as heed's layers: an inner part of keras.hpp.

#include <optional>
#include <vector>

#include "heed/compose/any_layer.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA::detail {

/// What a file's layers become.
template <class S>
struct KerasParts {
  std::optional<Embedding<S>> embedding;  ///< in front of the layers
  std::vector<AnyLayer<S>> layers;
  Index features = 0;   ///< of the input; 0: the file does not say
  bool vector = false;  ///< whether the output is one vector, not one for each step
};

/// Takes away the activation at the end that the kind of the outputs stands for.
template <class S>
HEED_COLD OutputKind take_keras_outputs(KerasParts<S>& parts, OutputKind otherwise) {
  if (!parts.vector || parts.layers.empty()) return OutputKind::numbers;
  if (parts.layers.size() < 2) return otherwise;  // nothing is left of a lone activation
  if (parts.layers.back().template as<Softmax<S>>()) return parts.layers.pop_back(), OutputKind::classes;
  if (parts.layers.back().template as<Sigmoid<S>>()) return parts.layers.pop_back(), OutputKind::flags;
  return otherwise;
}

}  // namespace heed::inline HEED_ISA::detail
