#include "heed/core/kernels/ahead.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../../support/random.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/tile.hpp"

namespace ahead_test {

using heed::Index;
using heed::Tile;
using heed::Weight;
using heed::kernels::Ahead;
using test_support::random_values;

// f(ahead, result) with nothing to fetch, and with lists that are fetched at once, in the course of the work, and never.
template <class S, class F>
void expect_same_whatever_is_fetched(Index size, F&& f) {
  const Index lanes = 80;
  const auto memory = random_values<S>(3 * 10 * lanes, 3);
  const Tile<const S> tile(memory.data(), {3, 10}, lanes);
  std::vector<S> expected(static_cast<std::size_t>(size)), got(expected.size());
  f(nullptr, expected.data());
  for (const Index work : {Index(0), Index(1), Index(200'000), Index(1) << 40}) {
    Ahead ahead;
    ahead.begin(work);
    ahead.add(tile, {0, 3});
    ahead.add(heed::FeatureRange<const S>(tile, 4, 3), {1, 3});
    ahead.add(Tile<const S>(), {0, 3});
    std::fill(got.begin(), got.end(), S(0));
    f(&ahead, got.data());
    EXPECT_EQ(got, expected) << work;
    for (int i = 0; i < 20; ++i) ahead.add(tile, {0, 3});  // more than there is room for
    f(&ahead, got.data());
  }
}

// Sizes that are no multiple of a block, nor of what is taken between two fetches.
template <class S>
void expect_same() {
  constexpr Index out = 37, in = 70, steps = 3, lanes = 80;
  const auto w = random_values<S>(out * in, 1), x = random_values<S>(steps * in * lanes, 2),
             dy = random_values<S>(steps * out * lanes, 4);
  const Weight<const S> weight(w.data(), out, in, out);
  const Tile<const S> input(x.data(), {steps, in}, lanes), gradient(dy.data(), {steps, out}, lanes);
  expect_same_whatever_is_fetched<S>(out * lanes, [&](Ahead* ahead, S* y) {
    heed::kernels::product<S>(out, lanes, {}, y, {heed::times<S>(weight, x.data())}, ahead);
  });
  expect_same_whatever_is_fetched<S>(steps * in * lanes, [&](Ahead* ahead, S* dx) {
    heed::input_gradient<S>(gradient, weight, heed::into(Tile<S>(dx, {steps, in}, lanes)), ahead);
  });
  expect_same_whatever_is_fetched<S>(out * in, [&](Ahead* ahead, S* dw) {
    heed::weight_gradient<S>(input, gradient, Weight<S>(dw, out, in, out), nullptr, ahead);
  });
  expect_same_whatever_is_fetched<S>(out * 5, [&](Ahead* ahead, S* dw) {  // of few inputs
    const Tile<const S> few(x.data(), {steps, 5}, lanes);
    heed::weight_gradient<S>(few, gradient, Weight<S>(dw, out, 5, out), nullptr, ahead);
  });
}

TEST(Ahead, ChangesNoResult) {
  expect_same<float>();
  expect_same<double>();
}

}  // namespace ahead_test
