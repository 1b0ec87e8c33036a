#include "heed/control/episodes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/recall.hpp"
#include "heed/control/q_learning.hpp"
#include "heed/models/attention_q_network.hpp"

namespace episodes_test {

using heed::Index;
using heed::ThreadPool;
using test_support::Recall;
using Model = heed::AttentionQNetwork<float>;

Model random_model(std::uint64_t seed, Index features = 1, Index actions = 2) {
  Model model({.features = features, .actions = actions, .hidden = 8, .positions = heed::PositionKind::sinusoidal});
  model.initialize(heed::Key{seed});
  return model;
}

/// Ends after a random number of steps; the reward is the action.
struct Uneven {
  std::uint64_t left = 0, seen = 0;
  static Index observation_size() { return 1; }
  static Index actions() { return 2; }
  void reset(heed::Key key) { left = seen = 1 + key.below(0, 12); }
  heed::ActionResult step(std::int32_t action) {
    return {.reward = static_cast<double>(action) + 0.25, .terminal = --left == 0};
  }
  void observe(std::span<float> to) const { to[0] = static_cast<float>((seen + 3 * left) % 5) - 2; }
};

TEST(EpisodePlayer, PlaysEachEpisodeAsOneAlone) {
  const Model model = random_model(2);
  const heed::Key key{9};
  const std::vector<double> returns = heed::play_episodes(model, Uneven(), 4, key, 70, 1);
  ASSERT_EQ(returns.size(), 70U);
  heed::GreedyPolicy<Model> policy;
  for (std::size_t i = 0; i < returns.size(); ++i) {
    Uneven environment;
    heed::ObservationWindow<float> window({4, 1});
    environment.reset(key.child(i));
    window.begin(environment);
    double sum = 0;
    for (bool over = false; !over; window.add(environment)) {
      const auto result = environment.step(policy(model, window));
      sum += result.reward;
      over = result.over();
    }
    EXPECT_EQ(returns[i], sum) << i;
  }
}

TEST(EpisodePlayer, GivesTheSameForAnyNumberOfThreads) {
  const Model model = random_model(2);
  const auto one = heed::play_episodes(model, Uneven(), 4, heed::Key{1}, 200, 1);
  EXPECT_EQ(heed::play_episodes(model, Uneven(), 4, heed::Key{1}, 200, 3), one);
  EXPECT_NE(heed::play_episodes(model, Uneven(), 4, heed::Key{2}, 200, 1), one);
}

TEST(EpisodePlayer, PlaysAgainWithOthers) {
  ThreadPool threads(1);
  const Model a = random_model(1), b = random_model(5);
  heed::EpisodePlayer<Model, Recall> player(a, Recall(), 3, threads);
  const auto copy = [](std::span<const double> r) { return std::vector<double>(r.begin(), r.end()); };
  const auto first = copy(player(a, heed::Key{1}, 30));
  EXPECT_EQ(player(b, heed::Key{1}, 5).size(), 5U);
  EXPECT_EQ(copy(player(a, heed::Key{1}, 30)), first);
  EXPECT_TRUE(player(a, heed::Key{1}, 0).empty());
}

TEST(GreedyPolicy, TakesTheLargestValueWithoutAllocating) {
  Model model = random_model(1, 1, 3);
  auto& output = std::get<2>(model.q_value.layers);
  output.weight.fill(0);
  output.bias(0) = 1;
  output.bias(1) = 2;
  output.bias(2) = 2;
  heed::ObservationWindow<float> window({3, 1});
  window.begin(Recall());
  heed::GreedyPolicy<Model> policy;
  EXPECT_EQ(policy(model, window), 1);
  EXPECT_EQ(*policy.values().at(0, 2), 2);
  EXPECT_EQ(model.attention_weights(policy.cache()).shape(), (heed::Shape{4, 3}));
  const long before = test_support::allocations();
  policy(model, window);
  EXPECT_EQ(test_support::allocations(), before);
}

/// Never ends; asks for an end itself after some steps.
struct Endless {
  std::atomic<bool>* stop;
  int step_number = 0;
  static Index observation_size() { return 1; }
  static Index actions() { return 2; }
  void reset(heed::Key) { step_number = 0; }
  heed::ActionResult step(std::int32_t) {
    if (++step_number == 20) *stop = true;
    return {.reward = 1};
  }
  void observe(std::span<float> to) const { to[0] = 1; }
};

TEST(EpisodePlayer, StopsWhereItIsAskedTo) {
  const Model model = random_model(2);
  for (const int n : {1, 2}) {
    std::atomic<bool> stop{false};
    ThreadPool threads(n);
    heed::EpisodePlayer<Model, Endless> player(model, Endless{&stop}, 4, threads);
    const auto returns = player(model, heed::Key{1}, 70, stop);
    ASSERT_EQ(returns.size(), 70U);
    EXPECT_EQ(*std::max_element(returns.begin(), returns.end()), 20);  // what it had until then
  }
}

TEST(EpisodePlayer, RejectsANegativeNumberOfEpisodes) {
  EXPECT_EQ(test_support::error_of([] { heed::play_episodes(random_model(1), Recall(), 3, {}, -1); }),
            "EpisodePlayer: episodes out of range (expected at least 0, got -1)");
}

/// Shows or gives a number that is none, in its second step.
struct Broken {
  double seen = 1, reward = 1;
  int step_number = 0;
  static Index observation_size() { return 1; }
  static Index actions() { return 2; }
  void reset(heed::Key) { step_number = 0; }
  heed::ActionResult step(std::int32_t) {
    return {.reward = ++step_number == 2 ? reward : 0, .terminal = step_number == 4};
  }
  void observe(std::span<float> to) const { to[0] = step_number == 2 ? static_cast<float>(seen) : 0; }
};

TEST(EpisodePlayer, RefusesNumbersThatAreNotFinite) {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const auto error = [](const Broken& environment) {
    Model model = random_model(1);
    const std::string played = test_support::error_of([&] { heed::play_episodes(model, environment, 3, {}, 5); });
    const std::string learnt =
        test_support::error_of([&] { heed::learn_q(model, environment, {.steps = 50, .window = 3, .threads = 1}); });
    EXPECT_EQ(played, learnt);
    return played;
  };
  EXPECT_EQ(error({}), "no error");
  for (const double bad : {infinity, -infinity, nan}) {
    EXPECT_NE(error({.seen = bad}).find("number 0 (counted from 0): an observation is not finite"), std::string::npos);
    EXPECT_NE(error({.reward = bad}).find("a reward is not finite"), std::string::npos);
  }
  Model model = random_model(1);
  for_each_parameter([](const heed::Path&, auto& p) { p.fill(std::numeric_limits<float>::quiet_NaN()); }, model);
  EXPECT_EQ(test_support::error_of([&] { heed::play_episodes(model, Recall(), 3, {}, 5); }),
            "EpisodePlayer: the values of the actions are not finite");
  heed::GreedyPolicy<Model> policy;
  EXPECT_EQ(test_support::error_of([&] { policy(model, heed::ObservationWindow<float>({3, 1})); }),
            "GreedyPolicy: the values of the actions are not finite");
}

TEST(EpisodePlayer, RejectsAModelThatDoesNotFit) {
  const auto error = [](const Model& model) {
    return test_support::error_of([&] { heed::play_episodes(model, Recall(), 3, {}, 5); });
  };
  EXPECT_NE(error(random_model(1, 2)).find("wrong number of features"), std::string::npos);
  EXPECT_EQ(error(random_model(1, 1, 3)), "EpisodePlayer: wrong number of actions (expected 2, got 3)");
}

}  // namespace episodes_test
