#include "heed/core/attention_mask.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace attention_mask_test {

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
  mask.check(7, 9, 4, "here");
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
  mask.check(2, 3, 4, "here");
  EXPECT_EQ(test_support::error_of([&] { mask.check(3, 3, 4, "here"); }),
            "here: the mask does not fit queries and keys (expected (3, 3), got (2, 3))");
  EXPECT_NE(test_support::error_of([&] { mask.check(2, 2, 4, "here"); }), "no error");
}

TEST(AttentionMask, MayHaveAMatrixForEachLane) {
  const bool data[] = {true, false, true, false, false, true, true, true};
  const AttentionMask mask{data, 2, 2, false, 2};
  EXPECT_FALSE(mask(0, 1, 0));
  EXPECT_TRUE(mask(0, 1, 1));
  EXPECT_FALSE(mask(0, 0, 1));
  mask.check(2, 2, 2, "here");
  EXPECT_EQ(test_support::error_of([&] { mask.check(2, 2, 3, "here"); }),
            "here: the mask does not fit queries and keys (expected (3, 2, 2), got (2, 2, 2))");
}

TEST(AttentionScores, AreOfAllHeadsAndLanesOrOfEach) {
  const double data[24] = {};
  const heed::AttentionScores<double> all{data, 2, 3}, heads{data, 2, 3, 2}, both{data, 2, 3, 2, 2};
  EXPECT_EQ(all.of_head(1), data);
  EXPECT_EQ(heads.of_head(1), data + 6);
  EXPECT_EQ(all.lane_stride(), 0);
  EXPECT_EQ(both.lane_stride(), 12);
  all.check(2, 3, 7, 5, "here");
  both.check(2, 3, 2, 2, "here");
  EXPECT_EQ(test_support::error_of([&] { both.check(2, 3, 4, 5, "here"); }),
            "here: the scores do not fit queries and keys (expected (5, 4, 2, 3), got (2, 2, 2, 3))");
  heed::AttentionScores<double>().check(2, 3, 4, 5, "here");
}

}  // namespace attention_mask_test
