#pragma once

/// @file
/// The encoder of `Seq2Seq`.

#include <cstdint>

#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/models/seq2seq_options.hpp"

namespace heed::inline HEED_ISA {

/// Embedding > dropout > LSTM: maps tokens (T, 1) to the memory (T, `memory()`), and gives the initial states of a
/// decoder, (layers, H) each. For two directions, the final states go through the `Bridge`, with the same weights for
/// each layer.
template <class S>
struct Seq2SeqEncoder {
  using Scalar = S;
  using State = RecurrentState<S>;
  struct Cache {
    typename Embedding<S>::Cache table;
    typename Dropout<S>::Cache dropout;
    typename Lstm<S>::Cache rnn;
    TileBuffer<S> vectors, kept, memory;
    TileBuffer<S> final_h, final_c;  // (layers x directions, H)
    TileBuffer<S> first_h, first_c;  // (layers, H): the decoder's
  };

  Embedding<S> embedding;
  Dropout<S> dropout;
  Lstm<S> rnn;
  Dense<S> fc_hidden, fc_cell;  ///< 2 H to H; empty if the bridge has no weights

  Seq2SeqEncoder() = default;
  explicit Seq2SeqEncoder(const Seq2SeqOptions& o);

  void initialize(Key key);

  void forward(Tile<const std::int32_t> x, Cache& cache, const Pass& pass) const;
  Tile<const S> memory(const Cache& cache) const { return cache.memory.view(); }
  RecurrentState<const S> first(const Cache& cache) const { return {cache.first_h.view(), cache.first_c.view()}; }

  void backward(Tile<const std::int32_t> x, Tile<const S> dmemory, RecurrentState<const S> dfirst, Cache& cache,
                Seq2SeqEncoder& grad, const Pass& pass) const;

  static void visit(auto&& f, auto&... models) {
    f("embedding", models.embedding...);
    f("rnn", models.rnn...);
    f("fc_hidden", models.fc_hidden...);
    f("fc_cell", models.fc_cell...);
  }

 private:
  bool bridges() const { return !fc_hidden.weight.empty(); }
  bool drops(const Pass& pass) const { return DropoutMask::active(dropout.rate, pass); }
  Shape first_shape() const { return {rnn.num_layers(), rnn.hidden_size()}; }
  // a layer's two states are adjacent: read as one step they are [forward; backward]
  Tile<const S> pairs(Tile<const S> states) const {
    return {states.data, {rnn.num_layers(), 2 * rnn.hidden_size()}, states.lanes};
  }

  void cross(const Dense<S>& bridge, Tile<const S> states, Tile<S> first) const;
  void cross_backward(const Dense<S>& bridge, Tile<const S> states, Tile<const S> first, Tile<const S> dfirst,
                      Tile<S> dstates, Dense<S>& grad, const Pass& pass) const;
};

template <class S>
Seq2SeqEncoder<S>::Seq2SeqEncoder(const Seq2SeqOptions& o)
    : embedding({.num_embeddings = o.source_tokens, .embedding_dim = o.embedding, .padding_idx = 0}),
      dropout({.rate = o.dropout}),
      rnn({.input_size = o.embedding,
           .hidden_size = o.hidden,
           .num_layers = o.layers,
           .bidirectional = o.bidirectional,
           .dropout = o.dropout}) {
  if (o.bidirectional && o.bridge == Bridge::dense) {
    fc_hidden = Dense<S>({.in_features = 2 * o.hidden, .out_features = o.hidden});
    fc_cell = fc_hidden;
  }
  initialize({});
}

template <class S>
void Seq2SeqEncoder<S>::initialize(Key key) {
  embedding.initialize(key.child(0));
  rnn.initialize(key.child(1));
  if (!bridges()) return;
  fc_hidden.initialize(key.child(2));
  fc_cell.initialize(key.child(3));
}

template <class S>
void Seq2SeqEncoder<S>::forward(Tile<const std::int32_t> x, Cache& cache, const Pass& pass) const {
  const Index L = x.lanes;
  const Tile<S> vectors = cache.vectors.take({x.steps, embedding.embedding_dim()}, L, x.lengths);
  embedding.forward(x, vectors, cache.table, pass);
  Tile<const S> in = vectors;
  if (drops(pass)) {
    const Tile<S> kept = cache.kept.take(vectors.shape(), L, x.lengths);
    dropout.forward(in, kept, cache.dropout, pass.at(0));
    in = kept;
  }
  const State final{cache.final_h.take(rnn.state_shape(), L), cache.final_c.take(rnn.state_shape(), L)};
  rnn.forward(in, cache.memory.take({x.steps, rnn.output_size()}, L, x.lengths), cache.rnn, pass.at(1), {}, final);
  cross(fc_hidden, final.h, cache.first_h.take(first_shape(), L));
  cross(fc_cell, final.c, cache.first_c.take(first_shape(), L));
}

template <class S>
void Seq2SeqEncoder<S>::backward(Tile<const std::int32_t> x, Tile<const S> dmemory, RecurrentState<const S> dfirst,
                                 Cache& cache, Seq2SeqEncoder& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> vectors = cache.vectors.view(), in = drops(pass) ? cache.kept.view() : vectors;
  const Tile<S> d = pass.scratch.like(vectors);
  const auto room = [&] { return pass.scratch.template tile<S>(rnn.state_shape(), x.lanes); };
  const State dfinal{room(), room()};
  cross_backward(fc_hidden, cache.final_h.view(), cache.first_h.view(), dfirst.h, dfinal.h, grad.fc_hidden, pass);
  cross_backward(fc_cell, cache.final_c.view(), cache.first_c.view(), dfirst.c, dfinal.c, grad.fc_cell, pass);
  const bool to_words = wants_gradient(grad.embedding);
  rnn.backward(in, memory(cache), dmemory, into_if(to_words, d), cache.rnn, grad.rnn, pass.at(1), {}, dfinal);
  if (!to_words) return;
  if (drops(pass)) dropout.backward(vectors, in, d, into(d), cache.dropout, grad.dropout, pass.at(0));
  embedding.backward(x, vectors, d, cache.table, grad.embedding, pass);
}

template <class S>
void Seq2SeqEncoder<S>::cross(const Dense<S>& bridge, Tile<const S> states, Tile<S> first) const {
  if (!rnn.bidirectional()) return copy(states, first);
  if (bridges()) {
    affine<S>(pairs(states), bridge.weight, bridge.bias.data(), first);
    return transform<S>(first, first, []<class P>(const P& v) HEED_LAMBDA { return simd::tanh(v); });
  }
  for (Index l = 0; l < first.steps; ++l) {
    copy(states.step(2 * l), first.step(l));
    add(states.step(2 * l + 1), first.step(l));
  }
}

template <class S>
void Seq2SeqEncoder<S>::cross_backward(const Dense<S>& bridge, Tile<const S> states, Tile<const S> first,
                                       Tile<const S> dfirst, Tile<S> dstates, Dense<S>& grad, const Pass& pass) const {
  if (!rnn.bidirectional()) return copy(dfirst, dstates);
  if (bridges()) {
    const Tile<S> d = pass.scratch.like(dfirst);
    transform_gradient<S>(first, dfirst, into(d), []<class P>(const P& y, const P& dy) HEED_LAMBDA {
      return simd::mul(dy, simd::sub(simd::set1<P>(1), simd::mul(y, y)));
    });
    weight_gradient<S>(pairs(states), d, grad.weight, grad.bias.data());
    return input_gradient<S>(d, bridge.weight, into(Tile<S>(dstates.data, pairs(states).shape(), dstates.lanes)));
  }
  for (Index l = 0; l < dfirst.steps; ++l) {
    copy(dfirst.step(l), dstates.step(2 * l));
    copy(dfirst.step(l), dstates.step(2 * l + 1));
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Seq2SeqEncoder)
