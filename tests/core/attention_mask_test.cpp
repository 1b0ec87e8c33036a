#include "heed/core/attention_mask.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace {

using heed::AttentionMask;

TEST(AttentionMask, IsRowByRow) {
  const bool data[] = {true, false, true, false, false, true};
  const AttentionMask mask{data, 2, 3};
  EXPECT_TRUE(mask);
  EXPECT_TRUE(mask(0, 2));
  EXPECT_FALSE(mask(1, 0));
  EXPECT_TRUE(mask(1, 2));
}

TEST(AttentionMask, LeavesEverythingWhereItIsEmpty) {
  const AttentionMask mask;
  EXPECT_FALSE(mask);
  EXPECT_TRUE(mask(7, 9));
  mask.check(7, 9, "here");
}

TEST(AttentionMask, KeepsAQueryFromItsOwnKey) {
  AttentionMask mask;
  mask.others_only = true;
  EXPECT_TRUE(mask);
  EXPECT_FALSE(mask(3, 3));
  EXPECT_TRUE(mask(3, 4));
  const bool data[] = {true, false, true, true};
  mask = {data, 2, 2, true};
  EXPECT_FALSE(mask(0, 0));
  EXPECT_FALSE(mask(0, 1));
  EXPECT_TRUE(mask(1, 0));
  EXPECT_FALSE(mask(1, 1));
}

TEST(AttentionMask, HasTheSizeOfQueriesAndKeys) {
  const bool data[6] = {};
  const AttentionMask mask{data, 2, 3};
  mask.check(2, 3, "here");
  EXPECT_EQ(test_support::error_of([&] { mask.check(3, 3, "here"); }),
            "here: the mask does not fit queries and keys (expected (3, 3), got (2, 3))");
  EXPECT_NE(test_support::error_of([&] { mask.check(2, 2, "here"); }), "no error");
}

}  // namespace
