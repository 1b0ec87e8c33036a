#pragma once

// A Keras model that is a SequenceClassifier: an inner part of keras.hpp.

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "heed/compose/any_layer.hpp"
#include "heed/convert/detail/keras_parts.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/models/sequence_classifier.hpp"

namespace heed::inline HEED_ISA::detail {

/// Reads a list of layers as a SequenceClassifier: recurrent layers, a pooling, one or two dense layers.
template <class S>
class KerasClassifier {
 public:
  explicit KerasClassifier(const KerasParts<S>& parts) : layers_(parts.layers), features_(features_of(parts)) {}

  /// Whether the layers are one. If not, `at` is the first layer that does not fit.
  HEED_COLD bool fits() {
    o_ = {.features = features_, .dense = 0, .cell = CellKind::none};
    if (features_ < 1) return false;
    while (recurs()) ++cells_;
    o_.layers = std::max<Index>(cells_, 1);
    at_ = static_cast<std::size_t>(cells_);
    if (!pools()) return false;
    const Dense<S>* dense = next<Dense<S>>();
    if (!dense) return false;
    if (next<Relu<S>>()) {
      o_.dense = dense->out_features();
      dense = next<Dense<S>>();
    }
    if (!dense || at_ != layers_.size()) return false;
    o_.classes = dense->out_features();
    return true;
  }

  /// The model, if it fits.
  HEED_COLD SequenceClassifier<S> model() const {
    SequenceClassifier<S> m(o_);
    std::size_t to = 0;
    for (Index i = 0; i < cells_; ++i) {
      const auto copy = [&](const auto* layer) {
        if (!layer) return;
        for (const RecurrentWeights<S>& weights : layer->weights) m.recurrent.weights[to++] = weights;
      };
      const AnyLayer<S>& from = layers_[static_cast<std::size_t>(i)];
      copy(from.template as<Lstm<S>>());
      copy(from.template as<Gru<S>>());
      copy(from.template as<Rnn<S>>());
    }
    if (pool_) m.pool.pool = *pool_;
    if (heads_) m.pool.multihead.attention = *heads_;
    std::vector<const Dense<S>*> dense;
    for (const AnyLayer<S>& layer : layers_) {
      if (const auto* d = layer.template as<Dense<S>>()) dense.push_back(d);
    }
    if (o_.dense != 0) m.fc1 = with_bias(*dense.front());
    m.fc2 = with_bias(*dense.back());
    return m;
  }

  std::size_t at() const { return at_; }

 private:
  static Index features_of(const KerasParts<S>& parts) {
    return parts.embedding ? parts.embedding->embedding_dim() : parts.features;
  }

  template <class L>
  const L* next() {
    const L* const layer = at_ < layers_.size() ? layers_[at_].template as<L>() : nullptr;
    if (layer) ++at_;
    return layer;
  }

  /// Whether the next layer is recurrent and like those before.
  bool recurs() {
    const std::size_t i = static_cast<std::size_t>(cells_);
    if (i >= layers_.size()) return false;
    const AnyLayer<S>& layer = layers_[i];
    if (const auto* lstm = layer.template as<Lstm<S>>()) return same(*lstm, CellKind::lstm);
    if (const auto* gru = layer.template as<Gru<S>>()) return gru->cell.reset_after && same(*gru, CellKind::gru);
    const auto* const rnn = layer.template as<Rnn<S>>();
    return rnn && rnn->cell.nonlinearity == Nonlinearity::tanh && same(*rnn, CellKind::rnn);
  }
  bool same(const auto& layer, CellKind kind) {
    if (cells_ == 0) {
      o_.cell = kind;
      o_.hidden = layer.hidden_size();
      o_.bidirectional = layer.bidirectional();
    }
    return o_.cell == kind && o_.hidden == layer.hidden_size() && o_.bidirectional == layer.bidirectional();
  }

  bool pools() {
    if (const auto* last = next<LastPool<S>>()) {
      o_.attention = Attention::none;
      return last->both_ends == o_.bidirectional;
    }
    if (next<MeanPool<S>>()) return o_.attention = Attention::mean, true;
    if (next<MaxPool<S>>()) return o_.attention = Attention::max, true;
    if ((pool_ = next<AttentionPool<S>>())) return o_.attention = Attention::pool, true;
    heads_ = next<MultiHeadAttention<S>>();
    if (!heads_ || heads_->causal || !next<MeanPool<S>>()) return false;
    o_.attention = Attention::multihead;
    o_.pooling = Pooling::mean;
    o_.heads = heads_->num_heads;
    return true;
  }

  static Dense<S> with_bias(const Dense<S>& from) {
    Dense<S> to({.in_features = from.in_features(), .out_features = from.out_features()});
    to.weight = from.weight;
    to.bias.fill(0);
    if (!from.bias.empty()) to.bias = from.bias;
    return to;
  }

  const std::vector<AnyLayer<S>>& layers_;
  Index features_;
  SequenceClassifierOptions o_;
  Index cells_ = 0;
  const AttentionPool<S>* pool_ = nullptr;
  const MultiHeadAttention<S>* heads_ = nullptr;
  std::size_t at_ = 0;
};

/// The Keras model that a SequenceClassifier is, as the layers of a Sequential in JSON: weights alone are read by it.
/// `front`: the layer that reads the input.
HEED_COLD inline std::string keras_model_of(const SequenceClassifierOptions& o, const std::string& attention_pool,
                                            const std::string& front) {
  const bool heads = o.attention == Attention::multihead;
  const bool known = o.kernels.empty() && o.attention != Attention::additive && o.attention != Attention::meanmax &&
                     (!heads || o.pooling == Pooling::mean) && (o.last_state == LastState::final || !o.bidirectional);
  require(known, [&] {
    return Fault{"a model that no Keras model of layers equals", "SequenceClassifier",
                 "attention pool, multihead with the mean, none, mean or max; no kernels; last_state final",
                 "attention " + std::string(to_text(o.attention))};
  });
  std::string layers = front;
  const auto add = [&](const std::string& kind, const std::string& config, const std::string& call = "") {
    layers += std::string(layers.empty() ? "" : ",") + R"({"class_name":")" + kind + R"(","config":{)" + config + "}" +
              call + "}";
  };
  const char* const kind = o.cell == CellKind::lstm ? "LSTM" : o.cell == CellKind::gru ? "GRU" : "SimpleRNN";
  for (Index i = 0; o.cell != CellKind::none && i < o.layers; ++i) {
    const bool sequences = i + 1 < o.layers || o.attention != Attention::none;
    const std::string cell = R"("activation":"tanh","recurrent_activation":"sigmoid","units":)" +
                             std::to_string(o.hidden) + R"(,"return_sequences":)" + (sequences ? "true" : "false") +
                             R"(,"reset_after":true)";
    if (!o.bidirectional) add(kind, cell);
    if (o.bidirectional) {
      add("Bidirectional",
          std::string(R"("merge_mode":"concat","layer":{"class_name":")") + kind + R"(","config":{)" + cell + "}}");
    }
  }
  const Index states = o.cell == CellKind::none ? o.features : o.hidden * (o.bidirectional ? 2 : 1);
  if (o.attention == Attention::pool) add(attention_pool, "");
  if (o.attention == Attention::multihead) {
    add("MultiHeadAttention",
        R"("num_heads":)" + std::to_string(o.heads) + R"(,"key_dim":)" + std::to_string(states / o.heads),
        R"(,"inbound_nodes":[[["states",0,0],["states",0,0]]])");
  }
  if (o.attention == Attention::mean || o.attention == Attention::multihead) add("GlobalAveragePooling1D", "");
  if (o.attention == Attention::max) add("GlobalMaxPooling1D", "");
  if (o.dense != 0) add("Dense", R"("activation":"relu","units":)" + std::to_string(o.dense));
  add("Dense", R"("units":)" + std::to_string(o.classes));
  return R"({"class_name":"Sequential","config":{"layers":[)" + layers + "]}}";
}

}  // namespace heed::inline HEED_ISA::detail
