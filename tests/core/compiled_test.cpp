#include "heed/core/compiled.hpp"

#include <gtest/gtest.h>

namespace compiled_test {

// A source has all bodies, unless it is linked with the compiled library: that has them.
TEST(Compiled, SaysWhereBodiesAre) {
#ifdef HEED_COMPILED
  EXPECT_EQ(HEED_BODIES, 0);
#else
  EXPECT_EQ(HEED_BODIES, 1);
#endif
}

}  // namespace compiled_test
