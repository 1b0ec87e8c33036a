#include "heed/core/kernels/affine.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../../support/random.hpp"

namespace affine_test {

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

// A weight of many outputs, which is worked on by parts, as a matrix and as a table, against the plain sums.
template <class P>
void check_many_outputs(const P& w, Index out, Index in, Index lanes) {
  constexpr Index T = 2;
  const auto at = [&](Index o, Index i) {
    if constexpr (std::is_same_v<P, Matrix<double>>) return w(o, i);
    if constexpr (!std::is_same_v<P, Matrix<double>>) return w.row(o)[i];
  };
  const auto x = random_values<double>(T * in * lanes, 3), dy = random_values<double>(T * out * lanes, 4);
  const auto bias = random_values<double>(out, 5);
  const Tile<const double> in_tile(x.data(), {T, in}, lanes), d_tile(dy.data(), {T, out}, lanes);
  std::vector<double> y(dy.size()), dx(x.size(), 1.0);
  heed::affine<double>(in_tile, w, bias.data(), Tile<double>(y.data(), {T, out}, lanes));
  P grad = w, wanted = w;
  heed::weight_gradient<double>(in_tile, d_tile, grad, nullptr);
  const auto check_dx = [&](double start) {
    for (Index t = 0; t < T; ++t) {
      for (Index i = 0; i < in; ++i) {
        double sum = start;
        for (Index o = 0; o < out; ++o) sum += at(o, i) * d_tile.at(t, o)[0];
        ASSERT_NEAR(dx[static_cast<std::size_t>((t * in + i) * lanes)], sum, 1e-11);
      }
    }
  };
  const Tile<double> to(dx.data(), {T, in}, lanes);
  heed::input_gradient<double>(d_tile, w, heed::onto(to));
  check_dx(1);
  heed::input_gradient<double>(d_tile, w, heed::into(to));
  check_dx(0);
  Weight<double> expected(wanted);
  for (Index o = 0; o < out; ++o) {
    double sum = bias[static_cast<std::size_t>(o)];
    for (Index i = 0; i < in; ++i) {
      sum += at(o, i) * in_tile.at(1, i)[lanes - 1];
      double d = at(o, i);
      for (Index t = 0; t < T; ++t) {
        for (Index l = 0; l < lanes; ++l) d += d_tile.at(t, o)[l] * in_tile.at(t, i)[l];
      }
      expected.data[o * expected.row + i * expected.stride] = d;
    }
    ASSERT_NEAR(y[static_cast<std::size_t>((out + o) * lanes + lanes - 1)], sum, 1e-12);
  }
  ASSERT_LE(test_support::largest_difference(std::vector<double>(grad.begin(), grad.end()),
                                             std::vector<double>(wanted.begin(), wanted.end())),
            1e-12);
}

TEST(AffineOfManyOutputs, IsTheSameOfAMatrixAndOfATable) {
  for (const Index lanes : {1, 16, 21, 64}) {
    for (const Index in : {5, 40}) {
      check_many_outputs(random_parameter(Matrix<double>(1000, in), 1), 1000, in, lanes);
      check_many_outputs(random_parameter(heed::Table<double>(1000, in), 1), 1000, in, lanes);
    }
  }
}

TEST(AffineOfATable, TakesSomeOutputsAndInputs) {
  heed::Table<double> table(6, 4);
  const Weight<double> part = Weight<double>(table).outputs(2, 3).inputs(1, 2);
  EXPECT_EQ(part.data, table.data() + 2 * 4 + 1);
  EXPECT_EQ(part.out, 3);
  EXPECT_EQ(part.in, 2);
}

TEST(AffineBias, IsNullWhereSwitchedOff) {
  Vector<float> none, some(2);
  EXPECT_EQ(heed::values_or_null(none), nullptr);
  EXPECT_EQ(heed::values_or_null(some), some.data());
  EXPECT_EQ(heed::values_or_null(std::as_const(some)), some.data());
}

INSTANTIATE_TEST_SUITE_P(Lanes, Affine, testing::Values(1, 3, 16, 37));

}  // namespace affine_test
