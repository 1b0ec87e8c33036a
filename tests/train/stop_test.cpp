#include "heed/train/stop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stop_token>

namespace {

using heed::StopSignal;

TEST(StopSignal, IsAStopTokenOrAFlag) {
  EXPECT_FALSE(StopSignal());
  EXPECT_FALSE(StopSignal().requested());
  std::stop_source source;
  const StopSignal token = source.get_token();
  std::atomic<bool> flag{false};
  const StopSignal by_flag = flag;
  EXPECT_TRUE(token && by_flag);
  EXPECT_FALSE(token.requested() || by_flag.requested());
  source.request_stop();
  flag = true;
  EXPECT_TRUE(token.requested() && by_flag.requested());
}

}  // namespace
