#include "heed/layers/lstm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "../support/keras.hpp"
#include "../support/numbers.hpp"
#include "../support/random.hpp"
#include "../support/recurrent_case.hpp"
#include "../support/recurrent_with_states.hpp"
#include "../support/stream_case.hpp"
#include "../support/task.hpp"
#include "heed/testing/check_layer.hpp"

namespace lstm_test {

using heed::Index;
using heed::Lstm;
using test_support::equals;
using test_support::error_of;
using test_support::Numbers;
using test_support::Reference;
using test_support::Values;
using Cell = heed::LstmCell<double>;
using State = heed::RecurrentState<const double>;

TEST(Lstm, FulfilsTheLayerContract) {
  const auto make = []<class S>() { return Lstm<S>({.input_size = 3, .hidden_size = 5}); };
  for (const Index steps : {2, 4}) {
    const auto report = heed::testing::check_layer(make, {steps, 3});
    EXPECT_TRUE(report.ok()) << report.text();
  }
  const auto report = heed::testing::check_layer(make, {6, 3}, {.lanes = 64});  // weights' gradients in two parts
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Lstm, FulfilsTheLayerContractWithItsStates) {
  const auto report = heed::testing::check_layer(
      []<class S>() {
        return test_support::RecurrentWithStates<Lstm<S>>{Lstm<S>({.input_size = 5, .hidden_size = 5})};
      },
      {5, 5}, {.shortest = 2});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Lstm, FulfilsTheLayerContractInLayersAndBothDirections) {
  const auto plain = heed::testing::check_layer(
      []<class S>() { return Lstm<S>({.input_size = 3, .hidden_size = 4, .num_layers = 2, .bidirectional = true}); },
      {4, 3});
  EXPECT_TRUE(plain.ok()) << plain.text();
  const auto with_states = heed::testing::check_layer(
      []<class S>() {
        using Layer = test_support::RecurrentWithStates<Lstm<S>>;
        return Layer{Lstm<S>({.input_size = 4, .hidden_size = 4, .num_layers = 2, .bidirectional = true})};
      },
      {8 + 4, 4}, {.shortest = 8});
  EXPECT_TRUE(with_states.ok()) << with_states.text();
  const auto many = heed::testing::check_layer(
      []<class S>() { return Lstm<S>({.input_size = 3, .hidden_size = 3, .bidirectional = true}); }, {7, 3},
      {.lanes = 64});  // weights' gradients in parts
  EXPECT_TRUE(many.ok()) << many.text();
}

TEST(Lstm, FulfilsTheLayerContractWithDropoutBetweenLayers) {
  const auto report = heed::testing::check_layer(
      []<class S>() { return Lstm<S>({.input_size = 3, .hidden_size = 4, .num_layers = 3, .dropout = 0.4}); }, {4, 3});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(Lstm, DropsOutputsBetweenLayersInTrainingOnly) {
  const auto output = [](double dropout, bool training, heed::Key key) {
    Lstm<double> layer({.input_size = 3, .hidden_size = 8, .num_layers = 2, .dropout = dropout});
    heed::testing::LayerRun<Lstm<double>> run(layer, {5, 3}, 4);
    run.randomize(heed::Key{5});
    run.training = training;
    run.key = key;
    run.forward();
    return run.y;
  };
  EXPECT_EQ(output(0.5, false, {}), output(0, false, {}));
  EXPECT_EQ(output(0, true, {}), output(0, false, {}));
  EXPECT_NE(output(0.5, true, {}), output(0, false, {}));
  EXPECT_EQ(output(0.5, true, heed::Key{1}), output(0.5, true, heed::Key{1}));
  EXPECT_NE(output(0.5, true, heed::Key{1}), output(0.5, true, heed::Key{2}));
}

TEST(Lstm, EqualsPyTorch) { test_support::expect_equals_pytorch<Lstm<double>>("lstm"); }

TEST(Lstm, EqualsKeras) {
  for (const auto& name : test_support::reference_names("keras", "lstm")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    Lstm<double> layer({.input_size = 3, .hidden_size = 5});
    set_weights(layer, test_support::keras_lstm(file.arrays("weight."), false));
    const auto gradients = test_support::keras_lstm(file.arrays("dweight."), true);
    for (const Index width : {4, 1}) expect_reference(run_recurrent(file, layer, width), file, gradients);
  }
}

/// An LSTM, input, and what a pass over all of it gives.
struct Sequence {
  static constexpr Index steps = 4;
  Index lanes;
  Lstm<double> layer{{.input_size = 3, .hidden_size = 5}};
  Numbers x{{steps, 3}, lanes, 1}, y{{steps, 5}, lanes, 2}, h{{1, 5}, lanes, 3}, c{{1, 5}, lanes, 4};
  Numbers h_n = h, c_n = c;
  Lstm<double>::Cache cache;
  heed::Scratch scratch;
  heed::Pass pass{scratch};

  const Cell& cell() const { return layer.cell; }
  const Cell::Weights& weights() const { return layer.weights[0]; }
  explicit Sequence(Index lanes_) : lanes(lanes_) {}
  State initial() const { return {h.view(), c.view()}; }
  void forward(const State& from) { layer.forward(x.view(), y.tile(), cache, pass, from, {h_n.tile(), c_n.tile()}); }
};

TEST(Lstm, EqualsStepByStepStreaming) {
  for (const Index lanes : {1, 3}) {
    Sequence all(lanes);
    all.forward(all.initial());
    Numbers h = all.h, c = all.c, y = all.h;
    Lstm<double>::Cache cache;
    all.layer.prepare(lanes, cache);
    for (Index t = 0; t < Sequence::steps; ++t) {  // one step at a time, the state kept between calls
      all.layer.step(all.x.view().step(t), y.tile(), {h.tile(), c.tile()}, cache, all.pass);
      EXPECT_EQ(y.values, Values(all.y.tile().at(t), all.y.tile().at(t) + 5 * lanes)) << "step " << t;
    }
    EXPECT_EQ(h.values, all.h_n.values);
    EXPECT_EQ(c.values, all.c_n.values);
  }
}

TEST(Lstm, InferenceGivesWhatTrainingGivesAndKeepsOneStep) {
  for (const bool ragged : {false, true}) {
    for (const bool both : {false, true}) {
      const Lstm<double> layer({.input_size = 3, .hidden_size = 5, .num_layers = 2, .bidirectional = both});
      const Index lanes = 3, out = layer.output_size();
      const std::int32_t lengths[] = {4, 2, 0};
      const Numbers x({4, 3}, lanes, 1);
      const auto in = x.view().with_lengths(ragged ? lengths : nullptr);
      Numbers y({4, out}, lanes, 2), z({4, out}, lanes, 3);
      Numbers h(layer.state_shape(), lanes, 4), c(layer.state_shape(), lanes, 5), h2 = h, c2 = c;
      Lstm<double>::Cache kept, one;
      heed::Scratch scratch;
      layer.forward(in, y.tile(), kept, heed::Pass{scratch}, {}, {h.tile(), c.tile()});
      layer.forward(in, z.tile(), one, heed::Pass::inference(scratch), {}, {h2.tile(), c2.tile()});
      EXPECT_EQ(y.values, z.values);
      EXPECT_EQ(h.values, h2.values);
      EXPECT_EQ(c.values, c2.values);
      layer.forward(in, z.tile(), one, heed::Pass::inference(scratch));
      EXPECT_EQ(y.values, z.values);
      EXPECT_EQ(one.runs[0].gates.view().steps, 1);
    }
  }
}

TEST(Lstm, AStepTouchesNoOther) {
  for (const Index lanes : {1, 3}) {
    Sequence s(lanes);
    for (const Cell::Before& previous : {Cell::Before{}, Cell::Before(s.initial())}) {
      Cell::Cache cache;
      s.cell().prepare(s.weights(), 3, lanes, cache);
      for (auto* buffer : {&cache.gates, &cache.first, &cache.second}) fill(buffer->tile(), 7.0);
      fill(s.y.tile(), 7.0);
      s.cell().step(s.weights(), 1, lanes, s.x.view().at(1), previous, s.y.tile().at(1), cache);
      for (const auto& tile : {cache.gates.view(), cache.first.view(), cache.second.view(), s.y.view()}) {
        for (const Index t : {0, 1, 2}) {
          const Index changed = std::count_if(tile.at(t), tile.at(t + 1), [](double v) { return v != 7.0; });
          EXPECT_EQ(changed, t == 1 ? tile.features * lanes : 0);
        }
      }
    }
  }
}

TEST(Lstm, EqualsTwoPassesOfHalfTheSteps) {
  Sequence all(3);
  all.forward(all.initial());
  Numbers y({2, 5}, 3, 5), h = all.h, c = all.c;
  for (const Index first : {0, 2}) {
    Numbers h_n = h, c_n = c;
    all.layer.forward(all.x.view().range(first, 2), y.tile(), all.cache, all.pass, {h.view(), c.view()},
                      {h_n.tile(), c_n.tile()});
    EXPECT_EQ(y.values, Values(all.y.tile().at(first), all.y.tile().at(first) + 30));
    h = h_n;
    c = c_n;
  }
  EXPECT_EQ(h.values, all.h_n.values);
  EXPECT_EQ(c.values, all.c_n.values);
}

TEST(Lstm, TheGradientOfALongSequenceIsThatOfItsLanes) {
  using Run = heed::testing::LayerRun<Lstm<double>>;
  const heed::Shape shape{23, 3};
  const Index lanes = 64;
  Run all(Lstm<double>({.input_size = 3, .hidden_size = 5}), shape, lanes);
  all.randomize(heed::Key{5});
  all.forward();
  all.backward();
  Run one(all.layer, shape, 1);
  for (Index lane = 0; lane < lanes; ++lane) {
    for (std::size_t i = 0; i < one.x.size(); ++i) one.x[i] = all.x[i * lanes + static_cast<std::size_t>(lane)];
    for (std::size_t i = 0; i < one.y.size(); ++i) one.dy[i] = all.dy[i * lanes + static_cast<std::size_t>(lane)];
    one.forward();
    one.backward(heed::testing::Sink::into, false);
  }
  EXPECT_LE(test_support::largest_difference(test_support::flat(all.gradient), test_support::flat(one.gradient)),
            1e-12);
}

TEST(Lstm, AnEmptyStateIsZero) {
  for (const Index lanes : {1, 3}) {
    Sequence s(lanes);
    const Numbers random = s.h;
    const Numbers zero = [&] {
      Numbers z = s.h;
      fill(z.tile(), 0.0);
      return z;
    }();
    const auto outputs = [&](const State& from) {
      s.forward(from);
      return s.y.values;
    };
    EXPECT_TRUE(equals(outputs({}), outputs({zero.view(), zero.view()})));
    EXPECT_TRUE(equals(outputs({random.view(), {}}), outputs({random.view(), zero.view()})));
    EXPECT_TRUE(equals(outputs({{}, random.view()}), outputs({zero.view(), random.view()})));
    EXPECT_GT(test_support::largest_error(outputs({random.view(), {}}), outputs({})), 1e-3);
    EXPECT_GT(test_support::largest_error(outputs({{}, random.view()}), outputs({})), 1e-3);
  }
}

TEST(Lstm, ASequenceWithoutStepsPassesItsStateThrough) {
  const std::vector<std::int32_t> lengths{0, 4, 0};
  Sequence s(3);
  s.layer.forward(s.x.view(lengths), s.y.tile(), s.cache, s.pass, s.initial(), {s.h_n.tile(), s.c_n.tile()});
  const Numbers dy({4, 5}, 3, 7), dh({1, 5}, 3, 8), dc({1, 5}, 3, 9);
  Numbers dx = s.x, dh0 = dh, dc0 = dc;
  Lstm<double> gradient = s.layer;
  set_zero(gradient);
  s.layer.backward(s.x.view(lengths), s.y.view(), dy.view(), into(dx.tile()), s.cache, gradient, s.pass, s.initial(),
                   {dh.view(), dc.view()}, {dh0.tile(), dc0.tile()});
  for (const Index lane : {0, 2}) {
    for (Index f = 0; f < 5; ++f) {
      EXPECT_EQ(s.h_n.tile().at(0, f)[lane], s.h.tile().at(0, f)[lane]);
      EXPECT_EQ(s.c_n.tile().at(0, f)[lane], s.c.tile().at(0, f)[lane]);
      EXPECT_EQ(dh0.tile().at(0, f)[lane], dh.view().at(0, f)[lane]);
      EXPECT_EQ(dc0.tile().at(0, f)[lane], dc.view().at(0, f)[lane]);
      for (Index t = 0; t < 4; ++t) EXPECT_EQ(s.y.tile().at(t, f)[lane], 0);
    }
    for (Index t = 0; t < 4; ++t) {
      for (Index f = 0; f < 3; ++f) EXPECT_EQ(dx.tile().at(t, f)[lane], 0);
    }
  }
  EXPECT_NE(s.h_n.tile().at(0, 0)[1], s.h.tile().at(0, 0)[1]);
}

TEST(Lstm, WithoutAnInitialStateASequenceWithoutStepsEndsInZeros) {
  const std::vector<std::int32_t> lengths{0, 4, 0};
  Sequence s(3);
  s.layer.forward(s.x.view(lengths), s.y.tile(), s.cache, s.pass, {}, {s.h_n.tile(), s.c_n.tile()});
  for (Index f = 0; f < 5; ++f) {
    EXPECT_EQ(s.h_n.tile().at(0, f)[0], 0);
    EXPECT_EQ(s.c_n.tile().at(0, f)[2], 0);
    EXPECT_EQ(s.h_n.tile().at(0, f)[1], s.y.tile().at(3, f)[1]);
  }
}

TEST(Lstm, AnEmptyUpstreamGradientIsZero) {
  for (const Index lanes : {1, 3}) {
    Sequence s(lanes);
    const Numbers dh({1, 5}, lanes, 8), dc({1, 5}, lanes, 9);
    Numbers zero({4, 5}, lanes, 1), dx = s.x, dx2 = s.x;
    fill(zero.tile(), 0.0);
    Lstm<double> gradient = s.layer;
    set_zero(gradient);
    Lstm<double> gradient2 = gradient;
    s.forward(s.initial());
    s.layer.backward(s.x.view(), s.y.view(), {}, into(dx.tile()), s.cache, gradient, s.pass, s.initial(),
                     {dh.view(), dc.view()});
    s.forward(s.initial());
    s.layer.backward(s.x.view(), s.y.view(), zero.view(), into(dx2.tile()), s.cache, gradient2, s.pass, s.initial(),
                     {dh.view(), dc.view()});
    EXPECT_EQ(dx.values, dx2.values);
    EXPECT_EQ(test_support::numbers(gradient), test_support::numbers(gradient2));
    EXPECT_NE(dx.values, s.x.values);
  }
}

TEST(Lstm, BothBiasesHaveTheFullGradient) {
  const Reference file("lstm/given_state");
  const auto layer = test_support::with_weights(Lstm<double>({.input_size = 3, .hidden_size = 5}), file);
  const auto gradient = run_recurrent(file, layer, 4).gradient;
  EXPECT_EQ(test_support::row_major(gradient.weights[0].bias_ih), test_support::row_major(gradient.weights[0].bias_hh));
}

TEST(Lstm, HasPyTorchsNames) {
  EXPECT_EQ(test_support::parameter_names(Lstm<float>({.input_size = 3, .hidden_size = 5})),
            "weight_ih_l0 weight_hh_l0 bias_ih_l0 bias_hh_l0 ");
  EXPECT_EQ(test_support::parameter_names(
                Lstm<float>({.input_size = 3, .hidden_size = 5, .num_layers = 2, .bidirectional = true})),
            "weight_ih_l0 weight_hh_l0 bias_ih_l0 bias_hh_l0 weight_ih_l0_reverse weight_hh_l0_reverse "
            "bias_ih_l0_reverse bias_hh_l0_reverse weight_ih_l1 weight_hh_l1 bias_ih_l1 bias_hh_l1 "
            "weight_ih_l1_reverse weight_hh_l1_reverse bias_ih_l1_reverse bias_hh_l1_reverse ");
}

TEST(Lstm, StartsUniformWithinOneOverTheRootOfItsHiddenSize) {
  Lstm<double> layer({.input_size = 3, .hidden_size = 64});
  layer.initialize(heed::Key{3});
  const auto expect_within = [](const auto& values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    EXPECT_GE(*low, -0.125);
    EXPECT_LT(*low, -0.12);
    EXPECT_LE(*high, 0.125);
    EXPECT_GT(*high, 0.12);
  };
  expect_within(layer.weights[0].ih);
  expect_within(layer.weights[0].hh);
  expect_within(layer.weights[0].bias_ih);
  expect_within(layer.weights[0].bias_hh);
  EXPECT_NE(layer.weights[0].bias_ih(0), layer.weights[0].bias_hh(0));
}

TEST(Lstm, RejectsSizesThatDoNotFit) {
  const Lstm<float> layer({.input_size = 3, .hidden_size = 5});
  EXPECT_EQ(layer.output_shape({7, 3}), (heed::Shape{7, 5}));
  EXPECT_EQ(error_of([&] { layer.output_shape({7, 5}); }), "Lstm: wrong number of features (expected 3, got 5)");
  EXPECT_EQ(error_of([] { Lstm<float>({.input_size = 0, .hidden_size = 5}); }),
            "Lstm: input_size must be positive (expected at least 1, got 0)");
  EXPECT_EQ(error_of([] { Lstm<float>({.input_size = 3, .hidden_size = -1}); }),
            "Lstm: hidden_size must be positive (expected at least 1, got -1)");
  EXPECT_EQ(error_of([] { Lstm<float>({.input_size = 3, .hidden_size = 5, .num_layers = 0}); }),
            "Lstm: num_layers out of range (expected at least 1, got 0)");
  for (const double rate : {-0.1, 1.0, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(error_of([&] { Lstm<float>({.input_size = 3, .hidden_size = 5, .dropout = rate}); }),
              "Lstm: option out of range (expected dropout in [0, 1), got " + std::to_string(rate) + ")");
  }
  const Lstm<float> both({.input_size = 3, .hidden_size = 5, .num_layers = 2, .bidirectional = true});
  EXPECT_EQ(both.output_shape({7, 3}), (heed::Shape{7, 10}));
  EXPECT_EQ(both.state_shape(), (heed::Shape{4, 5}));
  Lstm<float>::Cache cache;
  EXPECT_EQ(error_of([&] { both.prepare(1, cache); }),
            "Lstm: a layer that runs from both ends has no next step (expected one direction, got two)");
  Lstm<float> one({.input_size = 3, .hidden_size = 5});
  EXPECT_EQ(error_of([&] { heed::for_each_parameter([](const auto&, auto&, auto&) {}, one, both); }),
            "Lstm: models of different sizes side by side (expected as many layers)");
}

TEST(Lstm, StreamsToTheBitsOfWholePasses) {
  for (const Index layers : {1, 2}) {
    test_support::expect_streams(heed::Lstm<double>({.input_size = 4, .hidden_size = 5, .num_layers = layers}), {7, 4},
                                 false, 0);
  }
}

}  // namespace lstm_test
