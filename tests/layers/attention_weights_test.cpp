#include "heed/layers/detail/attention_weights.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace attention_weights_test {

using heed::AttentionWeights;
using heed::Index;
using heed::kernels::Head;

constexpr Head<float> head_of(Index steps) { return {steps, steps, 4, 4, 64, 1, nullptr, nullptr}; }

TEST(AttentionWeights, OfShortSequencesAreKept) {
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  AttentionWeights<float> weights;
  weights.take(2, 10, 10, 64);
  const auto first = weights.of(head_of(10), 0, pass), second = weights.of(head_of(10), 1, pass);
  EXPECT_TRUE(first.all);
  EXPECT_EQ(second.data - first.data, 10 * 10 * 64);
  EXPECT_EQ(weights.view().shape(), (heed::Shape{20, 10}));
  EXPECT_EQ(weights.view().data, first.data);
}

TEST(AttentionWeights, OfLongSequencesAreKeptWhereToldSo) {
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  AttentionWeights<float> weights;
  weights.take(1, 512, 512, 64);
  EXPECT_FALSE(weights.of(head_of(512), 0, pass).all);
  EXPECT_NE(test_support::error_of([&] { weights.view(); }).find("kept only where they are asked for"),
            std::string::npos);
  weights.keep();
  weights.take(1, 512, 512, 64);
  EXPECT_TRUE(weights.of(head_of(512), 0, pass).all);
  EXPECT_EQ(weights.view().shape(), (heed::Shape{512, 512}));
}

TEST(AttentionWeights, ABlockIsSmallHoweverManyKeysThereAre) {
  EXPECT_EQ(head_of(10).block(), 10);
  EXPECT_EQ(head_of(512).block(), 4);
  EXPECT_EQ(head_of(100).block(), 20);
  EXPECT_EQ((Head<float>{3, 100'000, 4, 4, 64, 1, nullptr, nullptr}.block()), 3);
  EXPECT_EQ((Head<float>{3, 0, 4, 4, 64, 1, nullptr, nullptr}.block()), 3);
}

}  // namespace attention_weights_test
