#pragma once

// An attention with two inputs, and its contract.

#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/testing/check_layer.hpp"
#include "heed/testing/layer_run.hpp"
#include "numbers.hpp"
#include "reference.hpp"

namespace test_support {

/// What an attention made of `input.query` and `input.memory`, batch first.
template <class A>
struct AttentionResult {
  Values y, dquery, dmemory, attention;
  A gradient;
};

/// Where the gradients of the query and of the memory go.
struct Sinks {
  heed::testing::Sink query = heed::testing::Sink::into, memory = heed::testing::Sink::into;
};

inline heed::Into<double> sink_of(heed::testing::Sink sink, Tile<double> tile) {
  using heed::testing::Sink;
  return sink == Sink::into ? heed::into(tile) : sink == Sink::onto ? heed::onto(tile) : heed::Into<double>();
}

/// Forward and backward, `width` sequences a tile. Upstream gradients of queries past their end are as the file has
/// them: arbitrary. `start` is what stands in the gradients of the inputs before.
template <class A>
AttentionResult<A> run_attention(const Reference& file, const A& layer, Index width, Sinks sinks = {},
                                 double start = 7) {
  const Array query = file.array("input.query"), memory = file.array("input.memory");
  const Values upstream = file.values("upstream.y");
  const auto query_lengths = file.integers("input.query_lengths"), lengths = file.integers("input.memory_lengths");
  const Index n = query.extents[0];
  const heed::Shape q_shape{query.extents[1], query.extents[2]}, m_shape{memory.extents[1], memory.extents[2]};
  const heed::Shape y_shape = layer.output_shape(q_shape, m_shape);
  AttentionResult<A> result{.y = {}, .dquery = {}, .dmemory = {}, .attention = {}, .gradient = layer};
  heed::set_zero(result.gradient);
  typename A::Cache cache;
  heed::Scratch scratch;
  for (Index first = 0; first < n; first += width) {
    const heed::Pass pass{.scratch = scratch, .first_row = first};
    const Index count = std::min(width, n - first);
    const auto q_valid = some_lengths(query_lengths, first, count), m_valid = some_lengths(lengths, first, count);
    auto q_values = to_lanes(query.values, n, first, count), m_values = to_lanes(memory.values, n, first, count);
    auto dy_values = to_lanes(upstream, n, first, count);
    Values y_values(dy_values.size(), 1e3), dq_values(q_values.size(), start), dm_values(m_values.size(), start);
    const Tile<const double> q(q_values.data(), q_shape, count, q_valid.empty() ? nullptr : q_valid.data());
    const Tile<const double> m(m_values.data(), m_shape, count, m_valid.empty() ? nullptr : m_valid.data());
    const Tile<double> y(y_values.data(), y_shape, count), dy(dy_values.data(), y_shape, count);
    const Tile<double> dq(dq_values.data(), q_shape, count), dm(dm_values.data(), m_shape, count);
    layer.forward(q, m, y, cache, pass);
    if constexpr (requires { A::weights(cache); }) {
      const auto a = A::weights(cache);
      append_lanes(std::vector<double>(a.data, a.data + a.size()), count, result.attention);
    }
    layer.backward(q, m, y, dy, sink_of(sinks.query, dq), sink_of(sinks.memory, dm), cache, result.gradient, pass);
    append_lanes(y_values, count, result.y);
    append_lanes(dq_values, count, result.dquery);
    append_lanes(dm_values, count, result.dmemory);
  }
  return result;
}

/// `added` is what stood in the gradients of the inputs before they were added to.
template <class A>
void expect_reference(AttentionResult<A> result, const Reference& file, const Arrays& gradients, double added = 0) {
  for (double& v : result.dquery) v -= added;
  for (double& v : result.dmemory) v -= added;
  EXPECT_TRUE(equals(result.y, file.values("output.y"))) << "y";
  EXPECT_EQ(file.has("output.attention"), !result.attention.empty());
  if (file.has("output.attention")) {
    EXPECT_TRUE(equals(result.attention, file.values("output.attention"))) << "attention";
  }
  EXPECT_TRUE(equals(result.dquery, file.values("dinput.query"))) << "dquery";
  EXPECT_TRUE(equals(result.dmemory, file.values("dinput.memory"))) << "dmemory";
  expect_parameters(result.gradient, gradients);
}

/// The numbers of one file, for a layer that has its weights: all sequences in one tile, and each alone; the inputs'
/// gradients overwritten, added to, not wanted, and one of a kind.
template <class A>
void expect_equals_cross(const Reference& file, const A& layer, const Arrays& gradients) {
  using heed::testing::Sink;
  for (const Index width : {file.extent("input.query", 0), Index(1)}) {
    SCOPED_TRACE("lanes: " + std::to_string(width));
    expect_reference(run_attention(file, layer, width), file, gradients);
    expect_reference(run_attention(file, layer, width, {Sink::onto, Sink::onto}, 0.5), file, gradients, 0.5);

    auto query_alone = run_attention(file, layer, width, {Sink::into, Sink::nowhere}, 0.5);
    EXPECT_EQ(query_alone.dmemory, Values(query_alone.dmemory.size(), 0.5));
    query_alone.dmemory = file.values("dinput.memory");
    expect_reference(query_alone, file, gradients);
    auto memory_alone = run_attention(file, layer, width, {Sink::nowhere, Sink::into}, 0.5);
    EXPECT_EQ(memory_alone.dquery, Values(memory_alone.dquery.size(), 0.5));
    memory_alone.dquery = file.values("dinput.query");
    expect_reference(memory_alone, file, gradients);
  }
}
template <class A>
void expect_equals_cross(const std::string& name, const A& layer) {
  SCOPED_TRACE(name);
  const Reference file(name);
  expect_equals_cross(file, with_weights(layer, file), file.arrays("dweight."));
}

/// The contract of an attention with query and memory of one width, both ragged memory and full.
template <class Make>
heed::testing::Report check_cross(Make make, Index query_steps, heed::Shape shape) {
  return heed::testing::check_layer(
      [&]<class S>() {
        return heed::testing::QueryAndMemory<decltype(make.template operator()<S>())> {
          make.template operator()<S>(),
          query_steps
        };
      },
      {query_steps + shape.steps, shape.features}, {.shortest = query_steps});
}

/// The weights of `rows` rows of keys sum to 1 in lanes with keys, and are 0 past the memory's end.
inline void expect_distributions(Tile<const double> weights, const std::vector<std::int32_t>& lengths) {
  for (Index l = 0; l < weights.lanes; ++l) {
    const Index valid = lengths[static_cast<std::size_t>(l)];
    for (Index row = 0; row < weights.steps; ++row) {
      double sum = 0;
      for (Index k = 0; k < weights.features; ++k) {
        const double a = weights.at(row, k)[l];
        if (k < valid) {
          EXPECT_GT(a, 0);
        } else {
          EXPECT_EQ(a, 0) << "lane " << l << ", key " << k;
        }
        sum += a;
      }
      EXPECT_NEAR(sum, valid > 0 ? 1 : 0, 1e-15) << "lane " << l;
    }
  }
}

/// An attention over a ragged memory: its weights are distributions, asking for them changes nothing, and where there
/// is no memory everything is zero.
template <class A>
void expect_sound_weights(const A& layer, Index features, Index heads = 1) {
  const std::vector<std::int32_t> lengths{4, 0, 1, 3, 2};
  const Index lanes = 5, queries = 3, keys = 4;
  const Numbers q({queries, features}, lanes, 1), m({keys, features}, lanes, 2);
  const heed::Shape shape = layer.output_shape(q.shape, m.shape);
  Numbers y(shape, lanes, 3), dy(shape, lanes, 4), dq(q.shape, lanes, 5), dm(m.shape, lanes, 6);
  typename A::Cache cache;
  heed::Scratch scratch;
  layer.forward(q.view(), m.view(lengths), y.tile(), cache, heed::Pass{scratch});
  const auto weights = A::weights(cache);
  ASSERT_EQ(weights.shape(), (heed::Shape{heads * queries, keys}));
  expect_distributions(weights, lengths);
  const std::vector<double> asked(weights.data, weights.data + weights.size());
  A gradient = layer;
  heed::set_zero(gradient);
  layer.backward(q.view(), m.view(lengths), y.view(), dy.view(), heed::into(dq.tile()), heed::into(dm.tile()), cache,
                 gradient, heed::Pass{scratch});
  EXPECT_EQ(std::vector<double>(weights.data, weights.data + weights.size()), asked) << "backward keeps the weights";
  for (std::size_t i = 1; i < y.values.size(); i += 5) EXPECT_EQ(y.values[i], 0);
  for (std::size_t i = 1; i < dq.values.size(); i += 5) EXPECT_EQ(dq.values[i], 0);
  for (std::size_t i = 1; i < dm.values.size(); i += 5) EXPECT_EQ(dm.values[i], 0);

  // nothing to attend to at all: zeros, and a gradient of zeros
  const std::vector<std::int32_t> none(5, 0);
  heed::set_zero(gradient);
  layer.forward(q.view(), m.view(none), y.tile(), cache, heed::Pass{scratch});
  layer.backward(q.view(), m.view(none), y.view(), dy.view(), heed::into(dq.tile()), heed::into(dm.tile()), cache,
                 gradient, heed::Pass{scratch});
  for (const Values& all : {y.values, dq.values, dm.values, numbers(gradient)}) {
    EXPECT_EQ(all, Values(all.size(), 0.0));
  }
}

}  // namespace test_support
