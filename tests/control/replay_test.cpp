#include "heed/control/replay.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/recall.hpp"

namespace replay_test {

using heed::Index;
using heed::ReplayBuffer;
using heed::TransitionMaker;
using test_support::Counter;
using test_support::error_of;

void add(ReplayBuffer<float>& replay, int number) {
  const std::vector<float> state{static_cast<float>(number), 0}, next{static_cast<float>(number + 1), 0};
  replay.add({state, number % 3, static_cast<float>(10 * number), 0.5F, next});
}

TEST(ReplayBuffer, KeepsTheLastTransitions) {
  ReplayBuffer<float> replay(3, {2, 1});
  EXPECT_EQ(replay.size(), 0);
  for (int i = 0; i < 2; ++i) add(replay, i);
  EXPECT_EQ(replay.size(), 2);
  EXPECT_EQ(replay[1].reward, 10);
  for (int i = 2; i < 5; ++i) add(replay, i);
  EXPECT_EQ(replay.size(), 3);
  EXPECT_EQ(replay.capacity(), 3);
  const int expected[] = {3, 4, 2};
  for (Index i = 0; i < 3; ++i) {
    const int number = expected[i];
    const auto t = replay[i];
    EXPECT_EQ(t.state[0], static_cast<float>(number));
    EXPECT_EQ(t.next[0], static_cast<float>(number + 1));
    EXPECT_EQ(t.action, number % 3);
    EXPECT_EQ(t.reward, static_cast<float>(10 * number));
    EXPECT_EQ(t.discount, 0.5F);
    EXPECT_EQ(replay.states()(i, 0, 0), static_cast<float>(number));
    EXPECT_EQ(replay.next_states()(i, 0, 0), static_cast<float>(number + 1));
  }
}

TEST(ReplayBuffer, DrawsAllWithTheSameChance) {
  ReplayBuffer<float> replay(100, {2, 1});
  for (int i = 0; i < 10; ++i) add(replay, i);
  std::vector<Index> rows(10'000), again(rows.size()), other(rows.size());
  replay.sample(heed::Key{3}, rows);
  replay.sample(heed::Key{3}, again);
  replay.sample(heed::Key{4}, other);
  EXPECT_EQ(rows, again);
  EXPECT_NE(rows, other);
  std::vector<int> times(10);
  for (const Index row : rows) ++times.at(static_cast<std::size_t>(row));
  for (const int n : times) EXPECT_NEAR(n, 1000, 120);  // four deviations
}

TEST(ReplayBuffer, TakesAllItsMemoryAtTheStart) {
  ReplayBuffer<float> replay(4, {5, 2});
  TransitionMaker<float> maker({5, 2}, 0.9, 3);
  Counter counter;
  std::vector<Index> rows(8);
  const long before = test_support::allocations();
  for (int episode = 0; episode < 3; ++episode) {
    counter.reset({});
    maker.begin(counter);
    for (bool over = false; !over;) {
      const auto result = counter.step(0);
      maker.add(0, result, counter, replay);
      over = result.over();
    }
    replay.sample(heed::Key{1}, rows);
  }
  EXPECT_EQ(test_support::allocations(), before);
}

TEST(ReplayBuffer, RejectsWhatDoesNotFit) {
  EXPECT_NE(error_of([] { ReplayBuffer<float>(0, {2, 1}); }).find("must be positive"), std::string::npos);
  EXPECT_NE(error_of([] { ReplayBuffer<float>(3, {0, 1}); }).find("must be positive"), std::string::npos);
  ReplayBuffer<float> replay(3, {2, 1});
  std::vector<Index> rows(1);
  EXPECT_NE(error_of([&] { replay.sample({}, rows); }).find("nothing to draw"), std::string::npos);
  const std::vector<float> right{1, 2}, wrong{1};
  EXPECT_NE(error_of([&] { replay.add({right, 0, 0, 0, wrong}); }).find("expected 2, got 2 and 1"), std::string::npos);
  EXPECT_NE(error_of([&] { TransitionMaker<float>({2, 1}, 0.9, 0); }).find("n of at least 1"), std::string::npos);
  EXPECT_NE(error_of([&] { TransitionMaker<float>({2, 1}, 1.5); }).find("a discount of 0 to 1"), std::string::npos);
}

struct Expected {
  double state, reward, discount, next;
};

/// Plays an episode of rewards 1, 2, 3, 4 and compares what it makes, with windows of two.
void expect_transitions(Index n, bool times_out, const std::vector<Expected>& expected) {
  ReplayBuffer<double> replay(10, {2, 2});
  TransitionMaker<double> maker({2, 2}, 0.5, n);
  Counter counter{.start = 1, .times_out = times_out};
  for (int episode = 0; episode < 2; ++episode) {  // the second time nothing of the first is left
    counter.reset({});
    maker.begin(counter);
    for (std::int32_t a = 0; a < 4; ++a) maker.add(a % 3, counter.step(a % 3), counter, replay);
  }
  ASSERT_EQ(replay.size(), 8);
  for (Index i = 0; i < 8; ++i) {
    SCOPED_TRACE(i);
    const auto t = replay[i];
    const Expected& e = expected[static_cast<std::size_t>(i % 4)];
    EXPECT_EQ(t.state[2], e.state);
    EXPECT_EQ(t.state[0], std::max(e.state - 1, 1.0));
    EXPECT_EQ(t.action, i % 4 % 3);
    EXPECT_DOUBLE_EQ(t.reward, e.reward);
    EXPECT_DOUBLE_EQ(t.discount, e.discount);
    EXPECT_EQ(t.next[2], e.next);
  }
}

TEST(TransitionMaker, MakesOneAStep) {
  expect_transitions(1, false, {{1, 1, 0.5, 2}, {2, 2, 0.5, 3}, {3, 3, 0.5, 4}, {4, 4, 0, 5}});
  expect_transitions(1, true, {{1, 1, 0.5, 2}, {2, 2, 0.5, 3}, {3, 3, 0.5, 4}, {4, 4, 0.5, 5}});
}

TEST(TransitionMaker, AddsDiscountedRewardsOfSeveralSteps) {
  // 1 + 2 / 2 + 3 / 4, 2 + 3 / 2 + 4 / 4, 3 + 4 / 2, 4
  expect_transitions(3, false, {{1, 2.75, 0.125, 4}, {2, 4.5, 0, 5}, {3, 5, 0, 5}, {4, 4, 0, 5}});
  expect_transitions(3, true, {{1, 2.75, 0.125, 4}, {2, 4.5, 0.125, 5}, {3, 5, 0.25, 5}, {4, 4, 0.5, 5}});
}

TEST(TransitionMaker, MakesThemAtTheEndWhereEpisodesAreShorter) {
  // 1 + 2 / 2 + 3 / 4 + 4 / 8
  expect_transitions(9, false, {{1, 3.25, 0, 5}, {2, 4.5, 0, 5}, {3, 5, 0, 5}, {4, 4, 0, 5}});
  expect_transitions(4, true, {{1, 3.25, 0.0625, 5}, {2, 4.5, 0.125, 5}, {3, 5, 0.25, 5}, {4, 4, 0.5, 5}});
}

}  // namespace replay_test
