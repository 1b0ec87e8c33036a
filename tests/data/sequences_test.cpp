#include "heed/data/sequences.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support.hpp"

namespace {

using data_test::error_of;
using heed::Sequences;
using heed::Tensor;

TEST(CheckFinite, PassesFiniteValues) {
  Sequences<float> s{Tensor<float, 3>({2, 3, 4})};
  s.x(1, 2, 3) = std::numeric_limits<float>::max();
  EXPECT_NO_THROW(heed::check_finite(s, "x.npy"));
}

TEST(CheckFinite, NamesSequenceStepAndFeature) {
  Sequences<double> s{Tensor<double, 3>({3, 4, 5})};
  s.x(1, 2, 3) = std::nan("");
  s.x(2, 0, 0) = HUGE_VAL;
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x.npy"); }),
            "x.npy, sequence 1, step 2, feature 3 (counted from 0): value is not finite (expected a finite number, got "
            "NaN)");
  s.x(0, 3, 4) = -HUGE_VAL;
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x.npy"); }),
            "x.npy, sequence 0, step 3, feature 4 (counted from 0): value is not finite (expected a finite number, got "
            "-infinity)");
  s.x(0, 0, 0) = HUGE_VAL;
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x.npy"); }),
            "x.npy, sequence 0, step 0, feature 0 (counted from 0): value is not finite (expected a finite number, got "
            "infinity)");
}

TEST(CheckFinite, LooksAtValidStepsOnly) {
  Sequences<float> s{Tensor<float, 3>({3, 2, 1}), {1, 0, 2}};
  s.x(0, 1, 0) = s.x(1, 0, 0) = NAN;
  EXPECT_NO_THROW(heed::check_finite(s, "x.ts"));
  s.x(2, 1, 0) = NAN;
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x.ts"); }),
            "x.ts, sequence 2, step 1, feature 0 (counted from 0): value is not finite (expected a finite number, got "
            "NaN)");
}

TEST(CheckLengths, RejectsLengthsThatDoNotFit) {
  Sequences<float> s{Tensor<float, 3>({2, 3, 1}), {3}};
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x"); }), "x: wrong number of lengths (expected 2, got 1)");
  s.lengths = {3, 4};
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x"); }),
            "x, sequence 1 (counted from 0): length out of range (expected 0 to 3, got 4)");
  s.lengths = {-1, 3};
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x"); }),
            "x, sequence 0 (counted from 0): length out of range (expected 0 to 3, got -1)");
}

}  // namespace
