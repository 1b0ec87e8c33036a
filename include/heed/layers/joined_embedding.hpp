#pragma once

/// @file
/// Embeddings of tokens with several attributes, such as a word, its ending and its case.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/embedding.hpp"

namespace heed::inline HEED_ABI {

/// Options of `JoinedEmbedding`.
struct JoinedEmbeddingOptions {
  std::vector<Index> num_embeddings = {}, embedding_dims = {};  ///< of each table
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y_t = [row x_t1 of table 1; row x_t2 of table 2; ...]: maps tokens (steps, k) to (steps, sum of the embedding
/// sizes), with one table for each of the k attributes. The parameters are named as in a torch.nn.ModuleList of
/// Embeddings (0.weight, 1.weight, ...); a single table is named as in an Embedding.
///
/// Token 0 is padding: its vectors are 0 and stay 0.
template <class S>
struct JoinedEmbedding {
  using Scalar = S;
  using Input = std::int32_t;
  static constexpr bool stepwise = true;
  using Options = JoinedEmbeddingOptions;
  struct Cache {};

  std::vector<Embedding<S>> tables;

  JoinedEmbedding() = default;
  /// Throws if there is no table, if a size is not positive, or if the numbers of sizes differ.
  explicit JoinedEmbedding(const Options& o);

  void initialize(Key key) {
    for (std::size_t i = 0; i < tables.size(); ++i) tables[i].initialize(key.child(i));
  }

  Index columns() const { return static_cast<Index>(tables.size()); }
  Index input_size() const { return columns(); }
  Index input_tokens(Index column) const { return tables[static_cast<std::size_t>(column)].num_embeddings(); }
  Index embedding_dim() const;

  /// Throws at the first valid token of (n, steps, k) that is not in its table.
  void check_input(TensorView<const std::int32_t, 3> x, std::span<const std::int32_t> lengths,
                   const std::string& where) const;
  Index first_unknown(Tile<const std::int32_t> x) const noexcept;

  Shape output_shape(Shape x) const;

  void forward(Tile<const std::int32_t> x, Tile<S> y, Cache&, const Pass& pass) const;
  void backward(Tile<const std::int32_t> x, Tile<const S>, Tile<const S> dy, Cache&, JoinedEmbedding& grad,
                const Pass& pass) const;

  static void visit(auto&& f, auto& first, auto&... rest) {
    require(((rest.tables.size() == first.tables.size()) && ...),
            [] { return Fault{"layers of different sizes side by side", "JoinedEmbedding", "as many tables", {}}; });
    if (first.tables.size() == 1) return Embedding<S>::visit(f, first.tables[0], rest.tables[0]...);
    for (std::size_t i = 0; i < first.tables.size(); ++i) f(i, first.tables[i], rest.tables[i]...);
  }
};

template <class S>
JoinedEmbedding<S>::JoinedEmbedding(const Options& o) {
  require(!o.num_embeddings.empty() && o.num_embeddings.size() == o.embedding_dims.size(), [&] {
    return Fault{"a size for each table is needed", "JoinedEmbedding",
                 "num_embeddings and embedding_dims of one number, at least 1",
                 std::to_string(o.num_embeddings.size()) + " and " + std::to_string(o.embedding_dims.size())};
  });
  for (std::size_t i = 0; i < o.num_embeddings.size(); ++i) {
    try {
      tables.emplace_back(typename Embedding<S>::Options{
          .num_embeddings = o.num_embeddings[i], .embedding_dim = o.embedding_dims[i], .padding_idx = 0});
    } catch (const Error&) {
      detail::rethrow_inside("JoinedEmbedding: table", static_cast<Index>(i));
    }
  }
  initialize({});
}

template <class S>
Index JoinedEmbedding<S>::embedding_dim() const {
  Index sum = 0;
  for (const Embedding<S>& table : tables) sum += table.embedding_dim();
  return sum;
}

template <class S>
void JoinedEmbedding<S>::check_input(TensorView<const std::int32_t, 3> x, std::span<const std::int32_t> lengths,
                                     const std::string& where) const {
  output_shape({x.extent(1), x.extent(2)});
  check_lengths(lengths, x.extent(0), x.extent(1), where);
  for (Index i = 0; i < x.extent(0); ++i) {
    const Index steps = lengths.empty() ? x.extent(1) : lengths[static_cast<std::size_t>(i)];
    const Tile<const std::int32_t> sequence(x.data() + i * x.extent(1) * columns(), {steps, columns()}, 1);
    const Index place = first_unknown(sequence);
    require(place == sequence.size(), [&] {
      const Index t = place / columns(), k = place % columns();
      return Fault{"token out of range",
                   where + ", sequence " + std::to_string(i) + ", step " + std::to_string(t) + ", feature " +
                       std::to_string(k) + " (counted from 0)",
                   "0 to " + std::to_string(input_tokens(k) - 1), std::to_string(sequence.data[place])};
    });
  }
}

template <class S>
Index JoinedEmbedding<S>::first_unknown(Tile<const std::int32_t> x) const noexcept {
  for (Index t = 0; t < x.steps; ++t) {
    for (Index k = 0; k < columns(); ++k) {
      const std::int32_t token = *x.at(t, k);
      if (token < 0 || token >= input_tokens(k)) return t * columns() + k;
    }
  }
  return x.size();
}

template <class S>
Shape JoinedEmbedding<S>::output_shape(Shape x) const {
  require(x.features == columns(), [&] {
    return Fault{"wrong number of features", "JoinedEmbedding", std::to_string(columns()), std::to_string(x.features)};
  });
  return {x.steps, embedding_dim()};
}

template <class S>
void JoinedEmbedding<S>::forward(Tile<const std::int32_t> x, Tile<S> y, Cache&, const Pass& pass) const {
  Index column = 0, first = 0;
  for (const Embedding<S>& table : tables) {
    table.look_up(x, column++, {y, first, table.embedding_dim()}, pass);
    first += table.embedding_dim();
  }
}

template <class S>
void JoinedEmbedding<S>::backward(Tile<const std::int32_t> x, Tile<const S>, Tile<const S> dy, Cache&,
                                  JoinedEmbedding& grad, const Pass& pass) const {
  Index column = 0, first = 0;
  for (const Embedding<S>& table : tables) {
    table.accumulate(x, column, {dy, first, table.embedding_dim()}, grad.tables[static_cast<std::size_t>(column)],
                     pass);
    first += table.embedding_dim();
    ++column;
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::JoinedEmbedding)
