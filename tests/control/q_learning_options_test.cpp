#include "heed/control/q_learning_options.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "../support/error_of.hpp"

namespace q_learning_options_test {

using heed::QLearningOptions;
using test_support::error_of;

std::string refusal(const QLearningOptions& options) {
  return error_of([&] { heed::check(options, "learn_q"); });
}

TEST(QLearningOptions, AreFineAsTheyAre) { EXPECT_EQ(refusal({}), "no error"); }

TEST(QLearningOptions, NameWhatIsOutOfRange) {
  EXPECT_EQ(refusal({.steps = -1}).find("learn_q: steps out of range"), 0U);
  EXPECT_EQ(refusal({.discount = 1.5}).find("learn_q: discount out of range"), 0U);
  EXPECT_EQ(refusal({.reward_scale = std::numeric_limits<double>::infinity()}).find("learn_q: reward_scale"), 0U);
  EXPECT_EQ(refusal({.schedule = heed::StepSchedule{.every = 0}}).find("learn_q"), 0U);
}

TEST(QRecord, KnowsNothingBeforeTheFirstEpisode) {
  const heed::QRecord record;
  EXPECT_NE(record.loss, record.loss);
  EXPECT_NE(record.training_return, record.training_return);
}

}  // namespace q_learning_options_test
