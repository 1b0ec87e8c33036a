#pragma once

/// @file
/// The attention-based classifier of sentences.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ABI {

/// Options of `TextClassifier`.
struct TextClassifierOptions {
  Index tokens = 0;                           ///< of the vocabulary; 0 is padding
  Index embedding = 32;                       ///< numbers per token
  SequenceClassifierOptions classifier = {};  ///< its `features` are set to `embedding`
  std::uint64_t seed = 0;                     ///< of the initial weights; not stored in files

  static void fields(auto&& f, auto&... o) {
    f({.name = "tokens", .meaning = "Of the vocabulary", .flag = ""}, o.tokens...);
    f({"embedding", "Numbers per word"}, o.embedding...);
    SequenceClassifierOptions::fields_but_features(f, o.classifier...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Embedding > dropout > `SequenceClassifier`: maps tokens (steps, 1) to (1, classes) logits. The dropout is the
/// classifier's. The parameters are named as in a PyTorch module with a member `embedding` and the members of the
/// classifier.
template <class S>
struct TextClassifier {
  using Scalar = S;
  using Input = std::int32_t;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = TextClassifierOptions;
  static constexpr std::string_view architecture = "TextClassifier";

  Options options;
  Embedding<S> embedding;
  Dropout<S> dropout;
  SequenceClassifier<S> classifier;
  std::vector<std::string> words;            ///< the vocabulary's, for tokens 2, 3, ...; empty: not known
  OutputKind outputs = OutputKind::classes;  ///< set by the loss that trains the model

  struct Cache {
    typename Embedding<S>::Cache embedding;
    typename Dropout<S>::Cache dropout;
    typename SequenceClassifier<S>::Cache classifier;
    TileBuffer<S> vectors, kept;
  };

  TextClassifier() = default;
  /// Throws as its parts do.
  explicit TextClassifier(Options o);

  /// Initialises each layer of the classifier as PyTorch does. The embedding table is N(0, 0.1^2), a tenth of PyTorch's
  /// deviation, so that what is learnt about a word soon outweighs its random start.
  void initialize(Key key);

  bool reads_distances() const { return classifier.reads_distances(); }
  /// Of the vocabulary.
  Index input_tokens(Index) const { return options.tokens; }

  Shape output_shape(Shape x) const {
    return detail::inside(architecture, [&] { return classifier.output_shape(embedding.output_shape(x)); });
  }

  /// Throws at the first token that is not in the table.
  void check_input(TensorView<const std::int32_t, 3> x, std::span<const std::int32_t> lengths,
                   const std::string& where = "TextClassifier") const {
    embedding.check_input(x, lengths, where);
  }
  Index first_unknown(Tile<const std::int32_t> x) const noexcept { return embedding.first_unknown(x); }

  Tile<const S> attention_weights(const Cache& cache) const { return classifier.attention_weights(cache.classifier); }
  static void keep_attention_weights(Cache& cache) { SequenceClassifier<S>::keep_attention_weights(cache.classifier); }

  void forward(Tile<const std::int32_t> x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  /// As `SequenceClassifier` does.
  Index prepare_stream(Shape x, Cache& cache) const {
    return detail::inside(architecture,
                          [&] { return classifier.prepare_stream(embedding.output_shape(x), cache.classifier); });
  }
  void stream_step(Tile<const std::int32_t> x, Tile<S> logits, StreamMemory<S>& memory, Cache& cache,
                   const Pass& pass) const;

  void backward(Tile<const std::int32_t> x, Tile<const S> logits, Tile<const S> dlogits, Cache& cache,
                TextClassifier& grad, const Pass& pass) const;

  static void visit(auto&& f, auto&... models) {
    f("embedding", models.embedding...);
    SequenceClassifier<S>::visit(f, models.classifier...);
  }

  // ---- files

  static Options options_from(std::span<const TensorShape> tensors);
  static std::vector<Rename> renames_from(std::span<const TensorShape> tensors);
  static void extras(auto&& f, auto& model) {
    SequenceClassifier<S>::extras(f, model.classifier);
    f("words", model.words, model.options.tokens - 2);
  }

 private:
  static Options with_features(Options o) {
    o.classifier.features = o.embedding;
    return o;
  }
  bool drops(const Pass& pass) const { return DropoutMask::active(dropout.rate, pass); }
  Tile<const S> drop(Tile<S> vectors, Cache& cache, const Pass& pass) const;
};

template <class S>
TextClassifier<S>::TextClassifier(Options o) try
    : options(with_features(check(o, architecture))),
      embedding({.num_embeddings = o.tokens, .embedding_dim = o.embedding, .padding_idx = 0}),
      dropout({.rate = o.classifier.dropout}),
      classifier(options.classifier) {
  initialize(Key{o.seed ? o.seed : o.classifier.seed});
} catch (const Error&) {
  detail::rethrow_inside(architecture);
}

template <class S>
void TextClassifier<S>::initialize(Key key) {
  embedding.initialize(key.child(0));
  for (S& v : embedding.weight) v *= S(0.1);
  classifier.initialize(key.child(1));
}

template <class S>
void TextClassifier<S>::forward(Tile<const std::int32_t> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  const Tile<S> vectors = cache.vectors.take(embedding.output_shape(x.shape()), x.lanes, x.lengths);
  embedding.forward(x, vectors, cache.embedding, pass);
  classifier.forward(drop(vectors, cache, pass), logits, cache.classifier, pass.at(1));
}

template <class S>
void TextClassifier<S>::stream_step(Tile<const std::int32_t> x, Tile<S> logits, StreamMemory<S>& memory, Cache& cache,
                                    const Pass& pass) const {
  const Tile<S> vector = cache.vectors.take(embedding.output_shape(x.shape()), 1);
  embedding.forward(x, vector, cache.embedding, pass);
  classifier.stream_step(vector, logits, memory, cache.classifier, pass.at(1));
}

template <class S>
void TextClassifier<S>::backward(Tile<const std::int32_t> x, Tile<const S> logits, Tile<const S> dlogits, Cache& cache,
                                 TextClassifier& grad, const Pass& pass) const {
  const Tile<const S> vectors = cache.vectors.view(), kept = drops(pass) ? cache.kept.view() : vectors;
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> d = pass.scratch.like(vectors);
  const bool to_words = wants_gradient(grad.embedding);
  classifier.backward(kept, logits, dlogits, into_if(to_words, d), cache.classifier, grad.classifier, pass.at(1));
  if (!to_words) return;
  if (drops(pass)) dropout.backward(vectors, kept, d, into(d), cache.dropout, grad.dropout, pass.at(0));
  embedding.backward(x, vectors, d, cache.embedding, grad.embedding, pass);
}

template <class S>
auto TextClassifier<S>::options_from(std::span<const TensorShape> tensors) -> Options {
  Options o{.classifier = options_from_tensors(tensors)};
  for (const TensorShape& t : tensors) {
    if (t.name == "embedding.weight" && t.extents.size() == 2) o.tokens = t.extents[0];
  }
  require(o.tokens > 0, [] {
    return Fault{"the tensors do not determine a text classifier", "no metadata", "a tensor embedding.weight", {}};
  });
  o.embedding = o.classifier.features;
  return o;
}

template <class S>
std::vector<Rename> TextClassifier<S>::renames_from(std::span<const TensorShape> tensors) {
  return classifier_renames(tensors);
}

template <class S>
Tile<const S> TextClassifier<S>::drop(Tile<S> vectors, Cache& cache, const Pass& pass) const {
  if (!drops(pass)) return vectors;
  const Tile<S> kept = cache.kept.take(vectors.shape(), vectors.lanes, vectors.lengths);
  dropout.forward(vectors, kept, cache.dropout, pass.at(0));
  return kept;
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::TextClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::TextClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::TextClassifier)
