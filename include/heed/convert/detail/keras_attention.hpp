#pragma once

// Keras' attention layers as heed's: an inner part of keras.hpp.

#include <algorithm>
#include <cmath>
#include <cstddef>
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

/// Whether a call of self attention is causal. Throws at arguments that heed cannot follow.
HEED_COLD inline bool keras_causal(const KerasConfig& config, const JsonTree* call) {
  if (!call) return config.flag("causal", false);  // of Keras before 2.12
  for (const char* name : {"attention_mask", "query_mask", "value_mask", "key_mask"}) {
    if (!(*call)[name].is_null())
      config.refuse("a mask of the call, which heed does not read", std::string(name) + " None");
  }
  if ((*call)["return_attention_scores"].is_true()) {
    config.refuse("two outputs", "return_attention_scores False", "True");
  }
  return (*call)["use_causal_mask"].is_true() || config.flag("causal", false);
}

/// A dense layer that copies its first features, as many as there are, and gives 0 for others.
template <class S>
HEED_COLD Dense<S> keras_copy(Index in, Index out) {
  Dense<S> dense({.in_features = in, .out_features = out, .bias = false});
  dense.weight.fill(0);
  for (Index i = 0; i < std::min(in, out); ++i) dense.weight(i, i) = 1;
  return dense;
}

/// The projections of keras.layers.MultiHeadAttention: kernels (F, heads, size) and (heads, size, F).
template <class S>
struct KerasHeads {
  Index features = 0, heads = 0, key = 0, value = 0, out = 0;
  std::vector<S> kernels[3], biases[3], out_kernel, out_bias;

  HEED_COLD KerasHeads(Index f, const KerasConfig& config, KerasWeights& from)
      : features(f),
        heads(config.size("num_heads")),
        key(config.size("key_dim")),
        value(config.size("value_dim", key)),
        out(f) {
    const JsonTree& shape = config["output_shape"];
    if (!shape.is_null()) out = config.size("output_shape");
    const JsonTree& axes = config["attention_axes"];
    const bool over_steps =
        axes.is_null() || (axes.is_array() && axes.items.size() == 1 && axes[std::size_t{0}].text == "1");
    if (!over_steps) config.refuse("attention over other axes than the steps", "attention_axes [1]", axes.shown());
    config.refuse_flag("use_gate");
    if (!config["sliding_window"].is_null()) config.refuse("a sliding window, which heed does not have");
    const bool bias = config.flag("use_bias", true);
    constexpr const char* names[] = {"query kernel", "key kernel", "value kernel"};
    for (int i = 0; i < 3; ++i) {
      const Index size = i < 2 ? key : value;
      kernels[i] = from.take<S>(names[i], {features, heads, size});
      biases[i].assign(static_cast<std::size_t>(heads * size), 0);
      if (bias) biases[i] = from.take<S>("bias of a projection", {heads, size});
    }
    out_kernel = from.take<S>("output kernel", {heads, value, out});
    out_bias.assign(static_cast<std::size_t>(out), 0);
    if (bias) out_bias = from.take<S>("output bias", {out});
  }

  /// Features of a head of heed's attention, which has as many as the layer has features altogether. Heads are filled
  /// up with zeros where Keras' sizes are others.
  Index head_size() const {
    const Index most = std::max({features, out, heads * key, heads * value});
    return (most + heads - 1) / heads;
  }

  HEED_COLD MultiHeadAttention<S> layer(bool causal) const {
    const Index d = head_size(), E = heads * d;
    MultiHeadAttention<S> to({.embed_dim = E, .num_heads = heads, .causal = causal});
    to.in_proj_weight.fill(0);
    to.in_proj_bias.fill(0);
    to.out_proj.weight.fill(0);
    to.out_proj.bias.fill(0);
    const S scale = static_cast<S>(std::sqrt(static_cast<double>(d) / static_cast<double>(key)));  // of the queries
    for (Index h = 0; h < heads; ++h) {
      for (int part = 0; part < 3; ++part) {
        const Index size = part < 2 ? key : value;
        const S factor = part == 0 && d != key ? scale : S(1);
        for (Index k = 0; k < size; ++k) {
          const Index row = part * E + h * d + k;
          to.in_proj_bias(row) = factor * biases[part][static_cast<std::size_t>(h * size + k)];
          for (Index f = 0; f < features; ++f) {
            to.in_proj_weight(row, f) = factor * kernels[part][static_cast<std::size_t>((f * heads + h) * size + k)];
          }
        }
      }
      for (Index k = 0; k < value; ++k) {
        for (Index o = 0; o < out; ++o) {
          to.out_proj.weight(o, h * d + k) = out_kernel[static_cast<std::size_t>((h * value + k) * out + o)];
        }
      }
    }
    for (Index o = 0; o < out; ++o) to.out_proj.bias(o) = out_bias[static_cast<std::size_t>(o)];
    return to;
  }
};

/// keras.layers.Attention of a sequence to itself: score(q, k) = scale q . k, with value k.
template <class S>
HEED_COLD AnyLayer<S> keras_dot_attention(Index features, const KerasConfig& config, bool causal, KerasWeights& from) {
  config.text_of("score_mode", {"dot"});
  if (!config.flag("use_scale", false)) {
    return DotAttention<S>({.query_size = features, .memory_size = features, .project = false, .causal = causal});
  }
  const S scale = from.take<S>("scale", {}).front();
  GeneralAttention<S> layer({.query_size = features, .memory_size = features, .causal = causal});
  layer.query.weight.fill(0);
  for (Index f = 0; f < features; ++f) layer.query.weight(f, f) = scale;
  return layer;
}

/// keras.layers.AdditiveAttention of a sequence to itself: score(q, k) = scale . tanh(q + k), with value k.
template <class S>
HEED_COLD AnyLayer<S> keras_additive_attention(Index features, const KerasConfig& config, bool causal,
                                               KerasWeights& from) {
  AdditiveAttention<S> layer({.query_size = features, .memory_size = features, .causal = causal});
  layer.attn.weight.fill(0);
  layer.attn.bias.fill(0);
  for (Index f = 0; f < features; ++f) layer.attn.weight(f, f) = layer.attn.weight(f, features + f) = 1;
  layer.v.fill(1);
  if (config.flag("use_scale", true)) {
    const std::vector<S> scale = from.take<S>("scale", {features});
    std::copy(scale.begin(), scale.end(), layer.v.data());
  }
  return layer;
}

/// y = sum over t of softmax(Dense(1)(x))_t x_t
template <class S>
HEED_COLD AttentionPool<S> keras_attention_pool(Index features, KerasWeights& from) {
  const std::vector<S> kernel = from.take<S>("kernel of the score", {features, 1});
  AttentionPool<S> layer({.features = features});
  std::copy(kernel.begin(), kernel.end(), layer.attention.weight.data());
  layer.attention.bias.fill(0);
  if (from.left() > 0) layer.attention.bias(0) = from.take<S>("bias of the score", {1}).front();
  return layer;
}

}  // namespace heed::inline HEED_ISA::detail
