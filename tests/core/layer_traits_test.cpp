#include "heed/core/layer_traits.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "heed/compose/residual.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/patch_embedding.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/testing/check_layer.hpp"

namespace layer_traits_test {

using heed::Dense;
using heed::Index;
using heed::Into;
using heed::LastPool;
using heed::Lstm;
using heed::Pass;
using heed::Sequential;
using heed::Shape;
using heed::Tile;
using heed::TimeChange;

// Steps 0, 2, 4 ...: a layer with a length of its own.
template <class S>
struct EverySecond {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::own_steps;
  struct Cache {};

  Index output_length(Index length) const { return (length + 1) / 2; }
  Shape output_shape(Shape x) const { return {output_length(x.steps), x.features}; }
  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
    for (Index t = 0; t < y.steps; ++t) heed::copy(x.step(2 * t), y.step(t));
  }
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, EverySecond&, const Pass&) const {
    for (Index t = 0; dx && t < x.steps; ++t) {
      if (!dx.add) heed::fill(dx.tile.step(t), S(0));
      if (t % 2 == 0) heed::add(dy.step(t / 2), dx.tile.step(t));
    }
  }
  static void visit(auto&&, auto&...) {}
};

template <class S>
using Halves = Sequential<Dense<S>, EverySecond<S>, Lstm<S>, EverySecond<S>, LastPool<S>>;
template <class S>
Halves<S> halves() {
  return Halves<S>(Dense<S>({.in_features = 3, .out_features = 4}), {}, Lstm<S>({.input_size = 4, .hidden_size = 5}),
                   {}, {});
}

TEST(LayerTraits, ALayerKeepsTheStepsUnlessItSaysOtherwise) {
  static_assert(heed::time_change<Dense<float>> == TimeChange::keeps_steps);
  static_assert(heed::time_change<LastPool<float>> == TimeChange::pools_steps);
  static_assert(heed::time_change<heed::PatchEmbedding<float>> == TimeChange::own_steps);
  static_assert(heed::MapsLengths<EverySecond<float>> && !heed::MapsLengths<heed::PatchEmbedding<float>>);
}

TEST(LayerTraits, OfLayersOneAfterAnotherFollowFromTheirs) {
  static_assert(heed::time_change<Sequential<Dense<float>, Lstm<float>>> == TimeChange::keeps_steps);
  static_assert(heed::time_change<Halves<float>> == TimeChange::pools_steps);
  using Quarter = Sequential<EverySecond<float>, Dense<float>, EverySecond<float>>;
  static_assert(heed::MapsLengths<Quarter>);
  static_assert(!heed::MapsLengths<Sequential<heed::PatchEmbedding<float>, EverySecond<float>>>);
  const Quarter quarter;
  EXPECT_EQ(quarter.output_length(9), 3);
  EXPECT_EQ(quarter.output_length(0), 0);
  EXPECT_EQ(halves<float>().output_length(9), 1);
}

TEST(LayerTraits, LengthsAreThoseOfTheOutput) {
  const std::vector<std::int32_t> lengths{5, 4, 0, 1};
  heed::Buffer<std::int32_t> room;
  const std::int32_t* const own = heed::output_lengths(EverySecond<float>(), lengths.data(), 4, room);
  EXPECT_EQ(std::vector<std::int32_t>(own, own + 4), (std::vector<std::int32_t>{3, 2, 0, 1}));
  EXPECT_EQ(heed::output_lengths(EverySecond<float>(), nullptr, 4, room), nullptr);
  EXPECT_EQ(heed::output_lengths(Dense<float>(), lengths.data(), 4, room), lengths.data());
  EXPECT_EQ(heed::output_lengths(LastPool<float>(), lengths.data(), 4, room), nullptr);
  EXPECT_EQ(heed::output_lengths(heed::PatchEmbedding<float>(), lengths.data(), 4, room), nullptr);
}

TEST(LayerTraits, LengthsOfItsOwnReachWhatFollows) {
  const auto report = heed::testing::check_layer([]<class S>() { return halves<S>(); }, {7, 3});
  EXPECT_TRUE(report.ok()) << report.text();
  const auto steps = heed::testing::check_layer(
      []<class S>() {
        return Sequential<EverySecond<S>, Lstm<S>>({},
                                                   Lstm<S>({.input_size = 3, .hidden_size = 5, .bidirectional = true}));
      },
      {6, 3});
  EXPECT_TRUE(steps.ok()) << steps.text();
}

TEST(LayerTraits, SomeReadTheOutputOnTheWayBack) {
  static_assert(heed::backward_reads_output<heed::Tanh<float>> && !heed::backward_reads_output<Dense<float>>);
  static_assert(heed::backward_reads_output<Sequential<Dense<float>, heed::Tanh<float>>>);
  static_assert(!heed::backward_reads_output<Sequential<heed::Tanh<float>, Dense<float>>>);
  static_assert(!heed::backward_reads_output<heed::Residual<heed::Tanh<float>>>);  // it has that of the layer
}

}  // namespace layer_traits_test
