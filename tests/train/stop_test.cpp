#include "heed/train/stop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <version>

#ifdef __cpp_lib_jthread
#include <stop_token>
#endif

namespace stop_test {

using heed::StopSignal;

// A token of one's own: standard libraries came to have std::stop_token late.
struct Token {
  const bool* asked;
  bool stop_requested() const { return *asked; }
};

TEST(StopSignal, IsATokenOrAFlag) {
  EXPECT_FALSE(StopSignal());
  EXPECT_FALSE(StopSignal().requested());
  bool asked = false;
  const StopSignal token = Token{&asked};
  std::atomic<bool> flag{false};
  const StopSignal by_flag = flag;
  EXPECT_TRUE(token && by_flag);
  EXPECT_FALSE(token.requested() || by_flag.requested());
  asked = true;
  flag = true;
  EXPECT_TRUE(token.requested() && by_flag.requested());
}

#ifdef __cpp_lib_jthread
TEST(StopSignal, IsAStopToken) {
  std::stop_source source;
  const StopSignal token = source.get_token();
  EXPECT_TRUE(token);
  EXPECT_FALSE(token.requested());
  source.request_stop();
  EXPECT_TRUE(token.requested());
}
#endif

}  // namespace stop_test
