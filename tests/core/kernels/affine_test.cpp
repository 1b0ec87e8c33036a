#include "heed/core/kernels/affine.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../../support/random.hpp"

namespace {

using heed::Index;
using heed::Matrix;
using heed::Tile;
using heed::Vector;
using heed::Weight;
using test_support::random_values;

template <class P>
P random_parameter(P p, std::uint64_t seed) {
  const auto values = random_values<double>(p.size(), seed);
  std::copy(values.begin(), values.end(), p.begin());
  return p;
}

struct Affine : testing::TestWithParam<int> {
  static constexpr Index T = 3, I = 6, O = 5;
  const Index L = GetParam();
  const Matrix<double> w = random_parameter(Matrix<double>(O, I), 1);
  const Vector<double> b = random_parameter(Vector<double>(O), 2);
  const std::vector<double> x = random_values<double>(T * I * L, 3), dy = random_values<double>(T * O * L, 4);

  Tile<const double> x_tile() const { return {x.data(), {T, I}, L}; }
  Tile<const double> dy_tile() const { return {dy.data(), {T, O}, L}; }
};
constexpr double affine_error = 1e-14;

TEST_P(Affine, MultipliesEveryStep) {
  for (const double* bias : {b.data(), static_cast<const double*>(nullptr)}) {
    std::vector<double> y(dy.size());
    const Tile<double> to(y.data(), {T, O}, L);
    heed::affine<double>(x_tile(), w, bias, to);
    for (Index t = 0; t < T; ++t) {
      for (Index o = 0; o < O; ++o) {
        for (Index l = 0; l < L; ++l) {
          double sum = bias ? bias[o] : 0;
          for (Index i = 0; i < I; ++i) sum += w(o, i) * x_tile().at(t, i)[l];
          ASSERT_NEAR(to.at(t, o)[l], sum, affine_error);
        }
      }
    }
  }
}

TEST_P(Affine, BringsTheGradientToTheInput) {
  const auto old = random_values<double>(T * I * L, 5);
  for (const bool add : {false, true}) {
    std::vector<double> dx = old;
    const Tile<double> to(dx.data(), {T, I}, L);
    heed::input_gradient<double>(dy_tile(), w, {to, add});
    for (Index t = 0; t < T; ++t) {
      for (Index i = 0; i < I; ++i) {
        for (Index l = 0; l < L; ++l) {
          double sum = add ? old[static_cast<std::size_t>((t * I + i) * L + l)] : 0;
          for (Index o = 0; o < O; ++o) sum += w(o, i) * dy_tile().at(t, o)[l];
          ASSERT_NEAR(to.at(t, i)[l], sum, affine_error);
        }
      }
    }
  }
  heed::input_gradient<double>(dy_tile(), w, heed::Into<double>{});
}

TEST_P(Affine, AddsUpTheGradientOfTheWeight) {
  Matrix<double> dw(O, I);
  Vector<double> db(O);
  dw.fill(1);
  db.fill(1);
  heed::weight_gradient<double>(x_tile(), dy_tile(), dw, db.data());
  heed::weight_gradient<double>(x_tile(), dy_tile(), dw, nullptr);
  for (Index o = 0; o < O; ++o) {
    double bias = 0;
    for (Index i = 0; i < I; ++i) {
      double sum = 0;
      for (Index t = 0; t < T; ++t) {
        for (Index l = 0; l < L; ++l) sum += dy_tile().at(t, o)[l] * x_tile().at(t, i)[l];
      }
      ASSERT_NEAR(dw(o, i), 1 + 2 * sum, 20 * affine_error);
    }
    for (Index t = 0; t < T; ++t) {
      for (Index l = 0; l < L; ++l) bias += dy_tile().at(t, o)[l];
    }
    ASSERT_NEAR(db(o), 1 + bias, 20 * affine_error);
  }
}

TEST_P(Affine, TakesARectangleOfAWeight) {
  const Weight<const double> part = Weight<const double>(w).outputs(1, 3).inputs(2, 4);
  EXPECT_EQ(part.out, 3);
  EXPECT_EQ(part.in, 4);
  const auto four = random_values<double>(4 * L, 6);
  std::vector<double> y(static_cast<std::size_t>(3 * L));
  heed::affine<double>(Tile<const double>(four.data(), {1, 4}, L), part, nullptr, Tile<double>(y.data(), {1, 3}, L));
  for (Index o = 0; o < 3; ++o) {
    for (Index l = 0; l < L; ++l) {
      double sum = 0;
      for (Index i = 0; i < 4; ++i) sum += w(1 + o, 2 + i) * four[static_cast<std::size_t>(i * L + l)];
      ASSERT_NEAR(y[static_cast<std::size_t>(o * L + l)], sum, affine_error);
    }
  }
}

TEST(AffineBias, IsNullWhereSwitchedOff) {
  Vector<float> none, some(2);
  EXPECT_EQ(heed::values_or_null(none), nullptr);
  EXPECT_EQ(heed::values_or_null(some), some.data());
  EXPECT_EQ(heed::values_or_null(std::as_const(some)), some.data());
}

INSTANTIATE_TEST_SUITE_P(Lanes, Affine, testing::Values(1, 3, 16, 37));

}  // namespace
