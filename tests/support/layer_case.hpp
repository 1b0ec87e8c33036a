#pragma once

// A layer with one input on the sequences of a reference file.

#include "heed/core/concepts.hpp"
#include "heed/testing/layer_run.hpp"
#include "reference.hpp"

namespace test_support {

/// What a layer made of `input.x`, batch first.
template <class L>
struct LayerResult {
  Values y, dx, attention;
  L gradient;
};

/// Forward and backward, `width` sequences a tile. Upstream gradients past a sequence's end are as the file has them:
/// arbitrary. `start` is what stands in dx before it is added to.
template <class L>
LayerResult<L> run_layer(const Reference& file, const L& layer, Index width,
                         heed::testing::Sink sink = heed::testing::Sink::into, double start = 7) {
  const Array x = file.array("input.x");
  const Values dy = file.values("upstream.y");
  const auto lengths = file.integers("input.lengths");
  const Index n = x.extents[0];
  LayerResult<L> result{.y = {}, .dx = {}, .attention = {}, .gradient = layer};
  heed::set_zero(result.gradient);
  for (Index first = 0; first < n; first += width) {
    const Index count = std::min(width, n - first);
    heed::testing::LayerRun<L> run(layer, {x.extents[1], x.extents[2]}, count, some_lengths(lengths, first, count));
    run.x = to_lanes(x.values, n, first, count);
    run.dy = to_lanes(dy, n, first, count);
    std::fill(run.y.begin(), run.y.end(), 1e3);
    std::fill(run.dx.begin(), run.dx.end(), start);
    run.gradient = result.gradient;
    run.first_row = first;
    run.forward();
    if constexpr (requires { L::weights(run.cache); }) {
      const auto a = L::weights(run.cache);
      append_lanes(std::vector<double>(a.data, a.data + a.size()), count, result.attention);
    }
    run.backward(sink, false);
    result.gradient = run.gradient;
    append_lanes(run.y, count, result.y);
    append_lanes(run.dx, count, result.dx);
  }
  return result;
}

template <class L>
void expect_reference(const LayerResult<L>& result, const Reference& file) {
  EXPECT_TRUE(equals(result.y, file.values("output.y"))) << "y";
  EXPECT_TRUE(equals(result.dx, file.values("dinput.x"))) << "dx";
  EXPECT_EQ(file.has("output.attention"), !result.attention.empty());
  if (file.has("output.attention")) {
    EXPECT_TRUE(equals(result.attention, file.values("output.attention"))) << "attention";
  }
  expect_parameters(result.gradient, file.arrays("dweight."));
}

/// PyTorch's numbers of one file: all sequences in one tile, and each alone; the input's gradient overwritten, added
/// to, not wanted.
template <class L>
void expect_equals_reference(const std::string& name, const L& layer) {
  SCOPED_TRACE(name);
  const Reference file(name);
  const L loaded = with_weights(layer, file);
  using heed::testing::Sink;
  for (const Index width : {file.extent("input.x", 0), Index(1)}) {
    SCOPED_TRACE("lanes: " + std::to_string(width));
    expect_reference(run_layer(file, loaded, width), file);
    auto added = run_layer(file, loaded, width, Sink::onto, 0.5);
    for (double& v : added.dx) v -= 0.5;
    expect_reference(added, file);
    auto without = run_layer(file, loaded, width, Sink::nowhere, 0.5);
    EXPECT_EQ(without.dx, Values(without.dx.size(), 0.5)) << "a gradient that nobody wants is left alone";
    without.dx = file.values("dinput.x");
    expect_reference(without, file);
  }
}

}  // namespace test_support
