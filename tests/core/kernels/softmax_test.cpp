#include "heed/core/kernels/softmax.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "../../support/random.hpp"

namespace softmax_test {

using heed::Index;
using test_support::random_values;

template <class S>
inline constexpr double softmax_error = sizeof(S) == 4 ? 1e-6 : 1e-15;

template <class S>
void check_softmax(Index rows, Index lanes, bool ragged, double bound) {
  std::vector<S> s = random_values<S>(rows * lanes, 1, bound);
  const std::vector<S> scores = s;
  std::vector<std::int32_t> lengths;
  for (Index l = 0; l < lanes; ++l) lengths.push_back(static_cast<std::int32_t>((2 * l + 1) % (rows + 1)));
  heed::kernels::softmax<S>(s.data(), rows, lanes, ragged ? lengths.data() : nullptr);
  for (Index l = 0; l < lanes; ++l) {
    const Index valid = ragged ? lengths[static_cast<std::size_t>(l)] : rows;
    const auto at = [&](Index t) { return static_cast<double>(scores[static_cast<std::size_t>(t * lanes + l)]); };
    double largest = -HUGE_VAL, total = 0, sum = 0;
    for (Index t = 0; t < valid; ++t) largest = std::max(largest, at(t));
    for (Index t = 0; t < valid; ++t) total += std::exp(at(t) - largest);
    for (Index t = 0; t < rows; ++t) {
      const auto got = static_cast<double>(s[static_cast<std::size_t>(t * lanes + l)]);
      sum += got;
      if (t < valid) {
        ASSERT_NEAR(got, std::exp(at(t) - largest) / total, softmax_error<S>);
      } else {
        ASSERT_EQ(got, 0) << "past the end";
      }
    }
    ASSERT_NEAR(sum, valid > 0 ? 1 : 0, softmax_error<S> * static_cast<double>(rows));
  }
}

TEST(Softmax, HoldsForAnyNumberOfLanesAndLengths) {
  for (Index lanes = 1; lanes <= 70; ++lanes) {
    for (const bool ragged : {false, true}) {
      check_softmax<float>(5, lanes, ragged, 3);
      check_softmax<double>(5, lanes, ragged, 3);
    }
  }
}

TEST(Softmax, OneLaneHoldsForAnyNumberOfRows) {
  for (Index rows = 0; rows <= 40; ++rows) {
    for (const bool ragged : {false, true}) {
      check_softmax<float>(rows, 1, ragged, 3);
      check_softmax<double>(rows, 1, ragged, 3);
    }
  }
}

TEST(Softmax, TakesLargeScores) {
  for (const Index lanes : {1, 3, 19}) {
    for (const double bound : {1e3, 1e6, 1e20}) {
      check_softmax<float>(6, lanes, true, bound);
      check_softmax<double>(6, lanes, true, bound);
    }
  }
}

TEST(Softmax, ALaneOfLengthZeroIsZeroWhateverItHolds) {
  for (const Index lanes : {1, 16}) {
    std::vector<float> s(static_cast<std::size_t>(4 * lanes), 5.0F);
    const std::vector<std::int32_t> none(static_cast<std::size_t>(lanes), 0);
    heed::kernels::softmax(s.data(), 4, lanes, none.data());
    EXPECT_TRUE(std::all_of(s.begin(), s.end(), [](float v) { return v == 0; }));
  }
}

TEST(Softmax, NaNGoesThrough) {
  for (const Index lanes : {1, 16}) {
    for (const Index where : {0, 2}) {
      std::vector<float> s(static_cast<std::size_t>(4 * lanes), 5.0F);
      s[static_cast<std::size_t>(where * lanes)] = std::numeric_limits<float>::quiet_NaN();
      heed::kernels::softmax(s.data(), 4, lanes);
      for (Index t = 0; t < 4; ++t) EXPECT_TRUE(std::isnan(s[static_cast<std::size_t>(t * lanes)]));
    }
  }
}

TEST(SoftmaxBackward, IsTheJacobianTimesTheGradient) {
  for (const Index lanes : {1, 2, 17, 64}) {
    for (const Index rows : {1, 6, 21}) {
      std::vector<double> a = random_values<double>(rows * lanes, 1, 2), da = random_values<double>(rows * lanes, 2);
      heed::kernels::softmax(a.data(), rows, lanes);
      const std::vector<double> before = da;
      heed::kernels::softmax_backward(a.data(), a.data(), da.data(), rows, lanes);
      for (Index l = 0; l < lanes; ++l) {
        for (Index t = 0; t < rows; ++t) {
          double sum = 0;
          for (Index u = 0; u < rows; ++u) {
            const auto i = static_cast<std::size_t>(u * lanes + l);
            sum += before[i] * a[i] * ((u == t) - a[static_cast<std::size_t>(t * lanes + l)]);
          }
          ASSERT_NEAR(da[static_cast<std::size_t>(t * lanes + l)], sum, softmax_error<double>);
        }
      }
    }
  }
}

}  // namespace softmax_test
