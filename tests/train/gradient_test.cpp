#include "heed/train/gradient.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/optim/adam.hpp"
#include "heed/train/fit.hpp"

namespace gradient_test {

using test_support::Task;
using Model = test_support::SmallModel<float>;

std::vector<float> numbers(const Model& model) {
  std::vector<float> all;
  heed::for_each_parameter([&](const heed::Path&, const auto& p) { all.insert(all.end(), p.begin(), p.end()); }, model);
  return all;
}

TEST(BatchGradient, AndAStepAreAnEpochOfFit) {
  const Task<float> task(150, {4, 3}, 3);
  Model by_fit({.features = 3, .classes = 3}), by_hand = by_fit;
  heed::Adam<Model> one(by_fit, {.learning_rate = 0.02}), other(by_hand, {.learning_rate = 0.02});
  const auto history = heed::fit(by_fit, task.view(), one, {.epochs = 3});
  heed::BatchGradient gradient(by_hand);
  for (const heed::EpochRecord& epoch : history.epochs) {
    const heed::Evaluation e = gradient(by_hand, task.view());
    EXPECT_EQ(e.loss, epoch.loss);
    EXPECT_EQ(e.accuracy, epoch.accuracy);
    other.step(by_hand, gradient.get());
  }
  EXPECT_EQ(numbers(by_hand), numbers(by_fit));
}

TEST(BatchGradient, IsTheSameForAnyNumberOfThreads) {
  const Task<float> task(200, {4, 3}, 3);
  const Model model({.features = 3, .classes = 3});
  heed::BatchGradient one(model, heed::CrossEntropy<float>(), 1), three(model, heed::CrossEntropy<float>(), 3);
  EXPECT_EQ(one(model, task.view()).loss, three(model, task.view()).loss);
  EXPECT_EQ(numbers(one.get()), numbers(three.get()));
}

TEST(BatchGradient, MayBeMoved) {
  const Task<float> task(70, {4, 3}, 3);
  const Model model({.features = 3, .classes = 3});
  auto first = std::make_unique<heed::BatchGradient<Model>>(model, heed::CrossEntropy<float>(), 2);
  const double loss = (*first)(model, task.view()).loss;
  const std::vector<float> expected = numbers(first->get());
  heed::BatchGradient<Model> second = std::move(*first);
  first.reset();
  EXPECT_EQ(second(model, task.view()).loss, loss);
  EXPECT_EQ(numbers(second.get()), expected);
}

TEST(BatchGradient, AllocatesNothingWarm) {
  for (const bool ragged : {false, true}) {
    const Task<float> task(150, {4, 3}, 3, ragged), other(150, {4, 3}, 3, ragged, 2), fewer(70, {4, 3}, 3, ragged, 3);
    const Model model({.features = 3, .classes = 3});
    heed::BatchGradient gradient(model, heed::CrossEntropy<float>(), 1);
    gradient(model, task.view());
    gradient(model, fewer.view());
    const long before = test_support::allocations();
    const double loss = gradient(model, other.view()).loss;
    EXPECT_EQ(test_support::allocations(), before) << ragged;
    gradient(model, fewer.view());
    EXPECT_EQ(test_support::allocations(), before) << ragged;
    heed::BatchGradient fresh(model, heed::CrossEntropy<float>(), 1);
    EXPECT_EQ(fresh(model, other.view()).loss, loss);
    gradient(model, other.view());
    EXPECT_EQ(numbers(fresh.get()), numbers(gradient.get()));
  }
}

TEST(BatchGradient, GoesOnAfterABatchThatIsFaulty) {
  const Task<float> task(20, {4, 3}, 3), labels(10, {4, 3}, 5);
  const Model model({.features = 3, .classes = 3});
  heed::BatchGradient gradient(model);
  const double loss = gradient(model, task.view()).loss;
  EXPECT_NE(test_support::error_of([&] { gradient(model, labels.view()); }), "no error");
  EXPECT_EQ(gradient(model, task.view()).loss, loss);
}

TEST(BatchGradient, RefusesWhatDoesNotFit) {
  const Model model({.features = 3, .classes = 2});
  heed::BatchGradient gradient(model);
  const Task<float> other(10, {4, 2}, 2), labels(10, {4, 3}, 5);
  EXPECT_NE(test_support::error_of([&] { gradient(model, other.view()); }), "");
  EXPECT_NE(test_support::error_of([&] { gradient(model, labels.view()); }), "");
}

}  // namespace gradient_test
