#include "heed/train/cross_validate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/losses/huber.hpp"

namespace cross_validate_test {

using heed::CrossValidation;
using heed::FitOptions;
using heed::Index;
using test_support::error_of;
using test_support::Task;
using Model = test_support::SmallModel<float>;

const auto make = [] { return Model({.features = 2, .classes = 3}); };

TEST(CrossValidate, LearnsWhatIsThere) {
  const Task<float> task(90, {6, 2}, 3);
  const CrossValidation cv = heed::cross_validate(make, task.view(), {.epochs = 60, .learning_rate = 0.05});
  ASSERT_EQ(cv.folds.size(), 5U);
  Index validated = 0;
  for (const heed::FoldResult& fold : cv.folds) {
    validated += fold.validation;
    EXPECT_EQ(fold.training + fold.validation, 90);
  }
  EXPECT_EQ(validated, 90);
  EXPECT_GT(cv.accuracy.mean, 0.6);
  EXPECT_GT(cv.loss.mean, 0);
}

TEST(CrossValidate, GivesTheSameBitsForAnyNumberOfThreads) {
  const Task<float> task(40, {6, 2}, 3, true);
  const auto losses = [&](int threads) {
    std::vector<double> all;
    const auto cv = heed::cross_validate(make, task.view(), {.epochs = 4, .batch_size = 8, .threads = threads},
                                         {.folds = 3, .repeats = 2, .seed = 4});
    for (const auto& fold : cv.folds) all.push_back(fold.loss);
    return all;
  };
  const std::vector<double> one = losses(1);
  EXPECT_EQ(one.size(), 6U);
  EXPECT_EQ(losses(2), one);
  EXPECT_EQ(losses(4), one);
  EXPECT_EQ(losses(13), one);
}

TEST(CrossValidate, IsWhatFitAndEvaluateGiveFoldByFold) {
  const Task<float> task(30, {4, 2}, 3);
  const FitOptions options{.epochs = 3, .batch_size = 7, .seed = 11};
  const heed::CrossValidationOptions how{.folds = 3, .repeats = 2};
  const auto cv = heed::cross_validate(make, task.view(), options, how);
  const auto folds = heed::make_folds(task.labels, how);
  ASSERT_EQ(cv.folds.size(), folds.size());
  for (std::size_t i = 0; i < folds.size(); ++i) {
    Model model = make();
    FitOptions of_repeat = options;
    of_repeat.seed += static_cast<std::uint64_t>(folds[i].repeat);
    const heed::SequenceSubset<float> training(task.view(), folds[i].rows.training);
    const heed::SequenceSubset<float> validation(task.view(), folds[i].rows.validation);
    heed::fit(model, training.view(), of_repeat);
    EXPECT_EQ(cv.folds[i].loss, heed::evaluate(model, validation.view()).loss);
  }
}

TEST(CrossValidate, ModelsSeeTheirTrainingDataAloneInTheOrderOfTheFolds) {
  const Task<float> task(20, {4, 2}, 2);
  const auto folds = heed::make_folds(task.labels, {.folds = 4});
  std::size_t made = 0;
  const auto look = [&](const heed::LabelledSequences<float>& training) {
    const auto& rows = folds[made++].rows.training;
    EXPECT_EQ(training.count(), static_cast<Index>(rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(training.x(static_cast<Index>(i), 0, 0), task.x(rows[i], 0, 0));
    }
    return make();
  };
  heed::cross_validate(look, task.view(), {.epochs = 1, .threads = 3}, {.folds = 4});
  EXPECT_EQ(made, 4U);
}

TEST(CrossValidate, TakesNumbersAndLossesOfOnesOwn) {
  const Task<float> task(24, {4, 2}, 3);
  heed::Tensor<float, 2> y({24, 3});
  for (Index i = 0; i < 24; ++i) y(i, 0) = task.x(i, 0, 0);
  const heed::TargetSequences<float> data{task.x, y};
  const auto cv = heed::cross_validate(make, data, {.epochs = 2}, {.folds = 4});
  EXPECT_EQ(cv.folds.size(), 4U);
  EXPECT_TRUE(std::isnan(cv.accuracy.mean));
  const auto huber = heed::cross_validate(make, data, heed::Huber<float>({.delta = 0.1}), {.epochs = 2}, {.folds = 4});
  EXPECT_LT(huber.loss.mean, cv.loss.mean);
}

TEST(CrossValidate, EndsWhereItIsAskedTo) {
  const Task<float> task(24, {4, 2}, 3);
  const auto first = [](const heed::FoldResult&) { return false; };
  EXPECT_EQ(heed::cross_validate(make, task.view(), {.epochs = 1, .threads = 1}, {.callback = first}).folds.size(), 1U);
  const std::atomic<bool> now{true};
  EXPECT_TRUE(heed::cross_validate(make, task.view(), {.epochs = 1, .stop = now}).folds.empty());
}

// three at a time, which are done where the end is asked for
TEST(CrossValidate, KeepsTheFoldsThatAreDone) {
  struct Inline {
    int size() const { return 2; }
    void run(const std::function<void()>& task) {
      task();
      stop = true;
    }
    std::atomic<bool> stop{false};
  } executor;
  const Task<float> task(24, {4, 2}, 3);
  FitOptions options{.epochs = 1, .stop = executor.stop};
  options.executor = executor;
  const auto cv = heed::cross_validate(make, task.view(), options, {.folds = 4});
  ASSERT_EQ(cv.folds.size(), 3U);
  EXPECT_GT(cv.folds[2].loss, 0);
}

TEST(CrossValidate, RefusesWhatIsOfOneTraining) {
  const Task<float> task(24, {4, 2}, 3);
  const auto error = [&](const FitOptions& o) { return error_of([&] { heed::cross_validate(make, task.view(), o); }); };
  EXPECT_NE(error({.callbacks = {[](const heed::EpochRecord&) { return true; }}}).find("callbacks"), std::string::npos);
  heed::History history;
  EXPECT_NE(error({.history = &history}).find("history"), std::string::npos);
  EXPECT_NE(error({.epochs = -1}).find("epochs"), std::string::npos);
  const heed::LabelledSequences<float> fewer{task.x, heed::LabelsView(std::span(task.labels).first(23), 1)};
  EXPECT_NE(error_of([&] { heed::cross_validate(make, fewer); }).find("differ in number"), std::string::npos);
}

}  // namespace cross_validate_test
