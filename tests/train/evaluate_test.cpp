#include "heed/train/evaluate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "../support/by_hand.hpp"
#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"

namespace evaluate_test {

using heed::Index;
using heed::Tensor;
using test_support::error_of;
using test_support::Task;
using Model = test_support::SmallModel<double>;
using ByHand = test_support::ByHand<Model>;

constexpr double equal_in_double = 1e-12;
const Model model({.features = 3, .classes = 4});

TEST(Evaluate, IsMeanCrossEntropyAndTheShareOfHits) {
  for (const Index n : {1, 63, 64, 65, 200}) {
    for (const bool ragged : {false, true}) {
      const Task<double> task(n, {5, 3}, 4, ragged);
      double loss = 0, correct = 0;
      for (Index i = 0; i < n; ++i) {  // sequence by sequence, in plain numbers
        const ByHand alone(model, task, i, 1);
        double total = 0;
        for (const double z : alone.logits) total += std::exp(z);
        loss += std::log(total) - alone.logits[static_cast<std::size_t>(task.labels[static_cast<std::size_t>(i)])];
        correct += alone.correct;
      }
      for (const int threads : {1, 3}) {
        const heed::Evaluation e = heed::evaluate(model, task.view(), threads);
        EXPECT_NEAR(e.loss, loss / static_cast<double>(n), equal_in_double) << n;
        EXPECT_EQ(e.accuracy, correct / static_cast<double>(n)) << n;
      }
    }
  }
}

TEST(Evaluate, OfLabelsNeedsAModelOfClasses) {
  const Task<double> task(20, {5, 3}, 4);
  Model numbers = model;
  numbers.outputs = heed::OutputKind::numbers;
  const std::string refusal =
      "evaluate: the model gives numbers and has no classes (expected targets that are numbers, or a loss, got labels)";
  EXPECT_EQ(error_of([&] { heed::evaluate(numbers, task.view()); }), refusal);
  EXPECT_EQ(error_of([&] { heed::evaluate(numbers, task.x, task.labels); }), refusal);
  EXPECT_EQ(heed::evaluate(numbers, task.view(), heed::CrossEntropy<double>()).loss,
            heed::evaluate(model, task.view()).loss)
      << "a loss that is handed in is taken at its word";
}

TEST(Evaluate, GivesTheSameBitsForAnyNumberOfThreads) {
  const Task<double> task(500, {5, 3}, 4, true);
  const double loss = heed::evaluate(model, task.view(), 1).loss;
  for (const int threads : {2, 4}) EXPECT_EQ(heed::evaluate(model, task.view(), threads).loss, loss);
}

TEST(Evaluator, GivesTheLogits) {
  for (const Index n : {1, 65, 200}) {
    const Task<double> task(n, {5, 3}, 4, true);
    heed::ThreadPool pool(2);
    heed::Evaluator<Model> evaluator(model, task.view(), pool);
    Tensor<double, 2> logits({n, 4});
    const heed::Evaluation with = evaluator(model, logits), without = evaluator(model);
    EXPECT_EQ(with.loss, without.loss);
    EXPECT_EQ(with.accuracy, without.accuracy);
    const ByHand expected(model, task, 0, n);
    for (Index i = 0; i < n; ++i) {
      for (Index c = 0; c < 4; ++c) {
        EXPECT_NEAR(logits(i, c), expected.logits[static_cast<std::size_t>(c * n + i)], equal_in_double);
      }
    }
  }
}

TEST(Evaluator, TakesALossOfItsOwn) {
  const Task<double> task(100, {5, 3}, 4);
  const heed::CrossEntropy<double> loss({.class_weights = {1, 2, 0, 1}, .label_smoothing = 0.1});
  heed::ThreadPool pool(1);
  heed::Evaluator<Model> evaluator(model, task.view(), pool, loss);
  EXPECT_NEAR(evaluator(model).loss, ByHand(model, task, 0, 100, loss).loss, equal_in_double);
}

TEST(Evaluator, RejectsFaultyData) {
  const auto error = [](const Task<double>& task) { return error_of([&] { heed::evaluate(model, task.view(), 1); }); };
  Task<double> task(5, {2, 3}, 4);
  task.labels[2] = 4;
  EXPECT_EQ(error(task), "label 2 (counted from 0): label out of range (expected 0 to 3, got 4)");
  EXPECT_NE(error(Task<double>(5, {2, 2}, 4)).find("wrong number of features"), std::string::npos);
  EXPECT_NE(error(Task<double>(0, {2, 3}, 4)).find("no data"), std::string::npos);
}

}  // namespace evaluate_test
