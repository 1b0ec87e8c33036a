#pragma once

// Loads the weights of a file of Keras into a model of heed.

#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>

#include "heed/convert/detail/json_tree.hpp"
#include "heed/convert/detail/keras_parts.hpp"
#include "heed/convert/keras.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {

template <class M>
  requires requires(M& m) { typename M::Options; }
M load_keras(M model, const std::filesystem::path& path, const KerasOptions& options) try {
  const DefaultFloatingMode mode;
  using S = typename M::Scalar;
  const KerasFile file(path, options);
  const std::string pool = options.attention_pools.empty() ? "AttentionLayer" : options.attention_pools.front();
  std::string text;
  if constexpr (std::is_same_v<M, TextClassifier<S>>) {
    const std::string front = R"({"class_name":"Embedding","config":{"input_dim":)" +
                              std::to_string(model.options.tokens) + R"(,"output_dim":)" +
                              std::to_string(model.options.embedding) + "}}";
    text = detail::keras_model_of(model.classifier.options, pool, front);
  } else {
    static_assert(std::is_same_v<M, SequenceClassifier<S>>,
                  "load_keras(model, path) loads into a SequenceClassifier or a TextClassifier; for a Chain give "
                  "KerasOptions::model");
    const std::string front = R"({"class_name":"InputLayer","config":{"batch_shape":[null,null,)" +
                              std::to_string(model.options.features) + "]}}";
    text = detail::keras_model_of(model.options, pool, front);
  }
  const detail::JsonTree described = detail::json_tree(text, path.string());
  const OutputKind outputs = model.outputs;
  M loaded = detail::keras_as<M>(detail::keras_model(file.parts<S>(described), outputs, path.string()), path.string());
  const auto take = [](SequenceClassifier<S>& to, SequenceClassifier<S>& from) {
    to.recurrent.weights = std::move(from.recurrent.weights);
    to.pool.pool = std::move(from.pool.pool);
    to.pool.multihead.attention = std::move(from.pool.multihead.attention);
    to.fc1 = std::move(from.fc1);
    to.fc2 = std::move(from.fc2);
  };
  if constexpr (std::is_same_v<M, TextClassifier<S>>) {
    model.embedding.weight = std::move(loaded.embedding.weight);
    take(model.classifier, loaded.classifier);
  } else {
    take(model, loaded);
  }
  return model;
} catch (...) {
  detail::rethrow_as_error(path.string());
}

}  // namespace heed::inline HEED_ISA
