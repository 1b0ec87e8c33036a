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

#if !defined(_WIN32)
int number = 0, calls = 0;

// All that a handler may have asked for is as before: its information, its stack, its mask.
TEST(InterruptGuard, LeavesTheHandlerOfTheProgramWhole) {
  struct sigaction own {
  }, before{}, after{};
  own.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigemptyset(&own.sa_mask);
  sigaddset(&own.sa_mask, SIGUSR1);
  own.sa_sigaction = [](int, siginfo_t* info, void*) {
    number = info->si_signo;
    ++calls;
  };
  sigaction(SIGINT, &own, &before);
  {
    const heed::InterruptGuard guard;
    std::raise(SIGINT);
    EXPECT_TRUE(guard.interrupted());
    EXPECT_EQ(calls, 0);
    std::raise(SIGINT);
    EXPECT_EQ(calls, 1) << "the second signal is the program's";
  }
  sigaction(SIGINT, nullptr, &after);
  EXPECT_EQ(after.sa_flags & own.sa_flags, own.sa_flags);  // the system may add others
  EXPECT_EQ(sigismember(&after.sa_mask, SIGUSR1), 1);
  number = 0;
  std::raise(SIGINT);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(number, SIGINT);
  sigaction(SIGINT, &before, nullptr);
}
#endif

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
