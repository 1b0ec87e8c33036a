#pragma once

/// @file
/// A classifier of series with self attention.

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
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/standardize.hpp"
#include "heed/models/detail/transformer_head.hpp"
#include "heed/models/transformer_encoder.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/options/tensor_shape.hpp"

namespace heed::inline HEED_ABI {

/// Options of `TransformerClassifier`.
struct TransformerClassifierOptions {
  Index features = 0, classes = 0;
  TransformerOptions transformer = {.norm = NormPlacement::none};
  std::uint64_t seed = 0;  ///< of the initial weights; not stored in files

  static void fields(auto&& f, auto&... o) {
    f({.name = "features", .meaning = "Numbers per step", .flag = ""}, o.features...);
    f({.name = "classes", .meaning = "Number of classes", .flag = ""}, o.classes...);
    TransformerOptions::fields(f, o.transformer...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// standardize > Dense(d_model) > `TransformerEncoder` > mean over the valid steps > Dense(classes): maps (steps,
/// features) to (1, classes) logits. Every block masks the steps past a sequence's end. The parameters are named as in
/// a PyTorch module with the members `input` and `output`, each an nn.Linear, and those of the encoder.
template <class S>
struct TransformerClassifier {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = TransformerClassifierOptions;
  static constexpr std::string_view architecture = "TransformerClassifier";

  Options options;
  Standardize<S> standardize;  ///< off without numbers
  Dense<S> input;
  TransformerEncoder<S> transformer;
  MeanPool<S> pool;
  Dense<S> output;
  std::vector<std::string> labels;           ///< names of the classes, one each; or empty
  OutputKind outputs = OutputKind::classes;  ///< set by the loss that trains the model

  struct Cache {
    typename Dense<S>::Cache dense;
    typename Standardize<S>::Cache standardize;
    typename detail::TransformerHead<S>::Cache head;
    TileBuffer<S> standardized, vectors;
  };

  TransformerClassifier() = default;
  /// Throws as its parts do.
  explicit TransformerClassifier(Options o);

  /// Initialises each part as it initialises itself.
  void initialize(Key key);

  /// Features of a step.
  Index input_size() const { return input.in_features(); }

  bool reads_distances() const { return transformer.reads_distances(); }
  Shape output_shape(Shape x) const;

  /// The attention weights of the last forward pass, a view of the cache: (heads steps, steps), head by head, one row
  /// per query; of the last block, or of block `block`. Throws if there are many of them and `keep_attention_weights`
  /// was not called before that pass.
  Tile<const S> attention_weights(const Cache& cache, Index block = -1) const {
    return transformer.weights(cache.head.transformer, block < 0 ? options.transformer.num_layers - 1 : block);
  }
  void keep_attention_weights(Cache& cache) const { transformer.keep_weights(cache.head.transformer); }

  void forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx, Cache& cache,
                TransformerClassifier& grad, const Pass& pass) const;

  static void visit(auto&& f, auto&... models) {
    f("input", models.input...);
    TransformerEncoder<S>::visit(f, models.transformer...);
    f("output", models.output...);
  }

  // ---- files

  static void extras(auto&& f, auto& model) {
    f("labels", model.labels, model.options.classes);
    f("standardize", model.standardize, model.options.features);
  }

 private:
  detail::TransformerHead<S> head() const { return {transformer, pool, output}; }
};

template <class S>
TransformerClassifier<S>::TransformerClassifier(Options o) try
    : options(check(o, architecture)),
      input({.in_features = o.features, .out_features = o.transformer.d_model}),
      transformer(o.transformer),
      output({.in_features = o.transformer.d_model, .out_features = o.classes}) {
  initialize(Key{o.seed});
} catch (const Error&) {
  detail::rethrow_inside(architecture);
}

template <class S>
void TransformerClassifier<S>::initialize(Key key) {
  input.initialize(key.child(0));
  transformer.initialize(key.child(1));
  output.initialize(key.child(2));
}

template <class S>
Shape TransformerClassifier<S>::output_shape(Shape x) const {
  return detail::inside(architecture, [&] {
    transformer.output_shape(input.output_shape(x));
    if (standardize.active()) standardize.output_shape(x);
    return Shape{1, options.classes};
  });
}

template <class S>
void TransformerClassifier<S>::forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  const Index L = x.lanes;
  if (standardize.active()) {
    const Tile<S> to = cache.standardized.take(x.shape(), L, x.lengths);
    standardize.forward(x, to, cache.standardize, pass);
    x = to;
  }
  const Tile<S> vectors = cache.vectors.take({x.steps, options.transformer.d_model}, L, x.lengths);
  input.forward(x, vectors, cache.dense, pass);
  head().forward(vectors, logits, cache.head, pass);
}

template <class S>
void TransformerClassifier<S>::backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx,
                                        Cache& cache, TransformerClassifier& grad, const Pass& pass) const {
  const Tile<const S> in = standardize.active() ? cache.standardized.view() : x;
  const Tile<const S> vectors = cache.vectors.view();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dvectors = pass.scratch.like(vectors);
  const bool to_input = dx || wants_gradient(grad.input);
  head().backward(vectors, logits, dlogits, into_if(to_input, dvectors), cache.head, grad.transformer, grad.pool,
                  grad.output, pass);
  if (!to_input) return;
  if (!dx || !standardize.active()) {
    input.backward(in, vectors, dvectors, dx, cache.dense, grad.input, pass);
  } else {
    const Tile<S> din = pass.scratch.like(in);
    input.backward(in, vectors, dvectors, into(din), cache.dense, grad.input, pass);
    standardize.backward(x, in, din, dx, cache.standardize, grad.standardize, pass);
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::TransformerClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::TransformerClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::TransformerClassifier)
