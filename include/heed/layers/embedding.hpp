#pragma once

/// @file
/// Embedding: vectors for tokens.

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/rows.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Embedding`.
struct EmbeddingOptions {
  Index num_embeddings = 0, embedding_dim = 0;
  Index padding_idx = -1;  ///< the padding token; negative: none
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y_t = row x_t of a table: maps tokens (steps, 1) to (steps, embedding_dim). torch.nn.Embedding, with its parameter
/// name and initialisation.
///
/// The padding token's row starts at 0 and has no gradient, so it stays 0. The gradient remembers which rows were used,
/// so that clearing and adding gradients visits only these. Tokens past a sequence's end are not read; y is 0 there.
/// `check` validates tokens where data enter; `forward` does not check them again.
template <class S>
struct Embedding {
  using Scalar = S;
  using Input = std::int32_t;
  static constexpr bool stepwise = true;
  using Options = EmbeddingOptions;
  struct Cache {};

  Table<S> weight;  ///< num_embeddings x embedding_dim
  Index padding_idx = -1;

  Embedding() = default;
  /// Throws if a size is not positive or if the padding token is not in the table.
  explicit Embedding(Options o);

  /// N(0, 1); the padding row is 0.
  void initialize(Key key) {
    initialize_normal(weight, key.child(0));
    clear_padding();
  }

  /// Loads pretrained vectors (num_embeddings, embedding_dim); the padding row becomes 0. Throws if the shape differs
  /// or a number is not finite, and then changes nothing.
  void load(TensorView<const S, 2> vectors);
  void load(const Tensor<S, 2>&& vectors) { load(vectors.view()); }  // for a temporary

  Index num_embeddings() const { return weight.rows(); }
  Index input_tokens(Index) const { return num_embeddings(); }
  Index embedding_dim() const { return weight.width(); }

  /// Throws at the first valid token of (n, steps) that is not in the table. The error names the sequence and the step.
  void check(TensorView<const std::int32_t, 2> tokens, std::span<const std::int32_t> lengths = {}) const {
    check_tokens(tokens, lengths, num_embeddings(), "Embedding");
  }

  /// The same for (n, steps, 1), for the predictor, `fit` and streams. `where` names the caller in the error.
  void check_input(TensorView<const std::int32_t, 3> x, std::span<const std::int32_t> lengths,
                   const std::string& where) const {
    check_tokens(TensorView<const std::int32_t, 2>(x.data(), {x.extent(0), x.extent(1)}), lengths, num_embeddings(),
                 where);
  }
  Index first_unknown(Tile<const std::int32_t> x) const noexcept {
    return first_unknown_token({x.data, static_cast<std::size_t>(x.size())}, num_embeddings());
  }

  Shape output_shape(Shape x) const;

  void forward(Tile<const std::int32_t> x, Tile<S> y, Cache&, const Pass& pass) const;
  void backward(Tile<const std::int32_t> x, Tile<const S>, Tile<const S> dy, Cache&, Embedding& grad,
                const Pass& pass) const;

  // ---- one of several tables side by side: tokens are feature `column` of x, vectors a range of y's features

  void look_up(Tile<const std::int32_t> x, Index column, FeatureRange<S> y, const Pass& pass) const;
  void accumulate(Tile<const std::int32_t> x, Index column, FeatureRange<const S> dy, Embedding& grad,
                  const Pass& pass) const;

  static void visit(auto&& f, auto&... layers) { f("weight", layers.weight...); }

 private:
  Index token(Tile<const std::int32_t> x, Index t, Index column, Index lane) const;
  void clear_padding() {
    if (padding_idx >= 0) std::fill_n(weight.row(padding_idx), embedding_dim(), S(0));
  }
};

template <class S>
Embedding<S>::Embedding(Options o) : padding_idx(o.padding_idx) {
  check_sizes({{"num_embeddings", o.num_embeddings}, {"embedding_dim", o.embedding_dim}}, "Embedding");
  require(o.padding_idx < o.num_embeddings, [&] {
    return Fault{"option out of range", "Embedding", "padding_idx below " + std::to_string(o.num_embeddings),
                 std::to_string(o.padding_idx)};
  });
  weight = Table<S>(o.num_embeddings, o.embedding_dim);
  initialize({});
}

template <class S>
void Embedding<S>::load(TensorView<const S, 2> vectors) {
  const Extents<2> expected{num_embeddings(), embedding_dim()};
  require(vectors.extents() == expected, [&] {
    return Fault{"vectors of another shape", "Embedding", to_text(expected), to_text(vectors.extents())};
  });
  for (Index i = 0; i < vectors.size(); ++i) {
    require(std::isfinite(vectors.data()[i]), [&] {
      return Fault{"a number is not finite",
                   "Embedding, row " + std::to_string(i / embedding_dim()) + ", column " +
                       std::to_string(i % embedding_dim()) + " (counted from 0)",
                   {},
                   std::to_string(vectors.data()[i])};
    });
  }
  std::copy(vectors.begin(), vectors.end(), weight.begin());
  clear_padding();
}

template <class S>
Shape Embedding<S>::output_shape(Shape x) const {
  require(x.features == 1,
          [&] { return Fault{"tokens have one feature", "Embedding", "1", std::to_string(x.features)}; });
  return {x.steps, embedding_dim()};
}

template <class S>
void Embedding<S>::forward(Tile<const std::int32_t> x, Tile<S> y, Cache&, const Pass& pass) const {
  look_up(x, 0, {y, 0, y.features}, pass);
}

template <class S>
void Embedding<S>::backward(Tile<const std::int32_t> x, Tile<const S>, Tile<const S> dy, Cache&, Embedding& grad,
                            const Pass& pass) const {
  accumulate(x, 0, {dy, 0, dy.features}, grad, pass);
}

template <class S>
void Embedding<S>::look_up(Tile<const std::int32_t> x, Index column, FeatureRange<S> y, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const S** rows = pass.scratch.template take<const S*>(x.lanes);
  for (Index t = 0; t < x.steps; ++t) {
    for (Index l = 0; l < x.lanes; ++l) rows[l] = weight.row(t < x.length(l) ? token(x, t, column, l) : 0);
    kernels::gather_rows<S>(rows, y.count, x.lanes, y.at(t));
    zero_ended(x, t, y.step(t));
  }
}

template <class S>
void Embedding<S>::accumulate(Tile<const std::int32_t> x, Index column, FeatureRange<const S> dy, Embedding& grad,
                              const Pass& pass) const {
  if (!grad.weight.wanted()) return;
  const Scratch::Mark mark(pass.scratch);
  S** rows = pass.scratch.template take<S*>(x.lanes);
  for (Index t = 0; t < x.steps; ++t) {
    for (Index l = 0; l < x.lanes; ++l) {
      const Index id = t < x.length(l) ? token(x, t, column, l) : padding_idx;
      rows[l] = t < x.length(l) && id != padding_idx ? grad.weight.row(id) : nullptr;
    }
    kernels::scatter_rows<S>(dy.at(t), dy.count, x.lanes, rows);
  }
}

template <class S>
Index Embedding<S>::token(Tile<const std::int32_t> x, Index t, Index column, Index lane) const {
  const Index id = x.at(t, column)[lane];
  assert(id >= 0 && id < num_embeddings());
  return id;
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Embedding)
