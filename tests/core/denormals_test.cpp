#include "heed/core/denormals.hpp"

#include <gtest/gtest.h>

#include <cfenv>
#include <cmath>
#include <stdexcept>

#include "../support/denormals.hpp"

namespace denormals_test {

using heed::FlushDenormals;
using namespace test_support;

#if defined(__SSE2__) || defined(__aarch64__)

TEST(FlushDenormals, MakesDenormalNumbersZerosWhileItLives) {
  EXPECT_TRUE(denormals_are_numbers());
  {
    const FlushDenormals flush;
    EXPECT_TRUE(denormals_are_zeros());
    EXPECT_TRUE(FlushDenormals::active());
    {
      const FlushDenormals inner;
      EXPECT_TRUE(denormals_are_zeros());
    }
    EXPECT_TRUE(denormals_are_zeros()) << "the outer one still lives";
  }
  EXPECT_TRUE(denormals_are_numbers());
  EXPECT_FALSE(FlushDenormals::active());
}

TEST(FlushDenormals, GivesTheModeBackWhereSomethingThrows) {
  const auto before = float_mode();
  EXPECT_THROW(
      {
        const FlushDenormals flush;
        throw std::runtime_error("inside");
      },
      std::runtime_error);
  EXPECT_EQ(float_mode(), before);
}

TEST(FlushDenormals, LeavesAModeThatFlushesAsItIs) {
  const auto before = float_mode();
  {
    const FlushDenormals outer;
    const auto flushing = float_mode();
    { const FlushDenormals inner; }
    EXPECT_EQ(float_mode(), flushing);
  }
  EXPECT_EQ(float_mode(), before);
}

// A caller may round upward and trap: what heed computes does not depend on it.
TEST(FlushDenormals, RoundsToTheNearestAndTrapsNothing) {
  std::fenv_t before;
  std::fegetenv(&before);
  for (const int rounding : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    std::fesetround(rounding);
#if defined(__GLIBC__) && defined(__SSE2__)
    std::feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
#endif
    const auto mode = float_mode();
    volatile float three = 3, zero = 0, rounded = 0, infinite = 0;
    {
      const FlushDenormals flush;
      rounded = 1 / three;
      infinite = 1 / zero;
    }
    EXPECT_EQ(float_mode(), mode);
    std::fesetenv(&before);
    EXPECT_EQ(rounded, 1.0F / 3.0F);
    EXPECT_TRUE(std::isinf(infinite));
  }
}

#else

TEST(FlushDenormals, DoesNothingHere) {
  const FlushDenormals flush;
  EXPECT_FALSE(FlushDenormals::active());
}

#endif

}  // namespace denormals_test
