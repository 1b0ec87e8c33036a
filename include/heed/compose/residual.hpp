#pragma once

/// @file
/// A residual connection around a layer.

#include <type_traits>
#include <utility>

#include "heed/core/concepts.hpp"
#include "heed/core/error.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/require_layer.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/start.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// y = x + layer(x) (He et al. 2016), for a layer that keeps the shape. The parameters are named `layer.`...
template <class L>
struct Residual {
  static_assert(require_layer<L>());
  using Scalar = typename L::Scalar;
  using Input = Scalar;
  using S = Scalar;
  static_assert(std::is_same_v<typename L::Input, S>, "Residual: tokens cannot be added to");
  static_assert(time_change<L> == TimeChange::keeps_steps, "Residual: the layer must keep the steps");

  struct Cache {
    typename L::Cache layer;
    TileBuffer<S> output;  // of the layer
  };

  L layer;

  Residual() = default;
  explicit Residual(L l) : layer(std::move(l)) { start_from(layer, Key{}.child(0)); }

  void initialize(Key key) {
    if constexpr (requires { layer.initialize(key); }) layer.initialize(key.child(0));
  }

  bool reads_distances() const { return heed::reads_distances(layer); }
  /// Throws if the layer does not accept x, or changes the shape.
  Shape output_shape(Shape x) const {
    const Shape y = detail::inside("Residual", [&] { return layer.output_shape(x); });
    require(y == x, [&] {
      return Fault{"the layer must keep the shape", "Residual", to_text(Extents<2>{x.steps, x.features}),
                   to_text(Extents<2>{y.steps, y.features})};
    });
    return x;
  }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
    const Tile<S> f = cache.output.take(x.shape(), x.lanes, x.lengths);
    layer.forward(x, f, cache.layer, pass.at(0));
    copy(x, y);
    add(Tile<const S>(f), y);
  }

  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, Residual& grad,
                const Pass& pass) const {
    layer.backward(x, cache.output.view(), dy, dx, cache.layer, grad.layer, pass.at(0));
    if (dx) add(dy, dx.tile);
  }

  Index prepare_stream(Shape x, Cache& cache) const
    requires StreamLayer<L>
  {
    return heed::prepare_stream(layer, x, cache.layer);
  }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const
    requires StreamLayer<L>
  {
    const Tile<S> f = cache.output.take(x.shape(), x.lanes);
    heed::stream_step(layer, x, f, memory, cache.layer, pass.at(0));
    copy(x, y);
    add(Tile<const S>(f), y);
  }

  static void visit(auto&& f, auto&... models) { f("layer", models.layer...); }
};

}  // namespace heed::inline HEED_ISA
