#include "heed/layers/any_pool.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/stream_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace any_pool_test {

using heed::AnyPool;
using heed::Attention;
using heed::Index;
using heed::Pooling;
using test_support::error_of;

template <class S>
typename AnyPool<S>::Options options(Attention kind, Pooling pooling, bool both_ends) {
  return {.features = 4, .kind = kind, .heads = 2, .pooling = pooling, .both_ends = both_ends};
}

struct Case {
  Attention kind;
  Pooling pooling = Pooling::last;
};
const std::vector<Case> cases{{Attention::pool},
                              {Attention::multihead, Pooling::last},
                              {Attention::multihead, Pooling::mean},
                              {Attention::additive},
                              {Attention::none},
                              {Attention::mean},
                              {Attention::max},
                              {Attention::meanmax}};
std::string name_of(const Case& c) { return std::string(to_text(c.kind)) + ", " + std::string(to_text(c.pooling)); }

TEST(AnyPool, FulfilsTheLayerContractWhateverItsKind) {
  for (const Case& c : cases) {
    for (const bool both_ends : {false, true}) {
      const auto report =
          heed::testing::check_layer([&]<class S>() { return AnyPool<S>(options<S>(c.kind, c.pooling, both_ends)); },
                                     {5, 4}, {.zero_when_empty = false});
      EXPECT_TRUE(report.ok()) << name_of(c) << (both_ends ? ", both ends" : "") << '\n' << report.text();
    }
  }
}

TEST(AnyPool, GivesTheSameWhereWeightsAreKept) {
  for (const Case& c : cases) {
    for (const bool both_ends : {false, true}) {
      const AnyPool<double> pool(options<double>(c.kind, c.pooling, both_ends));
      heed::testing::LayerRun<AnyPool<double>> plain(pool, {5, 4}, 3, {5, 2, 3}), kept(pool, {5, 4}, 3, {5, 2, 3});
      for (auto* run : {&plain, &kept}) run->randomize(heed::Key{3});
      AnyPool<double>::keep_weights(kept.cache);
      for (auto* run : {&plain, &kept}) {
        run->forward();
        run->backward();
      }
      for (std::size_t i = 0; i < plain.y.size(); ++i) EXPECT_NEAR(plain.y[i], kept.y[i], 1e-14) << name_of(c);
      for (std::size_t i = 0; i < plain.dx.size(); ++i) EXPECT_NEAR(plain.dx[i], kept.dx[i], 1e-14) << name_of(c);
      if (!attends(c.kind)) continue;
      const heed::Tile<const double> a = pool.weights(kept.cache);
      EXPECT_EQ(a.steps, c.kind == Attention::multihead ? 10 : 5) << name_of(c);
      double sum = 0;  // of lane 1, which has two steps: what the last query, or the only one, sees
      for (Index t = 0; t < 5; ++t) {
        sum += c.kind == Attention::multihead ? a.at(1, t)[1] : a.at(t, 0)[1];
      }
      EXPECT_NEAR(sum, 1, 1e-12) << name_of(c);
    }
  }
}

TEST(AnyPool, LooksAtTheFirstStepWithBothEnds) {
  const auto reads_first_step = [](const AnyPool<double>& pool) {
    heed::testing::LayerRun<AnyPool<double>> run(pool, {5, 4}, 1);
    run.randomize(heed::Key{3});
    run.forward();
    const std::vector<double> before = run.y;
    for (std::size_t f = 2; f < 4; ++f) run.x[f] += 1;  // the backward half of step 0
    run.forward();
    return run.y != before;
  };
  EXPECT_FALSE(reads_first_step(AnyPool<double>(options<double>(Attention::none, Pooling::last, false))));
  EXPECT_TRUE(reads_first_step(AnyPool<double>(options<double>(Attention::none, Pooling::last, true))));
}

TEST(AnyPool, SaysHowManyFeaturesItGives) {
  for (const Case& c : cases) {
    const AnyPool<double> pool(options<double>(c.kind, c.pooling, false));
    EXPECT_EQ(pool.output_size(4), c.kind == Attention::meanmax ? 8 : 4) << name_of(c);
    EXPECT_EQ(pool.output_shape({5, 4}), (heed::Shape{1, pool.output_size(4)})) << name_of(c);
  }
}

TEST(AnyPool, WithoutWeightsStreamsTheStepsSoFar) {
  for (const Attention kind : {Attention::none, Attention::mean, Attention::max, Attention::meanmax}) {
    test_support::expect_streams(AnyPool<double>(options<double>(kind, Pooling::last, false)), {7, 4}, false);
  }
}

TEST(AnyPool, RejectsWhatDoesNotFit) {
  using Pool = AnyPool<float>;
  EXPECT_NE(error_of([] { Pool(options<float>(Attention::multihead, Pooling::last, false)).output_shape({3, 5}); }),
            "no error");
  EXPECT_NE(error_of([] { Pool({.features = 3, .kind = Attention::multihead, .heads = 2}); }), "no error");
  EXPECT_NE(error_of([] { Pool(options<float>(Attention::none, Pooling::last, true)).output_shape({3, 5}); }),
            "no error");
  const Pool none, heads(options<float>(Attention::multihead, Pooling::mean, false));
  Pool::Cache cache;
  EXPECT_EQ(error_of([&] { none.weights(cache); }), "AnyPool: there is no attention");
  EXPECT_EQ(error_of([&] { Pool(options<float>(Attention::mean, Pooling::last, false)).weights(cache); }),
            "AnyPool: there is no attention");
  EXPECT_EQ(error_of([&] { heads.weights(cache); }),
            "MultiHeadPool: keep_weights must be called before the forward pass");
  EXPECT_EQ(
      error_of([&] { heads.prepare_stream({5, 4}, cache); }),
      "MultiHeadPool: the mean of multi-head attention changes at all steps with each new one (expected pooling last "
      "in a stream, got mean)");
}

}  // namespace any_pool_test
