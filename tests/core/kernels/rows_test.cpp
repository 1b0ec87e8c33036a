#include "heed/core/kernels/rows.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "../../support/random.hpp"

namespace rows_test {

using heed::Index;
using test_support::random_values;

template <class S>
void check_rows() {
  const Index count = 7;
  for (const Index lanes : {1, 3, 16, 21, 64}) {
    for (const Index features : {1, 5, 16, 33}) {
      const auto n = static_cast<std::size_t>(lanes * features);
      std::vector<S> table = random_values<S>(count * features, 1), y(n, S(9));
      const auto place = [&](Index lane) { return (3 * lane + 1) % count * features; };
      std::vector<const S*> rows;
      for (Index l = 0; l < lanes; ++l) rows.push_back(table.data() + place(l));
      heed::kernels::gather_rows<S>(rows.data(), features, lanes, y.data());

      const std::vector<S> dy = random_values<S>(lanes * features, 2);
      std::vector<S> sum = random_values<S>(count * features, 3), expected = sum;
      std::vector<S*> sums;
      for (Index l = 0; l < lanes; ++l) sums.push_back(l % 5 == 2 ? nullptr : sum.data() + place(l));
      heed::kernels::scatter_rows<S>(dy.data(), features, lanes, sums.data());

      for (Index l = 0; l < lanes; ++l) {
        for (Index f = 0; f < features; ++f) {
          const auto in_tile = static_cast<std::size_t>(f * lanes + l), in_row = static_cast<std::size_t>(place(l) + f);
          ASSERT_EQ(y[in_tile], table[in_row]);
          if (l % 5 != 2) expected[in_row] += dy[in_tile];
        }
      }
      EXPECT_EQ(sum, expected) << "in the order of the lanes";
    }
  }
}

TEST(Rows, AreGatheredAndScatteredInFloat) { check_rows<float>(); }
TEST(Rows, AreGatheredAndScatteredInDouble) { check_rows<double>(); }

}  // namespace rows_test
