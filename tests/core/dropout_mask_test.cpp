#include "heed/core/dropout_mask.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "../support/error_of.hpp"

namespace dropout_mask_test {

using heed::DropoutMask;
using heed::Index;
using heed::Key;

/// [number][lane]
template <class S = double>
std::vector<S> mask(double rate, Key key, Index count, Index lanes, Index first_row = 0, Index first = 0,
                    Index group = 0) {
  std::vector<S> to(static_cast<std::size_t>(count * lanes), S(-1));
  DropoutMask(rate, key, first_row).fill(to.data(), count, lanes, first, group);
  return to;
}

TEST(DropoutMask, DropsAtItsRateAndKeepsTheMean) {
  const Index count = 1000, lanes = 1000;
  for (const double rate : {0.0, 0.1, 0.5, 0.9}) {
    const auto m = mask(rate, Key{3}, count, lanes);
    const auto dropped = static_cast<double>(std::count(m.begin(), m.end(), 0.0));
    const auto n = static_cast<double>(m.size());
    EXPECT_NEAR(dropped / n, rate, 4 * std::sqrt(rate * (1 - rate) / n)) << rate;
    for (const double v : m) ASSERT_TRUE(v == 0 || v == 1 / (1 - rate));
  }
}

TEST(DropoutMask, EveryRowAndEveryNumberIsDroppedAtTheRate) {
  const Index count = 2000, lanes = 2000;
  const double rate = 0.3, deviation = std::sqrt(rate * (1 - rate) / 2000);
  const auto m = mask(rate, Key{5}, count, lanes);
  std::vector<double> of_row(2000), of_number(2000);
  for (std::size_t i = 0; i < 2000; ++i) {
    for (std::size_t l = 0; l < 2000; ++l) {
      const double dropped = m[i * 2000 + l] == 0 ? 1.0 / 2000 : 0;
      of_row[l] += dropped;
      of_number[i] += dropped;
    }
  }
  for (const auto& rates : {of_row, of_number}) {
    double squares = 0;
    for (const double r : rates) {
      EXPECT_NEAR(r, rate, 5 * deviation);
      squares += (r - rate) * (r - rate);
    }
    EXPECT_NEAR(std::sqrt(squares / 2000), deviation, 0.1 * deviation) << "as far from the rate as chance has it";
  }
}

/// The correlation of two masks, in standard deviations.
double correlation(const std::vector<double>& a, const std::vector<double>& b, double rate) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += ((a[i] == 0) - rate) * ((b[i] == 0) - rate);
  return sum / (rate * (1 - rate) * std::sqrt(static_cast<double>(a.size())));
}

TEST(DropoutMask, OtherKeysRowsGroupsAndPlacesAreIndependent) {
  const double rate = 0.4;
  const auto m = mask(rate, Key{1}, 400, 400);
  EXPECT_LT(std::abs(correlation(m, mask(rate, Key{2}, 400, 400), rate)), 4);
  EXPECT_LT(std::abs(correlation(m, mask(rate, Key{1}.child(1), 400, 400), rate)), 4);
  for (const Index by : {1, 2, 16, 399}) {
    EXPECT_LT(std::abs(correlation(m, mask(rate, Key{1}, 400, 400, by), rate)), 4) << "rows";
    EXPECT_LT(std::abs(correlation(m, mask(rate, Key{1}, 400, 400, 0, by), rate)), 4) << "numbers";
    EXPECT_LT(std::abs(correlation(m, mask(rate, Key{1}, 400, 400, 0, 0, by), rate)), 4) << "groups";
    EXPECT_LT(std::abs(correlation(m, mask(rate, Key{1}, 400, 400, by, 1, 1), rate)), 4) << "all of them";
  }
}

TEST(DropoutMask, IsTheSameAgain) { EXPECT_EQ(mask(0.5, Key{9}, 50, 33), mask(0.5, Key{9}, 50, 33)); }

TEST(DropoutMask, IsTheSameInAnyLaneOfATileOfAnyWidth) {
  const Index count = 37;
  for (const Index row : {0, 5, 63, 64, 1000}) {
    const auto alone = mask(0.5, Key{9}, count, 1, row);
    for (const Index lanes : {2, 15, 16, 17, 64, 65}) {
      for (const Index lane : {Index(0), lanes / 2, lanes - 1}) {
        if (row < lane) continue;
        const auto among = mask(0.5, Key{9}, count, lanes, row - lane);
        for (Index i = 0; i < count; ++i) {
          ASSERT_EQ(among[static_cast<std::size_t>(i * lanes + lane)], alone[static_cast<std::size_t>(i)])
              << "row " << row << " in lane " << lane << " of " << lanes << ", number " << i;
        }
      }
    }
  }
}

TEST(DropoutMask, APartIsAPartOfTheWhole) {
  for (const Index lanes : {1, 5, 32}) {
    const auto whole = mask(0.5, Key{9}, 40, lanes), part = mask(0.5, Key{9}, 10, lanes, 0, 17);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 17 * lanes));
  }
}

TEST(DropoutMask, FloatAndDoubleDropTheSame) {
  const auto d = mask<double>(0.25, Key{9}, 50, 33);
  const auto f = mask<float>(0.25, Key{9}, 50, 33);
  for (std::size_t i = 0; i < d.size(); ++i) EXPECT_EQ(f[i], static_cast<float>(d[i]));
}

TEST(DropoutMask, IsActiveInTrainingAlone) {
  heed::Scratch scratch;
  EXPECT_TRUE(DropoutMask::active(0.1, {scratch, true}));
  EXPECT_FALSE(DropoutMask::active(0.1, {scratch, false}));
  EXPECT_FALSE(DropoutMask::active(0, {scratch, true}));
}

TEST(DropoutMask, RejectsRatesThatAreNone) {
  using test_support::error_of;
  EXPECT_EQ(error_of([] { heed::check_dropout_rate(1, "Block", "dropout"); }),
            "Block: option out of range (expected dropout in [0, 1), got 1.000000)");
  EXPECT_NE(error_of([] { heed::check_dropout_rate(-0.1, "", ""); }), "no error");
  EXPECT_NE(error_of([] { heed::check_dropout_rate(std::nan(""), "", ""); }), "no error");
  EXPECT_EQ(error_of([] { heed::check_dropout_rate(0, "", ""); }), "no error");
}

}  // namespace dropout_mask_test
