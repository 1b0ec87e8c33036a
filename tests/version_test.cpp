#include "heed/version.hpp"

#include <gtest/gtest.h>

namespace version_test {

// The preprocessor can compare it, as users' headers do.
#if HEED_VERSION_MAJOR > 0 || HEED_VERSION_MINOR >= 1
constexpr bool at_least_0_1 = true;
#else
constexpr bool at_least_0_1 = false;
#endif

TEST(Version, HasThreeNumbers) {
  EXPECT_TRUE(at_least_0_1);
  EXPECT_GE(HEED_VERSION_MAJOR, 0);
  EXPECT_GE(HEED_VERSION_MINOR, 0);
  EXPECT_GE(HEED_VERSION_PATCH, 0);
}

}  // namespace version_test
