#pragma once

/// @file
/// A sublayer of a transformer block with its residual connection: an inner part of the blocks.

#include "heed/core/compiled.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/layer_norm.hpp"

namespace heed::inline HEED_ABI {

/// Where a transformer block normalises its sublayers:
///
///     none   y = x + dropout(f(x))
///     pre    y = x + dropout(f(norm(x)))      (norm_first in PyTorch)
///     post   y = norm(x + dropout(f(x)))      (Vaswani et al. 2017)
enum class NormPlacement { none, pre, post };
constexpr std::array<std::string_view, 3> names_of(NormPlacement) { return {"none", "pre", "post"}; }

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {

template <class S>
struct Sublayer {
  struct Cache {
    TileBuffer<S> input;  // norm(x); for `pre`
    TileBuffer<S> sum;    // x + dropout(f(x)); for `post`
    typename LayerNorm<S>::Cache norm;
    typename Dropout<S>::Cache dropout;
  };

  NormPlacement placement;
  const LayerNorm<S>& norm;
  Dropout<S> dropout;

  Sublayer(NormPlacement p, const LayerNorm<S>& n, double rate) : placement(p), norm(n) { dropout.rate = rate; }

  /// `f(input, output)` runs the sublayer.
  template <class F>
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, F&& f) const {
    Tile<const S> input = x;
    Tile<S> sum = y;
    if (placement == NormPlacement::pre) {
      const Tile<S> normed = cache.input.take(x.shape(), x.lanes, x.lengths);
      norm.forward(x, normed, cache.norm, pass);
      input = normed;
    } else if (placement == NormPlacement::post) {
      sum = cache.sum.take(x.shape(), x.lanes, x.lengths);
    }
    f(input, sum);
    dropout.forward(sum, sum, cache.dropout, pass);
    add(x, sum);
    if (placement == NormPlacement::post) norm.forward(sum, y, cache.norm, pass);
  }

  /// `f(input, dy, dx)` runs the sublayer's backward pass. dx and dy must be different tiles.
  template <class F>
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, LayerNorm<S>& grad,
                const Pass& pass, F&& f) const {
    const Scratch::Mark mark(pass.scratch);
    Tile<const S> dsum = dy;
    if (placement == NormPlacement::post) {
      const Tile<S> d = pass.scratch.like(dy);
      norm.backward(cache.sum.view().with_lengths(x.lengths), y, dy, into(d), cache.norm, grad, pass);
      dsum = d;
    }
    const Tile<S> dpart = pass.scratch.like(dy);
    Dropout<S> no_gradient;
    dropout.backward(x, y, dsum, into(dpart), cache.dropout, no_gradient, pass);
    if (placement == NormPlacement::pre) {
      const Tile<const S> input = cache.input.view().with_lengths(x.lengths);
      const Tile<S> dinput = pass.scratch.like(dy);
      f(input, dpart, into(dinput));
      norm.backward(x, input, dinput, dx, cache.norm, grad, pass);
    } else {
      f(x, dpart, dx);
    }
    if (dx) add(dsum, dx.tile);
  }
};

}  // namespace detail

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::detail::Sublayer)
