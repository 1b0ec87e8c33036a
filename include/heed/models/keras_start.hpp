#pragma once

/// @file
/// Keras' initialisation, for models that should train as a Keras model does.

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "heed/core/init.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/conv_front.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/layers/recurrent.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/text_classifier.hpp"

namespace heed::inline HEED_ISA {

/// keras.layers.Dense: Glorot uniform, biases 0.
template <class S>
void initialize_keras(Dense<S>& layer, Key key) {
  initialize_xavier_uniform(layer.weight, key);
  layer.bias.fill(0);
}

/// keras.layers.LSTM, GRU and SimpleRNN: input weights Glorot uniform over all gates, recurrent weights orthogonal over
/// all gates, biases 0, except 1 for the forget gate of an LSTM. The second of heed's two biases is 0.
template <class Cell>
void initialize_keras(Recurrent<Cell>& layer, Key key) {
  for (std::size_t i = 0; i < layer.weights.size(); ++i) {
    auto& w = layer.weights[i];
    const Key k = key.child(i);
    initialize_xavier_uniform(w.ih, k.child(0));
    initialize_orthogonal(w.hh, k.child(1));
    w.bias_ih.fill(0);
    w.bias_hh.fill(0);
    const Index H = w.hidden_size();
    if (layer.cell.has_cell()) std::fill_n(w.bias_ih.data() + H, H, 1);
  }
}

/// keras.layers.MultiHeadAttention with heads of size embed_dim / heads: each of its four kernels Glorot uniform,
/// biases 0.
template <class S>
void initialize_keras(MultiHeadAttention<S>& layer, Key key) {
  const double bound = std::sqrt(3 / static_cast<double>(layer.embed_dim()));  // sqrt(6 / (in + out))
  initialize_uniform(layer.in_proj_weight, key.child(0), bound);
  initialize_uniform(layer.out_proj.weight, key.child(1), bound);
  layer.in_proj_bias.fill(0);
  layer.out_proj.bias.fill(0);
}

/// One Dense for each part, as additive attention is written with Keras: Glorot uniform, biases 0.
template <class S>
void initialize_keras(AdditiveAttention<S>& layer, Key key) {
  initialize_keras(layer.attn, key.child(0));
  initialize_uniform(layer.v, key.child(1), std::sqrt(6 / static_cast<double>(layer.v.size() + 1)));
}

/// keras.layers.Embedding: U(-0.05, 0.05); the padding row is 0.
template <class S>
void initialize_keras(Embedding<S>& layer, Key key) {
  initialize_uniform(layer.weight, key, 0.05);
  if (layer.padding_idx >= 0) std::fill_n(layer.weight.row(layer.padding_idx), layer.embedding_dim(), S(0));
}

/// keras.layers.Conv1D: Glorot uniform over the kernel's inputs and outputs, biases 0; normalisation weights 1, biases
/// 0.
template <class S>
void initialize_keras(ConvBlock<S>& block, Key key) {
  const auto start = [](Conv1d<S>& conv, Key k) {
    const double each = static_cast<double>(conv.in_channels() + conv.out_channels());
    initialize_uniform(conv.weight, k, std::sqrt(6 / (each * static_cast<double>(conv.weight.extents()[2]))));
    conv.bias.fill(0);
  };
  start(block.conv, key.child(0));
  if (block.shortcut.weight.size() > 0) start(block.shortcut, key.child(1));
}

/// Initialises each part of the classifier as Keras does.
template <class S>
void initialize_keras(SequenceClassifier<S>& model, Key key) {
  for (std::size_t i = 0; i < model.front.blocks.size(); ++i) {
    initialize_keras(model.front.blocks[i], key.child(4).child(i));
  }
  initialize_keras(model.recurrent, key.child(0));
  switch (model.options.attention) {
    case Attention::pool:
      initialize_keras(model.pool.pool.attention, key.child(1));
      break;
    case Attention::multihead:
      initialize_keras(model.pool.multihead.attention, key.child(1));
      break;
    case Attention::additive:
      initialize_keras(model.pool.additive, key.child(1));
      break;
    default:  // has no weights
      break;
  }
  if (model.options.dense != 0) initialize_keras(model.fc1, key.child(2));
  initialize_keras(model.fc2, key.child(3));
}

/// Initialises the embedding and the classifier as Keras does.
template <class S>
void initialize_keras(TextClassifier<S>& model, Key key) {
  initialize_keras(model.embedding, key.child(0));
  initialize_keras(model.classifier, key.child(1));
}

}  // namespace heed::inline HEED_ISA
