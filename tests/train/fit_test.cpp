#include "heed/train/fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "../support/by_hand.hpp"
#include "../support/random.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"

namespace fit_test {

using heed::EpochRecord;
using heed::FitOptions;
using heed::History;
using heed::Index;
using heed::Outcome;
using test_support::flat;
using test_support::largest_difference;
using test_support::Task;
using Model = test_support::SmallModel<double>;
using ByHand = test_support::ByHand<Model>;

constexpr double equal_in_double = 1e-12;
constexpr double equal_after_adam = 1e-7;  // it divides by the gradient's size, even where that is rounding alone
const Model start({.features = 3, .classes = 4});
const FitOptions one_thread{.epochs = 3, .learning_rate = 0.05, .threads = 1};

// `epochs` epochs in batches, in the order of the data
Model trained_by_hand(const Task<double>& task, const FitOptions& o) {
  Model model = start;
  heed::Adam<Model> adam(model, {.learning_rate = o.learning_rate});
  const heed::CrossEntropy<double> loss({.class_weights = o.class_weights, .label_smoothing = o.label_smoothing});
  const Index n = task.x.extent(0), batch = o.batch_size ? o.batch_size : n;
  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    for (Index first = 0; first < n; first += batch) {
      ByHand step(model, task, first, std::min(batch, n - first), loss);
      if (o.clip_norm > 0) heed::clip_norm(step.gradient, o.clip_norm);
      adam.step(model, step.gradient);
    }
  }
  return model;
}

void expect_like_by_hand(const Task<double>& task, const FitOptions& o) {
  Model model = start;
  heed::fit(model, task.view(), o);
  EXPECT_LE(largest_difference(flat(model), flat(trained_by_hand(task, o))), equal_after_adam);
  EXPECT_GT(largest_difference(flat(model), flat(start)), 0.01);
}

TEST(Fit, AFullBatchIsOneStepOfAdamOverAllSequences) {
  for (const Index n : {1, 50, 150}) {  // one tile, with padding, several
    for (const bool ragged : {false, true}) expect_like_by_hand(Task<double>(n, {5, 3}, 4, ragged), one_thread);
  }
}

TEST(Fit, MiniBatchesAreAStepEach) {
  FitOptions o = one_thread;
  o.shuffle = false;
  for (const Index batch : {1, 32, 100, 1000}) {
    o.batch_size = batch;
    expect_like_by_hand(Task<double>(70, {5, 3}, 4, true), [&] {
      FitOptions limited = o;
      limited.batch_size = std::min<Index>(batch, 70);
      return limited;
    }());
  }
  o.batch_size = 1000;  // more than there are: all of them
  Model more = start, all = start;
  heed::fit(more, Task<double>(70, {5, 3}, 4).view(), o);
  o.batch_size = 0;
  heed::fit(all, Task<double>(70, {5, 3}, 4).view(), o);
  EXPECT_EQ(flat(more), flat(all));
}

TEST(Fit, WeighsClasses) {
  FitOptions o = one_thread;
  o.class_weights = {1, 0.5, 3, 0};
  expect_like_by_hand(Task<double>(80, {5, 3}, 4), o);
  o.batch_size = 33;
  o.shuffle = false;
  expect_like_by_hand(Task<double>(80, {5, 3}, 4), o);
}

TEST(Fit, SmoothsLabels) {
  FitOptions o = one_thread;
  o.label_smoothing = 0.2;
  expect_like_by_hand(Task<double>(80, {5, 3}, 4), o);
}

// plain descent, so that the size of the gradient shows
struct Descent {
  std::vector<double> norms = {};
  void step(Model& model, const Model& gradient) {
    norms.push_back(heed::norm(gradient));
    heed::for_each_parameter(
        [](const heed::Path&, auto& w, const auto& g) {
          for (Index i = 0; i < w.size(); ++i) w.data()[i] -= 0.1 * g.data()[i];
        },
        model, gradient);
  }
};

TEST(Fit, ClipsTheNormOfTheGradient) {
  FitOptions o = one_thread;
  const Task<double> task(80, {5, 3}, 4);
  Model model = start;
  Descent free, clipped;
  heed::fit(model, task.view(), free, o);
  model = start;
  o.clip_norm = free.norms[0] / 2;
  heed::fit(model, task.view(), clipped, o);
  EXPECT_NEAR(clipped.norms[0], o.clip_norm, 1e-5);
  expect_like_by_hand(task, o);
}

TEST(Fit, TheWidthOfTilesIsAChoice) {
  FitOptions o = one_thread;
  const Task<double> task(150, {5, 3}, 4);
  std::vector<std::vector<double>> weights;
  for (const Index width : {16, 48, 160}) {
    o.tile_width = width;
    expect_like_by_hand(task, o);
    Model model = start;
    heed::fit(model, task.view(), o);
    weights.push_back(flat(model));
  }
  EXPECT_NE(weights[0], weights[1]);  // sums in another order
  EXPECT_NE(weights[0], weights[2]);
}

TEST(Fit, GivesTheSameBitsForAnyNumberOfThreads) {
  using InFloat = test_support::SmallModel<float>;
  for (const bool ragged : {false, true}) {
    const Task<float> task(700, {6, 3}, 4, ragged);
    for (const Index batch : {0, 150}) {
      FitOptions o{.epochs = 3, .learning_rate = 0.05, .batch_size = batch, .threads = 1};
      InFloat reference({.features = 3, .classes = 4});
      const InFloat untrained = reference;
      const History expected = heed::fit(reference, task.view(), o);
      for (const int threads : {1, 2, 4}) {
        InFloat model = untrained;
        o.threads = threads;
        const History history = heed::fit(model, task.view(), o);
        EXPECT_EQ(flat(model), flat(reference)) << threads << " threads, batch " << batch << ", ragged " << ragged;
        for (std::size_t e = 0; e < 3; ++e) EXPECT_EQ(history.epochs[e].loss, expected.epochs[e].loss);
      }
    }
  }
}

TEST(Fit, WritesDownEveryEpoch) {
  const Task<double> task(90, {5, 3}, 4, true, 1), test(40, {5, 3}, 4, true, 2);
  Model model = start;
  std::vector<EpochRecord> called;
  FitOptions o = one_thread;
  o.callbacks = {[&](const EpochRecord& r) {
    called.push_back(r);
    return true;
  }};
  const History history = heed::fit(model, task.view(), o, test.view());
  ASSERT_EQ(history.epochs.size(), 3U);
  ASSERT_EQ(called.size(), 3U);
  EXPECT_EQ(history.outcome, Outcome::finished);
  EXPECT_EQ(history.diverged_at, 0);
  double before = 0;
  for (std::size_t e = 0; e < 3; ++e) {
    const EpochRecord& r = history.epochs[e];
    EXPECT_EQ(r.epoch, static_cast<int>(e) + 1);
    EXPECT_EQ(r.epochs, 3);
    EXPECT_EQ(r.sequences, 90);
    EXPECT_GE(r.seconds, before);
    before = r.seconds;
    EXPECT_EQ(r.loss, called[e].loss);
    FitOptions until = one_thread;
    until.epochs = static_cast<int>(e);
    const ByHand expected(trained_by_hand(task, until), task, 0, 90);  // before the update
    EXPECT_NEAR(r.loss, expected.loss, equal_after_adam);
    EXPECT_EQ(r.accuracy, expected.correct / 90);
    until.epochs = static_cast<int>(e) + 1;
    const ByHand tested(trained_by_hand(task, until), test, 0, 40);  // after it
    EXPECT_NEAR(r.test_loss, tested.loss, equal_after_adam);
    EXPECT_EQ(r.test_accuracy, tested.correct / 40);
  }
  EXPECT_TRUE(std::isnan(heed::fit(model, task.view(), one_thread).epochs[0].test_loss));
}

TEST(Fit, TheLossOfMiniBatchesIsTheirWeightedMean) {
  const Task<double> task(70, {5, 3}, 4);
  FitOptions o = one_thread;
  o.epochs = 1;
  o.batch_size = 32;
  o.shuffle = false;
  o.learning_rate = 0;
  o.class_weights = {1, 2, 3, 4};
  Model model = start;
  const History history = heed::fit(model, task.view(), o);
  const ByHand whole(start, task, 0, 70, heed::CrossEntropy<double>({.class_weights = o.class_weights}));
  EXPECT_NEAR(history.epochs[0].loss, whole.loss, equal_in_double);
  EXPECT_EQ(history.epochs[0].accuracy, whole.correct / 70);
  EXPECT_EQ(flat(model), flat(start));
}

TEST(Fit, StopsWhenACallbackSaysSo) {
  const Task<double> task(20, {5, 3}, 4);
  Model model = start, two = start;
  int others = 0;
  FitOptions o = one_thread;
  o.epochs = 10;
  o.callbacks = {[](const EpochRecord& r) { return r.epoch < 2; }, [&](const EpochRecord&) { return ++others > 0; }};
  const History history = heed::fit(model, task.view(), o);
  EXPECT_EQ(history.outcome, Outcome::stopped);
  EXPECT_EQ(history.epochs.size(), 2U);
  EXPECT_EQ(others, 2);  // all are called
  o.epochs = 2;
  o.callbacks.clear();
  heed::fit(two, task.view(), o);
  EXPECT_EQ(flat(model), flat(two));
}

// Descends, and at one step puts `value` into the last weights.
struct Poison {
  int at;
  double value;
  Descent descent = {};
  int steps = 0;
  void step(Model& model, const Model& gradient) {
    descent.step(model, gradient);
    if (++steps == at) std::get<1>(model.layers).weight.fill(value);
  }
};

TEST(Fit, KeepsTheLastGoodWeightsWhenTheLossIsNotFinite) {
  const Task<double> task(20, {5, 3}, 4);
  FitOptions o = one_thread;
  o.epochs = 10;
  Model two_steps = start;
  Descent descent;
  FitOptions two = o;
  two.epochs = 2;
  heed::fit(two_steps, task.view(), descent, two);
  // a weight that is not finite is seen in its own epoch, one that makes the loss infinite in the next
  for (const auto& [value, epoch] : {std::pair(std::nan(""), 3), std::pair(HUGE_VAL, 3), std::pair(1.7e308, 4)}) {
    Model model = start;
    Poison poison{3, value};
    const History history = heed::fit(model, task.view(), poison, o);
    EXPECT_EQ(history.outcome, Outcome::diverged);
    EXPECT_EQ(history.diverged_at, epoch);
    EXPECT_EQ(history.epochs.size(), static_cast<std::size_t>(epoch - 1));
    EXPECT_EQ(flat(model), flat(two_steps)) << value;
  }
}

TEST(Fit, KeepsFiniteWeightsWhenTheLearningRateIsFarTooLarge) {
  for (const Index batch : {0, 8}) {
    Model model = start;
    FitOptions o = one_thread;
    o.epochs = 50;
    o.learning_rate = 1e308;
    o.batch_size = batch;
    const History history = heed::fit(model, Task<double>(20, {5, 3}, 4).view(), o);
    EXPECT_EQ(history.outcome, Outcome::diverged);
    EXPECT_EQ(history.diverged_at, static_cast<int>(history.epochs.size()) + 1);
    EXPECT_TRUE(heed::all_finite(model));
  }
}

}  // namespace fit_test
