#pragma once

// Keras' layers that act on each step by itself, as heed's: an inner part of keras.hpp.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/compose/any_layer.hpp"
#include "heed/convert/detail/keras_config.hpp"
#include "heed/convert/detail/keras_weights.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// keras.layers.Dense without its activation. Its kernel is (in, out).
template <class S>
HEED_COLD Dense<S> keras_dense(Index in, const KerasConfig& config, KerasWeights& weights) {
  const Index out = config.size("units");
  const std::vector<S> kernel = weights.take<S>("kernel", {in, out});
  Dense<S> layer({.in_features = in, .out_features = out});
  for (Index i = 0; i < in; ++i) {
    for (Index o = 0; o < out; ++o) layer.weight(o, i) = kernel[static_cast<std::size_t>(i * out + o)];
  }
  layer.bias.fill(0);
  if (config.flag("use_bias", true)) {
    const std::vector<S> bias = weights.take<S>("bias", {out});
    std::copy(bias.begin(), bias.end(), layer.bias.data());
  }
  return layer;
}

/// gamma and beta; empty where the layer has none.
template <class S>
struct KerasNorm {
  std::vector<S> gamma, beta;

  HEED_COLD KerasNorm(Index features, const KerasConfig& config, KerasWeights& weights) {
    if (config.flag("scale", true)) gamma = weights.take<S>("gamma", {features});
    if (config.flag("center", true)) beta = weights.take<S>("beta", {features});
  }
};

template <class S>
HEED_COLD LayerNorm<S> keras_layer_norm(Index features, const KerasConfig& config, KerasWeights& weights) {
  config.refuse_flag("rms_scaling");
  const double eps = config.number("epsilon", 1e-3);
  if (!(eps > 0)) config.refuse("wrong value of epsilon", "a number above 0", text_of(eps));
  const KerasNorm<S> norm(features, config, weights);
  LayerNorm<S> layer({.features = features, .eps = eps});
  std::copy(norm.gamma.begin(), norm.gamma.end(), layer.weight.data());
  std::copy(norm.beta.begin(), norm.beta.end(), layer.bias.data());
  return layer;
}

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta
template <class S>
HEED_COLD ScaleShift<S> keras_batch_norm(Index features, const KerasConfig& config, KerasWeights& weights) {
  const KerasNorm<S> norm(features, config, weights);
  const std::vector<S> mean = weights.take<S>("moving mean", {features});
  const std::vector<S> variance = weights.take<S>("moving variance", {features});
  const double eps = config.number("epsilon", 1e-3);
  ScaleShift<S> layer({.features = features});
  for (Index f = 0; f < features; ++f) {
    const auto i = static_cast<std::size_t>(f);
    const double spread = static_cast<double>(variance[i]) + eps;
    if (!(spread > 0)) config.refuse("a variance below zero", "at least 0", text_of(static_cast<double>(variance[i])));
    const double scale = (norm.gamma.empty() ? 1.0 : static_cast<double>(norm.gamma[i])) / std::sqrt(spread);
    const double shift = norm.beta.empty() ? 0.0 : static_cast<double>(norm.beta[i]);
    layer.weight(f) = static_cast<S>(scale);
    layer.bias(f) = static_cast<S>(shift - scale * static_cast<double>(mean[i]));
  }
  return layer;
}

/// Puts a batch normalisation into the dense layer or the convolution before it. False if there is none.
template <class S>
HEED_COLD bool fold_into_last(std::vector<AnyLayer<S>>& layers, const ScaleShift<S>& norm) {
  if (layers.empty()) return false;
  const auto fold = [&](auto& layer) {
    const Index rows = layer.weight.rows();
    for (Index k = 0; k < layer.weight.size(); ++k)
      layer.weight.data()[k] *= norm.weight(k % rows);  // outputs run fastest
    for (Index o = 0; o < rows; ++o) layer.bias(o) = norm.weight(o) * layer.bias(o) + norm.bias(o);
  };
  if (auto* const dense = layers.back().template as<Dense<S>>(); dense && !dense->bias.empty()) {
    fold(*dense);
    return true;
  }
  if (auto* const convolution = layers.back().template as<Conv1d<S>>()) {
    fold(*convolution);
    return true;
  }
  return false;
}

/// Puts the batch normalisation before a dense layer, if one is there, into it.
template <class S>
HEED_COLD void fold_into_next(std::vector<AnyLayer<S>>& layers, Dense<S>& dense) {
  const ScaleShift<S>* const norm = layers.empty() ? nullptr : layers.back().template as<ScaleShift<S>>();
  if (!norm) return;
  for (Index o = 0; o < dense.out_features(); ++o) {
    double bias = static_cast<double>(dense.bias(o));
    for (Index i = 0; i < dense.in_features(); ++i) {
      bias += static_cast<double>(dense.weight(o, i)) * static_cast<double>(norm->bias(i));
      dense.weight(o, i) *= norm->weight(i);
    }
    dense.bias(o) = static_cast<S>(bias);
  }
  layers.pop_back();
}

/// keras.layers.PReLU with a slope for each feature.
template <class S>
HEED_COLD Prelu<S> keras_prelu(Index features, bool vector, const KerasConfig& config, KerasWeights& weights) {
  const std::vector<Index> shape = weights.extents();
  const bool shared = vector ? shape.size() == 1 : shape.size() == 2 && shape[0] == 1;
  if (!shared || shape.back() != features) {
    config.refuse("slopes that differ from step to step", "a slope for each feature: shared_axes=[1]", to_text(shape));
  }
  const std::vector<S> slopes = weights.take<S>("alpha", shape);
  Prelu<S> layer({.num_parameters = features});
  std::copy(slopes.begin(), slopes.end(), layer.weight.data());
  return layer;
}

/// Layers that do nothing when predicting.
inline bool is_keras_idle(const std::string& kind) {
  return kind == "Dropout" || kind == "SpatialDropout1D" || kind == "GaussianDropout" || kind == "AlphaDropout" ||
         kind == "GaussianNoise" || kind == "ActivityRegularization" || kind == "Identity";
}

inline bool is_keras_activation(const std::string& kind) {
  return kind == "ReLU" || kind == "LeakyReLU" || kind == "ELU" || kind == "Softmax";
}

/// The activation of this name, or the layer of this class; nothing for "linear".
template <class S>
HEED_COLD std::optional<AnyLayer<S>> keras_activation(const std::string& name, const KerasConfig& config) {
  if (name == "linear") return {};
  if (name == "relu") return Relu<S>();
  if (name == "tanh") return Tanh<S>();
  if (name == "sigmoid") return Sigmoid<S>();
  if (name == "gelu") return Gelu<S>();
  if (name == "elu") return Elu<S>();
  if (name == "leaky_relu") return LeakyRelu<S>(S(0.2));
  if (name == "softmax" || name == "Softmax") return Softmax<S>();
  if (name == "ELU") return Elu<S>(static_cast<S>(config.number("alpha", 1)));
  if (name == "LeakyReLU") {
    return LeakyRelu<S>(static_cast<S>(config.number("negative_slope", config.number("alpha", 0.3))));
  }
  if (name == "ReLU") {
    if (!config["max_value"].is_null() || config.number("threshold", 0) != 0) {
      config.refuse("a ReLU with bounds, which heed does not have", "no max_value, and threshold 0");
    }
    const double slope = config.number("negative_slope", 0);
    if (slope == 0) return Relu<S>();
    return LeakyRelu<S>(static_cast<S>(slope));
  }
  config.refuse("an activation that heed does not have",
                "relu, tanh, sigmoid, softmax, gelu, elu, leaky_relu or linear", quote(name));
}

}  // namespace heed::inline HEED_ISA::detail
