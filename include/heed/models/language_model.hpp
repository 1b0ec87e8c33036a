#pragma once

/// @file
/// A language model: predicts the next token of a text with causal self attention.

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/embedding.hpp"
#include "heed/models/transformer_encoder.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ABI {

/// Options of `LanguageModel`.
struct LanguageModelOptions {
  Index tokens = 0;                     ///< of the vocabulary; 0 is padding
  bool tied = false;                    ///< whether the output uses the embedding's weights
  TransformerOptions transformer = {};  ///< causal: each step sees earlier steps and itself
  std::uint64_t seed = 0;               ///< of the initial weights; not stored in files

  static void fields(auto&& f, auto&... o) {
    f({.name = "tokens", .meaning = "Of the vocabulary", .flag = ""}, o.tokens...);
    f({"tied", "The output has the embedding's weights"}, o.tied...);
    TransformerOptions::fields(f, o.transformer...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Embedding > causal `TransformerEncoder` > Dense(tokens): maps tokens (steps, 1) to the logits of the next token
/// (steps, tokens) (Radford et al. 2018, "Improving language understanding by generative pre-training"). `fit` trains
/// it with a label at every step: the next token. A `Stream` runs it token by token and keeps the keys and values of
/// earlier steps. `generate` (heed/infer/generate.hpp) continues a text.
///
/// With `tied`, logits = E h + b, where E is the embedding's table (Press and Wolf 2017). The parameters are named as
/// in a PyTorch module with members `embedding`, `output` (an nn.Linear; with `tied` only its bias), and those of the
/// encoder.
template <class S>
struct LanguageModel {
  using Scalar = S;
  using Input = std::int32_t;
  using Options = LanguageModelOptions;
  static constexpr std::string_view architecture = "LanguageModel";

  Options options;
  Embedding<S> embedding;
  TransformerEncoder<S> transformer;
  Dense<S> output;                 ///< with `tied` its weight is empty
  std::vector<std::string> words;  ///< the vocabulary's, for tokens 2, 3, ...; empty: not known

  struct Cache {
    typename Embedding<S>::Cache embedding;
    typename TransformerEncoder<S>::Cache transformer;
    typename Dense<S>::Cache dense;
    TileBuffer<S> vectors, states;
  };

  LanguageModel() = default;
  /// Throws as its parts do.
  explicit LanguageModel(Options o);

  /// The table N(0, 1 / d_model), so that tied logits start near N(0, 1). A tied bias is 0. Other parts initialise
  /// themselves.
  void initialize(Key key);

  bool reads_distances() const { return transformer.reads_distances(); }
  /// Of the vocabulary.
  Index input_tokens(Index) const { return options.tokens; }

  Shape output_shape(Shape x) const {
    const auto of_parts = [&] { return transformer.output_shape(embedding.output_shape(x)); };
    return {detail::inside(architecture, of_parts).steps, options.tokens};
  }

  /// Throws at the first token that is not in the table.
  void check_input(TensorView<const std::int32_t, 3> x, std::span<const std::int32_t> lengths,
                   const std::string& where = "LanguageModel") const {
    embedding.check_input(x, lengths, where);
  }
  Index first_unknown(Tile<const std::int32_t> x) const noexcept { return embedding.first_unknown(x); }

  void forward(Tile<const std::int32_t> x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  void backward(Tile<const std::int32_t> x, Tile<const S>, Tile<const S> dlogits, Cache& cache, LanguageModel& grad,
                const Pass& pass) const;

  /// A stream remembers the keys and values of all steps.
  Index prepare_stream(Shape x, Cache& cache) const {
    return detail::inside(architecture,
                          [&] { return transformer.prepare_stream(embedding.output_shape(x), cache.transformer); });
  }
  void stream_step(Tile<const std::int32_t> x, Tile<S> logits, StreamMemory<S>& memory, Cache& cache,
                   const Pass& pass) const;

  static void visit(auto&& f, auto&... models) {
    f("embedding", models.embedding...);
    TransformerEncoder<S>::visit(f, models.transformer...);
    f("output", models.output...);
  }

  // ---- files

  static void extras(auto&& f, auto& model) { f("words", model.words, model.options.tokens - 2); }

 private:
  // (tokens x d_model)
  template <class T>
  static Weight<T> projection(auto& model) {
    if (model.options.tied) return Weight<T>(model.embedding.weight);
    return Weight<T>(model.output.weight);
  }
};

template <class S>
LanguageModel<S>::LanguageModel(Options o) try
    : options(check(o, architecture)),
      embedding({.num_embeddings = o.tokens, .embedding_dim = o.transformer.d_model}),
      transformer(o.transformer, true) {
  if (o.tied) {
    output.bias = Vector<S>(o.tokens);
  } else {
    output = Dense<S>({.in_features = o.transformer.d_model, .out_features = o.tokens});
  }
  initialize(Key{o.seed});
} catch (const Error&) {
  detail::rethrow_inside(architecture);
}

template <class S>
void LanguageModel<S>::initialize(Key key) {
  embedding.initialize(key.child(0));
  const S scale = 1 / std::sqrt(static_cast<S>(options.transformer.d_model));
  for (S& v : embedding.weight) v *= scale;
  transformer.initialize(key.child(1));
  if (options.tied) {
    output.bias.fill(0);
  } else {
    output.initialize(key.child(2));
  }
}

template <class S>
void LanguageModel<S>::forward(Tile<const std::int32_t> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  const Shape shape = embedding.output_shape(x.shape());
  const Tile<S> vectors = cache.vectors.take(shape, x.lanes, x.lengths);
  const Tile<S> states = cache.states.take(shape, x.lanes, x.lengths);
  embedding.forward(x, vectors, cache.embedding, pass);
  transformer.forward(vectors, states, cache.transformer, pass.at(0));
  affine<S>(states, projection<const S>(*this), output.bias.data(), logits);
}

template <class S>
void LanguageModel<S>::backward(Tile<const std::int32_t> x, Tile<const S>, Tile<const S> dlogits, Cache& cache,
                                LanguageModel& grad, const Pass& pass) const {
  const Tile<const S> vectors = cache.vectors.view(), states = cache.states.view();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dstates = pass.scratch.like(states), dvectors = pass.scratch.like(vectors);
  weight_gradient<S>(states, dlogits, projection<S>(grad), grad.output.bias.data());
  const bool to_vectors = wants_gradient(grad.embedding);
  if (!to_vectors && !wants_gradient(grad.transformer)) return;
  input_gradient<S>(dlogits, projection<const S>(*this), into(dstates));
  transformer.backward(vectors, states, dstates, into_if(to_vectors, dvectors), cache.transformer, grad.transformer,
                       pass.at(0));
  if (!to_vectors) return;
  embedding.backward(x, vectors, dvectors, cache.embedding, grad.embedding, pass);
}

template <class S>
void LanguageModel<S>::stream_step(Tile<const std::int32_t> x, Tile<S> logits, StreamMemory<S>& memory, Cache& cache,
                                   const Pass& pass) const {
  const Shape shape = embedding.output_shape(x.shape());
  const Tile<S> vector = cache.vectors.take(shape, 1), state = cache.states.take(shape, 1);
  embedding.forward(x, vector, cache.embedding, pass);
  transformer.stream_step(vector, state, memory, cache.transformer, pass.at(0));
  affine<S>(state, projection<const S>(*this), output.bias.data(), logits);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::LanguageModel)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::LanguageModel)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::LanguageModel)
