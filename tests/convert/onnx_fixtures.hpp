#pragma once

// The models whose files stand in data/onnx. onnx_models writes them, onnx_runtime.py checks them with onnxruntime.

#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"

/// Weights that are exact and the same on every machine.
template <class M>
M with_fixed_weights(M model) {
  heed::Index i = 0;
  heed::for_each_parameter(
      [&](const auto&, auto& parameter) {
        for (auto& v : parameter) v = static_cast<typename M::Scalar>(i++ * 7 % 13 - 6) / 16;
      },
      model);
  return model;
}

inline heed::SequenceClassifier<float> fixture_classifier() {
  heed::SequenceClassifier<float> model({.features = 3,
                                         .classes = 2,
                                         .hidden = 3,
                                         .dense = 4,
                                         .attention = heed::Attention::additive,
                                         .cell = heed::CellKind::gru,
                                         .bidirectional = true,
                                         .kernels = {3},
                                         .channels = {4},
                                         .residual = true});
  model.standardize = heed::Standardize<float>({0.5, -1, 2}, {2, 0.5, 4});
  model.labels = {"walks", "sits"};
  return with_fixed_weights(model);
}

inline heed::TransformerClassifier<float> fixture_transformer() {
  return with_fixed_weights(
      heed::TransformerClassifier<float>({.features = 3,
                                          .classes = 2,
                                          .transformer = {.d_model = 4,
                                                          .num_heads = 2,
                                                          .num_layers = 1,
                                                          .dim_feedforward = 6,
                                                          .activation = heed::FeedForwardActivation::gelu,
                                                          .positions = heed::PositionKind::relative,
                                                          .distance = 2}}));
}
