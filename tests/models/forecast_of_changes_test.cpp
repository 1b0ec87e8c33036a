// Models of forecasts that see and answer changes from the last value.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "heed/data/series_windows.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/losses/binary_cross_entropy.hpp"
#include "heed/models/series_ensemble.hpp"
#include "heed/testing/check_layer.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/fit_rocket.hpp"

namespace forecast_of_changes_test {

using heed::Index;
using test_support::error_of;
using Network = heed::SequenceClassifier<float>;
using Rocket = heed::RocketClassifier<float>;

const std::vector<Index> second_twice{1, 1};

Network network() {
  Network model({.features = 2, .classes = 2, .hidden = 4});
  model.last_value = heed::LastValue<float>(second_twice);
  return model;
}

// Waves on a line, and beside it 1 of their 12 places. Windows of 24 steps, and the two next values of the waves.
struct Data {
  heed::Tensor<float, 3> x;
  heed::Tensor<float, 2> targets;
};
Data waves(Index first, Index last) {
  heed::Tensor<float, 2> series({last - first, 2});
  for (Index t = first; t < last; ++t) {
    series(t - first, 0) = static_cast<float>(t % 12) / 12;
    series(t - first, 1) =
        static_cast<float>(0.2 * static_cast<double>(t) + std::sin(static_cast<double>(t) / 12 * 6.2832));
  }
  auto windows = heed::series_windows(series, 24, 2);
  Data data{std::move(windows.x), heed::Tensor<float, 2>({windows.targets.extent(0), 2})};
  for (Index i = 0; i < data.targets.extent(0); ++i) {
    for (Index k = 0; k < 2; ++k) data.targets(i, k) = windows.targets(i, 2 * k + 1);
  }
  return data;
}

template <class M>
double error_on(const M& model, const Data& data) {
  const heed::Tensor<float, 2> answers = heed::predict(model, data.x.view());
  double sum = 0;
  for (Index i = 0; i < answers.size(); ++i) sum += std::abs(answers.data()[i] - data.targets.data()[i]);
  return sum / static_cast<double>(answers.size());
}

// Random weights; biases in front of a ReLU keep it off its kink, on both sides.
template <class S>
heed::SequenceClassifier<S> random_network(bool convolves, bool standardized) {
  heed::SequenceClassifierOptions o{.features = 3, .classes = 2, .hidden = 4, .dense = 5};
  if (convolves) {
    o.attention = heed::Attention::mean;
    o.cell = heed::CellKind::none;
    o.kernels = {2};
    o.channels = {6};
  }
  heed::SequenceClassifier<S> model(o);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, model);
  for (auto& block : model.front.blocks) {
    for (Index i = 0; i < block.norm.bias.size(); ++i) block.norm.bias(i) = i % 3 == 1 ? S(-4) : S(4);
  }
  for (Index i = 0; i < model.fc1.bias.size(); ++i) model.fc1.bias(i) = i % 3 == 1 ? S(-20) : S(20);
  model.last_value = heed::LastValue<S>(second_twice);
  if (standardized) model.standardize = heed::Standardize<S>({0.5, -0.25, 0}, {2, 0.5, 1.25});
  return model;
}

TEST(ForecastOfChanges, FulfilsTheLayerContract) {
  for (const bool convolves : {false, true}) {
    for (const bool standardized : {false, true}) {
      const auto report =
          heed::testing::check_layer([=]<class S>() { return random_network<S>(convolves, standardized); }, {5, 3},
                                     {.zero_when_empty = false, .initialize = false});
      EXPECT_TRUE(report.ok()) << convolves << standardized << ' ' << report.text();
    }
  }
}

TEST(ForecastOfChanges, OfRocketHasTheGradientOfWhatIsAdded) {
  heed::RocketClassifier<double> model({.features = 1, .classes = 2, .steps = 9, .num_features = 84});
  model.last_value = heed::LastValue<double>({0, 0});
  heed::testing::LayerRun<heed::RocketClassifier<double>> run(model, {9, 1}, 1);
  run.randomize(heed::Key{1});
  run.forward();
  run.backward();
  for (std::size_t t = 0; t < 8; ++t) EXPECT_EQ(run.dx[t], 0);
  EXPECT_EQ(run.dx[8], run.dy[0] + run.dy[1]);
}

TEST(ForecastOfChanges, AnswersTheLastValueWhereItHasLearntNothing) {
  Network model = network();
  model.outputs = heed::OutputKind::numbers;
  heed::set_zero(model.fc2);
  const heed::Tensor<float, 3> x({1, 3, 2}, {1, 2, 3, 4, 5, 1e6f});
  const std::vector<std::int32_t> lengths{2};
  heed::Predictor predictor(model);
  EXPECT_EQ(predictor.outputs(x.view())(0, 1), 1e6f);
  EXPECT_EQ(predictor.outputs(x.view(), lengths)(0, 0), 4);
  const heed::Tensor<std::uint8_t, 2> mask({1, 3}, {1, 1, 0});  // of steps that are there
  EXPECT_EQ(predictor.outputs(x.view(), {}, heed::StepMask(mask))(0, 0), 4);
}

TEST(ForecastOfChanges, FollowsATrendThatTrainingHasNotSeen) {
  const Data train = waves(0, 200), test = waves(220, 300);
  Network absolute({.features = 2, .classes = 2, .hidden = 8}), relative = absolute;
  relative.last_value = heed::LastValue<float>(second_twice);
  for (Network* model : {&absolute, &relative}) {
    heed::fit(*model, train.x, train.targets, {.epochs = 60, .learning_rate = 0.01, .batch_size = 32});
  }
  EXPECT_LT(error_on(relative, test), 0.3);
  EXPECT_GT(error_on(absolute, test), 5);
  Rocket rocket({.features = 2, .classes = 2, .steps = 24, .num_features = 500});
  rocket.last_value = relative.last_value;
  heed::fit_rocket(rocket, train.x, train.targets);
  EXPECT_LT(error_on(rocket, test), 0.1);
  const heed::SeriesEnsemble<float> together({relative}, {rocket});
  EXPECT_LT(error_on(together, test), 0.2);
}

TEST(ForecastOfChanges, OfRocketLearnsTheSameByStepsAsInClosedForm) {
  const Data train = waves(0, 200), test = waves(220, 300);
  Rocket rocket({.features = 2, .classes = 2, .steps = 24, .num_features = 500});
  rocket.last_value = heed::LastValue<float>(second_twice);
  heed::fit_rocket(rocket, train.x, train.targets, {.most_ridge = 0, .epochs = 200, .learning_rate = 1e-3});
  EXPECT_LT(error_on(rocket, test), 0.3);
}

// Beside windows without a step, whose last value is 0.
TEST(ForecastOfChanges, OfRocketMayHaveWindowsWithoutSteps) {
  const Data train = waves(0, 60);
  std::vector<std::int32_t> lengths(static_cast<std::size_t>(train.x.extent(0)), 24);
  lengths[0] = lengths[3] = 0;
  Rocket rocket({.features = 2, .classes = 2, .steps = 24, .num_features = 84});
  rocket.last_value = heed::LastValue<float>(second_twice);
  heed::fit_rocket(rocket, heed::TargetSequences<float>{train.x, train.targets, lengths});
  EXPECT_TRUE(std::isfinite(heed::predict(rocket, train.x.view(), lengths)(0, 0)));
}

template <class M>
void expect_to_come_back(const M& model) {
  const Data data = waves(220, 250);
  const M back = heed::load<M>(heed::SafetensorsFile(heed::serialize(model)));
  EXPECT_EQ(back.last_value.features_of_outputs(), second_twice);
  const auto a = heed::predict(model, data.x.view()), b = heed::predict(back, data.x.view());
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

TEST(ForecastOfChanges, ComesBackFromAFile) {
  Network model = network();
  model.outputs = heed::OutputKind::numbers;
  Rocket rocket({.features = 2, .classes = 2, .steps = 24, .num_features = 84});
  rocket.last_value = model.last_value;
  rocket.outputs = heed::OutputKind::numbers;
  expect_to_come_back(model);
  expect_to_come_back(rocket);
  const heed::SeriesEnsemble<float> together({model, model}, {rocket});
  EXPECT_EQ(together.last_value.features_of_outputs(), second_twice);
  EXPECT_FALSE(together.networks.front().last_value.active());
  expect_to_come_back(together);
  model.last_value = {};
  EXPECT_NE(error_of([&] { heed::SeriesEnsemble<float>({model}, {rocket}); }), "");
}

TEST(ForecastOfChanges, RefusesWhatDoesNotFit) {
  Network model = network();
  EXPECT_NE(error_of([&] { heed::Stream<Network> stream(model); }).find("a stream cannot subtract the last value"),
            std::string::npos);
  model.last_value = heed::LastValue<float>({1, 2});
  EXPECT_EQ(error_of([&] { model.output_shape({4, 2}); }), "LastValue: no such feature (expected 0 to 1, got 2)");
  EXPECT_NE(error_of([&] { heed::serialize(model); }), "");
  model.last_value = heed::LastValue<float>({1});
  EXPECT_EQ(error_of([&] { model.output_shape({4, 2}); }), "LastValue: wrong number of outputs (expected 2, got 1)");
}

TEST(ForecastOfChanges, AllocatesNothingOnceWarm) {
  const Network model = network();
  heed::Predictor predictor(model, {.max_steps = 24});
  const Data data = waves(0, 40);
  const long before = test_support::allocations();
  const auto result = predictor.try_outputs(data.x[0]);
  EXPECT_EQ(test_support::allocations(), before);
  EXPECT_EQ(result.status, heed::InferenceStatus::ok);
}

// Last values beside logits would drown them.
TEST(ForecastOfChanges, IsNotTrainedOnClasses) {
  const Data data = waves(0, 60);
  const Index n = data.x.extent(0);
  const std::vector<std::int32_t> labels(static_cast<std::size_t>(n), 1);
  const auto refusal = [](const std::string& where, const std::string& kind) {
    return where +
           ": last_value is for models of numbers (expected a loss of numbers, or a model without last_value, got a "
           "loss of " +
           kind + ")";
  };
  Network model = network();
  const heed::Tensor<float, 2> before = heed::predict(model, data.x.view());
  const heed::FitOptions options{.epochs = 1};
  EXPECT_EQ(error_of([&] { heed::fit(model, data.x, labels, options); }), refusal("fit", "classes"));
  heed::Tensor<float, 2> flags({n, 2});
  EXPECT_EQ(error_of([&] { heed::fit(model, data.x, flags, heed::BinaryCrossEntropy<float>(), options); }),
            refusal("fit", "flags"));
  const heed::Tensor<float, 2> after = heed::predict(model, data.x.view());
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin())) << "not trained";
  EXPECT_EQ(error_of([&] { heed::fit(model, data.x, data.targets, options); }), "no error");
  for (const Index most : {3000, 0}) {
    Rocket rocket({.features = 2, .classes = 2, .steps = 24, .num_features = 84});
    rocket.last_value = heed::LastValue<float>(second_twice);
    EXPECT_EQ(error_of([&] { heed::fit_rocket(rocket, data.x, labels, {.most_ridge = most}); }),
              refusal("fit_rocket", "classes"));
    EXPECT_EQ(error_of([&] { heed::fit(rocket, data.x, labels, options); }), refusal("fit", "classes"));
    EXPECT_EQ(rocket.outputs, heed::OutputKind::classes);
  }
}

}  // namespace forecast_of_changes_test
