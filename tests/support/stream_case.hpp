#pragma once

// A model run step by step beside whole passes over the first steps.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "heed/core/rng.hpp"
#include "heed/core/streaming.hpp"
#include "heed/infer/stream.hpp"

namespace test_support {

using heed::Index;

/// (steps, features) numbers in +-1, or tokens 0 .. 5.
template <class X>
std::vector<X> stream_input(heed::Shape shape, std::uint64_t seed = 5) {
  std::vector<X> x(static_cast<std::size_t>(shape.steps * shape.features));
  std::uint64_t i = 0;
  for (X& v : x) {
    const double draw = heed::Key{seed}.uniform(i++, 0, 1);
    v = std::is_same_v<X, std::int32_t> ? static_cast<X>(6 * draw) : static_cast<X>(2 * draw - 1);
  }
  return x;
}

/// What a pass over all of x ends with.
template <class Model>
std::vector<typename Model::Scalar> last_of_pass(const Model& model, heed::Tile<const typename Model::Input> x) {
  using S = typename Model::Scalar;
  const heed::Shape shape = model.output_shape(x.shape());
  std::vector<S> y(static_cast<std::size_t>(shape.steps * shape.features));
  typename Model::Cache cache;
  heed::Scratch scratch;
  model.forward(x, heed::Tile<S>(y.data(), shape, 1), cache, heed::Pass{scratch});
  return {y.end() - shape.features, y.end()};
}

template <class S>
void expect_close(std::span<const S> got, const std::vector<S>& expected, double tolerance, Index step) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], expected[i], tolerance * std::max<double>(1, std::abs(expected[i]))) << "step " << step;
  }
}

/// After each step the outputs are those of a pass over the steps so far; a reset stream does it again, to the same
/// bits; a stream that is restored in the middle goes on to the same bits, wherever it stood before.
template <class Model>
void expect_streams(const Model& model, heed::Shape shape, bool limited, double tolerance = 1e-12) {
  using S = typename Model::Scalar;
  using X = typename Model::Input;
  static_assert(heed::StreamLayer<Model>);
  const std::vector<X> x = stream_input<X>(shape);
  const auto at = [&](Index t) { return x.data() + t * shape.features; };
  const heed::StreamOptions options{.max_steps = limited ? shape.steps : 0, .features = shape.features};
  heed::Stream stream(model, options), other(model, options);
  std::vector<std::vector<S>> outputs;
  for (Index t = 0; t < shape.steps; ++t) {
    const auto y = stream.step(at(t), shape.features);
    const heed::Tile<const X> so_far(x.data(), {t + 1, shape.features}, 1);
    expect_close(y, last_of_pass(model, so_far), tolerance, t);
    outputs.emplace_back(y.begin(), y.end());
    EXPECT_EQ(stream.steps(), t + 1);
  }
  const auto expect_rest = [&](auto& s, Index from) {
    for (Index t = from; t < shape.steps; ++t) {
      const auto y = s.step(at(t), shape.features);
      EXPECT_EQ(std::vector<S>(y.begin(), y.end()), outputs[static_cast<std::size_t>(t)]) << "step " << t;
    }
  };
  stream.reset();
  EXPECT_EQ(stream.steps(), 0);
  expect_rest(stream, 0);
  for (Index middle = 0; middle < shape.steps; middle += 2) {
    stream.reset();
    for (Index t = 0; t < middle; ++t) stream.step(at(t), shape.features);
    const auto saved = stream.state();
    EXPECT_EQ(saved.steps, middle);
    const auto moved = std::move(stream);
    stream = heed::Stream(model, options);
    for (Index t = 0; t < 3 && t < shape.steps; ++t) other.step(at(shape.steps - 1 - t), shape.features);
    other.restore(saved);
    EXPECT_EQ(other.state(), saved);
    expect_rest(other, middle);
    other.reset();
  }
}

}  // namespace test_support
