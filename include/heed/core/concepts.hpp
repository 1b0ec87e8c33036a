#pragma once

/// @file
/// The concepts of layers and models.

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "heed/core/layer_traits.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

/// The scalars that heed computes with.
template <class S>
concept Floating = std::same_as<S, float> || std::same_as<S, double>;

/// A layer: a value with public weights, and with `forward` and `backward` over tiles. The caller owns the cache.
///
/// - `output_shape(x)`: the shape of y for an input of shape x. Throws `Error` if the input does not fit.
/// - `forward(x, y, cache, pass)`: computes y, and keeps in the cache what `backward` needs.
/// - `backward(x, y, dy, dx, cache, grad, pass)`: adds the gradients of the parameters to `grad`, another layer of the
///   same type. Writes or adds the gradient of the input as `dx` says. It may overwrite the cache. Gradients are sums:
///   nothing is divided by the batch size.
template <class L>
concept Layer = Visitable<L> && Floating<typename L::Scalar> && std::copyable<L> &&
                requires(const L& layer, L& grad, typename L::Cache& cache, Tile<const typename L::Input> x,
                         Tile<typename L::Scalar> y, Tile<const typename L::Scalar> dy, Into<typename L::Scalar> dx,
                         const Pass& pass) {
                  { layer.output_shape(Shape{}) } -> std::same_as<Shape>;
                  layer.forward(x, y, cache, pass);
                  requires std::default_initializable<typename L::Cache>;
                };

/// A layer that takes tokens (indices into a vocabulary). Tokens have no gradient, so `backward` has no dx.
template <class L>
concept TokenLayer =
    Layer<L> && std::same_as<typename L::Input, std::int32_t> &&
    requires(const L& layer, L& grad, typename L::Cache& cache, Tile<const std::int32_t> x,
             Tile<const typename L::Scalar> y, const Pass& pass) { layer.backward(x, y, y, cache, grad, pass); };

/// A layer whose input has a gradient (tokens have none).
template <class L>
concept DifferentiableLayer =
    Layer<L> && requires(const L& layer, L& grad, typename L::Cache& cache, Tile<const typename L::Scalar> x,
                         Tile<const typename L::Scalar> y, Into<typename L::Scalar> dx,
                         const Pass& pass) { layer.backward(x, y, y, dx, cache, grad, pass); };

}  // namespace heed::inline HEED_ISA
