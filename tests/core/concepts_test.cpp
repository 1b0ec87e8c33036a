#include "heed/core/concepts.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "heed/layers/dense.hpp"

namespace concepts_test {

using heed::DifferentiableLayer;
using heed::Layer;

struct WithoutForward : heed::Dense<float> {
  void forward() const = delete;
};
struct WithoutVisit {
  using Scalar = float;
  using Input = float;
  struct Cache {};
  heed::Shape output_shape(heed::Shape x) const { return x; }
  void forward(heed::Tile<const float>, heed::Tile<float>, Cache&, const heed::Pass&) const {}
};
struct ForwardOnly : WithoutVisit {
  static void visit(auto&&, auto&...) {}
};
struct Tokens : ForwardOnly {
  using Input = std::int32_t;
  void forward(heed::Tile<const std::int32_t>, heed::Tile<float>, Cache&, const heed::Pass&) const {}
};
struct OfIntegers : ForwardOnly {
  using Scalar = int;
};

TEST(Concepts, FloatingIsFloatOrDouble) {
  static_assert(heed::Floating<float> && heed::Floating<double>);
  static_assert(!heed::Floating<int> && !heed::Floating<long double> && !heed::Floating<const float>);
}

TEST(Concepts, ALayerHasForwardShapeCacheAndVisit) {
  static_assert(Layer<heed::Dense<float>> && Layer<heed::Dense<double>>);
  static_assert(Layer<ForwardOnly> && Layer<Tokens>);
  static_assert(!Layer<WithoutForward> && !Layer<WithoutVisit> && !Layer<OfIntegers> && !Layer<int>);
}

TEST(Concepts, ADifferentiableLayerHasBackward) {
  static_assert(DifferentiableLayer<heed::Dense<float>>);
  static_assert(!DifferentiableLayer<ForwardOnly> && !DifferentiableLayer<Tokens>);
}

struct TokensBackward : Tokens {
  void backward(heed::Tile<const std::int32_t>, heed::Tile<const float>, heed::Tile<const float>, Cache&,
                TokensBackward&, const heed::Pass&) const {}
};

TEST(Concepts, ALayerOfTokensHasNoGradientOfItsInput) {
  static_assert(heed::TokenLayer<TokensBackward> && !DifferentiableLayer<TokensBackward>);
  static_assert(!heed::TokenLayer<Tokens> && !heed::TokenLayer<heed::Dense<float>>);
}

}  // namespace concepts_test
