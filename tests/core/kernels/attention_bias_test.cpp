#include "heed/core/kernels/attention_bias.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "heed/core/kernels/attention.hpp"

namespace attention_bias_test {

using heed::Index;
using heed::kernels::Head;
using Values = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();

Head<double> head_of(Index queries, Index keys, Index lanes) {
  return {.queries = queries,
          .keys = keys,
          .key_size = 1,
          .value_size = 1,
          .lanes = lanes,
          .scale = 1,
          .query_lengths = nullptr,
          .key_lengths = nullptr};
}

TEST(AttentionBias, AddsSlopesByTheDistanceFromAQuerysNumber) {
  Head<double> head = head_of(1, 4, 2);
  head.slope = 0.5;
  head.first_query = 2;
  Values s(8, 1.0);
  add_scores(head, 0, s.data());
  EXPECT_EQ(s, (Values{0, 0, 0.5, 0.5, 1, 1, 0.5, 0.5}));
}

TEST(AttentionBias, AddsScoresOfAllLanesOrOfEach) {
  const Values added{1, 2, 3, 4, 10, 20, 30, 40};
  Head<double> head = head_of(2, 2, 2);
  head.added = added.data();
  Values s(4);
  add_scores(head, 1, s.data());
  EXPECT_EQ(s, (Values{3, 3, 4, 4}));
  head.added_stride = 4;
  s = Values(4);
  add_scores(head, 1, s.data());
  EXPECT_EQ(s, (Values{3, 30, 4, 40}));
}

// Others write masks with the lowest number: keys that have it are still there, unlike those past a sequence's end.
TEST(AttentionBias, TheLowestScoreIsAboveThatOfNoKey) {
  constexpr float lowest = std::numeric_limits<float>::lowest();
  const std::vector<float> added{lowest, lowest, lowest};
  const std::int32_t lengths[] = {2, 3};
  std::vector<float> s{1, 1, 2, 1, 0, 1};  // three keys, two lanes
  Head<float> head{.queries = 1,
                   .keys = 3,
                   .key_size = 1,
                   .value_size = 1,
                   .lanes = 2,
                   .scale = 1,
                   .query_lengths = nullptr,
                   .key_lengths = lengths};
  head.added = added.data();
  heed::kernels::detail::normalize(head, 0, 1, s.data());
  EXPECT_EQ(s[0], 0.5F);
  EXPECT_EQ(s[2], 0.5F);
  EXPECT_EQ(s[4], 0);
  for (const int i : {1, 3, 5}) EXPECT_FLOAT_EQ(s[static_cast<std::size_t>(i)], 1 / 3.0F);
}

// A matrix for each lane: the lowest score beside a finite one leaves the weight to that.
TEST(AttentionBias, TheLowestScoreOfALaneIsAMask) {
  constexpr double lowest = std::numeric_limits<double>::lowest();
  const Values added{lowest, 1, lowest, lowest};  // two lanes, each of two keys
  Head<double> head = head_of(1, 2, 2);
  head.added = added.data();
  head.added_stride = 2;
  Values s{-5, 1, 2, -lowest / 8};  // two keys, each of two lanes
  add_scores(head, 0, s.data());
  EXPECT_EQ(s, (Values{lowest / 4, lowest / 4, 3, lowest / 4}));
}

TEST(AttentionBias, ExcludesWhatIsMinusInfinity) {
  const Values added{0, -infinity, 0, 0, 0, 0, -infinity, 0};
  Head<double> head = head_of(2, 2, 2);
  head.added = added.data();
  head.added_stride = 4;
  Values s(4, 7.0);
  exclude(head, 0, s.data(), 0.0);
  EXPECT_EQ(s, (Values{7, 7, 0, 7}));
  s = Values(4, 7.0);
  exclude(head, 1, s.data(), 0.0);
  EXPECT_EQ(s, (Values{7, 0, 7, 7}));
}

TEST(AttentionBias, AQueryMeetsAKeyWhereAnyHeadLetsIt) {
  const Values added{-infinity, 0, -infinity, -infinity};  // two heads, one query, two keys
  Head<double> head = head_of(1, 2, 1);
  head.added = added.data();
  EXPECT_FALSE(meets(head, 0, 0, 0));
  EXPECT_TRUE(meets(head, 0, 1, 0));
  head.added_heads = 2;
  head.added_matrix = 2;
  EXPECT_FALSE(meets(head, 0, 0, 0));
  EXPECT_TRUE(meets(head, 0, 1, 0));
  head.added += 2;
  head.added_heads = 1;
  EXPECT_FALSE(meets(head, 0, 1, 0));
}

// Clipped offsets; nothing past the ends of keys and queries; gradients by the same rule.
TEST(AttentionBias, OffsetsHaveScalars) {
  const std::int32_t keys[] = {3, 2}, queries[] = {2, 1};
  const Values scalars{10, 20, 30};
  Values dscalars(3), room(6);
  const heed::kernels::OffsetWeights<double> offsets{1, scalars.data(), dscalars.data(), room.data()};
  Head<double> head = head_of(2, 3, 2);
  head.key_lengths = keys;
  head.query_lengths = queries;
  head.offsets = &offsets;
  const Values a(6, 0.5);
  Values to(6);
  offsets.add(head, 0, a.data(), to.data());
  EXPECT_EQ(to, (Values{20.5, 20.5, 30.5, 30.5, 30.5, 0}));
  offsets.add(head, 1, a.data(), to.data());
  EXPECT_EQ(to, (Values{10.5, 0, 20.5, 0, 30.5, 0}));
  Values da(6, 1.0);
  offsets.backward(head, 0, da.data());
  EXPECT_EQ(da, (Values{1, 1, 1, 1, 1, 0}));
  EXPECT_EQ(dscalars, (Values{0, 2, 3}));
}

}  // namespace attention_bias_test
