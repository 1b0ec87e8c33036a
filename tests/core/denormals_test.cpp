#include "heed/core/denormals.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "../support/denormals.hpp"

namespace {

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

#else

TEST(FlushDenormals, DoesNothingHere) {
  const FlushDenormals flush;
  EXPECT_FALSE(FlushDenormals::active());
}

#endif

}  // namespace
