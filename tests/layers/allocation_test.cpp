// A warm pass of any layer allocates nothing.

#include <gtest/gtest.h>

#include "../support/allocations.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/general_attention.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/query_pool.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/testing/check_layer.hpp"

namespace {

using heed::testing::ragged_lengths;

/// Allocations of a forward and a backward pass after the first, many lanes and one, full and ragged.
template <class L>
long warm_allocations(const L& layer, heed::Shape shape, bool training = false) {
  long total = 0;
  for (const heed::Index lanes : {32, 1}) {
    for (const bool ragged : {false, true}) {
      heed::testing::LayerRun<L> run(layer, shape, lanes,
                                     ragged ? ragged_lengths(lanes, shape.steps) : std::vector<std::int32_t>());
      run.randomize(heed::Key{1});
      run.training = training;
      run.forward();
      run.backward();
      const long before = test_support::allocations();
      run.forward();
      run.backward();
      total += test_support::allocations() - before;
    }
  }
  return total;
}

TEST(LayerAllocations, NoLayerMakesAnyOnceWarm) {
  EXPECT_EQ(warm_allocations(heed::Dense<float>({4, 3}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::Relu<float>(), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::Softmax<float>(), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::Dropout<float>({0.5}), {3, 4}, true), 0);
  EXPECT_EQ(warm_allocations(heed::Lstm<float>({4, 5}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::AttentionPool<float>({4}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::DotAttention<float>({4, 4, 3}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::AdditiveAttention<float>({4, 4}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::QueryPool<heed::GeneralAttention<float>>({4, 4}), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::MultiHeadAttention<float>({4, 2}), {3, 4}), 0);
  EXPECT_EQ(
      warm_allocations(heed::MultiHeadAttention<float>(
                           {.embed_dim = 4, .num_heads = 2, .dropout = 0.5, .causal = true, .relative_positions = 2}),
                       {3, 4}, true),
      0);
  EXPECT_EQ(warm_allocations(heed::MeanPool<float>(), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::MaxPool<float>(), {3, 4}), 0);
  EXPECT_EQ(warm_allocations(heed::LastPool<float>(), {3, 4}), 0);
}

TEST(LayerAllocations, NoModelMakesAnyOnceWarm) {
  for (const auto attention : {heed::Attention::pool, heed::Attention::multihead, heed::Attention::additive}) {
    const heed::SequenceClassifier<float> model(
        {.features = 4, .classes = 3, .hidden = 6, .dense = 5, .attention = attention});
    EXPECT_EQ(warm_allocations(model, {3, 4}), 0);
  }
}

TEST(CheckLayer, CountsAllocationsWhereItIsTold) {
  const auto report = heed::testing::check_layer(
      []<class S>() {
        return heed::Dense<S>({3, 2});
      },
      {2, 3}, {.allocations = test_support::allocations});
  EXPECT_TRUE(report.ok()) << report.text();
}

}  // namespace
