#include "heed/train/fit_rocket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numbers>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/ts.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/train/evaluate.hpp"

namespace fit_rocket_test {

using heed::Index;
using heed::RocketClassifier;
using test_support::error_of;

// Waves of three frequencies, at random phases, and noise.
struct Waves {
  Index count, steps;
  heed::Tensor<float, 3> x;
  std::vector<std::int32_t> labels, lengths;
  heed::Tensor<float, 2> frequencies;

  explicit Waves(Index count_, Index steps_, std::uint64_t seed, bool ragged = false)
      : count(count_), steps(steps_), x({count_, steps_, 1}), frequencies({count_, 1}) {
    const heed::Key key{seed};
    for (Index i = 0; i < count; ++i) {
      const auto row = static_cast<std::uint64_t>(i);
      labels.push_back(static_cast<std::int32_t>(i % 3));
      if (ragged)
        lengths.push_back(static_cast<std::int32_t>(1 + key.child(1).below(row, static_cast<std::uint64_t>(steps))));
      frequencies(i, 0) = 0.15F + 0.1F * static_cast<float>(i % 3);
      const double phase = key.uniform(row, 0, 2 * std::numbers::pi);
      for (Index t = 0; t < steps; ++t) {
        x(i, t, 0) = static_cast<float>(
            std::sin(2 * std::numbers::pi * static_cast<double>(frequencies(i, 0)) * static_cast<double>(t) + phase) +
            0.3 * key.child(row + 2).normal(static_cast<std::uint64_t>(t)));
      }
    }
  }
  heed::LabelledSequences<float> view() const { return {x, labels, lengths}; }
};

RocketClassifier<float> model_for(const Waves& waves, Index outputs = 3, std::uint64_t seed = 0) {
  return RocketClassifier<float>(
      {.features = 1, .classes = outputs, .steps = waves.steps, .num_features = 840, .seed = seed});
}
// With all kinds of features.
RocketClassifier<float> full_model_for(const Waves& waves) {
  return RocketClassifier<float>({.features = 1,
                                  .classes = 3,
                                  .steps = waves.steps,
                                  .num_features = 1344,
                                  .statistics = heed::RocketStatistics::all,
                                  .differences = true,
                                  .groups = 8,
                                  .values = 100});
}

TEST(FitRocket, LearnsWaves) {
  for (const bool ragged : {false, true}) {
    const Waves train(60, 40, 1, ragged), test(60, 40, 2);
    for (auto model : {model_for(train), full_model_for(train)}) {
      const heed::RocketFit fit = heed::fit_rocket(model, train.view());
      EXPECT_TRUE(fit.ridge);
      EXPECT_GT(fit.alpha, 0);
      EXPECT_GT(fit.accuracy, ragged ? 0.6 : 0.9);
      const heed::Evaluation e = heed::evaluate(model, test.view());
      EXPECT_GT(e.accuracy, ragged ? 0.85 : 0.95);
      EXPECT_LT(e.loss, 0.5) << "its outputs are logits, not scores of -1 to 1";
    }
  }
}

// A power of two, so that all numbers are the same but for it.
TEST(FitRocket, IsTheSameInAnyUnit) {
  const Waves waves(30, 30, 1);
  std::vector<double> errors;
  std::vector<heed::Tensor<float, 2>> logits;
  for (const double unit : {1.0, 0x1p-20, 0x1p-40, 0x1p+20}) {
    Waves train = waves;
    for (float& v : train.x) v *= static_cast<float>(unit);
    RocketClassifier<float> model({.features = 1,
                                   .classes = 3,
                                   .steps = train.steps,
                                   .num_features = 672,
                                   .statistics = heed::RocketStatistics::all});
    errors.push_back(heed::fit_rocket(model, train.view(), {.threads = 1}).error);
    logits.push_back(heed::predict(model, train.x));
    EXPECT_EQ(errors.back(), errors.front()) << unit;
    EXPECT_TRUE(std::equal(logits.back().begin(), logits.back().end(), logits.front().begin())) << unit;
  }
}

TEST(FitRocket, LearnsSeriesOfFewSteps) {
  for (const Index steps : {3, 8}) {
    const Waves train(90, steps, 1), test(90, steps, 2);
    auto model = model_for(train);
    heed::fit_rocket(model, train.view());
    EXPECT_GT(heed::evaluate(model, test.view()).accuracy, steps == 3 ? 0.5 : 0.8) << steps;
  }
}

TEST(FitRocket, LearnsNumbers) {
  const Waves train(60, 40, 1), test(60, 40, 2);
  auto model = model_for(train, 1);
  const heed::RocketFit fit = heed::fit_rocket(model, heed::TargetSequences<float>{train.x, train.frequencies});
  EXPECT_EQ(model.outputs, heed::OutputKind::numbers);
  EXPECT_TRUE(std::isnan(fit.accuracy));
  const heed::Evaluation e =
      heed::evaluate(model, heed::TargetSequences<float>{test.x, test.frequencies}, heed::MeanSquaredError<float>());
  EXPECT_LT(e.loss, 0.1 * 0.1 * 2 / 3 / 4) << "a quarter of the variance";
}

// Noise, of which two values say the class and the number; 600 series are more than are tried.
struct TwoValues {
  heed::Tensor<float, 3> x;
  std::vector<std::int32_t> labels;
  heed::Tensor<float, 2> numbers;
  explicit TwoValues(Index count, std::uint64_t seed) : x({count, 20, 3}), numbers({count, 1}) {
    for (Index i = 0; i < x.size(); ++i) {
      x.data()[i] = static_cast<float>(heed::Key{seed}.normal(static_cast<std::uint64_t>(i)));
    }
    for (Index i = 0; i < count; ++i) {
      numbers(i, 0) = x(i, 7, 1) - x(i, 15, 0);
      labels.push_back(numbers(i, 0) > 0);
    }
  }
};

TEST(FitRocket, FindsWhatSingleValuesSay) {
  for (const Index count : {200, 600}) {
    const TwoValues train(count, 1), test(300, 2);
    double accuracy[2] = {}, loss[2] = {};
    for (const Index values : {0, 100}) {
      RocketClassifier<float> model(
          {.features = 3, .classes = 2, .steps = 20, .num_features = 840, .groups = 4, .values = values});
      heed::fit_rocket(model, heed::LabelledSequences<float>{train.x, train.labels});
      accuracy[values > 0] = heed::evaluate(model, heed::LabelledSequences<float>{test.x, test.labels}).accuracy;
      RocketClassifier<float> of_numbers(
          {.features = 3, .classes = 1, .steps = 20, .num_features = 840, .values = values});
      heed::fit_rocket(of_numbers, heed::TargetSequences<float>{train.x, train.numbers});
      loss[values > 0] = heed::evaluate(of_numbers, heed::TargetSequences<float>{test.x, test.numbers},
                                        heed::MeanSquaredError<float>())
                             .loss;
    }
    EXPECT_LT(accuracy[0], 0.75) << count;
    EXPECT_GT(accuracy[1], 0.82) << count;
    EXPECT_GT(loss[0], 1) << count;
    EXPECT_LT(loss[1], 0.01) << count;
  }
}

TEST(FitRocket, OfManySeriesTrainsTheHeadByFit) {
  const Waves train(90, 30, 1), test(60, 30, 2);
  auto model = model_for(train);
  const heed::RocketFit fit = heed::fit_rocket(model, train.view(), {.most_ridge = 89, .learning_rate = 3e-3});
  EXPECT_FALSE(fit.ridge);
  EXPECT_GT(heed::evaluate(model, test.view()).accuracy, 0.9);
  auto numbers = model_for(train, 1);
  heed::fit_rocket(numbers, heed::TargetSequences<float>{train.x, train.frequencies}, {.most_ridge = 0});
  EXPECT_EQ(numbers.outputs, heed::OutputKind::numbers);
}

TEST(FitRocket, EndsWhenItIsStopped) {
  const Waves train(60, 20, 1);
  const std::atomic<bool> stopped = true;
  for (const Index most : {300, 0}) {
    auto model = model_for(train);
    EXPECT_TRUE(heed::fit_rocket(model, train.view(), {.most_ridge = most, .stop = stopped}).cancelled);
    for (const float b : model.rocket.biases) ASSERT_EQ(b, 0) << "it is as it was";
    EXPECT_FALSE(heed::fit_rocket(model, train.view(), {.most_ridge = most, .epochs = 1}).cancelled);
  }
}

// Deviations 1, 2, 1e-5, 0, and of another kind 1e-5 and 1e-9.
TEST(FitRocket, BoundsTheFactorOfFeaturesThatHardlyChange) {
  heed::detail::FeatureScaler<double> scaler(6);
  const std::vector<double> sums{0, 0, 4, 4, 0, 0}, squares{4, 16, 4 + 4e-10, 4, 4e-10, 4e-18}, zeros(6);
  scaler.fit(sums, squares, zeros, 4, std::vector<Index>{4, 6});
  const std::vector<double> expected{1, 0.5, 100, 1, 1e5, 1e7};
  for (Index f = 0; f < 6; ++f) {
    EXPECT_NEAR(scaler.factor(f), expected[static_cast<std::size_t>(f)], 1e-3 * expected[static_cast<std::size_t>(f)]);
  }
}

TEST(FitRocket, WeighsRareFeaturesLittle) {
  const Waves train(60, 20, 1);
  auto model = full_model_for(train);
  heed::fit_rocket(model, train.view());
  for (Index f = model.rocket.first_of_dictionary(); f < model.scaler.factor.size(); ++f) {
    EXPECT_LT(model.scaler.factor(f), 25) << "one of sixty is not 0: its deviation is small";
  }
}

TEST(FitRocket, GivesTheSameBitsForAnyNumberOfThreads) {
  const Waves train(300, 20, 1, true);
  for (const Index most : {1, 0, -1}) {
    auto a = most < 0 ? full_model_for(train) : model_for(train), b = a;
    heed::fit_rocket(a, train.view(), {.most_ridge = std::abs(most) * 300, .epochs = 2, .threads = 1});
    heed::fit_rocket(b, train.view(), {.most_ridge = std::abs(most) * 300, .epochs = 2, .threads = 3});
    heed::for_each_parameter(
        [](const heed::Path& path, const auto& p, const auto& q) {
          EXPECT_TRUE(std::equal(p.begin(), p.end(), q.begin())) << path.text();
        },
        a, b);
  }
}

// Compilers round differently, and nothing of it may be seen in a file.
TEST(FitRocket, HasOneFactorOfLogitsHoweverScoresAreRounded) {
  for (const double seed : {0.3, 0.7, 1.1}) {
    heed::Tensor<double, 2> scores({200, 4});
    std::vector<std::int32_t> labels(200);
    for (Index i = 0; i < 200; ++i) {
      const auto row = static_cast<double>(i);
      labels[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(i % 4);
      for (Index k = 0; k < 4; ++k) scores(i, k) = std::sin(seed * row * static_cast<double>(k + 1)) + (i % 4 == k);
    }
    heed::Tensor<double, 2> rounded = scores;
    for (double& score : rounded) score *= 1 + 1e-13;
    const double factor = heed::detail::logit_scale(scores.view(), labels);
    EXPECT_EQ(factor, heed::detail::logit_scale(rounded.view(), labels)) << seed;
    EXPECT_GT(factor, 0.5);
    EXPECT_LT(factor, 5);
  }
}

TEST(FitRocket, TakesArrays) {
  const Waves train(30, 20, 1);
  auto a = model_for(train), b = model_for(train);
  heed::fit_rocket(a, train.view());
  heed::fit_rocket(b, train.x, std::vector<int>(train.labels.begin(), train.labels.end()));
  EXPECT_TRUE(std::equal(a.head.weight.begin(), a.head.weight.end(), b.head.weight.begin()));
}

TEST(FitRocket, RefusesFaultyDataAndLeavesTheModel) {
  const Waves train(30, 20, 1);
  auto model = model_for(train);
  const auto expect = [&](const std::string& text, auto&& data, const heed::RocketFitOptions& o = {}) {
    EXPECT_NE(error_of([&] { heed::fit_rocket(model, data, o); }).find(text), std::string::npos)
        << error_of([&] { heed::fit_rocket(model, data, o); });
    for (const float b : model.rocket.biases) ASSERT_EQ(b, 0);
  };
  Waves other = train;
  other.labels[3] = 3;
  expect("label out of range", other.view());
  other = train;
  other.labels.pop_back();
  expect("differ in number", other.view());
  other = train;
  other.x(2, 5, 0) = NAN;
  expect("not finite", other.view());
  other = train;
  other.lengths.assign(30, 0);
  expect("no series has a step", other.view());
  expect("wrong number of targets", heed::TargetSequences<float>{train.x, train.frequencies});
  heed::Tensor<float, 2> numbers({30, 3});
  numbers(4, 2) = NAN;
  expect("target 2 of sequence 4 (counted from 0): target is not finite (expected a finite number, got nan)",
         heed::TargetSequences<float>{train.x, numbers});
  numbers(4, 2) = INFINITY;
  expect("got inf)", heed::TargetSequences<float>{train.x, numbers}, {.most_ridge = 0});
  expect("alphas out of range", train.view(), {.alphas = {0}});
  expect("most_ridge out of range", train.view(), {.most_ridge = -1});
  expect("epochs out of range", train.view(), {.epochs = -1});
  expect("threads out of range", train.view(), {.threads = -1});
}

void reaches_the_accuracy_of_minirocket(heed::RocketClassifierOptions o) {
  const char* data = std::getenv("HEED_DATA_DIR");
  if (!data) GTEST_SKIP() << "HEED_DATA_DIR is not set";
  // a hand's breadth under what aeon's has: .978, .917 and, which it refuses, ragged series
  for (const auto& [name, least] : {std::pair{"ERing", 0.96}, {"Libras", 0.9}, {"PickupGestureWiimoteZ", 0.74}}) {
    const std::filesystem::path path = std::filesystem::path(data) / "uea";
    const auto train = heed::read_ts<float>(path / (std::string(name) + "_TRAIN.ts"));
    const auto test = heed::read_ts<float>(path / (std::string(name) + "_TEST.ts"));
    const heed::LabelMap names = heed::LabelMap::from(train.labels, name);
    const auto labels = names.encode(train.labels, name), others = names.encode(test.labels, name);
    o.features = train.features();
    o.classes = names.size();
    o.steps = train.steps();
    RocketClassifier<float> model(o);
    heed::fit_rocket(model, heed::LabelledSequences<float>{train.x, labels, train.lengths});
    EXPECT_GE(heed::evaluate(model, heed::LabelledSequences<float>{test.x, others, test.lengths}).accuracy, least)
        << name;
  }
}

TEST(FitRocket, ReachesTheAccuracyOfMiniRocket) { reaches_the_accuracy_of_minirocket({}); }

TEST(FitRocket, ReachesItWithMoreKindsOfFeatures) {
  reaches_the_accuracy_of_minirocket({.statistics = heed::RocketStatistics::all, .groups = 64, .values = 1000});
}

}  // namespace fit_rocket_test
