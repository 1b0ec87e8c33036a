#include "heed/core/init.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace init_test {

using heed::Index;
using heed::Key;
using heed::Matrix;
using heed::Vector;

// Uniform in +-bound: within, near both ends, and with the moments of that; `p` holds thousands.
template <class P>
void expect_uniform(const P& p, double bound) {
  double sum = 0, squares = 0, lowest = bound, highest = -bound;
  for (const auto v : p) {
    const auto x = static_cast<double>(v);
    sum += x;
    squares += x * x;
    lowest = std::min(lowest, x);
    highest = std::max(highest, x);
  }
  const auto n = static_cast<double>(p.size());
  EXPECT_GE(lowest, -bound);
  EXPECT_LE(highest, bound);
  EXPECT_LT(lowest, -0.99 * bound);
  EXPECT_GT(highest, 0.99 * bound);
  EXPECT_NEAR(sum / n, 0, 5 * bound / std::sqrt(3 * n));
  EXPECT_NEAR(squares / n, bound * bound / 3, 5 * bound * bound * std::sqrt(4.0 / 45 / n));
}

TEST(Init, Uniform) {
  Matrix<double> w(50, 60);
  heed::initialize_uniform(w, Key{1}, 0.25);
  expect_uniform(w, 0.25);
  EXPECT_EQ(w.data()[17], Key{1}.uniform(17, -0.25, 0.25));
  Matrix<float> f(50, 60);
  heed::initialize_uniform(f, Key{1}, 0.25);
  EXPECT_EQ(f.data()[17], static_cast<float>(w.data()[17]));
}

TEST(Init, Normal) {
  Matrix<double> w(100, 100);
  heed::initialize_normal(w, Key{2}, 3, 0.5);
  double sum = 0, squares = 0;
  for (const double v : w) {
    sum += v;
    squares += (v - 3) * (v - 3);
  }
  EXPECT_NEAR(sum / 10000, 3, 5 * 0.5 / 100);
  EXPECT_NEAR(squares / 10000, 0.25, 5 * 0.25 * std::sqrt(2.0) / 100);
}

TEST(Init, FanInIsPyTorchsLinear) {
  Matrix<float> w(100, 64);
  heed::initialize_fan_in(w, Key{3}, 64);
  expect_uniform(w, 0.125);
  Vector<float> none(4);
  heed::initialize_fan_in(none, Key{3}, 0);
  for (const float v : none) EXPECT_EQ(v, 0);
}

TEST(Init, XavierUniform) {
  Matrix<double> w(96, 32);
  heed::initialize_xavier_uniform(w, Key{4});
  expect_uniform(w, std::sqrt(6.0 / 128));
  Matrix<double> empty;
  heed::initialize_xavier_uniform(empty, Key{4});
  EXPECT_TRUE(empty.empty());
}

template <class S>
void expect_orthonormal(Index rows, Index cols, double tolerance) {
  Matrix<S> w(rows, cols);
  heed::initialize_orthogonal(w, Key{5});
  const bool by_rows = rows < cols;
  const Index count = std::min(rows, cols), size = std::max(rows, cols);
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < count; ++j) {
      double dot = 0;
      for (Index k = 0; k < size; ++k) {
        dot += static_cast<double>(by_rows ? w(i, k) : w(k, i)) * static_cast<double>(by_rows ? w(j, k) : w(k, j));
      }
      EXPECT_NEAR(dot, i == j ? 1 : 0, tolerance) << rows << " x " << cols << ": " << i << ", " << j;
    }
  }
}

TEST(Init, OrthogonalRowsOrColumns) {
  expect_orthonormal<double>(7, 20, 1e-14);
  expect_orthonormal<double>(20, 7, 1e-14);
  expect_orthonormal<double>(32, 32, 1e-14);
  expect_orthonormal<double>(1, 1, 1e-14);
  expect_orthonormal<float>(12, 48, 1e-6);
}

TEST(Init, DependsOnTheKey) {
  Matrix<double> a(3, 3), b(3, 3), c(3, 3);
  heed::initialize_orthogonal(a, Key{1});
  heed::initialize_orthogonal(b, Key{1});
  heed::initialize_orthogonal(c, Key{2});
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin()));
  EXPECT_FALSE(std::equal(a.begin(), a.end(), c.begin()));
}

}  // namespace init_test
