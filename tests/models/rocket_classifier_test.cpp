#include "heed/models/rocket_classifier.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/testing/check_layer.hpp"

namespace rocket_classifier_test {

using heed::Index;
using heed::RocketClassifier;
using heed::RocketClassifierOptions;
using test_support::error_of;

constexpr RocketClassifierOptions small{.features = 2, .classes = 3, .steps = 20, .num_features = 168, .seed = 4};

std::vector<float> random_series(Index count) {
  std::vector<float> x(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(heed::Key{9}.normal(i));
  return x;
}

TEST(RocketClassifier, FulfilsTheLayerContract) {
  const auto make = []<class S>() {
    RocketClassifier<S> model({.features = 2, .classes = 3, .steps = 9, .num_features = 84});
    for (Index i = 0; i < model.rocket.biases.size(); ++i) model.rocket.biases(i) = i % 3 == 0 ? S(-1000) : S(1000);
    model.standardize = heed::Standardize<S>({0.5, 1}, {2, 3});
    return model;
  };
  const auto report = heed::testing::check_layer(
      make, {4, 2}, {.zero_when_empty = false, .initialize = false, .allocations = test_support::allocations});
  // the numbers that are taken from data count, though nothing trains them
  for (std::size_t at = 0; at < report.text().size();) {
    const std::size_t end = report.text().find('\n', at);
    const std::string line = report.text().substr(at, end - at);
    EXPECT_NE(line.find("scaler."), std::string::npos) << line;
    at = end + 1;
  }
}

void comes_back_from_a_file(RocketClassifierOptions o) {
  const std::vector<float> x = random_series(6 * 20 * 2);
  RocketClassifier<float> model(o);
  model.standardize = heed::Standardize<float>({1, 2}, {3, 4});
  model.labels = {"a", "b", "c"};
  model.fit_biases(heed::view(x, {6, 20, 2}));
  model.scaler.mean.fill(0.25F);
  model.scaler.factor.fill(3);
  const auto path = std::filesystem::temp_directory_path() / "heed_rocket_classifier_test.safetensors";
  heed::save(model, path);
  const auto loaded = heed::load<RocketClassifier<float>>(path);
  std::filesystem::remove(path);
  EXPECT_EQ(loaded.labels, model.labels);
  EXPECT_TRUE(loaded.options == model.options);
  heed::Predictor a(model), b(loaded);
  for (const Index steps : {1, 7, 20, 30}) {
    const std::vector<float> one = random_series(steps * 2);
    const auto p = a(heed::view(one, {steps, 2})), q = b(heed::view(one, {steps, 2}));
    EXPECT_EQ(p.label, q.label);
    EXPECT_TRUE(std::equal(p.probabilities.begin(), p.probabilities.end(), q.probabilities.begin()));
  }
}

TEST(RocketClassifier, ComesBackFromAFile) {
  comes_back_from_a_file(small);
  RocketClassifierOptions o = small;
  o.statistics = heed::RocketStatistics::all;
  o.groups = 2;
  comes_back_from_a_file(o);
  o.differences = true;
  comes_back_from_a_file(o);
}

// Files from before there were other features say nothing of them.
TEST(RocketClassifier, IsMiniRocketWhereAFileSaysNothingElse) {
  const heed::Metadata said = heed::to_metadata(small);
  for (const char* name : {"statistics", "differences", "groups"}) EXPECT_FALSE(said.contains(name)) << name;
  const auto o = heed::from_metadata<RocketClassifierOptions>(said);
  EXPECT_EQ(o.statistics, heed::RocketStatistics::ppv);
  EXPECT_FALSE(o.differences);
  EXPECT_EQ(o.groups, 0);
}

TEST(RocketClassifier, SeedsDiffer) {
  RocketClassifierOptions other = small;
  other.seed = 5;
  const RocketClassifier<float> a(small), b(other);
  bool same = true;
  for (Index k = 0; k < 84; ++k) {
    const auto p = a.rocket.channels(0, k), q = b.rocket.channels(0, k);
    same = same && std::equal(p.begin(), p.end(), q.begin(), q.end());
  }
  EXPECT_FALSE(same);
}

TEST(RocketClassifier, RefusesOptionsOutOfRange) {
  const auto error = [](auto change) {
    RocketClassifierOptions o = small;
    change(o);
    return error_of([&] { RocketClassifier<float> model(o); });
  };
  EXPECT_NE(error([](auto& o) { o.features = 0; }).find("features out of range"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.classes = 0; }).find("classes out of range"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.steps = -1; }).find("RocketClassifier: steps out of range"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.num_features = 1; }).find("num_features out of range"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.max_dilations = 0; }).find("max_dilations out of range"), std::string::npos);
  RocketClassifier<float> model(small);
  EXPECT_NE(error_of([&] { model.output_shape({20, 3}); }).find("wrong number of features"), std::string::npos);
}

}  // namespace rocket_classifier_test
