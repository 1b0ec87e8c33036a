#include "heed/core/realtime.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace realtime_test {

int larger(std::pair<int, int> p) noexcept HEED_NONBLOCKING{
    HEED_ONCE_WARM(return p.first > p.second ? p.first : p.second)}

TEST(RealTime, MarksAFunctionForAnyCompiler) {
  static_assert(noexcept(larger({1, 2})));
  int x = 0;
  HEED_ONCE_WARM(x = larger({1, 2}), x += 1)
  EXPECT_EQ(x, 3);
}

}  // namespace realtime_test
