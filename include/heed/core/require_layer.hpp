#pragma once

/// @file
/// Compiler messages that say which piece of a layer is missing. Templates that take users' layers check this first.

#include <concepts>
#include <cstdint>

#include "heed/core/concepts.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

/// A compiler error that names the first missing piece of a layer. The pieces are those of the concept `Layer`.
template <class L>
constexpr bool require_layer() {
  if constexpr (!requires { typename L::Scalar; }) {
    static_assert(!sizeof(L), "heed: a layer needs `using Scalar = float;` or double: what it computes in");
  } else if constexpr (!Floating<typename L::Scalar>) {
    static_assert(!sizeof(L), "heed: the Scalar of a layer is float or double");
  } else if constexpr (!requires { typename L::Input; }) {
    static_assert(!sizeof(L), "heed: a layer needs `using Input = Scalar;`, of tokens std::int32_t: what it takes");
  } else if constexpr (!requires { typename L::Cache; }) {
    static_assert(!sizeof(L), "heed: a layer needs `struct Cache {};`: what backward needs beyond x and y");
  } else if constexpr (!std::default_initializable<typename L::Cache>) {
    static_assert(!sizeof(L), "heed: the Cache of a layer needs a constructor without arguments");
  } else if constexpr (!std::copyable<L>) {
    static_assert(!sizeof(L), "heed: a layer can be copied and assigned: the gradient of a layer is a layer");
  } else if constexpr (!requires(L& l) { L::visit([](auto&&...) {}, l); }) {
    static_assert(!sizeof(L),
                  "heed: a layer lists its weights: "
                  "`static void visit(auto&& f, auto&... layers) { f(\"weight\", layers.weight...); }`");
  } else if constexpr (!requires(const L& l) {
                         { l.output_shape(Shape{}) } -> std::same_as<Shape>;
                       }) {
    static_assert(!sizeof(L), "heed: a layer needs `heed::Shape output_shape(heed::Shape x) const`");
  } else if constexpr (!requires(const L& l, typename L::Cache& cache, Tile<const typename L::Input> x,
                                 Tile<typename L::Scalar> y, const Pass& pass) { l.forward(x, y, cache, pass); }) {
    static_assert(!sizeof(L),
                  "heed: a layer needs `void forward(heed::Tile<const Input> x, heed::Tile<Scalar> y, Cache&, "
                  "const heed::Pass&) const`");
  }
  return true;
}

/// The same, including the backward pass, which training needs.
template <class L>
constexpr bool require_trainable_layer() {
  require_layer<L>();
  if constexpr (Layer<L>) {
    if constexpr (std::same_as<typename L::Input, std::int32_t>) {
      static_assert(DifferentiableLayer<L> || TokenLayer<L>,
                    "heed: a layer of tokens needs `void backward(heed::Tile<const std::int32_t> x, heed::Tile<const "
                    "Scalar> y, heed::Tile<const Scalar> dy, Cache&, Layer& grad, const heed::Pass&) const`");
    } else {
      static_assert(DifferentiableLayer<L>,
                    "heed: a layer needs `void backward(heed::Tile<const Scalar> x, heed::Tile<const Scalar> y, "
                    "heed::Tile<const Scalar> dy, heed::Into<Scalar> dx, Cache&, Layer& grad, const heed::Pass&) "
                    "const`");
    }
  }
  return true;
}

}  // namespace heed::inline HEED_ISA
