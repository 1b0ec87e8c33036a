#pragma once

// Attentions in the forms that tests need: with a mask, and with three inputs as one.

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "heed/core/attention_mask.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "reference.hpp"

namespace test_support {

/// A boolean matrix that owns its elements, or one for each of `sequences`.
class OwnedMask {
 public:
  OwnedMask() = default;
  template <class Values>
  OwnedMask(heed::Index queries, heed::Index keys, const Values& values, heed::Index sequences = 0)
      : data_(new bool[std::size(values)]), view_{data_.get(), queries, keys, false, sequences} {
    heed::Index i = 0;
    for (const auto v : values) data_[i++] = v != 0;
  }
  /// `input.mask` of a file; empty where it has none.
  static OwnedMask of(const Reference& file) {
    if (!file.has("input.mask")) return {};
    const Array mask = file.array("input.mask");
    const std::size_t axes = mask.extents.size();
    return {mask.extents[axes - 2], mask.extents[axes - 1], mask.values, axes > 2 ? mask.extents[0] : 0};
  }
  heed::AttentionMask view() const { return view_; }
  /// Its first rows and columns, for sequences that were cut; of sequences first .. first + lanes.
  OwnedMask part(heed::Index queries, heed::Index keys, heed::Index first = 0, heed::Index lanes = 0) const {
    if (!view_ || (queries == view_.queries && keys == view_.keys && view_.lanes == 0)) return *this;
    std::vector<int> values;
    const heed::Index count = view_.lanes > 0 ? lanes : 1;
    for (heed::Index l = first; l < first + count; ++l) {
      for (heed::Index i = 0; i < queries; ++i) {
        for (heed::Index j = 0; j < keys; ++j) values.push_back(view_(i, j, l));
      }
    }
    return {queries, keys, values, view_.lanes > 0 ? lanes : 0};
  }

 private:
  std::shared_ptr<bool[]> data_;
  heed::AttentionMask view_;
};

/// Scores that own their numbers: (queries, keys), with heads and sequences where there are such.
struct OwnedScores {
  std::vector<double> values;
  heed::Index queries = 0, keys = 0, heads = 0, sequences = 0;

  /// `input.scores` of a file, where -1e30 stands for -infinity; empty where it has none.
  static OwnedScores of(const Reference& file) {
    if (!file.has("input.scores")) return {};
    Array scores = file.array("input.scores");
    for (double& v : scores.values) v = v < -1e29 ? -std::numeric_limits<double>::infinity() : v;
    const std::size_t axes = scores.extents.size();
    return {scores.values, scores.extents[axes - 2], scores.extents[axes - 1], 0, axes > 2 ? scores.extents[0] : 0};
  }
  /// As that of the mask, into `room`.
  template <class S>
  heed::AttentionScores<S> part(heed::Index query_steps, heed::Index key_steps, heed::Index first, heed::Index lanes,
                                std::vector<S>& room) const {
    if (values.empty()) return {};
    room.clear();
    const heed::Index all_heads = std::max<heed::Index>(heads, 1);
    first = sequences > 0 ? first : 0;
    for (heed::Index l = first; l < first + (sequences > 0 ? lanes : 1); ++l) {
      for (heed::Index row = 0; row < all_heads * query_steps; ++row) {
        const heed::Index from = ((l * all_heads + row / query_steps) * queries + row % query_steps) * keys;
        for (heed::Index j = 0; j < key_steps; ++j) {
          room.push_back(static_cast<S>(values[static_cast<std::size_t>(from + j)]));
        }
      }
    }
    return {room.data(), query_steps, key_steps, heads, sequences > 0 ? lanes : 0};
  }
};

/// An attention that is always called with one mask, or one for each sequence by its row, and, where it takes them,
/// scores. With the names of the attention.
template <class A>
struct Masked {
  using Scalar = typename A::Scalar;
  using Input = Scalar;
  using S = Scalar;
  using In = heed::Tile<const S>;
  struct Cache {
    typename A::Cache attention;
    OwnedMask mask;
    std::vector<S> scores;
  };

  A attention;
  OwnedMask mask;
  OwnedScores scores;

  template <class... Shapes>
  heed::Shape output_shape(Shapes... shapes) const {
    return attention.output_shape(shapes...);
  }
  static In weights(const Cache& cache) { return A::weights(cache.attention); }
  void forward(In query, In memory, heed::Tile<S> y, Cache& cache, const heed::Pass& pass) const {
    cache.mask = mask.part(query.steps, memory.steps, pass.first_row, query.lanes);
    if constexpr (requires { attention.forward(query, memory, y, cache.attention, pass, {}, {}); }) {
      attention.forward(query, memory, y, cache.attention, pass, cache.mask.view(),
                        scores.part(query.steps, memory.steps, pass.first_row, query.lanes, cache.scores));
    } else {
      attention.forward(query, memory, y, cache.attention, pass, cache.mask.view());
    }
  }
  void forward(In x, heed::Tile<S> y, Cache& cache, const heed::Pass& pass) const { forward(x, x, y, cache, pass); }
  void backward(In query, In memory, In y, In dy, heed::Into<S> dquery, heed::Into<S> dmemory, Cache& cache,
                Masked& grad, const heed::Pass& pass) const {
    attention.backward(query, memory, y, dy, dquery, dmemory, cache.attention, grad.attention, pass);
  }
  void backward(In x, In y, In dy, heed::Into<S> dx, Cache& cache, Masked& grad, const heed::Pass& pass) const {
    attention.backward(x, y, dy, dx, cache.attention, grad.attention, pass);
  }
  static void visit(auto&& f, auto&... layers) { A::visit(f, layers.attention...); }
};
template <class A>
Masked<A> masked(A attention, OwnedMask mask, OwnedScores scores = {}) {
  return {std::move(attention), std::move(mask), std::move(scores)};
}

/// An attention of a query, keys and values that stand side by side in the features of one input.
template <class A>
struct ThreeInputs {
  using Scalar = typename A::Scalar;
  using Input = Scalar;
  using S = Scalar;
  using In = heed::Tile<const S>;
  struct Cache {
    typename A::Cache attention;
    heed::TileBuffer<S> parts[3], gradients[3];
  };

  A attention;
  heed::Index sizes[3];

  heed::Shape output_shape(heed::Shape x) const {
    return attention.output_shape({x.steps, sizes[0]}, {x.steps, sizes[1]}, {x.steps, sizes[2]});
  }
  static In weights(const Cache& cache) { return A::weights(cache.attention); }
  void forward(In x, heed::Tile<S> y, Cache& cache, const heed::Pass& pass) const {
    heed::Index first = 0;
    for (int p = 0; p < 3; first += sizes[p++]) {
      const heed::Tile<S> part = cache.parts[p].take({x.steps, sizes[p]}, x.lanes, x.lengths);
      for (heed::Index t = 0; t < x.steps; ++t) std::copy_n(x.at(t, first), sizes[p] * x.lanes, part.at(t));
    }
    attention.forward(cache.parts[0].view(), cache.parts[1].view(), cache.parts[2].view(), y, cache.attention, pass);
  }
  void backward(In, In y, In dy, heed::Into<S> dx, Cache& cache, ThreeInputs& grad, const heed::Pass& pass) const {
    heed::Into<S> to[3];
    for (int p = 0; p < 3 && dx; ++p) {
      const In part = cache.parts[p].view();
      to[p] = heed::into(cache.gradients[p].take(part.shape(), part.lanes));
    }
    attention.backward(cache.parts[0].view(), cache.parts[1].view(), cache.parts[2].view(), y, dy, to[0], to[1], to[2],
                       cache.attention, grad.attention, pass);
    heed::Index first = 0;
    for (int p = 0; p < 3 && dx; first += sizes[p++]) {
      const heed::Tile<S> d = to[p].tile;
      for (heed::Index t = 0; t < d.steps; ++t) {
        S* out = dx.tile.at(t, first);
        for (heed::Index i = 0; i < d.features * d.lanes; ++i) out[i] = (dx.add ? out[i] : S(0)) + d.at(t)[i];
      }
    }
  }
  static void visit(auto&& f, auto&... layers) { A::visit(f, layers.attention...); }
};

}  // namespace test_support
