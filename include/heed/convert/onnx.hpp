#pragma once

/// @file
/// Writes models as ONNX files, which onnxruntime and other runtimes run in many languages. Opt-in: component
/// heed::onnx, which needs protozero.
///
///     heed::save_onnx(model, "model.onnx");
///     heed::save_onnx(model, "ragged.onnx", {.lengths = true});

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "heed/convert/detail/onnx_models.hpp"
#include "heed/convert/detail/onnx_weights.hpp"
#include "heed/convert/detail/onnx_write.hpp"
#include "heed/convert/onnx_graph.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/error.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/types.hpp"
#include "heed/files/file.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {

/// Options of `save_onnx`.
struct OnnxOptions {
  /// Adds an input `lengths` (batch), int32: the valid steps of each sequence. Without it all sequences are full.
  bool lengths = false;
  /// Subtracted from the features in double precision before the model, whose input then is of double; empty: nothing.
  std::vector<double> shift = {};
  Metadata metadata = {};  ///< what else is to stand in the file
};

namespace detail {

/// Whether a layer gives as many features as it reads, whatever their number.
template <class L>
bool keeps_features(const L& layer) {
  try {
    return layer.output_shape({1, 3}).features == 3 && layer.output_shape({1, 4}).features == 4;
  } catch (const Error&) {
    return false;
  }
}

template <class L>
inline constexpr bool reads_tokens = !std::same_as<typename L::Input, typename L::Scalar>;

/// Features of a step of what a layer reads; 0: it does not say.
template <class L>
Index features_read(const L& layer) {
  if constexpr (reads_tokens<L>) {
    if constexpr (requires { layer.columns(); }) return layer.columns();
    if constexpr (requires { layer.embed.columns(); }) return layer.embed.columns();
    return 1;
  } else if constexpr (requires {
                         layer.layers;
                         std::tuple_size<decltype(layer.layers)>::value;
                       }) {
    return std::apply(
        [](const auto&... of) {
          Index found = 0;
          // the first layer that says it, if those before it keep the features
          static_cast<void>((((found = features_read(of)) > 0 || !keeps_features(of)) || ...));
          return found;
        },
        layer.layers);
  } else if constexpr (requires { layer.members; }) {
    return layer.members.empty() ? 0 : features_read(layer.members.front());
  } else if constexpr (requires { layer.input_size(); }) {
    return layer.input_size();
  } else if constexpr (requires { layer.in_features(); }) {
    return layer.in_features();
  } else if constexpr (requires { layer.in_channels(); }) {
    return layer.in_channels();
  } else if constexpr (requires { layer.in_image().size(); }) {
    return layer.in_image().size();
  } else if constexpr (requires { layer.options.image.size(); }) {
    return layer.options.image.size();
  } else if constexpr (requires { layer.image.size(); }) {
    return layer.image.size();
  } else if constexpr (requires { layer.proj.in_image().size(); }) {
    return layer.proj.in_image().size();
  } else if constexpr (requires { layer.d_model(); }) {
    return layer.d_model();
  } else if constexpr (requires { layer.embed_dim(); }) {
    return layer.embed_dim();
  } else if constexpr (requires { layer.self_attn.embed_dim(); }) {
    return layer.self_attn.embed_dim();
  } else if constexpr (requires { layer.memory_size(); }) {
    return layer.memory_size();
  } else if constexpr (requires { layer.mean.size(); }) {
    return layer.mean.size();
  } else if constexpr (requires {
                         { layer.features() } -> std::convertible_to<Index>;
                       }) {
    return layer.features();
  } else if constexpr (requires {
                         { layer.features } -> std::convertible_to<Index>;
                       }) {
    return layer.features;
  } else if constexpr (requires { layer.layer; }) {
    return features_read(layer.layer);
  } else {
    return 0;
  }
}

/// The inputs of a model: `sequences` (or `tokens`), and `lengths` where they are asked for.
OnnxSequence onnx_inputs(OnnxGraph& graph, bool tokens, Index features, const OnnxOptions& options);
/// The outputs: `probabilities` and `logits` of classes or flags, `numbers` of other models.
void onnx_outputs(OnnxGraph& graph, const OnnxSequence& y, OutputKind kind);

}  // namespace detail

/// A model as the bytes of an ONNX file: opset 17, IR version 8, float32.
///
/// | input       | what                                                                                 |
/// |-------------|--------------------------------------------------------------------------------------|
/// | `sequences` | (batch, steps, features) float32                                                     |
/// | `tokens`    | (batch, steps, features) int32, in place of `sequences` where the model reads tokens |
/// | `lengths`   | (batch) int32, with `OnnxOptions::lengths`                                           |
///
/// | output          | what                                                                                        |
/// |-----------------|---------------------------------------------------------------------------------------------|
/// | `probabilities` | (batch, classes), as `Predictor` gives them: softmax, or sigmoid where the model gives flags |
/// | `logits`        | the same shape                                                                              |
/// | `numbers`       | (batch, outputs), in place of the two where the model gives numbers                         |
///
/// A model with an answer for each step gives (batch, steps, classes); answers past a sequence's end mean nothing.
/// Batch and steps may be any number in every run. A model of doubles is written as its float copy. Standardisation is
/// part of the graph. The metadata hold `architecture`, `heed_version` and what `save` writes besides the weights:
/// options, labels, vocabulary.
///
/// Throws `Error`, and names the layer, if the model has a layer that cannot be exported; if it is no chain from one
/// input to one output, as models that decode; if lengths are asked of a model of images; and if the file would have
/// 2 GiB or more.
template <class M>
std::string to_onnx(const M& model, const OnnxOptions& options = {}) {
  OnnxGraph graph;
  if constexpr (!Layer<M>) {
    detail::refuse_export(graph, detail::layer_name<M>(), "it is no chain from one input to one output");
  } else {
    const OnnxSequence x = detail::onnx_inputs(graph, detail::reads_tokens<M>, detail::features_read(model), options);
    detail::onnx_outputs(graph, detail::export_layer(graph, model, x), output_kind(model));
    Metadata metadata = options.metadata;
    metadata.merge(metadata_of(model));
    if constexpr (requires { std::string_view(M::architecture); }) metadata["architecture"] = M::architecture;
    return detail::onnx_bytes(graph, std::move(metadata));
  }
}

/// Writes `to_onnx(model, options)` to a file, atomically. Throws as `to_onnx` does, and if the file cannot be written;
/// then `path` is as it was.
template <class M>
void save_onnx(const M& model, const std::filesystem::path& path, const OnnxOptions& options = {}) {
  write_file(path, std::string_view(to_onnx(model, options)));
}

// ---- definitions

HEED_COLD inline OnnxSequence detail::onnx_inputs(OnnxGraph& graph, bool tokens, Index features,
                                                  const OnnxOptions& options) {
  OnnxSequence x{.features = features};
  OnnxExtent width = features;
  if (features == 0) width = "features";
  const std::vector<OnnxExtent> extents = {"batch", x.steps, width};
  const OnnxType type = tokens ? OnnxType::int32 : options.shift.empty() ? OnnxType::float32 : OnnxType::float64;
  x.value = graph.input(tokens ? "tokens" : "sequences", type, extents);
  if (options.lengths) x.lengths = graph.input("lengths", OnnxType::int32, {"batch"});
  if (!options.shift.empty()) {
    const auto count = static_cast<Index>(options.shift.size());
    require(!tokens && count == features, [&] {
      return Fault{"wrong number of values", "save_onnx, shift", text_of(tokens ? 0 : features), text_of(count)};
    });
    const OnnxValue shifted = graph.add("Sub", {x.value, graph.doubles(options.shift, {features})});
    x.value = graph.cast(shifted, OnnxType::float32);
  }
  return tokens ? x : graph.valid_or(x);  // what stands past an end may be no number
}

HEED_COLD inline void detail::onnx_outputs(OnnxGraph& graph, const OnnxSequence& y, OutputKind kind) {
  OnnxValue z = y.value;
  std::vector<OnnxExtent> extents = {"batch"};
  if (y.pooled) {
    z = graph.squeeze(z, {1});
  } else {
    extents.push_back(y.steps);
  }
  extents.push_back(y.features);
  if (kind == OutputKind::numbers || (kind == OutputKind::classes && y.features == 1)) {
    return graph.output(z, "numbers", OnnxType::float32, extents);
  }
  const OnnxValue p = kind == OutputKind::flags ? graph.add("Sigmoid", {z}) : graph.add("Softmax", {z}, {{"axis", -1}});
  graph.output(p, "probabilities", OnnxType::float32, extents);
  graph.output(z, "logits", OnnxType::float32, extents);
}

}  // namespace heed::inline HEED_ISA
