#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/layers/conv1d.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/flatten_steps.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit.hpp"

namespace fit_edges_test {

using heed::FitOptions;
using heed::History;
using heed::Index;
using heed::Tensor;
using test_support::error_of;
using test_support::flat;
using test_support::Task;
using Model = test_support::SmallModel<float>;

TEST(FitEdges, OneSequenceOneStepOneFeatureTwoClassesOneEpoch) {
  for (const Index n : {1, 2}) {
    const Task<float> task(n, {1, 1}, 2);
    Model model({.features = 1, .classes = 2});
    const std::vector<float> before = flat(model);
    const History history = heed::fit(model, task.view(), {.epochs = 1});
    ASSERT_EQ(history.epochs.size(), 1U);
    EXPECT_TRUE(std::isfinite(history.epochs[0].loss));
    EXPECT_NE(flat(model), before);
  }
}

TEST(FitEdges, NoEpochsChangeNothing) {
  const Task<float> task(5, {2, 3}, 2);
  Model model({.features = 3, .classes = 2});
  const std::vector<float> before = flat(model);
  const History history = heed::fit(model, task.view(), {.epochs = 0});
  EXPECT_TRUE(history.epochs.empty());
  EXPECT_EQ(history.outcome, heed::Outcome::finished);
  EXPECT_EQ(flat(model), before);
}

TEST(FitEdges, SequencesWithoutStepsAreFine) {
  for (const Index batch : {0, 2}) {
    Task<float> task(6, {4, 3}, 2);
    task.lengths = {0, 0, 4, 0, 1, 0};
    Model model({.features = 3, .classes = 2});
    EXPECT_TRUE(std::isfinite(heed::fit(model, task.view(), {.epochs = 2, .batch_size = batch}).epochs.back().loss));
    task.lengths.assign(6, 0);
    EXPECT_TRUE(std::isfinite(heed::fit(model, task.view(), {.epochs = 2, .batch_size = batch}).epochs.back().loss));
    EXPECT_TRUE(heed::all_finite(model));
  }
}

// A tile is not cut to its longest sequence if the model does not accept so few steps.
template <class M>
void check_short_sequences(M model) {
  for (const Index batch : {0, 1, 2}) {
    Task<float> task(7, {6, 3}, 2);
    task.lengths = {2, 1, 2, 2, 1, 2, 2};
    M trained = model;
    const History history = heed::fit(trained, task.view(), {.epochs = 2, .batch_size = batch});
    EXPECT_NE(flat(trained), flat(model));
    const heed::Evaluation evaluation = heed::evaluate(trained, task.view());
    heed::Predictor predictor(trained);
    Tensor<float, 2> out({7, 2});
    predictor(task.x, out.view(), task.lengths, heed::Output::logits);
    double loss = 0;
    for (Index i = 0; i < 7; ++i) {
      const double a = out(i, 0), b = out(i, 1), of_label = out(i, task.labels[static_cast<std::size_t>(i)]);
      loss += std::log(std::exp(a) + std::exp(b)) - of_label;
    }
    EXPECT_NEAR(evaluation.loss, loss / 7, 1e-5);
    EXPECT_LE(history.epochs.back().loss, history.epochs.front().loss);
  }
}

TEST(FitEdges, ModelsMayNeedMoreStepsThanTheLongestSequenceHas) {
  check_short_sequences(heed::Sequential(heed::FlattenSteps<float>({.steps = 6}), heed::Dense<float>({18, 2})));
  const heed::Conv1d<float> convolution(
      {.in_channels = 3, .out_channels = 4, .kernel_size = 4, .padding = heed::ConvPadding::valid});
  check_short_sequences(heed::Sequential(convolution, heed::MeanPool<float>(), heed::Dense<float>({4, 2})));
}

TEST(FitEdges, ClassesOfWeightZeroAloneTeachNothing) {
  Task<float> task(6, {4, 3}, 2);
  task.labels.assign(6, 1);
  Model model({.features = 3, .classes = 2});
  const std::vector<float> before = flat(model);
  const History history = heed::fit(model, task.view(), {.epochs = 2, .class_weights = {1, 0}});
  EXPECT_EQ(history.epochs[1].loss, 0);
  EXPECT_EQ(flat(model), before);
}

TEST(FitEdges, TakesAViewAndLabels) {
  const Task<float> task(9, {4, 3}, 2);
  Model a({.features = 3, .classes = 2}), b = a;
  heed::fit(a, task.x.view(), task.labels, {.epochs = 2});
  heed::fit(b, task.view(), {.epochs = 2});
  EXPECT_EQ(flat(a), flat(b));
}

// Every fault: one clear error, and the model as it was.
struct FitErrors : testing::Test {
  Task<float> task{5, {2, 3}, 2}, test{4, {2, 3}, 2};
  FitOptions options{.epochs = 2, .threads = 1};
  Model model{{.features = 3, .classes = 2}};

  std::string error() {
    const std::vector<float> before = flat(model);
    const std::string text = error_of([&] { heed::fit(model, task.view(), options, test.view()); });
    EXPECT_EQ(flat(model), before) << text;
    return text;
  }
};

TEST_F(FitErrors, LabelsOutOfRange) {
  task.labels[3] = 2;
  EXPECT_EQ(error(), "label 3 (counted from 0): label out of range (expected 0 to 1, got 2)");
  task.labels[3] = -1;
  EXPECT_EQ(error(), "label 3 (counted from 0): label out of range (expected 0 to 1, got -1)");
  task.labels[3] = -100;  // nothing is ignored here
  EXPECT_EQ(error(), "label 3 (counted from 0): label out of range (expected 0 to 1, got -100)");
  task.labels[3] = 0;
  test.labels[1] = 7;
  EXPECT_EQ(error(), "label 1 (counted from 0): label out of range (expected 0 to 1, got 7)");
}

TEST_F(FitErrors, CountsThatDiffer) {
  task.labels.pop_back();
  EXPECT_EQ(error(), "sequences: sequences and labels differ in number (expected 5 labels, got 4)");
  task.labels.push_back(0);
  task.lengths = {1, 2};
  EXPECT_EQ(error(), "sequences: wrong number of lengths (expected 5, got 2)");
  task.lengths.clear();
  test.labels.push_back(0);
  EXPECT_EQ(error(), "sequences: sequences and labels differ in number (expected 4 labels, got 5)");
}

TEST_F(FitErrors, NumbersThatAreNotFinite) {
  task.x(2, 1, 0) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(error().find("sequence 2, step 1, feature 0"), std::string::npos);
  task.x(2, 1, 0) = 0;
  task.x(4, 0, 2) = std::numeric_limits<float>::infinity();
  EXPECT_NE(error().find("sequence 4, step 0, feature 2"), std::string::npos);
  task.x(4, 0, 2) = 0;
  test.x(3, 0, 1) = -std::numeric_limits<float>::infinity();
  EXPECT_NE(error().find("sequence 3, step 0, feature 1"), std::string::npos);
}

TEST_F(FitErrors, NoData) {
  task = Task<float>(0, {2, 3}, 2);
  EXPECT_NE(error().find("no data"), std::string::npos);
  task = Task<float>(5, {0, 3}, 2);
  EXPECT_NE(error().find("no data"), std::string::npos);
}

TEST_F(FitErrors, FeaturesThatAreNotTheModels) {
  task = Task<float>(5, {2, 4}, 2);
  EXPECT_NE(error().find("wrong number of features (expected 3, got 4)"), std::string::npos);
  task = Task<float>(5, {2, 3}, 2);
  test = Task<float>(5, {2, 1}, 2);
  EXPECT_NE(error().find("wrong number of features (expected 3, got 1)"), std::string::npos);
}

TEST_F(FitErrors, OptionsOutOfRange) {
  const auto fails = [&](auto change) {
    const FitOptions good = options;
    change(options);
    const std::string text = error();
    options = good;
    return text != "no error";
  };
  const double nan = std::nan("");
  EXPECT_TRUE(fails([](FitOptions& o) { o.epochs = -1; }));
  EXPECT_TRUE(fails([](FitOptions& o) { o.batch_size = -1; }));
  EXPECT_TRUE(fails([](FitOptions& o) { o.threads = -1; }));
  EXPECT_TRUE(fails([](FitOptions& o) { o.learning_rate = -0.1; }));
  EXPECT_TRUE(fails([&](FitOptions& o) { o.learning_rate = nan; }));
  EXPECT_TRUE(fails([](FitOptions& o) { o.clip_norm = -1; }));
  EXPECT_TRUE(fails([](FitOptions& o) { o.tile_width = 20; }));
  EXPECT_TRUE(fails([](FitOptions& o) { o.tile_width = -16; }));
  EXPECT_TRUE(fails([&](FitOptions& o) { o.clip_norm = nan; }));
  EXPECT_TRUE(fails([](FitOptions& o) { o.label_smoothing = 1.5; }));
  EXPECT_TRUE(fails([](FitOptions& o) { o.class_weights = {1, 1, 1}; }));
  EXPECT_TRUE(fails([](FitOptions& o) { o.class_weights = {1, -1}; }));
  EXPECT_FALSE(fails([](FitOptions& o) { o.epochs = 0; }));
}

}  // namespace fit_edges_test
