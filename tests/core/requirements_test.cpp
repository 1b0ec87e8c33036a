#include "heed/core/requirements.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace requirements_test {

// What the compiler must not do is tested in tests/must_not_compile.
TEST(Requirements, ArithmeticKnowsWhatIsNoNumber) {
  const volatile double zero = 0;
  EXPECT_TRUE(std::isnan(zero / zero));
  EXPECT_TRUE(std::isinf(1 / zero));
}

}  // namespace requirements_test
