#include "heed/core/kernels/panel_product.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "heed/core/rng.hpp"

namespace panel_product_test {

using heed::Index;

template <class S>
void expect_bits_of_product(Index steps, Index rows, Index count, Index lanes, bool with_bias) {
  const auto random = [](Index n, std::uint64_t seed) {
    std::vector<S> values(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<S>(heed::Key{seed}.uniform(i, -1, 1));
    return values;
  };
  const auto w = random(rows * count, 1), x = random(steps * count * lanes, 2), bias = random(rows, 3);
  std::vector<S> y(static_cast<std::size_t>(steps * rows * lanes), S(7)), expected = y;
  const S* b = with_bias ? bias.data() : nullptr;
  for (Index t = 0; t < steps; ++t) {
    heed::kernels::product<S>(rows, lanes, {.bias = b}, expected.data() + t * rows * lanes,
                              {{x.data() + t * count * lanes, count, w.data(), 1, rows}});
  }
  heed::kernels::panel_product<S>(steps, rows, count, lanes, w.data(), b, x.data(), y.data());
  EXPECT_EQ(y, expected) << steps << " steps, " << rows << " x " << count << ", " << lanes << " lanes";
}

TEST(PanelProduct, GivesTheBitsOfProducts) {
  for (const Index lanes : {16, 32, 64}) {
    for (const Index count : {5, 512, 513, 1100}) {
      expect_bits_of_product<float>(3, 100, count, lanes, true);
      expect_bits_of_product<double>(2, 33, count, lanes, false);
    }
  }
  expect_bits_of_product<float>(23, 2000, 40, 64, true);  // several blocks of steps and of rows
  expect_bits_of_product<float>(1, 16, 3, 19, true);
}

TEST(PanelProduct, IsForLargeWeights) {
  EXPECT_TRUE(heed::kernels::needs_panels<float>(10, 1024, 256, 64));
  EXPECT_FALSE(heed::kernels::needs_panels<float>(10, 1024, 255, 64));
  EXPECT_FALSE(heed::kernels::needs_panels<float>(1, 6000, 1000, 32));
  EXPECT_FALSE(heed::kernels::needs_panels<float>(100, 6000, 1000, 1));
}

}  // namespace panel_product_test
