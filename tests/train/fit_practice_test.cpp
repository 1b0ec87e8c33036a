// What practitioners add to training: schedules, clipping, averages, validation, early stopping, cancelling.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "../support/random.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/metrics/classification.hpp"
#include "heed/train/fit.hpp"

namespace fit_practice_test {

using heed::EpochRecord;
using heed::FitOptions;
using heed::History;
using heed::Index;
using heed::Outcome;
using test_support::flat;
using test_support::largest_difference;
using test_support::Task;
using Model = test_support::SmallModel<double>;

const Model start({.features = 3, .classes = 4});
const Task<double> task(150, {5, 3}, 4, true);

// Descends, and writes down every step.
struct Recorder {
  struct {
    double learning_rate = 0.1;
  } options;
  std::vector<double> rates = {};
  std::vector<std::vector<double>> gradients = {}, weights = {};
  void step(Model& model, const Model& gradient) {
    rates.push_back(options.learning_rate);
    gradients.push_back(flat(gradient));
    heed::for_each_parameter(
        [&](const heed::Path&, auto& w, const auto& g) {
          for (Index i = 0; i < w.size(); ++i) w.data()[i] -= options.learning_rate * g.data()[i];
        },
        model, gradient);
    weights.push_back(flat(model));
  }
};

Recorder recorded(const FitOptions& o, History* history = nullptr, Model* trained = nullptr) {
  Model model = start;
  Recorder recorder;
  History h = heed::fit(model, task.view(), recorder, o);
  if (history) *history = std::move(h);
  if (trained) *trained = model;
  return recorder;
}

TEST(FitSchedule, SetsTheRateOfEveryStepOrEpoch) {
  FitOptions o{.epochs = 4, .batch_size = 50, .threads = 1};
  o.schedule = heed::CosineSchedule{.warmup = 3};
  const heed::CosineSchedule cosine{.base = 0.1, .steps = 12, .warmup = 3};
  const Recorder by_step = recorded(o);
  ASSERT_EQ(by_step.rates.size(), 12U);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(by_step.rates[i], cosine.rate(static_cast<Index>(i)));
  EXPECT_EQ(by_step.options.learning_rate, 0.1) << "afterwards the optimizer has its own again";
  o.schedule = heed::StepSchedule{.every = 1, .factor = 0.5};
  History history;
  const Recorder by_epoch = recorded(o, &history);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(by_epoch.rates[i], 0.1 * std::pow(0.5, i / 3));
  EXPECT_EQ(history.epochs[3].learning_rate, 0.1 * 0.125);
  o.schedule = heed::CustomSchedule{[](Index i) { return 0.01 * static_cast<double>(i); }};
  EXPECT_EQ(recorded(o).rates[7], 0.07);
}

TEST(FitSchedule, OfAPlateauFollowsTheLoss) {
  FitOptions o{.epochs = 12, .threads = 1, .validation = 0.3};
  o.schedule = heed::PlateauSchedule{.factor = 0.5, .patience = 1, .threshold = 0.2};
  History history;
  const Recorder r = recorded(o, &history);
  heed::PlateauSchedule plateau{.base = 0.1, .factor = 0.5, .patience = 1, .threshold = 0.2};
  for (std::size_t e = 0; e < 12; ++e) {
    EXPECT_EQ(r.rates[e], plateau.rate());
    plateau.observe(history.epochs[e].validation_loss);
  }
  EXPECT_LT(r.rates.back(), 0.1);
}

TEST(FitClip, ClampsBeforeItScales) {
  FitOptions o{.epochs = 1, .threads = 1};
  const auto free = recorded(o).gradients[0];
  o.clip_value = 0.01;
  const auto clamped = recorded(o).gradients[0];
  for (std::size_t i = 0; i < free.size(); ++i) EXPECT_EQ(clamped[i], std::clamp(free[i], -0.01, 0.01));
  o.clip_norm = 0.001;
  const auto scaled = recorded(o).gradients[0];
  double norm = 0;
  for (const double g : scaled) norm += g * g;
  EXPECT_NEAR(std::sqrt(norm), 0.001, 1e-6);
}

TEST(FitAccumulate, BatchesOfAStepCountAsOne) {
  FitOptions o{.epochs = 2, .batch_size = 20, .accumulate = 3, .shuffle = true, .threads = 1};
  const Recorder accumulated = recorded(o);
  o.batch_size = 60;
  o.accumulate = 1;
  const Recorder large = recorded(o);
  EXPECT_EQ(accumulated.weights.size(), 6U);  // 60, 60 and 30 sequences, twice
  EXPECT_EQ(accumulated.weights, large.weights);
}

TEST(FitAverage, IsEvaluatedAndKept) {
  FitOptions o{.epochs = 3, .batch_size = 50, .threads = 1, .validation = 0.2, .ema_decay = 0.7};
  History history;
  Model trained;
  const Recorder r = recorded(o, &history, &trained);
  std::vector<double> average = r.weights[0];
  for (std::size_t k = 1; k < r.weights.size(); ++k) {
    for (std::size_t i = 0; i < average.size(); ++i) average[i] = 0.7 * average[i] + 0.3 * r.weights[k][i];
  }
  EXPECT_LE(largest_difference(flat(trained), average), 1e-12);
  EXPECT_NE(flat(trained), r.weights.back());
  o.ema_decay = 0;
  History plain;
  EXPECT_EQ(recorded(o, &plain).weights, r.weights) << "training itself is the same";
  EXPECT_NE(plain.epochs[2].validation_loss, history.epochs[2].validation_loss);
}

TEST(FitValidation, TrainsOnTheRest) {
  FitOptions o{.epochs = 3, .seed = 5, .threads = 1, .validation = 0.2};
  History history;
  Model trained;
  recorded(o, &history, &trained);
  const heed::Split split = heed::stratified_split(task.labels, 0.2, heed::Key{5}.child(0));
  EXPECT_EQ(history.epochs[0].sequences, static_cast<Index>(split.training.size()));
  // the parts, copied
  const auto part = [](const std::vector<Index>& rows) {
    Task<double> result(static_cast<Index>(rows.size()), {5, 3}, 4, true);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      result.labels[i] = task.labels[static_cast<std::size_t>(rows[i])];
      result.lengths[i] = task.lengths[static_cast<std::size_t>(rows[i])];
      std::copy_n(task.x.data() + rows[i] * 15, 15, result.x.data() + static_cast<Index>(i) * 15);
    }
    return result;
  };
  const Task<double> training = part(split.training), validation = part(split.validation);
  Model expected = start;
  Recorder recorder;
  const History by_parts =
      heed::fit(expected, training.view(), recorder, {.epochs = 3, .threads = 1}, validation.view());
  EXPECT_EQ(flat(trained), flat(expected));
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_EQ(history.epochs[e].validation_loss, by_parts.epochs[e].test_loss);
    EXPECT_EQ(history.epochs[e].validation_accuracy, by_parts.epochs[e].test_accuracy);
    EXPECT_TRUE(std::isnan(history.epochs[e].test_loss));
  }
  // mini-batches take the same part
  o.batch_size = 32;
  History batches;
  recorded(o, &batches);
  EXPECT_EQ(batches.epochs[0].sequences, history.epochs[0].sequences);
}

// Goes down to the third epoch and up again.
struct Valley {
  int steps = 0;
  std::vector<std::vector<double>> weights = {};
  void step(Model& model, const Model& gradient) {
    const double rate = ++steps <= 3 ? 0.3 : -0.3;
    heed::for_each_parameter(
        [&](const heed::Path&, auto& w, const auto& g) {
          for (Index i = 0; i < w.size(); ++i) w.data()[i] -= rate * g.data()[i];
        },
        model, gradient);
    weights.push_back(flat(model));
  }
};

TEST(FitEarlyStopping, EndsAndTakesBackTheBestWeights) {
  for (const int patience : {0, 2, 5, 100}) {
    Model model = start;
    Valley valley;
    FitOptions o{.epochs = 10, .threads = 1, .early_stopping = {.patience = patience}};
    const History history = heed::fit(model, task.view(), valley, o, task.view());
    EXPECT_EQ(history.outcome, patience == 2 || patience == 5 ? Outcome::early : Outcome::finished);
    EXPECT_EQ(history.epochs.size(), patience == 2 ? 5U : patience == 5 ? 8U : 10U);
    EXPECT_EQ(history.best_epoch, patience ? 3 : 0);
    EXPECT_EQ(flat(model), valley.weights[patience ? 2 : 9]);
  }
}

TEST(FitEarlyStopping, SmallStepsAreNoProgress) {
  Model model = start;
  FitOptions o{.epochs = 50, .learning_rate = 1e-6, .threads = 1, .early_stopping = {.patience = 4, .min_delta = 0.01}};
  const History history = heed::fit(model, task.view(), o);
  EXPECT_EQ(history.outcome, Outcome::early);
  EXPECT_EQ(history.epochs.size(), 5U);
  EXPECT_EQ(history.best_epoch, 1);
}

TEST(FitBalance, WeighsClassesByTheirNumber) {
  Model a = start, b = start;
  FitOptions o{.epochs = 3, .threads = 1, .balance_classes = true};
  heed::fit(a, task.view(), o);
  o.balance_classes = false;
  o.class_weights = heed::balanced_class_weights(task.labels, 4);
  heed::fit(b, task.view(), o);
  EXPECT_EQ(flat(a), flat(b));
}

TEST(FitWeightDecay, IsThatOfAdamWOnMatrices) {
  Model a = start, b = start;
  FitOptions o{.epochs = 5, .learning_rate = 0.01, .weight_decay = 0.3, .threads = 1};
  heed::fit(a, task.view(), o);
  heed::Adam<Model> adam(b, heed::adamw({.learning_rate = 0.01, .weight_decay = 0.3, .decay_matrices_only = true}));
  heed::fit(b, task.view(), adam, o);
  EXPECT_EQ(flat(a), flat(b));
}

// What a step of a ragged batch costs: steps times lanes.
struct Counting {
  using Scalar = double;
  using Input = double;
  using Cache = Model::Cache;
  Model model{{.features = 3, .classes = 4}};
  std::atomic<Index>* taken = nullptr;
  heed::Shape output_shape(heed::Shape x) const { return model.output_shape(x); }
  void forward(heed::Tile<const double> x, heed::Tile<double> y, Cache& cache, const heed::Pass& pass) const {
    *taken += x.steps * x.lanes;
    model.forward(x, y, cache, pass);
  }
  void backward(heed::Tile<const double> x, heed::Tile<const double> y, heed::Tile<const double> dy,
                heed::Into<double> dx, Cache& cache, Counting& grad, const heed::Pass& pass) const {
    model.backward(x, y, dy, dx, cache, grad.model, pass);
  }
  static void visit(auto&& f, auto&... m) { f("model", m.model...); }
};

TEST(FitRagged, CostsItsValidStepsAndAQuarterAtMost) {
  for (const auto& [n, steps] : {std::pair<Index, Index>(640, 40), {1000, 100}, {270, 29}}) {
    const Task<double> ragged(n, {steps, 3}, 4, true);
    double valid = 0;
    for (const std::int32_t length : ragged.lengths) valid += length;
    for (const Index batch : {0, 32, 128}) {
      std::atomic<Index> taken{0};
      Counting model;
      model.taken = &taken;
      heed::fit(model, ragged.view(), {.epochs = 1, .batch_size = batch, .bucket_by_length = true, .threads = 1});
      Index before = taken.exchange(0);  // one pass may have found out what a lane takes
      heed::fit(model, ragged.view(), {.epochs = 2, .batch_size = batch, .bucket_by_length = true, .threads = 1});
      EXPECT_LT(static_cast<double>(taken - before) / valid, 1.25) << n << " sequences, batch " << batch;
    }
  }
}

TEST(FitStop, EndsAfterTheStepAndKeepsTheWeights) {
  std::atomic<bool> flag{false};
  struct Asking : Recorder {
    std::atomic<bool>* flag = nullptr;
    void step(Model& model, const Model& gradient) {
      Recorder::step(model, gradient);
      if (rates.size() == 5) *flag = true;  // in the middle of the second epoch
    }
  } asking;
  asking.flag = &flag;
  Model model = start;
  const History history =
      heed::fit(model, task.view(), asking, {.epochs = 10, .batch_size = 50, .threads = 1, .stop = flag});
  EXPECT_EQ(history.outcome, Outcome::cancelled);
  EXPECT_EQ(history.epochs.size(), 1U);
  EXPECT_EQ(asking.rates.size(), 5U);
  EXPECT_EQ(flat(model), asking.weights.back());
  // who asks before the start gets the model as it was
  model = start;
  EXPECT_EQ(heed::fit(model, task.view(), {.epochs = 3, .stop = flag}).outcome, Outcome::cancelled);
  EXPECT_EQ(flat(model), flat(start));
}

TEST(FitStop, FromAnotherThreadKeepsTheBestWeights) {
  std::atomic<bool> stop{false};
  std::atomic<int> epochs{0};
  std::thread other([&] {
    while (epochs < 20) std::this_thread::yield();
    stop = true;
  });
  Model model = start;
  Valley valley;
  FitOptions o{.epochs = 1'000'000, .threads = 1, .early_stopping = {.patience = 1'000'000}, .stop = stop};
  o.callbacks = {[&](const EpochRecord&) { return ++epochs > 0; }};
  const History history = heed::fit(model, task.view(), valley, o, task.view());
  other.join();
  EXPECT_EQ(history.outcome, Outcome::cancelled);
  EXPECT_GE(history.epochs.size(), 20U);
  EXPECT_EQ(flat(model), valley.weights[static_cast<std::size_t>(history.best_epoch) - 1]);
}

// Threads of somebody's own: one a task.
struct Detached {
  std::atomic<int> tasks{0};
  std::vector<std::thread> threads = {};
  int size() const { return 2; }
  void run(std::function<void()> work) {
    ++tasks;
    threads.emplace_back(std::move(work));
  }
  ~Detached() {
    for (std::thread& thread : threads) thread.join();
  }
};

TEST(FitExecutor, DoesTheWorkToTheSameBits) {
  const Task<double> many(600, {5, 3}, 4, true);
  Model a = start, b = start;
  heed::fit(a, many.view(), {.epochs = 3, .batch_size = 300, .threads = 1});
  Detached executor;
  heed::fit(b, many.view(), {.epochs = 3, .batch_size = 300, .executor = executor});
  EXPECT_GT(executor.tasks, 0);
  EXPECT_EQ(flat(a), flat(b));
}

}  // namespace fit_practice_test
