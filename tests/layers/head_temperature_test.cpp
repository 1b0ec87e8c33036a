#include "heed/layers/detail/head_temperature.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/random.hpp"

namespace head_temperature_test {

using heed::Index;
using heed::Tile;
using test_support::random_values;

TEST(HeadTemperature, ScalesEachHeadAndGivesItsGradient) {
  constexpr Index steps = 3, heads = 2, size = 5;
  for (const Index lanes : {1, 4, 19}) {
    const heed::Shape shape{steps, heads * size};
    const Index numbers = steps * heads * size * lanes;
    const auto start = random_values<double>(numbers, 1), upstream = random_values<double>(numbers, 2);
    auto q = start, plain = upstream, d = upstream;
    heed::Vector<double> t(heads), dt(heads);
    t(0) = 3;
    t(1) = -0.5;
    dt(0) = 7;
    temper(t, Tile<double>(q.data(), shape, lanes), Tile<double>(plain.data(), shape, lanes));
    EXPECT_EQ(plain, start);
    temper_backward(t, Tile<const double>(plain.data(), shape, lanes), Tile<double>(d.data(), shape, lanes), dt);
    std::vector<double> sums{7, 0};
    for (std::size_t i = 0; i < q.size(); ++i) {
      const auto head = static_cast<Index>(i) / (size * lanes) % heads;
      EXPECT_EQ(q[i], t(head) * start[i]);
      EXPECT_EQ(d[i], t(head) * upstream[i]);
      sums[static_cast<std::size_t>(head)] += start[i] * upstream[i];
    }
    EXPECT_NEAR(dt(0), sums[0], 1e-12);
    EXPECT_NEAR(dt(1), sums[1], 1e-12);
  }
}

}  // namespace head_temperature_test
