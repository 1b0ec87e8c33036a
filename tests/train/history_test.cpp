#include "heed/train/history.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace history_test {

TEST(History, HasNoTestUntilThereIsOne) {
  const heed::EpochRecord record{.epoch = 3, .epochs = 10, .loss = 0.5, .accuracy = 0.9};
  EXPECT_TRUE(std::isnan(record.test_loss));
  EXPECT_TRUE(std::isnan(record.test_accuracy));
  EXPECT_EQ(record.seconds, 0);
  EXPECT_EQ(record.sequences, 0);
}

TEST(History, IsFinishedAndEmptyAtTheStart) {
  const heed::History history;
  EXPECT_TRUE(history.epochs.empty());
  EXPECT_EQ(history.outcome, heed::Outcome::finished);
  EXPECT_EQ(history.diverged_at, 0);
}

TEST(History, ACallbackIsAnyFunctionOfARecord) {
  int seen = 0;
  const heed::Callback callback = [&](const heed::EpochRecord& r) {
    seen = r.epoch;
    return r.epoch < 5;
  };
  EXPECT_TRUE(callback({.epoch = 4}));
  EXPECT_FALSE(callback({.epoch = 5}));
  EXPECT_EQ(seen, 5);
}

}  // namespace history_test
