#pragma once

// The attention weights of the nodes of a graph, from their scores.

#include <cstddef>

#include "heed/core/graph.hpp"
#include "heed/core/math.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// a_ij = softmax of LeakyReLU(u_i + v_j) over the nodes j that node i sees, for all heads at once. u and v are (nodes,
/// heads), a is (edges, heads).
template <class S>
struct NeighbourSoftmax {
  const Graph& graph;
  S negative_slope;

  /// a of node i
  void forward(Index i, Tile<const S> of_node, Tile<const S> of_seen, Tile<S> a) const;
  /// From da of node i: writes the gradient of u_i and adds to the gradients of v_j.
  void backward(Index i, Tile<const S> of_node, Tile<const S> of_seen, Tile<const S> a, Tile<const S> da,
                Tile<S> d_node, Tile<S> d_seen) const;

 private:
  template <class P>
  HEED_INLINE P slope(const P& e) const {
    using namespace simd;
    return select_less(set1<P>(0), e, set1<P>(1), set1<P>(negative_slope));
  }
};

template <class S>
void NeighbourSoftmax<S>::forward(Index i, Tile<const S> of_node, Tile<const S> of_seen, Tile<S> a) const {
  using namespace simd;
  const auto seen = graph.neighbours(i);
  const Index first = graph.first(i), last = first + static_cast<Index>(seen.size());
  if (first == last) return;
  for_each_packet<S>(a.features, [&]<class P>(Index h) HEED_LAMBDA {
    const P own = load<P>(of_node.at(i, h));
    for (Index k = first; k < last; ++k) {
      const P e = add(own, load<P>(of_seen.at(seen[static_cast<std::size_t>(k - first)], h)));
      store(a.at(k, h), mul(e, this->slope(e)));
    }
    P largest = load<P>(a.at(first, h));
    for (Index k = first + 1; k < last; ++k) largest = max(largest, load<P>(a.at(k, h)));
    P total = set1<P>(0);
    for (Index k = first; k < last; ++k) {
      const P e = simd::exp(sub(load<P>(a.at(k, h)), largest));
      store(a.at(k, h), e);
      total = add(total, e);
    }
    const P scale = div(set1<P>(1), total);
    for (Index k = first; k < last; ++k) store(a.at(k, h), mul(scale, load<P>(a.at(k, h))));
  });
}

template <class S>
void NeighbourSoftmax<S>::backward(Index i, Tile<const S> of_node, Tile<const S> of_seen, Tile<const S> a,
                                   Tile<const S> da, Tile<S> d_node, Tile<S> d_seen) const {
  using namespace simd;
  const auto seen = graph.neighbours(i);
  const Index first = graph.first(i), last = first + static_cast<Index>(seen.size());
  for_each_packet<S>(a.features, [&]<class P>(Index h) HEED_LAMBDA {
    P common = set1<P>(0), total = set1<P>(0);
    for (Index k = first; k < last; ++k) common = fma(load<P>(a.at(k, h)), load<P>(da.at(k, h)), common);
    const P own = load<P>(of_node.at(i, h));
    for (Index k = first; k < last; ++k) {
      const Index j = seen[static_cast<std::size_t>(k - first)];
      const P e = add(own, load<P>(of_seen.at(j, h)));
      const P de = mul(mul(load<P>(a.at(k, h)), sub(load<P>(da.at(k, h)), common)), this->slope(e));
      total = add(total, de);
      accumulate(d_seen.at(j, h), de);
    }
    store(d_node.at(i, h), total);
  });
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
