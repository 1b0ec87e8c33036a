#include "heed/layers/detail/attention_heads.hpp"

#include <gtest/gtest.h>

namespace attention_heads_test {

using heed::AttentionHeads;
using heed::Matrix;
using heed::kernels::Head;

constexpr Head<float> small{3, 4, 2, 2, 8, 1, nullptr, nullptr};

TEST(AttentionHeads, DropInTrainingAlone) {
  heed::Scratch scratch;
  AttentionHeads<float> heads(small);
  heads.drop(0.5, 2, heed::Pass{scratch});
  EXPECT_EQ(heads[1].dropout, nullptr);
  heads.drop(0, 2, heed::Pass{scratch, true});
  EXPECT_EQ(heads[1].dropout, nullptr);
  heads.drop(0.5, 2, heed::Pass{scratch, true});
  EXPECT_NE(heads[1].dropout, nullptr);
  EXPECT_EQ(heads.common().dropout_groups, 2);
  EXPECT_EQ(heads[1].dropout_group, 1);
  EXPECT_EQ(heads[0].dropout_group, 0);
}

TEST(AttentionHeads, HaveRelativePositionsWhereThereAreTables) {
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  AttentionHeads<float> heads(small);
  heads.place({}, {}, nullptr, nullptr, pass);
  EXPECT_EQ(heads.common().relative, nullptr);
  Matrix<float> keys(5, 2), values = keys, dkeys = keys, dvalues = keys;
  heads.place(keys, values, &dkeys, &dvalues, pass);
  const auto* relative = heads.common().relative;
  ASSERT_NE(relative, nullptr);
  EXPECT_EQ(relative->farthest, 2);
  EXPECT_EQ(relative->rows(), 5);
  EXPECT_EQ(relative->keys, keys.data());
  EXPECT_EQ(relative->values, values.data());
  EXPECT_EQ(relative->dkeys, dkeys.data());
  EXPECT_EQ(relative->dvalues, dvalues.data());
}

}  // namespace attention_heads_test
