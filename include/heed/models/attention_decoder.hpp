#pragma once

/// @file
/// A recurrent decoder that attends to a memory at every step.

#include <algorithm>
#include <vector>

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

namespace heed::inline HEED_ISA {

/// Tokens and a memory to logits of the next tokens (Bahdanau, Cho and Bengio 2014):
///
///     e_t = dropout(embedding(token_t)),  c_t = attention(query h_{t-1} of the top layer, memory)
///     o_t, state_t = LSTM([e_t, c_t], state_{t-1}),  logits_t = fc_out [o_t, c_t, e_t]
///
/// The memory is whatever there is to attend to: an encoder's outputs, regions of an image. `forward` is told the right
/// token of every step (teacher forcing); `step` takes them one by one. Where a sequence has ended the logits are
/// fc_out's bias.
template <class S>
struct AttentionDecoder {
  using Scalar = S;
  using State = RecurrentState<S>;
  using ConstState = RecurrentState<const S>;
  struct Options {
    Index tokens = 0;       ///< of the vocabulary: 0 is padding
    Index embedding = 256;  ///< numbers a token
    Index hidden = 512, layers = 1;
    Index memory = 512;  ///< features of the memory
    ScoreKind score = ScoreKind::additive;
    Index attention_size = 0;  ///< as `AnyAttention` has it
    double dropout = 0;        ///< of embeddings, and between layers
  };
  struct Cache {
    typename Embedding<S>::Cache table;
    typename Dropout<S>::Cache dropout;
    typename AnyAttention<S>::Cache attention;
    typename Dense<S>::Cache out;
    std::vector<RecurrentCache<S>> runs;    // of each layer
    std::vector<TileBuffer<S>> states;      // of each layer (T + 1, H): h before the first step, and after each
    std::vector<TileBuffer<S>> kept, left;  // of each layer but the last: dropout's multipliers, and what they leave
    TileBuffer<S> first_c, dc;              // (layers, H): c before the first step, and gradients of c
    TileBuffer<S> vectors;                  // (T, E)
    TileBuffer<S> input, features;          // (T, E + C) and (T, H + C + E): what LSTM and fc_out see
    Index steps = 0;
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

  /// `tokens` (T, 1) and its lengths; `initial` (layers, H) each. `logits` may have more steps than T.
  void forward(Tile<const std::int32_t> tokens, Tile<const S> memory, ConstState initial, Tile<S> logits, Cache& cache,
               const Pass& pass) const;

  /// The gradients of weights, of the memory (where wanted, to be added to) and of the initial state (overwritten).
  void backward(Tile<const std::int32_t> tokens, Tile<const S> memory, Tile<const S> dlogits, Into<S> dmemory,
                State d_initial, Cache& cache, AttentionDecoder& grad, const Pass& pass) const;

  // ---- a step at a time, for decoding

  /// Before the first `step`: what all steps share. The state is kept in the cache.
  void begin(Tile<const S> memory, ConstState initial, Cache& cache, const Pass& pass) const {
    prepare(1, memory, initial, cache, pass);
  }
  /// One token a lane, (1, 1), to the logits of the next, (1, tokens).
  void step(Tile<const std::int32_t> token, Tile<const S> memory, Tile<S> logits, Cache& cache, const Pass& pass) const;
  /// Lane l goes on from where lane `parents[l]` stands.
  void reorder(const std::int32_t* parents, Cache& cache, const Pass& pass) const {
    for (Index l = 0; l < layers(); ++l) gather_lanes(cache.states[at(l)].tile().step(0), parents, pass.scratch);
    gather_lanes(cache.first_c.tile(), parents, pass.scratch);
  }

  /// a of the last pass or step: (steps, memory steps).
  Tile<const S> attention_weights(const Cache& cache) const { return attention.weights(cache.attention); }

  static void visit(auto&& f, auto&... models) {
    f("attention", models.attention...);
    f("embedding", models.embedding...);
    f("rnn", models.rnn...);
    f("fc_out", models.fc_out...);
  }

 private:
  static std::size_t at(Index layer) { return static_cast<std::size_t>(layer); }
  const RecurrentWeights<S>& weights(Index layer) const { return rnn.weights[at(layer)]; }
  Weight<const S> input_weight() const { return Weight<const S>(weights(0).ih); }
  Tile<S> top(Cache& cache) const { return cache.states.back().tile(); }
  static Tile<const S> gates(Index layer, const Cache& cache) {
    return LstmCell<S>::gate_gradients(cache.runs[at(layer)]);
  }
  bool drops(const Pass& pass) const { return DropoutMask::active(rnn.dropout(), pass); }
  Tile<const S> layer_input(Index layer, const Cache& cache, const Pass& pass) const {
    const auto i = at(layer - 1);
    return drops(pass) ? cache.left[i].view() : cache.states[i].view().range(1, cache.steps);
  }
  // h and c before step t
  StateBefore<S> before(Index layer, Index t, Cache& cache) const;

  void prepare(Index steps, Tile<const S> memory, ConstState initial, Cache& cache, const Pass& pass) const;

  void embed(Tile<const std::int32_t> tokens, Cache& cache, const Pass& pass) const;

  // step t of the cache: from the states before it to those after it, and what fc_out sees
  void advance(Index t, Tile<const S> memory, Cache& cache, const Pass& pass) const;

  // Back through the cells of step t. `dtop`: the gradient of the top layer's output by fc_out; `dquery`: by the
  // attention of the step after.
  void step_backward(Index t, const S* dtop, const S* dquery, Tile<S> dc, Cache& cache, const Pass& pass) const;

  // what is left after the first step
  void leave_to_initial(Index steps, Tile<const S> dquery, State d_initial, Cache& cache) const;

  void accumulate(Index layer, Index steps, Tile<const S> x, Cache& cache, AttentionDecoder& grad,
                  const Pass& pass) const;
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
  const Tile<S> dc = cache.dc.take({layers(), H}, L);
  fill(dc, S(0));
  fill(dquery, S(0));
  for (Index t = T; t-- > 0;) {
    step_backward(t, dfeatures.at(t), dquery.data, dc, cache, pass);
    // c_t feeds the LSTM and fc_out
    const Tile<const S> dgates = gates(0, cache);
    kernels::product<S>(C, L, {.values = dfeatures.at(t, H)}, dcontext.data,
                        {times_transposed<S>(input_weight().inputs(E, C), dgates.at(t))});
    attention.step_backward(t, top(cache).step(t), memory, dcontext, into(dquery), dmemory, cache.attention,
                            grad.attention, pass);
  }
  attention.finish_backward(top(cache).range(0, T), memory, dmemory, cache.attention, grad.attention);
  leave_to_initial(T, dquery, d_initial, cache);

  // all steps in one pass: the weights of the layers, and e_t, which feeds both
  for (Index l = 0; l < layers(); ++l) accumulate(l, T, l ? layer_input(l, cache, pass) : input, cache, grad, pass);
  for (Index t = 0; t < T; ++t) copy(Tile<const S>(dfeatures.at(t, H + C), {1, E}, L), dvectors.step(t));
  input_gradient<S>(gates(0, cache), input_weight().inputs(0, E), onto(dvectors));
  if (drops(pass)) dropout.backward(dvectors, {}, dvectors, into(dvectors), cache.dropout, grad.dropout, pass.at(0));
  embedding.backward(tokens, {}, dvectors, cache.table, grad.embedding, pass);
}

template <class S>
void AttentionDecoder<S>::step(Tile<const std::int32_t> token, Tile<const S> memory, Tile<S> logits, Cache& cache,
                               const Pass& pass) const {
  embed(token, cache, pass);
  advance(0, memory, cache, pass);
  affine<S>(cache.features.view(), fc_out.weight, fc_out.bias.data(), logits);
  for (Index l = 0; l < layers(); ++l) {
    const Tile<S> states = cache.states[at(l)].tile();
    copy(Tile<const S>(states.step(1)), states.step(0));
    copy(Tile<const S>(LstmCell<S>::cell(cache.runs[at(l)], 0)), cache.first_c.tile().step(l));
  }
}

template <class S>
StateBefore<S> AttentionDecoder<S>::before(Index layer, Index t, Cache& cache) const {
  const auto i = at(layer);
  return {cache.states[i].view().at(t),
          t > 0 ? LstmCell<S>::cell(cache.runs[i], t - 1).data : cache.first_c.view().at(layer)};
}

template <class S>
void AttentionDecoder<S>::prepare(Index steps, Tile<const S> memory, ConstState initial, Cache& cache,
                                  const Pass& pass) const {
  const Index L = memory.lanes, H = hidden_size(), E = embedding_size(), C = context_size();
  const auto count = at(layers());
  cache.steps = steps;
  cache.runs.resize(count);
  cache.states.resize(count);
  cache.kept.resize(count - 1);
  cache.left.resize(count - 1);
  attention.prepare(steps, memory, cache.attention);
  copy(initial.c, cache.first_c.take({layers(), H}, L));
  for (Index l = 0; l < layers(); ++l) {
    rnn.cell.prepare(weights(l), steps, L, cache.runs[at(l)]);
    copy(initial.h.step(l), cache.states[at(l)].take({steps + 1, H}, L).step(0));
    if (l + 1 == layers() || !drops(pass)) continue;
    DropoutMask(rnn.dropout(), pass.at(1).at(static_cast<std::uint64_t>(l)))
        .fill(cache.kept[at(l)].take({steps, H}, L).data, steps * H, L);
    cache.left[at(l)].take({steps, H}, L);
  }
  cache.vectors.take({steps, E}, L);
  cache.input.take({steps, E + C}, L);
  cache.features.take({steps, H + C + E}, L);
}

template <class S>
void AttentionDecoder<S>::embed(Tile<const std::int32_t> tokens, Cache& cache, const Pass& pass) const {
  const Index L = tokens.lanes, E = embedding_size(), H = hidden_size(), C = context_size();
  const Tile<S> vectors = cache.vectors.tile();
  embedding.forward(tokens, vectors, cache.table, pass);
  if (drops(pass)) dropout.forward(vectors, vectors, cache.dropout, pass.at(0));
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
  attention.step(t, top(cache).step(t), memory, context, cache.attention, pass);
  const S* x = input.at(t);
  for (Index l = 0; l < layers(); ++l) {
    const Tile<S> y = cache.states[at(l)].tile().step(t + 1);
    rnn.cell.step(weights(l), t, L, x, before(l, t, cache), y.data, cache.runs[at(l)]);
    x = y.data;
    if (l + 1 == layers() || !drops(pass)) continue;
    const Tile<S> left = cache.left[at(l)].tile().step(t);
    copy(Tile<const S>(y), left);
    multiply(cache.kept[at(l)].view().step(t), left);
    x = left.data;
  }
  std::copy_n(x, H * L, features.at(t));
  std::copy_n(context.data, C * L, features.at(t, H));
}

template <class S>
void AttentionDecoder<S>::step_backward(Index t, const S* dtop, const S* dquery, Tile<S> dc, Cache& cache,
                                        const Pass& pass) const {
  const Index L = dc.lanes, H = hidden_size();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dh = pass.scratch.template tile<S>({1, H}, L);
  for (Index l = layers(); l-- > 0;) {
    if (l + 1 == layers()) {
      copy(Tile<const S>(dtop, {1, H}, L), dh);
      add(Tile<const S>(dquery, {1, H}, L), dh);
    } else {
      kernels::product<S>(H, L, {}, dh.data, {times_transposed<S>(weights(l + 1).ih, gates(l + 1, cache).at(t))});
      if (drops(pass)) multiply(cache.kept[at(l)].view().step(t), dh);
    }
    if (t + 1 < cache.steps) {
      kernels::product<S>(H, L, {.values = dh.data}, dh.data,
                          {times_transposed<S>(weights(l).hh, gates(l, cache).at(t + 1))});
    }
    rnn.cell.step_backward(weights(l), t, before(l, t, cache), dh, dc.step(l), cache.runs[at(l)], pass);
  }
}

template <class S>
void AttentionDecoder<S>::leave_to_initial(Index steps, Tile<const S> dquery, State d_initial, Cache& cache) const {
  fill(d_initial.h, S(0));
  copy(cache.dc.view(), d_initial.c);
  if (steps == 0) return;
  for (Index l = 0; l < layers(); ++l) {
    input_gradient<S>(gates(l, cache).step(0), weights(l).hh, into(d_initial.h.step(l)));
  }
  add(dquery, d_initial.h.step(layers() - 1));
}

template <class S>
void AttentionDecoder<S>::accumulate(Index layer, Index steps, Tile<const S> x, Cache& cache, AttentionDecoder& grad,
                                     const Pass& pass) const {
  RecurrentWeights<S>& to = grad.rnn.weights[at(layer)];
  rnn.cell.accumulate({0, steps}, x, cache.runs[at(layer)], to, pass);
  weight_gradient<S>(cache.states[at(layer)].view().range(0, steps), gates(layer, cache), to.hh, nullptr);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::AttentionDecoder)
