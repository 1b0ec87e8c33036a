// What holds for every score: dot, scaled dot, with projections and without, general, additive.

#include "heed/layers/attention_by.hpp"

#include <gtest/gtest.h>

#include "../support/attention_case.hpp"
#include "../support/attention_forms.hpp"
#include "../support/layer_case.hpp"
#include "../support/stream_case.hpp"
#include "../support/task.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/layers/general_attention.hpp"
#include "heed/layers/query_pool.hpp"

namespace attention_by_test {

using heed::Index;
using test_support::error_of;
using test_support::Numbers;
using test_support::OwnedMask;
using test_support::Reference;
using test_support::Values;

// The attentions of the reference files: name, whether query and memory may have two sizes, and type for these sizes.
struct Additive {
  static constexpr const char* name = "additive";
  static constexpr bool projects = true;
  template <class S>
  static heed::AdditiveAttention<S> make(Index query, Index memory, bool causal) {
    return heed::AdditiveAttention<S>(
        {.query_size = query, .memory_size = memory, .attention_size = 5, .causal = causal});
  }
};
struct Dot {
  static constexpr const char* name = "dot";
  static constexpr bool projects = false;
  template <class S>
  static heed::DotAttention<S> make(Index query, Index memory, bool causal) {
    return heed::DotAttention<S>({.query_size = query, .memory_size = memory, .project = false, .causal = causal});
  }
};
struct Projected {
  static constexpr const char* name = "projected";
  static constexpr bool projects = true;
  template <class S>
  static heed::DotAttention<S> make(Index query, Index memory, bool causal) {
    return heed::DotAttention<S>({.query_size = query, .memory_size = memory, .output_size = 5, .causal = causal});
  }
};
struct Scaled {
  static constexpr const char* name = "scaled";
  static constexpr bool projects = true;
  template <class S>
  static heed::ScaledDotAttention<S> make(Index query, Index memory, bool causal) {
    return heed::ScaledDotAttention<S>(
        {.query_size = query, .memory_size = memory, .output_size = 5, .causal = causal});
  }
};
struct General {
  static constexpr const char* name = "general";
  static constexpr bool projects = true;
  template <class S>
  static heed::GeneralAttention<S> make(Index query, Index memory, bool causal) {
    return heed::GeneralAttention<S>({.query_size = query, .memory_size = memory, .causal = causal});
  }
};

template <class A>
heed::QueryPool<A> pool_of(const A& attention, Index query_size) {
  heed::QueryPool<A> pool;
  pool.attention = attention;
  pool.query = heed::Vector<typename A::Scalar>(query_size);
  return pool;
}

template <class Family>
class AttentionFamily : public testing::Test {};
using Families = testing::Types<Additive, Dot, Projected, Scaled, General>;
TYPED_TEST_SUITE(AttentionFamily, Families);

TYPED_TEST(AttentionFamily, EqualsPyTorch) {
  const auto names = test_support::reference_names("attention_scores", std::string(TypeParam::name) + "_");
  EXPECT_EQ(names.size(), 6U);
  for (const auto& name : names) {
    const Reference file(name);
    const Index query = file.index("query_size");
    const auto layer = TypeParam::template make<double>(query, 3, file.flag("causal"));
    if (name.find("_pool") != std::string::npos) {
      test_support::expect_equals_reference(name, pool_of(layer, query));
    } else if (file.has("input.x")) {
      test_support::expect_equals_reference(name, layer);
    } else {
      test_support::expect_equals_cross(name, masked(layer, OwnedMask::of(file)));
    }
  }
}

template <class Family, bool causal>
struct Make {
  template <class S>
  auto operator()() const {
    return Family::template make<S>(4, 4, causal);
  }
};

TYPED_TEST(AttentionFamily, FulfilsTheLayerContractToItself) {
  const auto report = heed::testing::check_layer(Make<TypeParam, false>(), {4, 4});
  EXPECT_TRUE(report.ok()) << report.text();
}
TYPED_TEST(AttentionFamily, FulfilsTheLayerContractToItsPast) {
  const auto report = heed::testing::check_layer(Make<TypeParam, true>(), {6, 4});
  EXPECT_TRUE(report.ok()) << report.text();
}
TYPED_TEST(AttentionFamily, FulfilsTheLayerContractWithAMemory) {
  const auto report = test_support::check_cross(Make<TypeParam, false>(), 2, {3, 4});
  EXPECT_TRUE(report.ok()) << report.text();
}
template <class Family>
struct MakePool {
  template <class S>
  auto operator()() const {
    const Index query = Family::projects ? 5 : 4;
    return pool_of(Family::template make<S>(query, 4, false), query);
  }
};

TYPED_TEST(AttentionFamily, FulfilsTheLayerContractAsAPool) {
  const auto report = heed::testing::check_layer(MakePool<TypeParam>(), {4, 4});
  EXPECT_TRUE(report.ok()) << report.text();
}

TYPED_TEST(AttentionFamily, WeightsAreDistributionsOverTheValidKeys) {
  test_support::expect_sound_weights(TypeParam::template make<double>(4, 4, false), 4);
}

// A mask for each sequence: each gives what it gives alone with its own.
TYPED_TEST(AttentionFamily, MayHaveAMaskForEachSequence) {
  using A = decltype(TypeParam::template make<double>(4, 4, false));
  const A layer = TypeParam::template make<double>(4, 4, false);
  const std::vector<int> values{1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1};
  const OwnedMask all(2, 3, values, 3);
  const Numbers q({2, 4}, 3, 1), m({3, 4}, 3, 2);
  const heed::Shape shape = layer.output_shape(q.shape, m.shape);
  Numbers y(shape, 3, 4);
  typename A::Cache cache;
  heed::Scratch scratch;
  layer.forward(q.view(), m.view(), y.tile(), cache, heed::Pass{scratch}, all.view());
  for (Index l = 0; l < 3; ++l) {
    const OwnedMask own(2, 3, std::vector<int>(values.begin() + 6 * l, values.begin() + 6 * l + 6));
    Numbers alone(shape, 3, 4);
    typename A::Cache other;
    layer.forward(q.view(), m.view(), alone.tile(), other, heed::Pass{scratch}, own.view());
    for (Index t = 0; t < 2; ++t) {
      for (Index f = 0; f < shape.features; ++f) EXPECT_EQ(y.tile().at(t, f)[l], alone.tile().at(t, f)[l]) << l;
    }
  }
  EXPECT_NE(error_of([&] {
              layer.forward(q.view(), m.view(), y.tile(), cache, heed::Pass{scratch},
                            OwnedMask(2, 3, values, 2).view());
            }).find("(expected (3, 2, 3), got (2, 2, 3))"),
            std::string::npos);
}

// A query that its mask leaves nothing, or nothing valid, gives zeros; where all are so, all gradients are zero.
TYPED_TEST(AttentionFamily, FullyMaskedQueriesGiveZeros) {
  using A = decltype(TypeParam::template make<double>(4, 4, false));
  const A layer = TypeParam::template make<double>(4, 4, false);
  const std::vector<std::int32_t> lengths{3, 2, 0};
  const int some[] = {0, 0, 0, 0, 0, 1}, none[6] = {};  // the second query may ask the third key alone
  for (const auto& values : {some, none}) {
    const OwnedMask mask(2, 3, std::vector<int>(values, values + 6));
    const Numbers q({2, 4}, 3, 1), m({3, 4}, 3, 2);
    const heed::Shape shape = layer.output_shape(q.shape, m.shape);
    const Numbers dy(shape, 3, 3);
    Numbers y(shape, 3, 4), dq(q.shape, 3, 5), dm(m.shape, 3, 6);
    typename A::Cache cache;
    heed::Scratch scratch;
    A gradient = layer;
    heed::set_zero(gradient);
    layer.forward(q.view(), m.view(lengths), y.tile(), cache, heed::Pass{scratch}, mask.view());
    layer.backward(q.view(), m.view(lengths), y.view(), dy.view(), into(dq.tile()), into(dm.tile()), cache, gradient,
                   heed::Pass{scratch});
    const auto weights = A::weights(cache);
    for (Index t = 0; t < 2; ++t) {
      for (Index l = 0; l < 3; ++l) {
        const bool asks = values == some && t == 1 && l == 0;
        for (Index f = 0; f < shape.features; ++f) {
          EXPECT_EQ(y.tile().at(t, f)[l] != 0, asks) << t << ' ' << l;
        }
        for (Index f = 0; f < 4; ++f) EXPECT_EQ(dq.tile().at(t, f)[l], 0);  // one key alone has weight 1 anyhow
        for (Index k = 0; k < 3; ++k) EXPECT_EQ(weights.at(t, k)[l], asks && k == 2 ? 1 : 0);
      }
    }
    for (Index l = 1; l < 3; ++l) {
      for (Index k = 0; k < 3; ++k) {
        for (Index f = 0; f < 4; ++f) EXPECT_EQ(dm.tile().at(k, f)[l], 0);
      }
    }
    if (values == none) {
      for (const Values& all : {dm.values, test_support::numbers(gradient)}) EXPECT_EQ(all, Values(all.size(), 0.0));
    }
  }
}

// Nothing at all to ask, or nobody who asks.
TYPED_TEST(AttentionFamily, NoStepsGiveZeros) {
  using A = decltype(TypeParam::template make<double>(4, 4, false));
  const A layer = TypeParam::template make<double>(4, 4, false);
  for (const Index lanes : {1, 3}) {
    for (const auto& [queries, keys] : {std::pair<Index, Index>{2, 0}, {0, 2}}) {
      const Numbers q({queries, 4}, lanes, 1), m({keys, 4}, lanes, 2);
      const heed::Shape shape = layer.output_shape(q.shape, m.shape);
      Numbers y(shape, lanes, 3), dq = q, dm = m;
      const Numbers dy(shape, lanes, 4);
      typename A::Cache cache;
      heed::Scratch scratch;
      A gradient = layer;
      heed::set_zero(gradient);
      layer.forward(q.view(), m.view(), y.tile(), cache, heed::Pass{scratch});
      layer.backward(q.view(), m.view(), y.view(), dy.view(), into(dq.tile()), into(dm.tile()), cache, gradient,
                     heed::Pass{scratch});
      for (const Values& all : {y.values, dq.values, dm.values, test_support::numbers(gradient)}) {
        EXPECT_EQ(all, Values(all.size(), 0.0)) << queries << " queries, " << keys << " keys";
      }
    }
  }
}

// What a decoder does: the memory once, then a query at a time, and back again.
TYPED_TEST(AttentionFamily, EqualsAQueryAtATime) {
  using A = decltype(TypeParam::template make<double>(4, 4, false));
  const std::vector<std::int32_t> lengths{4, 2, 0};
  const Index lanes = 3, queries = 3;
  for (const bool causal : {false, true}) {
    const A layer = TypeParam::template make<double>(4, 4, causal);
    const Numbers q({queries, 4}, lanes, 1), m({4, 4}, lanes, 2);
    const heed::Shape shape = layer.output_shape(q.shape, m.shape);
    const Numbers dy(shape, lanes, 3);
    Numbers y(dy.shape, lanes, 4), dq(q.shape, lanes, 5), dm(m.shape, lanes, 6);
    Numbers y2 = y, dq2 = dq, dm2 = dm;
    const auto memory = m.view(lengths);
    typename A::Cache cache, cache2;
    A gradient = layer;
    heed::set_zero(gradient);
    A gradient2 = gradient;
    heed::Scratch scratch;
    const heed::Pass pass{scratch};
    const int values[] = {1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0};
    const OwnedMask mask(3, 4, values);
    layer.forward(q.view(), memory, y.tile(), cache, pass, mask.view());
    layer.backward(q.view(), memory, y.view(), dy.view(), into(dq.tile()), into(dm.tile()), cache, gradient, pass);

    layer.prepare(queries, memory, cache2, mask.view());
    for (const Index t : {2, 0, 1}) {  // in any order: a query touches no other's numbers
      layer.step(t, q.view().step(t), memory, y2.tile().step(t), cache2, pass);
    }
    layer.prepare_backward(cache2);
    fill(dm2.tile(), 0.0);
    for (const Index t : {1, 2, 0}) {
      layer.step_backward(t, q.view().step(t), memory, dy.view().step(t), into(dq2.tile().step(t)), onto(dm2.tile()),
                          cache2, gradient2, pass);
    }
    layer.finish_backward(q.view(), memory, onto(dm2.tile()), cache2, gradient2);

    EXPECT_TRUE(test_support::equals(y2.values, y.values));
    EXPECT_TRUE(test_support::equals(dq2.values, dq.values));
    EXPECT_TRUE(test_support::equals(dm2.values, dm.values));
    EXPECT_TRUE(test_support::equals(test_support::numbers(gradient2), test_support::numbers(gradient)));
  }
}

TYPED_TEST(AttentionFamily, RejectsWhatDoesNotFit) {
  const auto layer = TypeParam::template make<double>(4, 4, false);
  EXPECT_EQ(error_of([&] { layer.output_shape({5, 3}, {6, 2}); }),
            std::string(layer.name) + ": wrong number of features (expected (4, 4), got (3, 2))");
  const Numbers q({2, 4}, 3, 1), m({3, 4}, 3, 2);
  Numbers y(layer.output_shape(q.shape, m.shape), 3, 3);
  typename std::remove_const_t<decltype(layer)>::Cache cache;
  heed::Scratch scratch;
  const OwnedMask mask(3, 2, std::vector<int>(6));
  EXPECT_EQ(error_of([&] { layer.forward(q.view(), m.view(), y.tile(), cache, heed::Pass{scratch}, mask.view()); }),
            std::string(layer.name) + ": the mask does not fit queries and keys (expected (2, 3), got (3, 2))");
}

// Long sequences: the weights that are computed again are the same, a query at a time too.
TEST(AttentionBy, ComputesTheWeightsOfLongSequencesAgain) {
  using A = heed::DotAttention<float>;
  const A layer({.query_size = 4, .memory_size = 4, .output_size = 4, .causal = true});
  using Run = heed::testing::LayerRun<A>;
  Run told(layer, {140, 4}, 64, heed::testing::ragged_lengths(64, 140, 1)), untold = told;
  A::keep_weights(told.cache);
  for (Run* run : {&told, &untold}) {
    run->randomize(heed::Key{3});
    run->forward();
    run->backward();
  }
  EXPECT_EQ(told.y, untold.y);
  EXPECT_EQ(told.dx, untold.dx);
  EXPECT_EQ(test_support::flat(told.gradient), test_support::flat(untold.gradient));
  EXPECT_EQ(A::weights(told.cache).shape(), (heed::Shape{140, 140}));
  EXPECT_NE(error_of([&] { A::weights(untold.cache); }).find("keep_weights"), std::string::npos);

  std::vector<float> y = untold.y;
  const heed::Tile<float> out(y.data(), {140, 4}, 64);
  layer.prepare(140, untold.input(), untold.cache);
  layer.step(77, untold.input().step(77), untold.input(), out.step(77), untold.cache, untold.pass());
  for (Index f = 0; f < 4; ++f) {
    for (Index l = 0; l < 64; ++l) {
      // a query past its end is not the step's matter
      if (77 < untold.lengths[static_cast<std::size_t>(l)]) {
        EXPECT_NEAR(out.at(77, f)[l], told.at(told.y, told.output, 77, f, l), 1e-5);
      }
    }
  }
}

TEST(AttentionBy, StreamsWhereItIsCausal) {
  const heed::Shape shape{7, 4};
  test_support::expect_streams(
      heed::AdditiveAttention<double>({.query_size = 4, .memory_size = 4, .attention_size = 3, .causal = true}), shape,
      true);
  test_support::expect_streams(heed::GeneralAttention<double>({.query_size = 4, .memory_size = 4, .causal = true}),
                               shape, true);
  test_support::expect_streams(
      heed::ScaledDotAttention<double>({.query_size = 4, .memory_size = 4, .output_size = 3, .causal = true}), shape,
      true);
  test_support::expect_streams(
      heed::DotAttention<double>({.query_size = 4, .memory_size = 4, .project = false, .causal = true}), shape, true);
}

}  // namespace attention_by_test
