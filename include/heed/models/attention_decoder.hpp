#pragma once

/// @file
/// A recurrent decoder that attends to a memory at every step.

#include <algorithm>

#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/any_attention.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/models/detail/lstm_steps.hpp"

namespace heed::inline HEED_ABI {

/// Options of `AttentionDecoder`.
struct AttentionDecoderOptions {
  Index tokens = 0;       ///< of the vocabulary; 0 is padding
  Index embedding = 256;  ///< numbers per token
  Index hidden = 512, layers = 1;
  Index memory = 512;  ///< features of the memory
  ScoreKind score = ScoreKind::additive;
  Index attention_size = 0;  ///< as in `AnyAttention`
  double dropout = 0;        ///< of embeddings, and between layers
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Computes the logits of the next tokens from tokens and a memory (Bahdanau, Cho and Bengio 2014):
///
///     e_t = dropout(embedding(token_t)),  c_t = attention(query h_{t-1} of the top layer, memory)
///     o_t, state_t = LSTM([e_t, c_t], state_{t-1}),  logits_t = fc_out [o_t, c_t, e_t]
///
/// The memory is what the decoder attends to: an encoder's outputs, or the regions of an image. `forward` gets the
/// right token of every step (teacher forcing). `step` takes tokens one by one. After a sequence's end the logits are
/// fc_out's bias.
template <class S>
struct AttentionDecoder {
  using Scalar = S;
  using State = RecurrentState<S>;
  using ConstState = RecurrentState<const S>;
  using Options = AttentionDecoderOptions;
  struct Cache {
    typename Embedding<S>::Cache table;
    typename Dropout<S>::Cache dropout;
    typename AnyAttention<S>::Cache attention;
    typename Dense<S>::Cache out;
    typename detail::LstmSteps<S>::Cache rnn;
    TileBuffer<S> vectors;          // (T, E)
    TileBuffer<S> input, features;  // (T, E + C) and (T, H + C + E): the inputs of the LSTM and of fc_out
  };

  Embedding<S> embedding;
  Dropout<S> dropout;
  AnyAttention<S> attention;
  Lstm<S> rnn;
  Dense<S> fc_out;

  AttentionDecoder() = default;
  /// Throws as its parts do.
  explicit AttentionDecoder(const Options& o);

  void initialize(Key key);

  Index layers() const { return rnn.num_layers(); }
  Index hidden_size() const { return rnn.hidden_size(); }
  Index embedding_size() const { return embedding.embedding_dim(); }
  Index context_size() const { return attention.value_size(); }
  Index vocabulary() const { return fc_out.out_features(); }

  // ---- whole sequences

  /// `tokens` is (T, 1) with its lengths; `initial` has h and c, (layers, H) each. `logits` may have more steps than T.
  void forward(Tile<const std::int32_t> tokens, Tile<const S> memory, ConstState initial, Tile<S> logits, Cache& cache,
               const Pass& pass) const;

  /// Computes the gradients of the weights, of the memory (if wanted; added) and of the initial state (overwritten).
  void backward(Tile<const std::int32_t> tokens, Tile<const S> memory, Tile<const S> dlogits, Into<S> dmemory,
                State d_initial, Cache& cache, AttentionDecoder& grad, const Pass& pass) const;

  // ---- one step at a time, for decoding

  /// Call it before the first `step`: computes what all steps share. The cache keeps the state.
  void begin(Tile<const S> memory, ConstState initial, Cache& cache, const Pass& pass) const {
    prepare(1, memory, initial, cache, pass);
  }
  /// Takes one token per lane, (1, 1). Gives the logits of the next one, (1, tokens).
  void step(Tile<const std::int32_t> token, Tile<const S> memory, Tile<S> logits, Cache& cache, const Pass& pass) const;
  /// Lane l continues the sequence of lane `parents[l]`.
  void reorder(const std::int32_t* parents, Cache& cache, const Pass& pass) const {
    cells().reorder(parents, cache.rnn, pass);
  }

  /// The weights a of the last pass or step: (steps, memory steps).
  Tile<const S> attention_weights(const Cache& cache) const { return attention.weights(cache.attention); }

  static void visit(auto&& f, auto&... models) {
    f("attention", models.attention...);
    f("embedding", models.embedding...);
    f("rnn", models.rnn...);
    f("fc_out", models.fc_out...);
  }

 private:
  using Cells = detail::LstmSteps<S>;
  Cells cells() const { return {rnn}; }
  Weight<const S> input_weight() const { return Weight<const S>(rnn.weights[0].ih); }

  void prepare(Index steps, Tile<const S> memory, ConstState initial, Cache& cache, const Pass& pass) const;

  void embed(Tile<const std::int32_t> tokens, Cache& cache, const Pass& pass) const;

  // step t of the cache: computes the next states, and the input of fc_out
  void advance(Index t, Tile<const S> memory, Cache& cache, const Pass& pass) const;
};

template <class S>
AttentionDecoder<S>::AttentionDecoder(const Options& o)
    : embedding({.num_embeddings = o.tokens, .embedding_dim = o.embedding, .padding_idx = 0}),
      dropout({.rate = o.dropout}),
      attention(
          {.query_size = o.hidden, .memory_size = o.memory, .attention_size = o.attention_size, .score = o.score}),
      rnn({.input_size = o.embedding + attention.value_size(),
           .hidden_size = o.hidden,
           .num_layers = o.layers,
           .dropout = o.dropout}),
      fc_out({.in_features = o.hidden + attention.value_size() + o.embedding, .out_features = o.tokens}) {
  initialize({});
}

template <class S>
void AttentionDecoder<S>::initialize(Key key) {
  embedding.initialize(key.child(0));
  attention.initialize(key.child(1));
  rnn.initialize(key.child(2));
  fc_out.initialize(key.child(3));
}

template <class S>
void AttentionDecoder<S>::forward(Tile<const std::int32_t> tokens, Tile<const S> memory, ConstState initial,
                                  Tile<S> logits, Cache& cache, const Pass& pass) const {
  prepare(tokens.steps, memory, initial, cache, pass);
  embed(tokens, cache, pass);
  for (Index t = 0; t < tokens.steps; ++t) advance(t, memory, cache, pass);
  const Tile<S> features = cache.features.tile();
  for (Index t = common_length(tokens); t < tokens.steps; ++t) zero_ended(tokens, t, features.step(t));
  affine<S>(features, fc_out.weight, fc_out.bias.data(), logits.range(0, tokens.steps));
  for (Index t = tokens.steps; t < logits.steps; ++t) {
    for (Index c = 0; c < logits.features; ++c) std::fill_n(logits.at(t, c), logits.lanes, fc_out.bias(c));
  }
}

template <class S>
void AttentionDecoder<S>::backward(Tile<const std::int32_t> tokens, Tile<const S> memory, Tile<const S> dlogits,
                                   Into<S> dmemory, State d_initial, Cache& cache, AttentionDecoder& grad,
                                   const Pass& pass) const {
  const Index T = tokens.steps, L = tokens.lanes, E = embedding_size(), C = context_size(), H = hidden_size();
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> features = cache.features.view(), input = cache.input.view();
  const Tile<S> dfeatures = pass.scratch.like(features), dcontext = pass.scratch.template tile<S>({1, C}, L);
  const Tile<S> dquery = pass.scratch.template tile<S>({1, H}, L), dvectors = cache.vectors.tile();

  // logits = fc_out features
  const Tile<const S> dout = dlogits.range(0, T);
  weight_gradient<S>(features, dout, grad.fc_out.weight, nullptr);
  kernels::bias_gradient<S>(dlogits.steps, L, {dlogits.data, dlogits.features, dlogits.features * L},
                            grad.fc_out.bias.data());
  input_gradient<S>(dout, fc_out.weight, into(dfeatures));
  for (Index t = common_length(tokens); t < T; ++t) zero_ended(tokens, t, dfeatures.step(t));

  attention.prepare_backward(cache.attention);
  const Tile<S> top = Cells::top(cache.rnn);
  cells().prepare_backward(cache.rnn);
  fill(dquery, S(0));
  for (Index t = T; t-- > 0;) {
    cells().step_backward(t, dfeatures.at(t), dquery.data, cache.rnn, pass);
    // c_t is an input of the LSTM and of fc_out
    const Tile<const S> dgates = Cells::gates(0, cache.rnn);
    kernels::product<S>(C, L, {.values = dfeatures.at(t, H)}, dcontext.data,
                        {times_transposed<S>(input_weight().inputs(E, C), dgates.at(t))});
    attention.step_backward(t, top.step(t), memory, dcontext, into(dquery), dmemory, cache.attention, grad.attention,
                            pass);
  }
  attention.finish_backward(top.range(0, T), memory, dmemory, cache.attention, grad.attention);
  cells().leave_to_initial(dquery, d_initial, cache.rnn);

  // all steps in one pass: the weights of the layers, and e_t, an input of both
  cells().accumulate(input, cache.rnn, grad.rnn, pass);
  for (Index t = 0; t < T; ++t) copy(Tile<const S>(dfeatures.at(t, H + C), {1, E}, L), dvectors.step(t));
  input_gradient<S>(Cells::gates(0, cache.rnn), input_weight().inputs(0, E), onto(dvectors));
  if (cells().drops(pass))
    dropout.backward(dvectors, {}, dvectors, into(dvectors), cache.dropout, grad.dropout, pass.at(0));
  embedding.backward(tokens, {}, dvectors, cache.table, grad.embedding, pass);
}

template <class S>
void AttentionDecoder<S>::step(Tile<const std::int32_t> token, Tile<const S> memory, Tile<S> logits, Cache& cache,
                               const Pass& pass) const {
  embed(token, cache, pass);
  advance(0, memory, cache, pass);
  affine<S>(cache.features.view(), fc_out.weight, fc_out.bias.data(), logits);
  cells().go_on(cache.rnn);
}

template <class S>
void AttentionDecoder<S>::prepare(Index steps, Tile<const S> memory, ConstState initial, Cache& cache,
                                  const Pass& pass) const {
  const Index L = memory.lanes, H = hidden_size(), E = embedding_size(), C = context_size();
  attention.prepare(steps, memory, cache.attention);
  cells().prepare(steps, initial, cache.rnn, pass);
  cache.vectors.take({steps, E}, L);
  cache.input.take({steps, E + C}, L);
  cache.features.take({steps, H + C + E}, L);
}

template <class S>
void AttentionDecoder<S>::embed(Tile<const std::int32_t> tokens, Cache& cache, const Pass& pass) const {
  const Index L = tokens.lanes, E = embedding_size(), H = hidden_size(), C = context_size();
  const Tile<S> vectors = cache.vectors.tile();
  embedding.forward(tokens, vectors, cache.table, pass);
  if (cells().drops(pass)) dropout.forward(vectors, vectors, cache.dropout, pass.at(0));
  for (Index t = 0; t < tokens.steps; ++t) {
    std::copy_n(vectors.at(t), E * L, cache.input.tile().at(t));
    std::copy_n(vectors.at(t), E * L, cache.features.tile().at(t, H + C));
  }
}

template <class S>
void AttentionDecoder<S>::advance(Index t, Tile<const S> memory, Cache& cache, const Pass& pass) const {
  const Index L = memory.lanes, E = embedding_size(), C = context_size(), H = hidden_size();
  const Tile<S> input = cache.input.tile(), features = cache.features.tile();
  const Tile<S> context(input.at(t, E), {1, C}, L);
  attention.step(t, Cells::top(cache.rnn).step(t), memory, context, cache.attention, pass);
  const S* const x = cells().step(t, input.at(t), cache.rnn, pass);
  std::copy_n(x, H * L, features.at(t));
  std::copy_n(context.data, C * L, features.at(t, H));
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::AttentionDecoder)
