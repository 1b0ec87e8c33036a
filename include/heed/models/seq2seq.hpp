#pragma once

/// @file
/// Sequence to sequence with attention.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/buffer.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/models/attention_decoder.hpp"
#include "heed/models/seq2seq_encoder.hpp"
#include "heed/models/seq2seq_options.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ISA {

/// `Seq2SeqEncoder`, and `AttentionDecoder` over its outputs: from one sequence of tokens to another (Sutskever,
/// Vinyals and Le 2014; Bahdanau, Cho and Bengio 2014).
///
/// The input is tokens (steps, 2): the source, and the decoder's input, which is the target beginning with the start
/// token. Token 0 is padding: each sequence ends after its last token that is not 0. A tile has the steps of the longer
/// sequence. The output (steps, target_tokens) has the logits of the next target token at each step. Outputs past the
/// target's end are meaningless, and labels there must be ignored. The parameters are named as in a PyTorch module with
/// members `encoder` and `decoder`, which have `embedding`, `rnn` and, where present, `attention`, `fc_out`,
/// `fc_hidden` and `fc_cell`.
template <class S>
struct Seq2Seq {
  using Scalar = S;
  using Input = std::int32_t;
  using Source = std::int32_t;  // the source of decoding
  using Options = Seq2SeqOptions;
  static constexpr std::string_view architecture = "Seq2Seq";

  Options options;
  Seq2SeqEncoder<S> encoder;
  AttentionDecoder<S> decoder;
  std::vector<std::string> source_words, target_words;  ///< of the vocabularies; empty: not known

  struct Cache {
    typename Seq2SeqEncoder<S>::Cache encoder;
    typename AttentionDecoder<S>::Cache decoder;
    TileBuffer<std::int32_t> source, target;
    Buffer<std::int32_t> lengths;  // of source and target, one after the other
  };

  Seq2Seq() = default;
  /// Throws as its parts do.
  explicit Seq2Seq(Options o);

  /// Initialises each layer as PyTorch does, except the embedding tables: N(0, 0.1^2), a tenth of PyTorch's deviation.
  void initialize(Key key);

  /// A source token and a target token, and the size of the vocabulary of each.
  Index input_size() const { return 2; }
  Index input_tokens(Index feature) const { return feature == 0 ? options.source_tokens : options.target_tokens; }

  Shape output_shape(Shape x) const;

  /// Throws at the first token that is not in its vocabulary.
  void check_input(TensorView<const std::int32_t, 3> x, std::span<const std::int32_t> lengths,
                   const std::string& where = "Seq2Seq") const;
  Index first_unknown(Tile<const std::int32_t> x) const noexcept;

  /// The weights a of the last pass: (target steps, source steps).
  Tile<const S> attention_weights(const Cache& cache) const { return decoder.attention_weights(cache.decoder); }

  void forward(Tile<const std::int32_t> x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  void backward(Tile<const std::int32_t>, Tile<const S> /*logits*/, Tile<const S> dlogits, Cache& cache, Seq2Seq& grad,
                const Pass& pass) const;

  // ---- decoding (see heed/infer/decode.hpp)

  Index source_features() const { return 1; }
  Index vocabulary() const { return options.target_tokens; }
  /// Throws at the first source token that is not in its vocabulary.
  void check_source(TensorView<const std::int32_t, 3> source, std::span<const std::int32_t> lengths,
                    const std::string& where) const {
    encoder.embedding.check_input(source, lengths, where);
  }
  /// Call it before the first `step`, with the sources (steps, 1), one per lane.
  void begin(Tile<const std::int32_t> source, Cache& cache, const Pass& pass) const {
    encoder.forward(source, cache.encoder, pass.at(0));
    decoder.begin(encoder.memory(cache.encoder), encoder.first(cache.encoder), cache.decoder, pass.at(1));
  }
  /// Takes the token of each lane, (1, 1). Gives the logits of the next one, (1, target_tokens).
  void step(Tile<const std::int32_t> token, Tile<S> logits, Cache& cache, const Pass& pass) const;
  /// Lane l continues the sequence of lane `parents[l]`. Both have the same source.
  void reorder(const std::int32_t* parents, Cache& cache, const Pass& pass) const {
    decoder.reorder(parents, cache.decoder, pass);
  }

  static void visit(auto&& f, auto&... models) {
    f("encoder", models.encoder...);
    f("decoder", models.decoder...);
  }

  // ---- files

  static Options options_from(std::span<const TensorShape> tensors) { return seq2seq_options(tensors); }
  static void extras(auto&& f, auto& model) {
    f("source_words", model.source_words, any_number);
    f("target_words", model.target_words, any_number);
  }

 private:
  // source and target of a tile, each as long as its longest sequence
  static void split(Tile<const std::int32_t> x, Cache& cache);
};

template <class S>
Seq2Seq<S>::Seq2Seq(Options o) try
    : options(check(o, architecture)),
      encoder(o),
      decoder({.tokens = o.target_tokens,
               .embedding = o.embedding,
               .hidden = o.hidden,
               .layers = o.layers,
               .memory = o.memory(),
               .score = o.score,
               .dropout = o.dropout}) {
  initialize(Key{o.seed});
} catch (const Error&) {
  detail::rethrow_inside(architecture);
}

template <class S>
void Seq2Seq<S>::initialize(Key key) {
  encoder.initialize(key.child(0));
  decoder.initialize(key.child(1));
  for (Table<S>* table : {&encoder.embedding.weight, &decoder.embedding.weight}) {
    for (S& v : *table) v *= S(0.1);
  }
}

template <class S>
Shape Seq2Seq<S>::output_shape(Shape x) const {
  require(x.features == 2, [&] {
    return Fault{"source and target stand side by side", "Seq2Seq", "2 features", std::to_string(x.features)};
  });
  return {x.steps, options.target_tokens};
}

template <class S>
void Seq2Seq<S>::check_input(TensorView<const std::int32_t, 3> x, std::span<const std::int32_t> lengths,
                             const std::string& where) const {
  check_lengths(lengths, x.extent(0), x.extent(1), where);
  const Index steps = x.extent(1);
  for (Index i = 0; i < x.extent(0); ++i) {
    const Index valid = lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)];
    const Tile<const std::int32_t> sequence(x.data() + i * steps * 2, {valid, 2}, 1);
    const Index k = first_unknown(sequence);
    require(k == sequence.size(), [&] {
      return Fault{k % 2 ? "target token out of range" : "source token out of range",
                   where + ", sequence " + std::to_string(i) + ", step " + std::to_string(k / 2) + " (counted from 0)",
                   "0 to " + std::to_string(input_tokens(k % 2) - 1), std::to_string(sequence.data[k])};
    });
  }
}

template <class S>
Index Seq2Seq<S>::first_unknown(Tile<const std::int32_t> x) const noexcept {
  Index k = 0;
  while (k < x.size() && x.data[k] >= 0 && x.data[k] < input_tokens(k % 2)) ++k;
  return k;
}

template <class S>
void Seq2Seq<S>::forward(Tile<const std::int32_t> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  split(x, cache);
  encoder.forward(cache.source.view(), cache.encoder, pass.at(0));
  decoder.forward(cache.target.view(), encoder.memory(cache.encoder), encoder.first(cache.encoder), logits,
                  cache.decoder, pass.at(1));
}

template <class S>
void Seq2Seq<S>::backward(Tile<const std::int32_t>, Tile<const S> /*logits*/, Tile<const S> dlogits, Cache& cache,
                          Seq2Seq& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> memory = encoder.memory(cache.encoder), first = encoder.first(cache.encoder).h;
  const Tile<S> dmemory = pass.scratch.like(memory);
  fill(dmemory, S(0));
  const RecurrentState<S> dfirst{pass.scratch.like(first), pass.scratch.like(first)};
  decoder.backward(cache.target.view(), memory, dlogits, onto(dmemory), dfirst, cache.decoder, grad.decoder,
                   pass.at(1));
  if (!wants_gradient(grad.encoder)) return;
  encoder.backward(cache.source.view(), dmemory, dfirst, cache.encoder, grad.encoder, pass.at(0));
}

template <class S>
void Seq2Seq<S>::step(Tile<const std::int32_t> token, Tile<S> logits, Cache& cache, const Pass& pass) const {
  decoder.step(token, encoder.memory(cache.encoder), logits, cache.decoder, pass.at(1));
}

template <class S>
void Seq2Seq<S>::split(Tile<const std::int32_t> x, Cache& cache) {
  std::int32_t* lengths = cache.lengths.reserve(2 * x.lanes);
  Index longest[2] = {0, 0};
  for (Index f = 0; f < 2; ++f) {
    for (Index l = 0; l < x.lanes; ++l) {
      Index n = x.length(l);
      while (n > 0 && x.at(n - 1, f)[l] == 0) --n;
      lengths[f * x.lanes + l] = static_cast<std::int32_t>(n);
      longest[f] = std::max(longest[f], n);
    }
  }
  TileBuffer<std::int32_t>* const parts[] = {&cache.source, &cache.target};
  for (Index f = 0; f < 2; ++f) {
    const Tile<std::int32_t> to = parts[f]->take({longest[f], 1}, x.lanes, lengths + f * x.lanes);
    for (Index t = 0; t < to.steps; ++t) std::copy_n(x.at(t, f), x.lanes, to.at(t));
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Seq2Seq)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::Seq2Seq)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::Seq2Seq)
