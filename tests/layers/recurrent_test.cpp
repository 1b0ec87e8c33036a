#include "heed/layers/recurrent.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/layers/gru.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/rnn.hpp"
#include "heed/testing/layer_run.hpp"

namespace recurrent_test {

using heed::Index;
using test_support::error_of;

// A ragged batch in both directions: each sequence as it would be alone, whatever stands past its end.
template <class R>
void expect_each_sequence_as_alone() {
  const R layer({.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true});
  const std::vector<std::int32_t> lengths{5, 0, 2, 1};
  heed::testing::LayerRun<R> all(layer, {5, 3}, 4, lengths);
  all.randomize(heed::Key{3});
  all.forward();
  for (std::size_t lane = 0; lane < lengths.size(); ++lane) {
    const Index length = lengths[lane];
    heed::testing::LayerRun<R> alone(layer, {length, 3}, 1);
    for (std::size_t i = 0; i < alone.x.size(); ++i) alone.x[i] = all.x[i * 4 + lane];
    alone.forward();
    for (std::size_t i = 0; i < all.y.size() / 4; ++i) {
      const double expected = i < alone.y.size() ? alone.y[i] : 0.0;
      EXPECT_NEAR(all.y[i * 4 + lane], expected, 1e-14) << "lane " << lane << ", number " << i;
    }
  }
}

TEST(Recurrent, RunsEachSequenceOfARaggedBatchAsAlone) {
  expect_each_sequence_as_alone<heed::Lstm<double>>();
  expect_each_sequence_as_alone<heed::Gru<double>>();
  expect_each_sequence_as_alone<heed::Rnn<double>>();
}

TEST(Recurrent, TheBackwardDirectionIsTheForwardOneOfTheReversedSequence) {
  using Layer = heed::Lstm<double>;
  Layer both({.input_size = 3, .hidden_size = 4, .bidirectional = true});
  Layer one({.input_size = 3, .hidden_size = 4});
  one.weights[0] = both.weights[1];
  heed::testing::LayerRun<Layer> forward(both, {6, 3}, 1), reversed(one, {6, 3}, 1);
  forward.randomize(heed::Key{3});
  for (std::size_t t = 0; t < 6; ++t) std::copy_n(&forward.x[3 * t], 3, &reversed.x[3 * (5 - t)]);
  forward.forward();
  reversed.forward();
  for (std::size_t t = 0; t < 6; ++t) {
    for (std::size_t f = 0; f < 4; ++f) EXPECT_EQ(forward.y[8 * t + 4 + f], reversed.y[4 * (5 - t) + f]);
  }
}

// Sequences that outgrow the processor's caches go another way through memory: side by side, and a few at a time.
template <class R>
void expect_far_as_near(const typename R::Options& options) {
  constexpr Index steps = 220, lanes = 32, few = 8;
  const R layer(options);
  const heed::Shape shape{steps, options.input_size};
  const std::vector<std::int32_t> lengths = heed::testing::ragged_lengths(lanes, steps, 195);
  heed::testing::LayerRun<R> far(layer, shape, lanes, lengths);
  far.randomize(heed::Key{3});
  far.forward();
  for (const auto& run : far.cache.runs) EXPECT_TRUE(run.distant && run.away);
  far.backward();

  R sum(layer);
  heed::set_zero(sum);
  const auto part_of = [&](const std::vector<double>& all, Index first) {
    std::vector<double> part;
    for (std::size_t i = 0; i < all.size(); i += lanes) {
      part.insert(part.end(), all.begin() + static_cast<Index>(i) + first,
                  all.begin() + static_cast<Index>(i) + first + few);
    }
    return part;
  };
  for (Index first = 0; first < lanes; first += few) {
    heed::testing::LayerRun<R> near(layer, shape, few, {lengths.begin() + first, lengths.begin() + first + few});
    near.x = part_of(far.x, first);
    near.dy = part_of(far.dy, first);
    near.forward();
    for (const auto& run : near.cache.runs) EXPECT_FALSE(run.distant || run.away);
    near.backward_to(sum, heed::testing::Sink::into);
    EXPECT_EQ(part_of(far.y, first), near.y) << "y of lanes from " << first;
    EXPECT_EQ(part_of(far.dx, first), near.dx) << "dx of lanes from " << first;
  }
  heed::for_each_parameter(
      [](const heed::Path& path, const auto& got, const auto& expected) {
        for (Index i = 0; i < got.size(); ++i) {
          EXPECT_NEAR(got.data()[i], expected.data()[i], 1e-10) << path.text() << ", number " << i;
        }
      },
      far.gradient, sum);
}

TEST(Recurrent, LongSequencesGiveWhatTheyGiveInTheCache) {
  expect_far_as_near<heed::Lstm<double>>({.input_size = 5, .hidden_size = 16});
  expect_far_as_near<heed::Lstm<double>>({.input_size = 32, .hidden_size = 16, .num_layers = 2, .bidirectional = true});
  expect_far_as_near<heed::Gru<double>>({.input_size = 5, .hidden_size = 16, .bidirectional = true});
  expect_far_as_near<heed::Gru<double>>({.input_size = 5, .hidden_size = 16, .reset_after = false});
  expect_far_as_near<heed::Rnn<double>>({.input_size = 40, .hidden_size = 16, .bidirectional = true});
}

TEST(Recurrent, AStepFollowsALongSequence) {
  using Layer = heed::Lstm<float>;
  const Layer layer({.input_size = 3, .hidden_size = 16});
  heed::testing::LayerRun<Layer> longer(layer, {200, 3}, 64);
  longer.randomize(heed::Key{3});
  longer.forward();
  ASSERT_TRUE(longer.cache.runs[0].away);
  Layer::Cache fresh;
  std::vector<float> h(16), c(16), expected(16), got(16);
  const auto step = [&](Layer::Cache& cache, std::vector<float>& y) {
    std::fill(h.begin(), h.end(), 0.5F);
    std::fill(c.begin(), c.end(), 0.25F);
    layer.prepare(1, cache);
    layer.step(heed::Tile<const float>(longer.x.data(), {1, 3}, 1), heed::Tile<float>(y.data(), {1, 16}, 1),
               {heed::Tile<float>(h.data(), {1, 16}, 1), heed::Tile<float>(c.data(), {1, 16}, 1)}, cache,
               longer.pass());
  };
  step(fresh, expected);
  step(longer.cache, got);
  EXPECT_EQ(got, expected);
}

TEST(Recurrent, ACacheServesLayersOfOtherShapes) {
  using Layer = heed::Gru<double>;
  using Options = Layer::Options;
  Layer::Cache shared;
  for (const Options& options :
       {Options{.input_size = 3, .hidden_size = 4, .bidirectional = true},  // as many weights as two layers
        Options{.input_size = 3, .hidden_size = 4, .num_layers = 2}, Options{.input_size = 3, .hidden_size = 4},
        Options{.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true},
        Options{.input_size = 3, .hidden_size = 4, .num_layers = 4}}) {
    heed::testing::LayerRun<Layer> run(Layer(options), {5, 3}, 2);
    run.randomize(heed::Key{3});
    run.forward();
    const std::vector<double> expected = run.y;
    run.cache = std::move(shared);
    run.forward();
    EXPECT_EQ(run.y, expected) << options.num_layers << (options.bidirectional ? ", both directions" : "");
    run.backward();
    shared = std::move(run.cache);
  }
}

TEST(Recurrent, LayersStartDifferently) {
  heed::Gru<double> layer({.input_size = 4, .hidden_size = 4, .num_layers = 2, .bidirectional = true});
  layer.initialize(heed::Key{1});
  const auto& w = layer.weights;
  EXPECT_NE(w[0].hh(0, 0), w[1].hh(0, 0));
  EXPECT_NE(w[0].hh(0, 0), w[2].hh(0, 0));
  EXPECT_NE(w[2].hh(0, 0), w[3].hh(0, 0));
}

TEST(Recurrent, KnowsItsSizes) {
  const heed::Rnn<float> layer({.input_size = 3, .hidden_size = 4, .num_layers = 3, .bidirectional = true});
  EXPECT_EQ(layer.num_layers(), 3);
  EXPECT_EQ(layer.output_size(), 8);
  EXPECT_EQ(layer.weights[2].input_size(), 8);
  EXPECT_EQ(layer.state_shape(), (heed::Shape{6, 4}));
  EXPECT_EQ(error_of([&] { layer.output_shape({2, 4}); }), "Rnn: wrong number of features (expected 3, got 4)");
}

}  // namespace recurrent_test
