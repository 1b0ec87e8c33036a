#include "heed/options/field.hpp"

#include <gtest/gtest.h>

namespace field_test {

using heed::Range;

TEST(Range, IsOfASizeUnlessTold) {
  constexpr Range size;
  EXPECT_EQ(size.least, 1);
  EXPECT_EQ(size.most, 268435456);
  EXPECT_FALSE(size.below || size.above);
}

TEST(Range, ShareIsBelow1AndOthersEndWhereTheySay) {
  EXPECT_EQ(Range::share().most, 1);
  EXPECT_TRUE(Range::share().below);
  EXPECT_FALSE(Range::share().above);
  EXPECT_EQ(Range::from(2, 5).least, 2);
  EXPECT_EQ(Range::from(2, 5).most, 5);
  EXPECT_EQ(Range::to(7).least, 1);
  EXPECT_EQ(Range::at_least(3).most, Range::infinite);
  EXPECT_EQ(Range::any().least, -Range::infinite);
}

TEST(NamedFactor, IsEqualWithTheSamePartAndFactor) {
  const heed::NamedFactor slow{"lstm", 0.1};
  EXPECT_EQ(slow, (heed::NamedFactor{"lstm", 0.1}));
  EXPECT_NE(slow, (heed::NamedFactor{"gru", 0.1}));
  EXPECT_NE(slow, (heed::NamedFactor{"lstm", 0.2}));
}

}  // namespace field_test
