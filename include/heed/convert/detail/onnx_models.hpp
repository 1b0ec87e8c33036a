#pragma once

// The exports of compositions and of models: their parts, one behind the other.

#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "heed/compose/any_layer.hpp"
#include "heed/compose/chain.hpp"
#include "heed/compose/repeat.hpp"
#include "heed/compose/residual.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/convert/detail/onnx_attention.hpp"
#include "heed/convert/detail/onnx_convolution.hpp"
#include "heed/convert/detail/onnx_layers.hpp"
#include "heed/convert/detail/onnx_pooling.hpp"
#include "heed/convert/detail/onnx_recurrent.hpp"
#include "heed/convert/detail/onnx_weights.hpp"
#include "heed/convert/onnx_graph.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/transformer_encoder_block.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/language_model.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/series_ensemble.hpp"
#include "heed/models/tagger.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "heed/models/transformer_encoder.hpp"
#include "heed/models/vision_transformer.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {

// ---- compositions

template <class... Layers>
OnnxSequence export_onnx(OnnxGraph& graph, const Sequential<Layers...>& model, OnnxSequence x) {
  int place = 0;
  std::apply([&](const Layers&... layer) { ((x = export_part(graph, std::to_string(place++), layer, x)), ...); },
             model.layers);
  return x;
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const AnyLayer<S>& layer, const OnnxSequence& x) {
  return std::visit([&](const auto& of) { return detail::export_layer(graph, of, x); }, layer.layer);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Chain<S>& model, const OnnxSequence& x) {
  return detail::export_in_order(graph, model.layers, x);
}

template <class L>
OnnxSequence export_onnx(OnnxGraph& graph, const Residual<L>& model, const OnnxSequence& x) {
  const OnnxSequence y = export_part(graph, "layer", model.layer, x);
  return y.with(graph.sum({x.value, y.value}));
}

template <class L, class Norm>
OnnxSequence export_onnx(OnnxGraph& graph, const Repeat<L, Norm>& model, const OnnxSequence& x) {
  const OnnxSequence y = detail::export_in_order(graph, model.layers, x, "layers.");
  return model.norm ? export_part(graph, "norm", *model.norm, y) : y;
}

// ---- transformers

/// Self attention, then two dense layers, each with a residual connection and a norm somewhere.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const TransformerEncoderBlock<S>& block, const OnnxSequence& x) {
  const auto sublayer = [&](const OnnxSequence& in, const LayerNorm<S>& norm, const char* norm_name, auto&& f) {
    const auto normed = [&](const OnnxSequence& v) { return export_part(graph, norm_name, norm, v); };
    const OnnxSequence part = f(block.norm == NormPlacement::pre ? normed(in) : in);
    const OnnxSequence sum = in.with(graph.sum({in.value, part.value}));
    return block.norm == NormPlacement::post ? normed(sum) : sum;
  };
  const OnnxSequence h = sublayer(x, block.norm1, "norm1", [&](const OnnxSequence& in) {
    return export_part(graph, "self_attn", block.self_attn, in);
  });
  const OnnxSequence y = sublayer(
      h, block.norm2, "norm2", [&](const OnnxSequence& in) { return export_part(graph, "", block.feed_forward, in); });
  return graph.valid_or(y);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const TransformerEncoder<S>& model, const OnnxSequence& x) {
  const OnnxSequence placed = export_part(graph, "positions", model.positions, x);
  return export_part(graph, "encoder", model.blocks, placed);
}

namespace detail {
/// output(mean over the valid steps of transformer(x))
template <class S>
OnnxSequence export_transformer(OnnxGraph& graph, const TransformerEncoder<S>& transformer, const char* last,
                                const Dense<S>& output, const OnnxSequence& x) {
  return export_part(graph, last, output, mean_of_steps(graph, export_onnx(graph, transformer, x)));
}
}  // namespace detail

// ---- models

namespace detail {
/// The input of a model of series, prepared as the model says, then f. What is subtracted of the last step is added to
/// the answer.
template <class M, class F>
OnnxSequence export_series(OnnxGraph& graph, const M& model, OnnxSequence x, F&& f) {
  const std::vector<Index>& forecast = model.last_value.features_of_outputs();
  const Index features = model.options.features;
  OnnxValue last;
  if (model.last_value.active()) {
    std::vector<float> of_outputs(static_cast<std::size_t>(features));
    for (const Index feature : forecast) of_outputs[static_cast<std::size_t>(feature)] = 1;
    last = last_step(graph, x);
    const OnnxValue subtracted = graph.times({last, graph.weight("last_value", of_outputs, {features})});
    x = graph.valid_or(x.with(graph.add("Sub", {x.value, subtracted})));
  }
  const OnnxSequence y = f(export_part(graph, "standardize", model.standardize, x));
  if (!model.last_value.active()) return y;
  const OnnxValue places = graph.list({forecast.begin(), forecast.end()});
  return y.with(graph.sum({y.value, graph.add("Gather", {last, places}, {{"axis", 2}})}));
}
}  // namespace detail

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const SequenceClassifier<S>& model, const OnnxSequence& input) {
  return detail::export_series(graph, model, input, [&](OnnxSequence x) {
    x = export_part(graph, "front", model.front, x);
    if (model.options.cell != CellKind::none) {
      x = export_part(graph, to_text(model.options.cell), model.recurrent, x);
    }
    x = export_part(graph, "attention", model.pool, x);
    if (model.options.dense == 0) return export_part(graph, "fc", model.fc2, x);
    x = export_onnx(graph, model.relu, export_part(graph, "fc1", model.fc1, x));
    return export_part(graph, "fc2", model.fc2, x);
  });
}

/// It counts values above a bias. Biases are values of training data, and those would stand on this or on that side of
/// it by the rounding of the runtime.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Rocket<S>&, const OnnxSequence&) {
  detail::refuse_export(graph, "Rocket", "the rounding of another runtime would change which values exceed a bias");
}
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const RocketClassifier<S>& model, const OnnxSequence& x) {
  return export_part(graph, "rocket", model.rocket, x);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const TextClassifier<S>& model, const OnnxSequence& x) {
  return export_onnx(graph, model.classifier, export_part(graph, "embedding", model.embedding, x));
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const TransformerClassifier<S>& model, OnnxSequence x) {
  x = export_part(graph, "standardize", model.standardize, x);
  x = export_part(graph, "input", model.input, x);
  return detail::export_transformer(graph, model.transformer, "output", model.output, x);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const VisionTransformer<S>& model, OnnxSequence x) {
  x = model.options.shifted_patches ? export_part(graph, "patch_embedding", model.shifted_patch_embedding, x)
                                    : export_part(graph, "patch_embedding", model.patch_embedding, x);
  return detail::export_transformer(graph, model.transformer, "classifier", model.classifier, x);
}

template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const LanguageModel<S>& model, const OnnxSequence& x) {
  const OnnxSequence vectors = export_part(graph, "embedding", model.embedding, x);
  const OnnxSequence states = export_onnx(graph, model.transformer, vectors);
  if (!model.options.tied) return export_part(graph, "output", model.output, states);
  // the embedding's table, read the other way
  const Index tokens = model.options.tokens;
  const OnnxValue weight = graph.transpose(graph.known_weight("embedding.weight"), {1, 0});
  const OnnxValue bias = graph.weight("output.bias", detail::row_major(model.output.bias), {tokens});
  return states.with(graph.sum({graph.product({states.value, weight}), bias}), tokens);
}

/// For tokens the classifier reads a state and what attention gives for it, side by side.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const Tagger<S>& model, const OnnxSequence& x) {
  const OnnxSequence vectors = export_part(graph, "embed", model.embed, x);
  const OnnxSequence states = export_part(graph, "bilstm", model.bilstm, vectors);
  const bool pools = model.options.attention == Attention::pool;
  OnnxSequence read = states;
  if (model.options.attention != Attention::none) {
    const OnnxSequence attended =
        pools ? export_onnx(graph, model.pool, states) : export_part(graph, "attention", model.multihead, states);
    if (model.options.output == TaggerOutput::sequence) {
      read = attended;
    } else {
      const OnnxValue zeros = graph.times({states.value, graph.number(0)});
      const OnnxValue beside = pools ? graph.sum({attended.value, zeros}) : attended.value;  // at every step
      read = states.with(graph.add("Concat", {states.value, beside}, {{"axis", 2}}), 2 * states.features);
    }
  }
  return export_part(graph, "classifier", model.classifier, read);
}

// ---- ensembles

namespace detail {

/// The logits of the mean of the members' answers.
HEED_COLD inline OnnxSequence mean_answer(OnnxGraph& graph, std::vector<OnnxSequence> members, OutputKind kind) {
  OnnxSequence y = members.front();
  if (members.size() == 1) return y;
  std::vector<OnnxValue> answers;
  const bool flags = kind == OutputKind::flags, numbers = kind == OutputKind::numbers || (!flags && y.features == 1);
  for (const OnnxSequence& member : members) {
    answers.push_back(numbers ? member.value
                      : flags ? graph.add("Sigmoid", {member.value})
                              : graph.add("Softmax", {member.value}, {{"axis", -1}}));
  }
  const OnnxValue mean = graph.add("Mean", answers);
  if (numbers) return y.with(mean);
  const OnnxValue log = graph.add("Log", {mean});
  if (!flags) return y.with(log);
  answers.clear();
  for (const OnnxSequence& member : members) {
    answers.push_back(graph.add("Sigmoid", {graph.add("Neg", {member.value})}));
  }
  return y.with(graph.add("Sub", {log, graph.add("Log", {graph.add("Mean", answers)})}));
}

}  // namespace detail

template <class M>
OnnxSequence export_onnx(OnnxGraph& graph, const Ensemble<M>& model, const OnnxSequence& x) {
  std::vector<OnnxSequence> members;
  for (const M& member : model.members) {
    members.push_back(export_part(graph, "member." + std::to_string(members.size()), member, x));
  }
  return detail::mean_answer(graph, std::move(members), model.outputs);
}

/// The input is prepared once for all.
template <class S>
OnnxSequence export_onnx(OnnxGraph& graph, const SeriesEnsemble<S>& model, const OnnxSequence& input) {
  return detail::export_series(graph, model, input, [&](const OnnxSequence& x) {
    std::vector<OnnxSequence> members;
    const auto add = [&](const char* kind, const auto& of_kind) {
      for (std::size_t i = 0; i < of_kind.size(); ++i) {
        members.push_back(export_part(graph, kind + std::to_string(i), of_kind[i], x));
      }
    };
    add("network.", model.networks);
    add("rocket.", model.rockets);
    return detail::mean_answer(graph, std::move(members), model.outputs);
  });
}

}  // namespace heed::inline HEED_ISA
