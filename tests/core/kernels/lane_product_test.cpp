#include "heed/core/kernels/lane_product.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../../support/random.hpp"

namespace lane_product_test {

using heed::Index;
using heed::kernels::LaneMatrix;
using test_support::random_values;

// How a matrix (rows x columns) stands: rows contiguous, columns contiguous, or with gaps both ways.
enum class Order { rows, columns, apart };
template <class S>
LaneMatrix<S> stand(S* data, Index rows, Index columns, Order order) {
  return order == Order::rows      ? LaneMatrix<S>{data, columns, 1}
         : order == Order::columns ? LaneMatrix<S>{data, 1, rows}
                                   : LaneMatrix<S>{data, 2 * columns, 2};
}

template <class S>
double lane_product_error(Index rows, Index columns, Index depth, Index lanes, Order a_order, Order b_order,
                          Order c_order, double scale, bool add) {
  const auto a = random_values<S>(4 * rows * (depth + 1) * lanes, 1),
             b = random_values<S>(4 * (depth + 1) * columns * lanes, 2);
  std::vector<S> c = random_values<S>(4 * rows * columns * lanes, 3);
  std::vector<double> expected(c.begin(), c.end());
  const auto am = stand(a.data(), rows, depth, a_order), bm = stand(b.data(), depth, columns, b_order);
  const auto cm = stand(c.data(), rows, columns, c_order);
  for (Index m = 0; m < rows; ++m) {
    for (Index n = 0; n < columns; ++n) {
      for (Index l = 0; l < lanes; ++l) {
        double sum = 0;
        for (Index k = 0; k < depth; ++k) {
          sum += static_cast<double>(am.data[(m * am.row + k * am.column) * lanes + l]) *
                 static_cast<double>(bm.data[(k * bm.row + n * bm.column) * lanes + l]);
        }
        double& to = expected[static_cast<std::size_t>((m * cm.row + n * cm.column) * lanes + l)];
        to = scale * sum + (add ? to : 0);
      }
    }
  }
  heed::kernels::lane_product<S>(rows, columns, depth, lanes, am, bm, cm, static_cast<S>(scale), add);
  return test_support::largest_difference(c, expected);
}

template <class S>
void check_lane_product(Index rows, Index columns, Index depth, Index lanes) {
  for (const Order a : {Order::rows, Order::columns, Order::apart}) {
    for (const Order b : {Order::rows, Order::columns, Order::apart}) {
      for (const Order c : {Order::rows, Order::columns, Order::apart}) {
        for (const bool add : {false, true}) {
          ASSERT_LE(lane_product_error<S>(rows, columns, depth, lanes, a, b, c, add ? 0.5 : 1, add),
                    test_support::rounding<S>)
              << rows << " x " << columns << ", depth " << depth << ", " << lanes << " lanes, orders " << int(a)
              << int(b) << int(c) << ", add " << add;
        }
      }
    }
  }
}

TEST(LaneProduct, HoldsForAnyNumberOfLanes) {
  for (Index lanes = 1; lanes <= 70; lanes += lanes < 35 ? 1 : 7) {
    check_lane_product<float>(5, 6, 3, lanes);
    check_lane_product<double>(5, 6, 3, lanes);
  }
}

TEST(LaneProduct, HoldsForAnySize) {
  for (const Index rows : {1, 2, 3, 4, 7, 9}) {
    for (const Index columns : {1, 2, 3, 4, 5, 7, 8}) {
      for (const Index depth : {0, 1, 10}) check_lane_product<float>(rows, columns, depth, 19);
    }
  }
}

TEST(LaneProduct, OneLaneHoldsForAnySize) {
  for (const Index rows : {1, 4, 10, 33}) {
    for (const Index columns : {1, 10, 17}) {
      for (const Index depth : {0, 1, 7, 16, 35}) {
        check_lane_product<float>(rows, columns, depth, 1);
        check_lane_product<double>(rows, columns, depth, 1);
      }
    }
  }
}

TEST(LaneProduct, TransposesByStrides) {
  float data[6];
  const LaneMatrix<float> m{data, 3, 1};
  EXPECT_EQ(m.transposed().row, 1);
  EXPECT_EQ(m.transposed().column, 3);
  EXPECT_EQ(m.transposed().data, data);
}

}  // namespace lane_product_test
