#include "heed/core/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace rng_test {

using heed::Key;

TEST(Rng, IsSplitMix64) {
  // the first numbers of the generator of Steele, Lea and Flood with this seed
  const std::uint64_t expected[] = {6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
                                    4593380528125082431U, 16408922859458223821U};
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(Key{1234567}.bits(i), expected[i]);
  static_assert(Key{0}.bits(0) == 0xe220a8397b1dcdafULL);
}

// Trained models can be reproduced only while these stay as they are.
TEST(Rng, KeepsItsNumbers) {
  EXPECT_EQ(Key{0}.child(0).value, 1782039190851603231U);
  EXPECT_EQ(Key{42}.child(7).child(1).value, 2143208813989705193U);
  EXPECT_DOUBLE_EQ(Key{1}.uniform(0), 0.5665615751722809);
  EXPECT_DOUBLE_EQ(Key{1}.uniform(5, -2, 3), 1.814471959558805);
  EXPECT_NEAR(Key{1}.normal(0), -0.034267321791851144, 1e-12);
  EXPECT_EQ(Key{1}.below(0, 1000), 566U);
  std::vector<int> order{0, 1, 2, 3, 4, 5, 6, 7};
  heed::shuffle(order, Key{3});
  EXPECT_EQ(order, (std::vector<int>{2, 1, 4, 5, 7, 0, 6, 3}));
}

TEST(Rng, UniformNumbersHaveTheirMoments) {
  constexpr std::uint64_t n = 200000;
  double sum = 0, squares = 0, neighbours = 0, lowest = 1, highest = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    const double u = Key{9}.uniform(i);
    sum += u;
    squares += u * u;
    neighbours += (u - 0.5) * (Key{9}.uniform(i + 1) - 0.5);
    lowest = std::min(lowest, u);
    highest = std::max(highest, u);
  }
  const double five_sigma = 5 / std::sqrt(static_cast<double>(n));
  EXPECT_NEAR(sum / n, 0.5, five_sigma * std::sqrt(1.0 / 12));
  EXPECT_NEAR(squares / n, 1.0 / 3, five_sigma * std::sqrt(4.0 / 45));
  EXPECT_NEAR(neighbours / n, 0, five_sigma / 12);
  EXPECT_GE(lowest, 0);
  EXPECT_LT(lowest, 1e-4);
  EXPECT_LT(highest, 1);
  EXPECT_GT(highest, 1 - 1e-4);
}

TEST(Rng, UniformNumbersKeepTheirBounds) {
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_GE(Key{3}.uniform(i, -2, 5), -2);
    EXPECT_LT(Key{3}.uniform(i, -2, 5), 5);
  }
}

TEST(Rng, NormalNumbersHaveTheirMoments) {
  constexpr std::uint64_t n = 200000;
  double moment[5] = {};
  for (std::uint64_t i = 0; i < n; ++i) {
    const double x = Key{4}.normal(i);
    ASSERT_TRUE(std::isfinite(x));
    for (int k = 1; k <= 4; ++k) moment[k] += std::pow(x, k) / n;
  }
  const double five_sigma = 5 / std::sqrt(static_cast<double>(n));
  EXPECT_NEAR(moment[1], 0, five_sigma);
  EXPECT_NEAR(moment[2], 1, five_sigma * std::sqrt(2.0));
  EXPECT_NEAR(moment[3], 0, five_sigma * std::sqrt(15.0));
  EXPECT_NEAR(moment[4], 3, five_sigma * std::sqrt(96.0));
}

TEST(Rng, ChildrenAreOtherStreams) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t parent = 0; parent < 30; ++parent) {
    for (std::uint64_t site = 0; site < 30; ++site) {
      for (std::uint64_t i = 0; i < 5; ++i) seen.insert(Key{parent}.child(site).bits(i));
    }
  }
  EXPECT_EQ(seen.size(), 30U * 30 * 5);
}

TEST(Rng, BelowIsTheHighWordOfAProduct) {
  __extension__ using Wide = unsigned __int128;
  for (std::uint64_t i = 0; i < 100; ++i) {
    for (const std::uint64_t bound : {std::uint64_t(1), std::uint64_t(6), std::uint64_t(1) << 33, ~std::uint64_t(0)}) {
      const Wide product = Wide(Key{5}.bits(i)) * bound;
      EXPECT_EQ(Key{5}.below(i, bound), static_cast<std::uint64_t>(product >> 64));
    }
  }
}

TEST(Rng, BelowIsEven) {
  constexpr std::uint64_t bound = 7, n = 70000;
  double squares = 0;
  std::vector<double> count(bound);
  for (std::uint64_t i = 0; i < n; ++i) ++count.at(Key{6}.below(i, bound));
  for (const double c : count) squares += (c - 10000) * (c - 10000) / 10000;
  EXPECT_LT(squares, 22.5);  // chi square of 6 degrees of freedom: one in a thousand
}

TEST(Shuffle, GivesAPermutationThatDependsOnTheKeyAlone) {
  for (const std::size_t n : {0U, 1U, 2U, 100U}) {
    std::vector<std::size_t> a(n);
    std::iota(a.begin(), a.end(), std::size_t(0));
    std::vector<std::size_t> b = a, c = a;
    const std::vector<std::size_t> sorted = a;
    heed::shuffle(a, Key{1});
    heed::shuffle(b, Key{1});
    heed::shuffle(c, Key{2});
    EXPECT_EQ(a, b);
    if (n > 2) {
      EXPECT_NE(a, c);
    }
    std::sort(a.begin(), a.end());
    EXPECT_EQ(a, sorted);
  }
}

TEST(Shuffle, PutsEveryNumberEverywhereEquallyOften) {
  constexpr int n = 5, rounds = 20000;
  std::vector<double> count(n * n);
  for (std::uint64_t r = 0; r < rounds; ++r) {
    std::vector<int> order{0, 1, 2, 3, 4};
    heed::shuffle(order, Key{r}.child(0));
    for (int i = 0; i < n; ++i) ++count[static_cast<std::size_t>(i * n + order[static_cast<std::size_t>(i)])];
  }
  for (const double c : count) EXPECT_NEAR(c, rounds / n, 5 * std::sqrt(rounds / n * (1 - 1.0 / n)));
}

}  // namespace rng_test
