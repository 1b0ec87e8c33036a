#include "heed/layers/any_attention.hpp"

#include <gtest/gtest.h>

#include "../support/allocations.hpp"
#include "../support/attention_case.hpp"
#include "heed/layers/general_attention.hpp"

namespace any_attention_test {

using heed::AnyAttention;
using heed::Index;
using heed::ScoreKind;
using test_support::error_of;
using test_support::Numbers;

constexpr ScoreKind all_kinds[] = {ScoreKind::additive, ScoreKind::dot, ScoreKind::scaled_dot, ScoreKind::general};

TEST(AnyAttention, FulfilsTheLayerContractWithAMemory) {
  for (const ScoreKind kind : all_kinds) {
    const auto report = test_support::check_cross(
        [&]<class S>() {
          return AnyAttention<S>({.query_size = 4, .memory_size = 4, .attention_size = 3, .score = kind});
        },
        2, {3, 4});
    EXPECT_TRUE(report.ok()) << to_text(kind) << ": " << report.text();
  }
}

// The same numbers as `A` of the same options and weights.
template <class A>
void expect_equal(ScoreKind kind, const A& layer, Index query_size, Index memory_size) {
  AnyAttention<double> any({.query_size = query_size, .memory_size = memory_size, .score = kind});
  EXPECT_EQ(test_support::parameter_names(any), test_support::parameter_names(layer));
  any.initialize(heed::Key{3});
  A same = layer;
  std::vector<double> numbers = test_support::numbers(any);
  std::size_t i = 0;
  heed::for_each_parameter(
      [&](const heed::Path&, auto& p) {
        for (double& v : p) v = numbers[i++];
      },
      same);
  const Numbers q({2, query_size}, 3, 1), m({4, memory_size}, 3, 2);
  Numbers y({2, any.value_size()}, 3, 3), y2 = y;
  typename A::Cache cache;
  AnyAttention<double>::Cache any_cache;
  heed::Scratch scratch;
  same.forward(q.view(), m.view(), y.tile(), cache, heed::Pass{scratch});
  any.forward(q.view(), m.view(), y2.tile(), any_cache, heed::Pass{scratch});
  EXPECT_EQ(y.values, y2.values);
}

TEST(AnyAttention, IsTheAttentionThatItsScoreNames) {
  expect_equal(ScoreKind::additive, heed::AdditiveAttention<double>({3, 5, 3}), 3, 5);
  expect_equal(ScoreKind::general, heed::GeneralAttention<double>({3, 5}), 3, 5);
  expect_equal(ScoreKind::dot, heed::DotAttention<double>({.query_size = 4, .memory_size = 4, .project = false}), 4, 4);
  expect_equal(ScoreKind::scaled_dot, heed::ScaledDotAttention<double>({3, 5, 3}), 3, 5);
}

TEST(AnyAttention, NamesItsScores) {
  for (const ScoreKind kind : all_kinds) EXPECT_EQ(heed::from_text<heed::ScoreKind>(to_text(kind), "score"), kind);
  EXPECT_EQ(error_of([] { heed::from_text<heed::ScoreKind>("cosine", "score"); }),
            "score: wrong value (expected one of additive, dot, scaled_dot, general, got \"cosine\")");
}

TEST(AnyAttention, RefusesSizesThatAreNone) {
  EXPECT_EQ(error_of([] { AnyAttention<float>({.query_size = 0, .memory_size = 2}); }),
            "AnyAttention: query_size must be positive (expected at least 1, got 0)");
}

}  // namespace any_attention_test
