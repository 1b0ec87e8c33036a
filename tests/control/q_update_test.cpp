#include "heed/control/q_update.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "../support/task.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/models/attention_q_network.hpp"

namespace q_update_test {

using heed::AttentionQNetwork;
using heed::Index;
using heed::QUpdate;
using heed::QUpdateOptions;
using heed::ReplayBuffer;
using heed::ThreadPool;
using heed::Tile;
using test_support::error_of;
using test_support::Reference;

TEST(PutValues, TakesTheValueOfTheNetworkThatDidNotChoose) {
  // three actions, three lanes
  const std::vector<double> choose{1, 0, 5, 2, 0, 4, 3, -1, 5}, value{10, 20, 30, 40, 50, 60, 70, 80, 90};
  const std::vector<double> reward{1, 2, 3}, discount{0.5, 0.25, 0};
  std::vector<double> target(6, 7);
  const Tile<const double> chosen_by(choose.data(), {1, 3}, 3), valued_by(value.data(), {1, 3}, 3);
  heed::put_values(chosen_by, valued_by, reward.data(), discount.data(), Tile<double>(target.data(), {1, 2}, 3));
  // actions 2, 0 (the first of equals) and 0: 1 + 70 / 2, 2 + 20 / 4, 3
  EXPECT_EQ(target, (std::vector<double>{7, 7, 7, 36, 7, 3}));
  heed::put_values(valued_by, valued_by, reward.data(), discount.data(), Tile<double>(target.data(), {1, 2}, 3));
  EXPECT_EQ(target, (std::vector<double>{7, 7, 7, 36, 22, 3}));
}

TEST(MoveTowards, IsAShareOfTheWay) {
  heed::Dense<float> a({2, 2}), b({2, 2});
  a.weight.fill(1);
  b.weight.fill(3);
  heed::move_towards(a, b, 0.25);
  for (const float w : a.weight) EXPECT_EQ(w, 1.5F);
  heed::move_towards(a, b, 1);
  EXPECT_EQ(test_support::flat(a), test_support::flat(b));
}

TEST(MoveTowards, WithARateOf1IsACopyOfAnyNumbers) {
  heed::Dense<float> a({2, 2}), b({2, 2});
  b.weight.fill(0.1F);
  for (const float far : {1e10F, std::numeric_limits<float>::infinity()}) {
    a.weight.fill(far);
    heed::move_towards(a, b, 1);
    EXPECT_EQ(test_support::flat(a), test_support::flat(b));
  }
}

TEST(QUpdate, FollowsPyTorch) {
  for (const std::string name : {"double", "period"}) {
    SCOPED_TRACE(name);
    const Reference file("q_update/" + name);
    AttentionQNetwork<double> model(
        {.features = 3, .actions = 4, .hidden = 8, .num_heads = 4, .positions = heed::PositionKind::sinusoidal});
    test_support::set_weights(model, file.arrays("weight."));
    const auto states = file.values("input.states"), next = file.values("input.next");
    const auto actions = file.integers("input.actions");
    const auto rewards = file.values("input.rewards"), discounts = file.values("input.discounts");
    const Index n = file.extent("input.states", 0);
    ReplayBuffer<double> replay(n, {5, 3});
    for (std::size_t i = 0; i < rewards.size(); ++i) {
      replay.add({std::span(states).subspan(15 * i, 15), actions[i], rewards[i], discounts[i],
                  std::span(next).subspan(15 * i, 15)});
    }
    ThreadPool threads(1);
    QUpdateOptions o{.batch_size = file.index("batch_size"),
                     .learning_rate = file.number("learning_rate"),
                     .clip_norm = file.number("clip_norm"),
                     .delta = file.number("delta"),
                     .double_q = file.flag("double_q"),
                     .target_period = file.index("target_period")};
    if (o.target_period == 0) o.target_rate = file.number("target_rate");
    QUpdate<AttentionQNetwork<double>> update(model, replay, o, threads);
    const heed::Key key{static_cast<std::uint64_t>(file.index("seed"))};
    std::uint64_t step = 0;
    for (const double loss : file.values("output.loss")) {
      EXPECT_NEAR(update(model, replay, key.child(step++)) / loss, 1, 1e-10) << "step " << step;
    }
    EXPECT_EQ(update.steps(), 12);
    heed::Tensor<double, 2> q({n, 4});
    heed::Predictor predictor(update.target());
    predictor(replay.states(), q.view(), {}, heed::Output::logits);
    EXPECT_TRUE(test_support::equals(std::vector<double>(q.begin(), q.end()), file.values("output.q"), 1e-10));
  }
}

using Model = AttentionQNetwork<float>;

Model small_model() {
  Model model({.features = 2, .actions = 3, .hidden = 8, .num_heads = 2, .positions = heed::PositionKind::sinusoidal});
  model.initialize(heed::Key{4});
  return model;
}

ReplayBuffer<float> filled() {
  ReplayBuffer<float> replay(200, {4, 2});
  std::vector<float> state(8), next(8);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const heed::Key key{i};
    for (std::uint64_t k = 0; k < 8; ++k) {
      state[k] = static_cast<float>(key.normal(k));
      next[k] = static_cast<float>(key.normal(k + 8));
    }
    replay.add({state, static_cast<std::int32_t>(i % 3), state[0], i % 5 ? 0.9F : 0.0F, next});
  }
  return replay;
}

TEST(QUpdate, GivesTheSameBitsForAnyNumberOfThreads) {
  const ReplayBuffer<float> replay = filled();
  std::vector<std::vector<float>> weights;
  for (const int n : {1, 2, 3}) {
    ThreadPool threads(n);
    Model model = small_model();
    QUpdate<Model> update(model, replay, {.batch_size = 150}, threads);
    for (std::uint64_t i = 0; i < 5; ++i) update(model, replay, heed::Key{i});
    weights.push_back(test_support::flat(model));
    weights.push_back(test_support::flat(update.target()));
  }
  EXPECT_NE(weights[0], weights[1]);
  for (std::size_t i = 2; i < weights.size(); ++i) EXPECT_EQ(weights[i], weights[i % 2]);
}

TEST(QUpdate, AllocatesInTheFirstStepOnly) {
  const ReplayBuffer<float> replay = filled();
  ThreadPool threads(1);
  Model model = small_model();
  QUpdate<Model> update(model, replay, {.batch_size = 100}, threads);
  update(model, replay, heed::Key{0});
  const long before = test_support::allocations();
  for (std::uint64_t i = 1; i < 4; ++i) update(model, replay, heed::Key{i});
  EXPECT_EQ(test_support::allocations(), before);
}

/// The model after three updates, by the parts of its weights.
std::vector<std::vector<float>> updated(const QUpdateOptions& options) {
  const ReplayBuffer<float> replay = filled();
  ThreadPool threads(2);
  Model model = small_model();
  QUpdate<Model> update(model, replay, options, threads);
  for (std::uint64_t i = 0; i < 3; ++i) update(model, replay, heed::Key{i});
  return {test_support::flat(model.state_encoder), test_support::flat(model.attention),
          test_support::flat(model.q_value)};
}

TEST(QUpdate, FrozenPartsStayAndTheRestLearns) {
  const Model model = small_model();
  for (const std::string part : {"state_encoder", "q_value"}) {
    const auto now = updated({.frozen = {part}});
    EXPECT_EQ(now[0] == test_support::flat(model.state_encoder), part == "state_encoder") << part;
    EXPECT_NE(now[1], test_support::flat(model.attention)) << part;
    EXPECT_EQ(now[2] == test_support::flat(model.q_value), part == "q_value") << part;
  }
  const std::string unknown = error_of([] { updated({.frozen = {"encoder", "head"}}); });
  EXPECT_EQ(unknown.find("QUpdate: frozen: no parameter has \"head\" in its name"), 0U) << unknown;
  EXPECT_NE(error_of([] { updated({.frozen = {"e"}}); }).find("all parameters are frozen"), std::string::npos);
}

TEST(QUpdate, PartsLearnAtRatesOfTheirOwn) {
  const QUpdateOptions plain{};
  const auto all = updated(plain);
  EXPECT_EQ(updated({.rates = {{"q_value", 1}}}), all);
  EXPECT_EQ(updated({.rates = {{"q_value", 0}}})[2], test_support::flat(small_model().q_value));
  EXPECT_EQ(updated({.learning_rate = 2 * plain.learning_rate, .rates = {{"e", 0.5}}}), all);
  EXPECT_NE(error_of([] { updated({.rates = {{"head", 0.1}}}); }), "no error");
  EXPECT_NE(error_of([] { updated({.rates = {{"q_value", -1}}}); }), "no error");
}

TEST(QUpdate, LeavesTheModelWhereTheLossIsNotFinite) {
  const ReplayBuffer<float> replay = filled();
  ThreadPool threads(1);
  Model model = small_model();
  std::get<2>(model.q_value.layers).bias.fill(std::numeric_limits<float>::infinity());
  const auto before = test_support::flat(model);
  QUpdate<Model> update(model, replay, {}, threads);
  EXPECT_FALSE(std::isfinite(update(model, replay, heed::Key{0})));
  EXPECT_EQ(test_support::flat(model), before);
  EXPECT_EQ(update.steps(), 0);
}

TEST(QUpdate, LeavesTheModelWhereAnActionIsNoneOfItsOwn) {
  for (const int n : {1, 3}) {
    for (const std::int32_t action : {-1, 3, 1 << 20}) {
      ReplayBuffer<float> replay = filled();
      ThreadPool threads(n);
      Model model = small_model();
      const auto before = test_support::flat(model);
      QUpdate<Model> update(model, replay, {.batch_size = 150}, threads);
      const std::vector<float> state(8);
      for (int i = 0; i < 100; ++i) replay.add({state, action, 1, 0, state});
      EXPECT_EQ(error_of([&] { update(model, replay, heed::Key{0}); }),
                "QUpdate: no such action (expected 0 to 2, got " + std::to_string(action) + ")");
      EXPECT_EQ(test_support::flat(model), before);
      EXPECT_EQ(test_support::flat(update.target()), before);
      EXPECT_EQ(update.steps(), 0);
      Model other = small_model();  // afterwards it goes on as if nothing had been
      QUpdate<Model> fresh(other, replay, {.batch_size = 150}, threads);
      replay = filled();
      EXPECT_EQ(update(model, replay, heed::Key{0}), fresh(other, replay, heed::Key{0}));
      EXPECT_EQ(test_support::flat(model), test_support::flat(other));
    }
  }
}

TEST(QUpdate, TakesReplayBuffersOfOneShape) {
  const ReplayBuffer<float> replay = filled();
  ThreadPool threads(1);
  Model model = small_model();
  QUpdate<Model> update(model, replay, {}, threads);
  for (const heed::Shape shape : {heed::Shape{5, 2}, heed::Shape{4, 3}, heed::Shape{2, 4}}) {
    ReplayBuffer<float> others(3, shape);
    const std::vector<float> state(static_cast<std::size_t>(shape.steps * shape.features));
    others.add({state, 0, 1, 0, state});
    const std::string got = "(" + std::to_string(shape.steps) + ", " + std::to_string(shape.features) + ")";
    EXPECT_EQ(error_of([&] { update(model, others, heed::Key{0}); }),
              "QUpdate: wrong shape of the states (expected (4, 2), got " + got + ")");
  }
}

TEST(QUpdate, RejectsWhatIsOutOfRange) {
  const ReplayBuffer<float> replay = filled();
  ThreadPool threads(1);
  const auto error = [&](auto change) {
    QUpdateOptions o;
    change(o);
    return error_of([&] { QUpdate<Model>(small_model(), replay, o, threads); });
  };
  EXPECT_NE(error([](auto& o) { o.batch_size = 0; }).find("batch_size out of range"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.clip_norm = -1; }).find("clip_norm out of range"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.target_period = -1; }).find("target_period out of range"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.target_rate = 0; }).find("target_rate out of range"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.target_rate = 1.5; }).find("target_rate out of range"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.delta = 0; }).find("delta out of range"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.learning_rate = -1; }).find("learning_rate out of range"), std::string::npos);
  const ReplayBuffer<float> others(3, {4, 5});
  EXPECT_NE(error_of([&] { QUpdate<Model>(small_model(), others, {}, threads); }).find("wrong number of features"),
            std::string::npos);
}

}  // namespace q_update_test
