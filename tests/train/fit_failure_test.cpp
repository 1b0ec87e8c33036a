// What a run that fails leaves: its history, its best weights, the optimizer's rate.

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/optim/adam.hpp"
#include "heed/optim/sgd.hpp"
#include "heed/train/fit.hpp"

namespace fit_failure_test {

using heed::EpochRecord;
using heed::FitOptions;
using heed::History;
using heed::Outcome;
using test_support::error_of;
using test_support::flat;
using test_support::Task;
using Model = test_support::SmallModel<double>;

const Model start({.features = 3, .classes = 4});
const Task<double> task(40, {5, 3}, 4, true), test(20, {5, 3}, 4, true, 2);

// Whatever somebody throws.
struct OwnException {};

// Early stopping on a loss that rises: the learning rate is far too large.
FitOptions rising(int epochs) {
  return {.epochs = epochs,
          .learning_rate = 3,
          .schedule = heed::CosineSchedule{.last = 2},
          .threads = 1,
          .early_stopping = {.patience = 100}};
}

/// The callback throws after an epoch.
template <class F>
heed::Callback failing_after(int epoch, F f) {
  return [epoch, f](const EpochRecord& r) {
    if (r.epoch == epoch) f();
    return true;
  };
}

TEST(FitFailure, OfACallbackLeavesTheBestWeightsAndTheRate) {
  FitOptions o = rising(5);
  Model expected = start, model = start;
  heed::Adam<Model> adam(expected, {.learning_rate = 0.5}), again = adam;
  const History whole = heed::fit(expected, task.view(), adam, o, test.view());
  ASSERT_LT(whole.best_epoch, 5) << "the last weights are others than the best";

  History history;
  o.epochs = 9;
  o.schedule = heed::StepSchedule{.every = 2, .factor = 0.5};
  o.history = &history;
  std::optional<double> rate;
  o.callbacks = {failing_after(5, [&] {
    rate = again.options.learning_rate;
    throw OwnException();
  })};
  Model best = start;
  {
    FitOptions five = o;
    heed::Adam<Model> adam_of_five(best, {.learning_rate = 0.5});
    five.epochs = 5;
    five.callbacks = {};
    heed::fit(best, task.view(), adam_of_five, five, test.view());
  }
  EXPECT_THROW(heed::fit(model, task.view(), again, o, test.view()), OwnException);
  EXPECT_EQ(flat(model), flat(best));
  EXPECT_NE(rate, 0.5);
  EXPECT_EQ(again.options.learning_rate, 0.5);
  EXPECT_EQ(history.outcome, Outcome::failed);
  EXPECT_EQ(history.epochs.size(), 5U);
  EXPECT_GT(history.best_epoch, 0);
}

TEST(FitFailure, OfADiskIsToldAndHasTheAverageOfTheWeights) {
  FitOptions o{.epochs = 3, .learning_rate = 0.1, .threads = 1, .ema_decay = 0.9};
  Model expected = start, model = start;
  heed::fit(expected, task.view(), o);
  History history;
  o.epochs = 10;
  o.history = &history;
  int saves = 0;
  o.checkpoint.load = [](heed::TrainingState&) { return false; };
  o.checkpoint.save = [&](const heed::TrainingState&) {
    if (++saves == 3) throw heed::Error(heed::Fault{"the disk is full"});
  };
  EXPECT_EQ(error_of([&] { heed::fit(model, task.view(), o); }), "the disk is full");
  EXPECT_EQ(saves, 3) << "it is not tried again";
  EXPECT_EQ(flat(model), flat(expected));
  EXPECT_EQ(history.outcome, Outcome::failed);
  EXPECT_EQ(history.epochs.size(), 3U);
}

TEST(FitFailure, OfALogKeepsTheEpochInTheCheckpoint) {
  FitOptions o{.epochs = 10, .threads = 1};
  int saves = 0, records = 0;
  o.checkpoint.every = 100;
  o.checkpoint.load = [](heed::TrainingState&) { return false; };
  o.checkpoint.save = [&](const heed::TrainingState& state) {
    ++saves;
    records = static_cast<int>(state.series.at("history").size() / 10);
  };
  o.callbacks = {failing_after(4, [] { throw std::runtime_error("the log"); })};
  Model model = start;
  EXPECT_THROW(heed::fit(model, task.view(), o), std::runtime_error);
  EXPECT_EQ(saves, 1);
  EXPECT_EQ(records, 4);
  o.checkpoint.save = [](const heed::TrainingState&) { throw heed::Error(heed::Fault{"the disk"}); };
  EXPECT_THROW(heed::fit(model, task.view(), o), std::runtime_error) << "the first failure is told";
}

// Throws in its third step.
struct Failing {
  heed::SgdOptions options{.learning_rate = 0.1};
  int steps = 0;
  void step(Model&, const Model&) {
    if (++steps == 3) throw OwnException();
  }
};

TEST(FitFailure, OfAnOptimizerGivesItsRateBack) {
  Failing optimizer;
  History history;
  FitOptions o{.epochs = 9, .schedule = heed::StepSchedule{.every = 1, .factor = 0.5}, .threads = 1};
  o.history = &history;
  Model model = start;
  EXPECT_THROW(heed::fit(model, task.view(), optimizer, o), OwnException);
  EXPECT_EQ(optimizer.options.learning_rate, 0.1);
  EXPECT_EQ(history.epochs.size(), 2U);
}

TEST(FitFailure, BeforeTrainingLeavesAll) {
  History history;
  history.best_epoch = 7;
  FitOptions o{.epochs = 3, .threads = 1};
  o.history = &history;
  o.checkpoint.load = [](heed::TrainingState& state) -> bool {
    state.tensors.clear();
    throw OwnException();
  };
  o.checkpoint.save = [](const heed::TrainingState&) {};
  Model model = start;
  EXPECT_THROW(heed::fit(model, task.view(), o), OwnException);
  EXPECT_EQ(flat(model), flat(start));
  EXPECT_EQ(history.best_epoch, 7);
}

TEST(FitFailure, OfAResumeLeavesModelAndOptimizer) {
  Model model = start, other = start;
  heed::Adam<Model> adam(model, {.learning_rate = 0.1});
  FitOptions o{.epochs = 3, .threads = 1};
  heed::fit(model, task.view(), adam, o);
  other = model;
  heed::Adam<Model> again = adam;
  // fills what it can, loses some of the list and then fails, as a file that cannot be read to its end
  o.checkpoint.load = [](heed::TrainingState& state) -> bool {
    for (heed::StateTensor& tensor : state.tensors) {
      std::visit([](auto* array) { array->fill(7); }, tensor.array);
    }
    std::swap(state.tensors.front(), state.tensors.back());
    state.tensors.pop_back();
    throw heed::Error(heed::Fault{"half a file"});
  };
  o.checkpoint.save = [](const heed::TrainingState&) {};
  const auto before = flat(model);
  EXPECT_EQ(error_of([&] { heed::fit(model, task.view(), adam, o); }), "half a file");
  EXPECT_EQ(flat(model), before);
  // its moments are those of before, too: the next epochs are the same
  o.checkpoint = {};
  heed::fit(model, task.view(), adam, o);
  heed::fit(other, task.view(), again, o);
  EXPECT_EQ(flat(model), flat(other));
}

TEST(FitFailure, AStopAmongWeightsThatAreNotFiniteHasDiverged) {
  struct Poison {
    int steps = 0;
    void step(Model& model, const Model&) {
      if (++steps == 2) std::get<1>(model.layers).weight.fill(HUGE_VAL);
    }
  } poison;
  FitOptions o{.epochs = 3, .batch_size = 10, .threads = 1};
  struct Watch {
    Poison& poison;
    bool stop_requested() const { return poison.steps >= 2; }
  };
  o.stop = Watch{poison};
  Model model = start;
  EXPECT_EQ(heed::fit(model, task.view(), poison, o).outcome, Outcome::diverged);
  EXPECT_EQ(flat(model), flat(start));
}

}  // namespace fit_failure_test
