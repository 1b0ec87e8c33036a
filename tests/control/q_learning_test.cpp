#include "heed/control/q_learning.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/recall.hpp"
#include "../support/task.hpp"
#include "heed/models/attention_q_network.hpp"

namespace q_learning_test {

using heed::Index;
using heed::Outcome;
using heed::QLearner;
using heed::QLearningOptions;
using heed::QRecord;
using test_support::error_of;
using test_support::flat;
using test_support::Recall;
using Model = heed::AttentionQNetwork<float>;

Model model_of(std::uint64_t seed) {
  Model model({.features = 1, .actions = 2, .hidden = 16, .positions = heed::PositionKind::sinusoidal});
  model.initialize(heed::Key{seed});
  return model;
}

QLearningOptions small() {
  return {.steps = 1200,
          .window = 3,
          .discount = 0.9,
          .replay = 500,
          .warmup = 100,
          .update = {.batch_size = 32, .learning_rate = 3e-3, .target_rate = 0.05},
          .epsilon_steps = 500,
          .evaluate_every = 300,
          .evaluation_episodes = 40,
          .threads = 1};
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

TEST(LearnQ, LearnsToRememberWhatItSaw) {
  for (const bool times_out : {false, true}) {
    for (const std::uint64_t seed : {0U, 1U}) {
      Model model = model_of(seed);
      const Recall task{.times_out = times_out};
      EXPECT_LT(mean(heed::play_episodes(model, task, 3, heed::Key{77}, 200, 1)), 0.75);
      QLearningOptions o = small();
      o.steps = 2400;
      o.seed = seed;
      const auto history = heed::learn_q(model, task, o);
      EXPECT_GT(mean(heed::play_episodes(model, task, 3, heed::Key{77}, 200, 1)), 0.95) << times_out << seed;
      EXPECT_EQ(history.outcome, Outcome::finished);
      EXPECT_EQ(history.records.size(), 8U);
    }
  }
}

TEST(LearnQ, GivesTheSameBitsForAnyNumberOfThreads) {
  std::vector<Model> models;
  for (const int threads : {1, 3}) {
    models.push_back(model_of(3));
    QLearningOptions o = small();
    o.steps = 500;
    o.update.batch_size = 70;
    o.n_step = 2;
    o.threads = threads;
    heed::learn_q(models.back(), Recall(), o);
  }
  EXPECT_EQ(flat(models[0]), flat(models[1]));
  EXPECT_NE(flat(models[0]), flat(model_of(3)));
  QLearningOptions o = small();
  o.steps = 500;
  o.seed = 1;
  models.push_back(model_of(3));
  heed::learn_q(models.back(), Recall(), o);
  EXPECT_NE(flat(models[2]), flat(models[1]));
}

TEST(LearnQ, TellsHowItGoesAndKeepsTheBest) {
  Model model = model_of(1);
  QLearningOptions o = small();
  o.schedule = heed::CosineSchedule{.last = 1e-4};
  o.steps = 1000;
  std::vector<Model> seen;
  std::vector<double> told;
  o.callbacks = {[&](const QRecord& r) {
    seen.push_back(model);
    told.push_back(r.evaluation_return);
    return true;
  }};
  const auto history = heed::learn_q(model, Recall(), o);
  ASSERT_EQ(history.records.size(), 4U);
  double best = -1, seconds = 0;
  std::size_t best_at = 0;
  Index episodes = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const QRecord& r = history.records[i];
    EXPECT_EQ(r.step, i == 3 ? 1000 : 300 * static_cast<Index>(i + 1));
    EXPECT_EQ(r.steps, 1000);
    EXPECT_EQ(r.episodes, r.step / 3);  // of three steps each
    EXPECT_EQ(r.evaluation_return, told[i]);
    EXPECT_GE(r.training_return, 0);
    EXPECT_LE(r.training_return, 1);
    EXPECT_GT(r.loss, 0);
    EXPECT_GE(r.seconds, seconds);
    EXPECT_GT(r.episodes, episodes);
    seconds = r.seconds;
    episodes = r.episodes;
    if (r.evaluation_return >= best) {
      best = r.evaluation_return;
      best_at = i;
    }
  }
  EXPECT_EQ(history.best_step, history.records[best_at].step);
  EXPECT_EQ(flat(model), flat(seen[best_at]));
  EXPECT_NEAR(history.records[0].epsilon, 1 - 0.95 * 300 / 500, 1e-12);
  EXPECT_EQ(history.records[1].epsilon, 0.05);
  EXPECT_NEAR(history.records[3].learning_rate, 1e-4, 1e-9);
}

TEST(LearnQ, EndsWhereItIsAskedTo) {
  std::atomic<bool> stop{false};
  QLearningOptions o = small();
  o.stop = stop;
  o.callbacks = {[&](const QRecord& r) {
    stop = r.step == 600;
    return true;
  }};
  Model model = model_of(1);
  auto history = heed::learn_q(model, Recall(), o);
  EXPECT_EQ(history.outcome, Outcome::cancelled);
  EXPECT_EQ(history.records.size(), 2U);
  stop = false;
  o.callbacks = {[](const QRecord& r) { return r.step < 900; }};
  history = heed::learn_q(model = model_of(1), Recall(), o);
  EXPECT_EQ(history.outcome, Outcome::stopped);
  EXPECT_EQ(history.records.size(), 3U);
  o.callbacks = {};
  o.goal = 0.01;
  history = heed::learn_q(model = model_of(1), Recall(), o);
  EXPECT_EQ(history.outcome, Outcome::early);
  EXPECT_EQ(history.records.size(), 1U);
}

/// Its episodes end by action 0 alone. Somebody asks for an end after many steps.
struct Endless {
  std::atomic<bool>* stop;
  int step_number = 0;
  static Index observation_size() { return 1; }
  static Index actions() { return 2; }
  void reset(heed::Key) { step_number = 0; }
  heed::ActionResult step(std::int32_t action) {
    if (++step_number == 1000) *stop = true;
    return {.reward = 1, .terminal = action == 0};
  }
  void observe(std::span<float> to) const { to[0] = 1; }
};

TEST(LearnQ, CanBeStoppedInAnEvaluationThatDoesNotEnd) {
  std::atomic<bool> stop{false};
  QLearningOptions o = small();
  o.warmup = 1200;  // the model stays as it is: it always takes action 1
  o.stop = stop;
  Model model = model_of(1);
  std::get<2>(model.q_value.layers).bias(1) = 100;
  const auto before = flat(model);
  const auto history = heed::learn_q(model, Endless{&stop}, o);
  EXPECT_EQ(history.outcome, Outcome::cancelled);
  EXPECT_TRUE(history.records.empty());
  EXPECT_EQ(history.best_step, 0);
  EXPECT_EQ(flat(model), before);
}

TEST(LearnQ, WithoutEvaluationKeepsTheLast) {
  QLearningOptions o = small();
  o.steps = 300;
  o.evaluate_every = 0;
  Model model = model_of(1), stepped = model;
  const auto history = heed::learn_q(model, Recall(), o);
  EXPECT_TRUE(history.records.empty());
  EXPECT_EQ(history.best_step, 0);
  QLearner<Model, Recall> learner(stepped, Recall(), o);
  while (learner.steps() < 300) EXPECT_TRUE(learner.step());
  EXPECT_EQ(flat(model), flat(stepped));
  EXPECT_EQ(learner.replay().size(), 300);
  EXPECT_NE(flat(learner.target()), flat(stepped));
}

TEST(LearnQ, SaysWhereItDiverged) {
  Model model = model_of(1);
  std::get<2>(model.q_value.layers).bias.fill(std::numeric_limits<float>::quiet_NaN());
  const auto before = flat(model);
  const auto history = heed::learn_q(model, Recall(), small());
  EXPECT_EQ(history.outcome, Outcome::diverged);
  EXPECT_EQ(history.records.size(), 0U);
  EXPECT_EQ(flat(model).size(), before.size());
}

TEST(LearnQ, GivesBackTheLastWeightsOfAFiniteLoss) {
  for (const double rate : {1e20, 1e300}) {
    Model model = model_of(1);
    QLearningOptions o = small();
    o.update.learning_rate = rate;
    o.update.clip_norm = 0;
    o.evaluate_every = 0;
    EXPECT_EQ(heed::learn_q(model, Recall(), o).outcome, Outcome::diverged) << rate;
    EXPECT_TRUE(heed::all_finite(model)) << rate;
  }
  Model model = model_of(1);
  QLearningOptions o = small();
  o.update.learning_rate = 1e300;
  o.steps = o.warmup;  // one update, the last step
  o.evaluate_every = 0;
  EXPECT_EQ(heed::learn_q(model, Recall(), o).outcome, Outcome::diverged);
  EXPECT_EQ(flat(model), flat(model_of(1)));
}

TEST(LearnQ, ACallbackThatFailsLeavesTheBestWeights) {
  Model expected = model_of(1), model = expected;
  QLearningOptions o = small();
  o.steps = 900;
  heed::learn_q(expected, Recall(), o);
  o.steps = 2000;
  heed::QHistory history;
  o.history = &history;
  o.callbacks = {[](const QRecord& r) -> bool {
    if (r.step == 900) throw 7;
    return true;
  }};
  EXPECT_THROW(heed::learn_q(model, Recall(), o), int);
  EXPECT_EQ(flat(model), flat(expected));
  EXPECT_EQ(history.outcome, Outcome::failed);
  EXPECT_EQ(history.records.size(), 3U);
}

TEST(QLearner, AllocatesInTheFirstStepsOnly) {
  Model model = model_of(1);
  QLearningOptions o = small();
  o.schedule = heed::CosineSchedule{};
  QLearner<Model, Recall> learner(model, Recall(), o);
  for (int i = 0; i < 300; ++i) learner.step();
  const long before = test_support::allocations();
  for (int i = 0; i < 300; ++i) learner.step();
  EXPECT_EQ(test_support::allocations(), before);
}

TEST(QLearner, LearnsValuesOfScaledRewards) {
  Model model = model_of(1);
  QLearningOptions o = small();
  o.reward_scale = 0.5;
  o.warmup = 2000;
  QLearner<Model, Recall> learner(model, Recall(), o);
  for (int i = 0; i < 60; ++i) learner.step();
  double largest = 0;
  for (Index i = 0; i < learner.replay().size(); ++i) {
    largest = std::max(largest, static_cast<double>(learner.replay()[i].reward));
  }
  EXPECT_EQ(largest, 0.5);
  const QRecord record = learner.record();
  EXPECT_EQ(record.episodes, 20);
  EXPECT_GT(record.training_return, 0.2);  // as they are
  EXPECT_TRUE(std::isnan(record.loss));
  EXPECT_FALSE(std::signbit(record.loss));  // printed as "nan" everywhere
  const double none = learner.record().training_return;
  EXPECT_TRUE(std::isnan(none));  // none since
  EXPECT_FALSE(std::signbit(none));
}

TEST(LearnQ, RejectsWhatIsOutOfRange) {
  const auto error = [](auto change) {
    QLearningOptions o = small();
    change(o);
    Model model = model_of(1);
    const auto before = flat(model);
    const std::string text = error_of([&] { heed::learn_q(model, Recall(), o); });
    EXPECT_EQ(flat(model), before);
    return text;
  };
  const auto names = [&](const char* option, auto change) {
    EXPECT_NE(error(change).find(std::string(option) + " out of range"), std::string::npos) << error(change);
  };
  names("steps", [](auto& o) { o.steps = -1; });
  names("window", [](auto& o) { o.window = 0; });
  names("discount", [](auto& o) { o.discount = 1.5; });
  names("reward_scale", [](auto& o) { o.reward_scale = 0; });
  names("n_step", [](auto& o) { o.n_step = 0; });
  names("replay", [](auto& o) { o.replay = 0; });
  names("warmup", [](auto& o) { o.warmup = -1; });
  names("update_every", [](auto& o) { o.update_every = 0; });
  names("first_epsilon", [](auto& o) { o.first_epsilon = 2; });
  names("last_epsilon", [](auto& o) { o.last_epsilon = -0.5; });
  names("epsilon_steps", [](auto& o) { o.epsilon_steps = -1; });
  names("evaluate_every", [](auto& o) { o.evaluate_every = -1; });
  names("evaluation_episodes", [](auto& o) { o.evaluation_episodes = 0; });
  names("batch_size", [](auto& o) { o.update.batch_size = 0; });
  EXPECT_NE(error([](auto& o) { o.schedule = heed::StepSchedule{.every = 0}; }).find("schedule"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.threads = -1; }).find("threads"), std::string::npos);
  Model other({.features = 3, .actions = 2, .hidden = 8});
  EXPECT_NE(error_of([&] { heed::learn_q(other, Recall(), small()); }).find("wrong number of features"),
            std::string::npos);
}

}  // namespace q_learning_test
