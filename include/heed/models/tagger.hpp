#pragma once

/// @file
/// The attention-based tagger: a label for each token of a sentence, or one for the sentence.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/joined_embedding.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/models/detail/token_features.hpp"
#include "heed/models/tagger_options.hpp"
#include "heed/models/token_feature.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ISA {

/// Embeddings > LSTM in both directions > attention > Dense. The input is tokens (steps, k): k features of each word,
/// with a table for each.
///
///     h_1 .. h_T = BiLSTM([table_1[x_t1]; ...; table_k[x_tk]])
///
/// | output     | attention   | logits                                                            |
/// |------------|-------------|-------------------------------------------------------------------|
/// | `sequence` | `pool`      | (1, classes): W sum_s a_s h_s + b, with a of `AttentionPool`        |
/// | `tokens`   | `pool`      | (steps, classes): W [h_t; sum_s a_s h_s] + b, one a for all steps  |
/// | `tokens`   | `multihead` | (steps, classes): W [h_t; MultiHeadAttention(h)_t] + b             |
/// | `tokens`   | `none`      | (steps, classes): W h_t + b                                        |
///
/// A token's own state is concatenated with the output of attention, because its label depends on it most. The
/// attention output is the same for all tokens (`pool`) or differs by token (`multihead`). The parameters are named as
/// in a PyTorch module with members `embed` (an Embedding, or a ModuleList of them), `bilstm`, `attention` (a Linear,
/// or a MultiheadAttention) and `classifier`.
template <class S>
struct Tagger {
  using Scalar = S;
  using Input = std::int32_t;
  using Options = TaggerOptions;
  static constexpr std::string_view architecture = "Tagger";

  Options options;
  JoinedEmbedding<S> embed;
  Lstm<S> bilstm;
  AttentionPool<S> pool;
  MultiHeadAttention<S> multihead;
  Dense<S> classifier;
  Dropout<S> dropout;

  std::vector<TokenFeature> features;        ///< the vocabularies; empty: not known
  std::vector<std::string> labels;           ///< names of the classes, in order; empty: 0, 1, ...
  OutputKind outputs = OutputKind::classes;  ///< set by the loss that trains the model

  struct Cache {
    typename JoinedEmbedding<S>::Cache embed;
    typename Lstm<S>::Cache bilstm;
    typename AttentionPool<S>::Cache pool;
    typename MultiHeadAttention<S>::Cache multihead;
    typename Dense<S>::Cache classifier;
    typename Dropout<S>::Cache drop_vectors, drop_states, drop_attended;
    TileBuffer<S> vectors, kept_vectors, states, kept_states, attended, kept_attended;
    bool keep_weights = false;
  };

  Tagger() = default;
  /// Throws as its parts do, and if the attention is not in the table.
  explicit Tagger(const Options& o);

  /// Initialises each layer as PyTorch does, except the embedding tables: N(0, 0.1^2), a tenth of PyTorch's deviation,
  /// so that what is learnt about a word soon outweighs its random start.
  void initialize(Key key);

  /// Features of a token, and the size of the vocabulary of each.
  Index input_size() const { return embed.columns(); }
  Index input_tokens(Index feature) const { return embed.input_tokens(feature); }

  Shape output_shape(Shape x) const {
    detail::inside(architecture, [&] { return embed.output_shape(x); });
    return {tags() ? x.steps : 1, options.classes};
  }

  /// Throws at the first token that is not in its table.
  void check_input(TensorView<const std::int32_t, 3> x, std::span<const std::int32_t> lengths,
                   const std::string& where = "Tagger") const {
    embed.check_input(x, lengths, where);
  }
  Index first_unknown(Tile<const std::int32_t> x) const noexcept { return embed.first_unknown(x); }

  /// The attention weights of the last forward pass, a view of the cache: (steps, 1); for `multihead` (heads steps,
  /// steps), head by head, one row per query. Throws if the model has no attention. For `multihead`, also throws if
  /// `keep_attention_weights` was not called before that pass.
  Tile<const S> attention_weights(const Cache& cache) const;
  /// The following forward passes keep all attention weights. The results stay the same.
  static void keep_attention_weights(Cache& cache) {
    cache.keep_weights = true;
    MultiHeadAttention<S>::keep_weights(cache.multihead);
  }

  void forward(Tile<const std::int32_t> x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  void backward(Tile<const std::int32_t> x, Tile<const S> /*logits*/, Tile<const S> dlogits, Cache& cache, Tagger& grad,
                const Pass& pass) const;

  // the two attentions share a name: one of them has no elements
  static void visit(auto&& f, auto&... models) {
    f("embed", models.embed...);
    f("bilstm", models.bilstm...);
    AttentionPool<S>::visit(f, models.pool...);
    f("attention", models.multihead...);
    f("classifier", models.classifier...);
  }

  // ---- files

  static Options options_from(std::span<const TensorShape> tensors) { return tagger_options_from(tensors); }
  static void extras(auto&& f, auto& model) { f("labels", model.labels, model.options.classes); }
  /// Writes the vocabularies. Throws if they do not fit the options.
  void write(Metadata& metadata) const;
  void restore(const Metadata& metadata);

 private:
  bool tags() const { return options.output == TaggerOutput::tokens; }
  bool pools() const { return options.attention == Attention::pool; }
  bool mixes() const { return options.attention == Attention::multihead; }
  Index width() const { return 2 * options.hidden; }
  bool drops(const Pass& pass) const { return DropoutMask::active(dropout.rate, pass); }

  // the classifier's part for a token's own state, and its part for the attention output
  Weight<const S> own(const Matrix<S>& w) const { return Weight<const S>(w).inputs(0, width()); }
  Weight<const S> other(const Matrix<S>& w) const { return Weight<const S>(w).inputs(width(), width()); }
  Weight<S> own(Matrix<S>& w) const { return Weight<S>(w).inputs(0, width()); }
  Weight<S> other(Matrix<S>& w) const { return Weight<S>(w).inputs(width(), width()); }

  Tile<const S> drop(Tile<S> x, TileBuffer<S>& buffer, typename Dropout<S>::Cache& cache, const Pass& pass) const;
  void undrop(Tile<const S> x, Tile<const S> kept, Tile<S> d, typename Dropout<S>::Cache& cache,
              const Pass& pass) const {
    Dropout<S> none;
    if (drops(pass)) dropout.backward(x, kept, d, into(d), cache, none, pass);
  }
  static Tile<const S> sum_over_steps(Tile<const S> d, const Pass& pass);
};

template <class S>
Tagger<S>::Tagger(const Options& o) try
    : options(check(o, architecture)),
      embed({.num_embeddings = o.tokens, .embedding_dims = o.embedding}),
      bilstm({.input_size = embed.embedding_dim(),
              .hidden_size = o.hidden,
              .num_layers = o.layers,
              .bidirectional = true,
              .dropout = o.dropout}),
      classifier({.in_features = o.classifier_inputs(), .out_features = o.classes}),
      dropout({.rate = o.dropout}) {
  if (pools()) pool = AttentionPool<S>({.features = width()});
  if (mixes()) multihead = MultiHeadAttention<S>({.embed_dim = width(), .num_heads = o.heads});
  initialize(Key{o.seed});
} catch (const Error&) {
  detail::rethrow_inside(architecture);
}

template <class S>
void Tagger<S>::initialize(Key key) {
  embed.initialize(key.child(0));
  for (Embedding<S>& table : embed.tables) {
    for (S& v : table.weight) v *= S(0.1);
  }
  bilstm.initialize(key.child(1));
  if (pools()) pool.initialize(key.child(2));
  if (mixes()) multihead.initialize(key.child(2));
  classifier.initialize(key.child(3));
}

template <class S>
Tile<const S> Tagger<S>::attention_weights(const Cache& cache) const {
  require(options.attention != Attention::none, [] { return Fault{"the model has no attention", "Tagger", {}, {}}; });
  require(!mixes() || cache.keep_weights,
          [] { return Fault{"keep_attention_weights must be called before the forward pass", "Tagger", {}, {}}; });
  return mixes() ? MultiHeadAttention<S>::weights(cache.multihead) : AttentionPool<S>::weights(cache.pool);
}

template <class S>
void Tagger<S>::forward(Tile<const std::int32_t> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  const Tile<S> vectors = cache.vectors.take(embed.output_shape(x.shape()), x.lanes, x.lengths);
  embed.forward(x, vectors, cache.embed, pass);
  const Tile<const S> kept = drop(vectors, cache.kept_vectors, cache.drop_vectors, pass.at(0));
  const Tile<S> states = cache.states.take({x.steps, width()}, x.lanes, x.lengths);
  bilstm.forward(kept, states, cache.bilstm, pass.at(1));
  const Tile<const S> h = tags() ? drop(states, cache.kept_states, cache.drop_states, pass.at(2)) : Tile<const S>();
  if (options.attention == Attention::none) return affine<S>(h, classifier.weight, classifier.bias.data(), logits);

  const Tile<S> attended =
      pools() ? cache.attended.take({1, width()}, x.lanes) : cache.attended.take(states.shape(), x.lanes, x.lengths);
  pools() ? pool.forward(states, attended, cache.pool, pass)
          : multihead.forward(states, attended, cache.multihead, pass);
  const Tile<const S> c = drop(attended, cache.kept_attended, cache.drop_attended, pass.at(3));
  if (!tags()) return classifier.forward(c, logits, cache.classifier, pass);
  const Weight<const S> of_states = own(classifier.weight), of_attended = other(classifier.weight);
  for (Index t = 0; t < x.steps; ++t) {
    kernels::product<S>(options.classes, x.lanes, {.bias = classifier.bias.data()}, logits.at(t),
                        {times<S>(of_states, h.at(t)), times<S>(of_attended, c.at(pools() ? 0 : t))});
  }
}

template <class S>
void Tagger<S>::backward(Tile<const std::int32_t> x, Tile<const S> /*logits*/, Tile<const S> dlogits, Cache& cache,
                         Tagger& grad, const Pass& pass) const {
  const Tile<const S> vectors = cache.vectors.view(), states = cache.states.view();
  const Scratch::Mark mark(pass.scratch);
  const bool to_vectors = wants_gradient(grad.embed), to_states = to_vectors || wants_gradient(grad.bilstm);
  const bool to_attended = to_states || wants_gradient(grad.pool) || wants_gradient(grad.multihead);
  const Tile<S> dstates = pass.scratch.like(states);
  if (tags()) {
    const Tile<const S> h = drops(pass) ? cache.kept_states.view() : states;
    weight_gradient<S>(h, dlogits, own(grad.classifier.weight), grad.classifier.bias.data());
    input_gradient<S>(dlogits, own(classifier.weight), into_if(to_states, dstates));
    if (to_states) undrop(states, h, dstates, cache.drop_states, pass.at(2));
  }
  if (options.attention != Attention::none) {
    const Tile<const S> attended = cache.attended.view(), c = drops(pass) ? cache.kept_attended.view() : attended;
    const Tile<S> dattended = pass.scratch.like(attended);
    if (!tags()) {
      classifier.backward(c, {}, dlogits, into_if(to_attended, dattended), cache.classifier, grad.classifier, pass);
    } else {
      const Tile<const S> dz = pools() ? sum_over_steps(dlogits, pass) : dlogits;
      weight_gradient<S>(c, dz, other(grad.classifier.weight), nullptr);
      input_gradient<S>(dz, other(classifier.weight), into_if(to_attended, dattended));
    }
    if (!to_attended) return;
    undrop(attended, c, dattended, cache.drop_attended, pass.at(3));
    const Into<S> to = to_states ? Into<S>{dstates, tags()} : Into<S>();
    pools() ? pool.backward(states, attended, dattended, to, cache.pool, grad.pool, pass)
            : multihead.backward(states, attended, dattended, to, cache.multihead, grad.multihead, pass);
  }
  const Tile<const S> kept = drops(pass) ? cache.kept_vectors.view() : vectors;
  if (!to_states) return;
  const Tile<S> dvectors = pass.scratch.like(vectors);
  bilstm.backward(kept, states, dstates, into_if(to_vectors, dvectors), cache.bilstm, grad.bilstm, pass.at(1));
  if (!to_vectors) return;
  undrop(vectors, kept, dvectors, cache.drop_vectors, pass.at(0));
  embed.backward(x, vectors, dvectors, cache.embed, grad.embed, pass);
}

template <class S>
void Tagger<S>::write(Metadata& m) const {
  detail::check_token_features(features, options.tokens);
  detail::write_token_features(m, features);
}

template <class S>
void Tagger<S>::restore(const Metadata& metadata) {
  features = detail::read_token_features(metadata);
  detail::check_token_features(features, options.tokens);
}

template <class S>
Tile<const S> Tagger<S>::drop(Tile<S> x, TileBuffer<S>& buffer, typename Dropout<S>::Cache& cache,
                              const Pass& pass) const {
  if (!drops(pass)) return x;
  const Tile<S> kept = buffer.take(x.shape(), x.lanes, x.lengths);
  dropout.forward(x, kept, cache, pass);
  return kept;
}

template <class S>
Tile<const S> Tagger<S>::sum_over_steps(Tile<const S> d, const Pass& pass) {
  const Tile<S> sum = pass.scratch.template tile<S>({1, d.features}, d.lanes);
  fill(sum, S(0));
  for (Index t = 0; t < d.steps; ++t) add(d.step(t), sum);
  return sum;
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Tagger)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::Tagger)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::Tagger)
