#include "heed/train/interrupt.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace interrupt_test {

int seen = 0;

TEST(InterruptGuard, TurnsTheFirstSignalIntoARequest) {
  for (const int number : {SIGINT, SIGTERM}) {
    const heed::InterruptGuard guard;
    const heed::StopSignal stop = guard.signal();
    EXPECT_FALSE(guard.interrupted());
    EXPECT_FALSE(stop.requested());
    std::raise(number);
    EXPECT_TRUE(guard.interrupted());
    EXPECT_TRUE(stop.requested());
  }
}

TEST(InterruptGuard, PutsBackWhatWasThere) {
  const auto before = std::signal(SIGINT, [](int) { ++seen; });
  { const heed::InterruptGuard guard; }
  std::raise(SIGINT);
  EXPECT_EQ(seen, 1);
  std::signal(SIGINT, before);
}

TEST(InterruptGuard, WhatIsIgnoredStaysSo) {
  const auto before = std::signal(SIGINT, SIG_IGN);
  {
    const heed::InterruptGuard guard;
    std::raise(SIGINT);
    std::raise(SIGINT);
    EXPECT_FALSE(guard.interrupted());
  }
  EXPECT_EQ(std::signal(SIGINT, before), SIG_IGN);
}

TEST(InterruptGuardDeathTest, ASecondSignalEndsTheProgram) {
  EXPECT_EXIT(
      {
        const heed::InterruptGuard guard;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
}

}  // namespace interrupt_test
