#include "heed/core/kernels/weight_gradient.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <vector>

#include "../../support/allocations.hpp"
#include "../../support/random.hpp"

namespace weight_gradient_test {

using heed::Index;
using heed::kernels::Rows;
using test_support::random_values;

// The rows in use are the first of tiles with one feature more, and dw is a part of a larger matrix.
template <class S>
void check_weight_gradient(Index steps, Index outputs, Index inputs, Index lanes) {
  const Index out = outputs + 3, dy_step = (outputs + 1) * lanes, x_step = (inputs + 1) * lanes;
  const auto dy = random_values<S>((steps + 1) * dy_step, 1), x = random_values<S>((steps + 1) * x_step, 2);
  std::vector<S> dw = random_values<S>(out * inputs, 3), db = random_values<S>(out, 4);
  std::vector<double> expected(dw.begin(), dw.end()), expected_bias(db.begin(), db.end());
  for (Index t = 0; t < steps; ++t) {
    for (Index r = 0; r < outputs; ++r) {
      for (Index l = 0; l < lanes; ++l) {
        const auto d = static_cast<double>(dy[static_cast<std::size_t>(t * dy_step + r * lanes + l)]);
        expected_bias[static_cast<std::size_t>(r)] += d;
        for (Index k = 0; k < inputs; ++k) {
          expected[static_cast<std::size_t>(r + k * out)] +=
              d * static_cast<double>(x[static_cast<std::size_t>(t * x_step + k * lanes + l)]);
        }
      }
    }
  }
  const Rows<const S> dy_rows{dy.data(), outputs, dy_step}, x_rows{x.data(), inputs, x_step};
  heed::kernels::weight_gradient<S>(steps, lanes, dy_rows, x_rows, dw.data(), out);
  heed::kernels::bias_gradient<S>(steps, lanes, dy_rows, db.data());
  const double limit = 4 * test_support::rounding<S>;  // sums of up to 700 products
  ASSERT_LE(test_support::largest_difference(dw, expected), limit)
      << steps << " steps, " << outputs << " outputs, " << inputs << " inputs, " << lanes << " lanes";
  ASSERT_LE(test_support::largest_difference(db, expected_bias), limit)
      << steps << " steps, " << outputs << " outputs, " << lanes << " lanes";
}

TEST(WeightGradient, HoldsForAnyNumberOfLanes) {
  for (Index lanes = 1; lanes <= 70; ++lanes) {
    check_weight_gradient<float>(2, 9, 6, lanes);
    check_weight_gradient<double>(2, 9, 6, lanes);
  }
}

TEST(WeightGradient, HoldsForAnySize) {
  for (const Index outputs : {1, 2, 3, 4, 5, 8, 13}) {
    for (const Index inputs : {1, 2, 3, 4, 5, 6, 7, 16, 17, 33}) {  // panels of 16 inputs
      for (const Index lanes : {1, 5, 16, 40}) {
        check_weight_gradient<float>(3, outputs, inputs, lanes);
        check_weight_gradient<double>(3, outputs, inputs, lanes);
      }
    }
  }
}

TEST(WeightGradient, HoldsForSizesBeyondItsBlocks) {
  check_weight_gradient<float>(10, 230, 21, 64);
  check_weight_gradient<double>(3, 10, 300, 48);
}

TEST(WeightGradient, HoldsForManyWeights) {
  for (const Index outputs : {32, 37, 64, 150}) {
    for (const Index inputs : {32, 33, 35, 38, 39, 130}) {
      for (const Index lanes : {16, 24, 64, 272}) {  // more lanes than a panel holds, too
        check_weight_gradient<float>(lanes > 64 ? 2 : 9, outputs, inputs, lanes);
        check_weight_gradient<double>(3, outputs, inputs, lanes);
      }
    }
  }
}

template <class S>
void check_table_gradient(Index steps, Index outputs, Index inputs, Index lanes) {
  const auto dy = random_values<S>(steps * outputs * lanes, 1), x = random_values<S>(steps * inputs * lanes, 2);
  std::vector<S> dw(static_cast<std::size_t>(outputs * inputs), S(1)), table = dw;
  const Rows<const S> dy_rows{dy.data(), outputs, outputs * lanes}, x_rows{x.data(), inputs, inputs * lanes};
  heed::kernels::weight_gradient<S>(steps, lanes, dy_rows, x_rows, dw.data(), outputs);
  heed::kernels::table_gradient<S>(steps, lanes, dy_rows, x_rows, table.data());
  std::vector<double> expected(dw.size());
  for (Index r = 0; r < outputs; ++r) {
    for (Index k = 0; k < inputs; ++k) {
      expected[static_cast<std::size_t>(r * inputs + k)] =
          static_cast<double>(dw[static_cast<std::size_t>(r + k * outputs)]);
    }
  }
  ASSERT_LE(test_support::largest_difference(table, expected), 4 * test_support::rounding<S>)
      << outputs << " outputs, " << inputs << " inputs, " << lanes << " lanes";
}

TEST(TableGradient, IsThatOfTheMatrix) {
  for (const Index outputs : {3, 64, 70, 200}) {
    for (const Index inputs : {1, 5, 32, 131}) {
      for (const Index lanes : {1, 5, 16, 64}) {
        check_table_gradient<float>(3, outputs, inputs, lanes);
        check_table_gradient<double>(3, outputs, inputs, lanes);
      }
    }
  }
}

TEST(WeightGradient, SumsOverAllSteps) {
  for (const Index steps : {0, 1, 10}) {
    for (const Index lanes : {1, 64}) check_weight_gradient<double>(steps, 8, 8, lanes);
  }
}

#if defined(__linux__) && !defined(HEED_TEST_SANITIZED)
// musl gives a thread 128 KiB
TEST(WeightGradient, FitsTheStackOfASmallThread) {
#ifndef __OPTIMIZE__
  GTEST_SKIP() << "without optimization every temporary has a place of its own on the stack";
#endif
  const auto work = [](void*) -> void* {
    const Index n = 100, lanes = 64;
    const std::vector<double> dy(static_cast<std::size_t>(2 * n * lanes), 1), x = dy;
    std::vector<double> dw(static_cast<std::size_t>(n * n)), y = dw;
    heed::kernels::table_gradient<double>(2, lanes, {dy.data(), n, n * lanes}, {x.data(), n, n * lanes}, dw.data());
    return dw.front() == 2 * lanes && dw.back() == 2 * lanes ? nullptr : reinterpret_cast<void*>(1);
  };
  pthread_attr_t attributes;
  pthread_t thread;
  void* wrong = nullptr;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 128 << 10), 0);
  ASSERT_EQ(pthread_create(&thread, &attributes, work, nullptr), 0);
  ASSERT_EQ(pthread_join(thread, &wrong), 0);
  EXPECT_EQ(wrong, nullptr);
  pthread_attr_destroy(&attributes);
}
#endif

}  // namespace weight_gradient_test
