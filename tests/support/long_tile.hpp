#pragma once

// A layer on a tile that is too large for the CPU's caches, against the same sequences in small tiles.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "heed/core/init.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/detail/step_chunks.hpp"
#include "heed/testing/layer_run.hpp"

namespace test_support {

using heed::Index;
using heed::testing::LayerRun;
using heed::testing::Sink;

inline constexpr Index long_lanes = 64, narrow_lanes = 8;

/// Lanes `first` .. of numbers of a wide tile.
template <class T>
std::vector<T> lanes_of(const std::vector<T>& all, Index lanes, Index first, Index count) {
  std::vector<T> part;
  for (Index i = 0; i < static_cast<Index>(all.size()); ++i) {
    if (i % lanes >= first && i % lanes < first + count) part.push_back(all[static_cast<std::size_t>(i)]);
  }
  return part;
}

template <class S>
void expect_close(const std::vector<S>& got, const std::vector<S>& expected, double within, const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  double most = 1;
  for (const S v : expected) most = std::max(most, std::abs(static_cast<double>(v)));
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(got[i]), static_cast<double>(expected[i]), within * most)
        << what << ", number " << i;
  }
}

/// Weights of the last pass, where the layer has them.
template <class L>
std::vector<typename L::Scalar> weights_of(const LayerRun<L>& run) {
  if constexpr (requires { L::weights(run.cache); } && !requires(typename L::Cache c) { c.keep_weights; }) {
    const auto a = L::weights(run.cache);
    return {a.data, a.data + a.size()};
  } else {
    return {};
  }
}

/// Output, weights and gradients of 64 sequences in one tile, up to rounding those of eight tiles of 8. The input's
/// gradient may be overwritten, added to, or not wanted. A pass without a backward pass gives the same output to the
/// bit. Warm passes allocate nothing.
template <class L>
void expect_long_tile_equals_narrow_ones(L layer, heed::Shape shape, bool ragged, Index shortest = 0) {
  using S = typename L::Scalar;
  SCOPED_TRACE(ragged ? "ragged" : "full");
  const double within = sizeof(S) == 8 ? 1e-13 : 2e-5;
  heed::Key key{3};
  heed::for_each_parameter([&](const heed::Path&, auto& p) { heed::initialize_uniform(p, key = key.child(1), 0.7); },
                           layer);
  std::vector<std::int32_t> lengths;
  for (Index l = 0; l < long_lanes && ragged; ++l) {
    const Index length = l < 16 ? l : l % 5 == 0 ? shape.steps : shape.steps * l / long_lanes;
    lengths.push_back(static_cast<std::int32_t>(std::max(length, shortest)));
  }
  LayerRun<L> wide(layer, shape, long_lanes, lengths);
  wide.randomize(heed::Key{1});
  ASSERT_FALSE(heed::detail::StepChunks(wide.input()).whole()) << "a longer tile is needed";
  wide.forward();
  const std::vector<S> attention = weights_of(wide);
  wide.backward();
  L sum = layer;
  heed::set_zero(sum);
  for (Index first = 0; first < long_lanes; first += narrow_lanes) {
    const auto part = [&](const auto& all) { return lanes_of(all, long_lanes, first, narrow_lanes); };
    LayerRun<L> narrow(layer, shape, narrow_lanes, part(lengths));
    narrow.x = part(wide.x);
    narrow.dy = part(wide.dy);
    ASSERT_TRUE(heed::detail::StepChunks(narrow.input()).whole());
    narrow.forward();
    narrow.backward();
    expect_close(part(wide.y), narrow.y, within, "y");
    expect_close(part(attention), weights_of(narrow), within, "weights");
    expect_close(part(wide.dx), narrow.dx, within, "dx");
    heed::for_each_parameter(
        [](const heed::Path&, auto& to, const auto& from) {
          for (Index i = 0; i < to.size(); ++i) to.data()[i] += from.data()[i];
        },
        sum, narrow.gradient);
  }
  LayerRun<L> all(layer, {1 + shortest, shape.features}, 1);
  all.gradient = sum;
  const std::vector<S> gradient = wide.flat_gradient(), y = wide.y;
  expect_close(gradient, all.flat_gradient(), 10 * within, "gradient");

  const std::vector<S> dx = wide.dx;
  const long before = allocations();
  wide.forward();
  std::fill(wide.dx.begin(), wide.dx.end(), S(0.5));
  wide.backward(Sink::onto);
  EXPECT_EQ(allocations() - before, 0) << "of warm passes";
  for (S& v : wide.dx) v -= S(0.5);
  expect_close(wide.dx, dx, 10 * within, "dx that is added to");
  heed::TileBuffer<S> own;  // begins at a line of the cache, as a model's memory does
  const heed::Tile<S> d = own.take(shape, long_lanes);
  wide.forward();
  wide.layer.backward(wide.input(), heed::Tile<const S>(wide.y.data(), wide.output, long_lanes),
                      heed::Tile<const S>(wide.dy.data(), wide.output, long_lanes), into(d), wide.cache, wide.gradient,
                      wide.pass());
  EXPECT_EQ(std::vector<S>(d.data, d.data + d.size()), dx) << "dx in memory of heed's own";
  wide.forward();
  wide.backward(Sink::nowhere);
  EXPECT_EQ(wide.flat_gradient(), gradient) << "where the input's gradient is not wanted";
  typename L::Cache fresh;
  wide.layer.forward(wide.input(), wide.tile(wide.y, wide.output), fresh, heed::Pass::inference(wide.scratch));
  EXPECT_EQ(wide.y, y) << "without a backward pass";
}

/// The same for full and for ragged sequences.
template <class L>
void expect_long_tile_equals_narrow_ones(const L& layer, heed::Shape shape) {
  for (const bool ragged : {false, true}) expect_long_tile_equals_narrow_ones(layer, shape, ragged);
}

}  // namespace test_support
