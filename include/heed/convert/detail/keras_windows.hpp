#pragma once

// Keras' convolutions and poolings over windows of steps as heed's: an inner part of keras.hpp.

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "heed/compose/any_layer.hpp"
#include "heed/convert/detail/keras_config.hpp"
#include "heed/convert/detail/keras_weights.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// Keras' padding "same" with a stride: as many outputs as windows that begin inside of the sequence; what is missing
/// is padded, half of it before.
struct KerasSame {
  Index left = 0, right = 0, outputs = 0;

  KerasSame(Index steps, Index reach, Index stride) : outputs((steps + stride - 1) / stride) {
    const Index missing = std::max<Index>((outputs - 1) * stride + reach + 1 - steps, 0);
    left = missing / 2;
    right = missing - left;
  }
};

[[noreturn]] HEED_COLD inline void refuse_keras_same(const KerasConfig& config) {
  config.refuse("padding same with a stride that pads more behind than before, which heed does not have",
                "padding valid or causal, or stride 1");
}

/// The number of steps that a window leaves. Throws if there are none.
inline Index keras_steps(Index steps, const KerasConfig& config) {
  if (steps < 1) config.refuse("a window that is longer than the sequence");
  return steps;
}

/// keras.layers.Conv1D. Its kernel is (width, in / groups, out).
template <class S>
HEED_COLD Conv1d<S> keras_convolution(Index in, Index steps, const KerasConfig& config, KerasWeights& weights) {
  config.text_of("data_format", {"channels_last"});
  const std::string padding = config.text_of("padding", {"valid", "same", "causal"});
  const Index out = config.size("filters"), width = config.size("kernel_size"), groups = config.size("groups", 1);
  Conv1dOptions o{.in_channels = in,
                  .out_channels = out,
                  .kernel_size = width,
                  .stride = config.size("strides", 1),
                  .dilation = config.size("dilation_rate", 1),
                  .groups = groups,
                  .padding = padding == "valid"    ? ConvPadding::valid
                             : padding == "causal" ? ConvPadding::causal
                                                   : ConvPadding::same};
  Index first = 0;
  if (in % groups != 0 || out % groups != 0) config.refuse("groups that do not divide the channels");
  if (padding == "same" && o.stride > 1) {
    if (steps == 0) config.refuse("padding same with a stride, and no fixed number of steps");
    const KerasSame same(steps, (width - 1) * o.dilation, o.stride);
    if (same.left != same.right) first = 1;  // a tap of zeros in front, and as much padding before as behind
    if (first == 1 && o.dilation > 1) refuse_keras_same(config);
    o.padding = ConvPadding::number;
    o.pad = same.right;
    o.kernel_size += first;
  }
  const Index each = in / groups;
  const std::vector<S> kernel = weights.take<S>("kernel", {width, each, out});
  Conv1d<S> layer(o);
  layer.weight.fill(0);
  for (Index j = 0; j < width; ++j) {
    for (Index c = 0; c < each; ++c) {
      for (Index k = 0; k < out; ++k)
        layer.weight(k, c, first + j) = kernel[static_cast<std::size_t>((j * each + c) * out + k)];
    }
  }
  layer.bias.fill(0);
  if (config.flag("use_bias", true)) {
    const std::vector<S> bias = weights.take<S>("bias", {out});
    std::copy(bias.begin(), bias.end(), layer.bias.data());
  }
  return layer;
}

inline bool is_keras_pooling(const std::string& kind) {
  return kind == "MaxPooling1D" || kind == "MaxPool1D" || kind == "AveragePooling1D" || kind == "AvgPool1D";
}
inline bool is_keras_global_pooling(const std::string& kind) {
  return kind == "GlobalAveragePooling1D" || kind == "GlobalAvgPool1D" || kind == "GlobalMaxPooling1D" ||
         kind == "GlobalMaxPool1D";
}

/// keras.layers.MaxPooling1D and AveragePooling1D; padding does not count.
template <class S>
HEED_COLD AnyLayer<S> keras_pooling(const std::string& kind, Index steps, const KerasConfig& config) {
  const bool mean = kind.starts_with("Av");
  config.text_of("data_format", {"channels_last"});
  const bool pads = config.text_of("padding", {"valid", "same"}) == "same";
  const Index width = config.size("pool_size", 2), stride = config.size("strides", width);
  const auto layer = [&](Index padding, bool ceil) -> AnyLayer<S> {
    if (mean) return MeanPool1d<S>({width, stride, padding, ceil, false});
    return MaxPool1d<S>({width, stride, padding, 1, ceil});
  };
  if (!pads) return layer(0, false);
  if (steps == 0) config.refuse("padding same, and no fixed number of steps");
  const KerasSame same(steps, width - 1, stride);
  if (same.left > width / 2) refuse_keras_same(config);
  for (const bool ceil : {false, true}) {
    AnyLayer<S> one = layer(same.left, ceil);
    if (one.output_length(steps) == same.outputs) return one;
  }
  refuse_keras_same(config);
}

}  // namespace heed::inline HEED_ISA::detail
