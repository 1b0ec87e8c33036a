#include "heed/core/kernels/cholesky.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "heed/core/rng.hpp"

namespace cholesky_test {

using heed::Index;
using heed::kernels::RowMajor;
template <class S>
using Numbers = std::vector<S>;

template <class S>
Numbers<S> random_numbers(Index count, std::uint64_t seed) {
  Numbers<S> values(static_cast<std::size_t>(count));
  std::uint64_t i = 0;
  for (S& v : values) v = static_cast<S>(heed::Key{seed}.uniform(i++, -1, 1));
  return values;
}

// x x^T + size, row-major, of random x; the upper half is not what anybody may read
template <class S>
Numbers<S> positive_matrix(Index size) {
  const Numbers<S> x = random_numbers<S>(size * size, 1);
  Numbers<S> a(x.size(), S(NAN));
  for (Index i = 0; i < size; ++i) {
    for (Index j = 0; j <= i; ++j) {
      S sum = i == j ? S(size) : S(0);
      for (Index k = 0; k < size; ++k)
        sum += x[static_cast<std::size_t>(i * size + k)] * x[static_cast<std::size_t>(j * size + k)];
      a[static_cast<std::size_t>(i * size + j)] = sum;
    }
  }
  return a;
}

TEST(RowProducts, EqualSumsForAnySizes) {
  for (const Index rows : {1, 3, 4, 9}) {
    for (const Index columns : {1, 4, 51}) {
      for (const Index depth : {0, 1, 15, 16, 600}) {
        const Numbers<double> a = random_numbers<double>(rows * (depth + 2), 1),
                              b = random_numbers<double>(columns * (depth + 1), 2);
        Numbers<double> c = random_numbers<double>(rows * columns, 3);
        const Numbers<double> before = c;
        heed::kernels::subtract_row_products<double>(rows, columns, depth, {a.data(), depth + 2}, {b.data(), depth + 1},
                                                     {c.data(), columns});
        for (Index i = 0; i < rows; ++i) {
          for (Index j = 0; j < columns; ++j) {
            const auto at = static_cast<std::size_t>(i * columns + j);
            double expected = before[at];
            for (Index k = 0; k < depth; ++k)
              expected -=
                  a[static_cast<std::size_t>(i * (depth + 2) + k)] * b[static_cast<std::size_t>(j * (depth + 1) + k)];
            ASSERT_NEAR(c[at], expected, 1e-12) << rows << ' ' << columns << ' ' << depth;
          }
        }
      }
    }
  }
}

TEST(Cholesky, FactorsAndSolvesAnySize) {
  for (const Index n : {1, 2, 47, 48, 49, 150}) {
    const Numbers<double> a = positive_matrix<double>(n);
    Numbers<double> l = a;
    const RowMajor<double> factor{l.data(), n};
    ASSERT_TRUE(heed::kernels::cholesky<double>(n, factor));
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j <= i; ++j) {
        double sum = 0;
        for (Index k = 0; k <= j; ++k) sum += factor.row(i)[k] * factor.row(j)[k];
        ASSERT_NEAR(sum, a[static_cast<std::size_t>(i * n + j)], 1e-11 * static_cast<double>(n));
      }
    }
    const Numbers<double> right = random_numbers<double>(2 * n, 5);
    Numbers<double> x = right;
    heed::kernels::solve_rows<double>(2, n, factor, {x.data(), n});
    heed::kernels::solve_rows_transposed<double>(2, n, factor, {x.data(), n});
    for (Index r = 0; r < 2; ++r) {
      for (Index i = 0; i < n; ++i) {
        double sum = 0;
        for (Index j = 0; j < n; ++j)
          sum += a[static_cast<std::size_t>(j <= i ? i * n + j : j * n + i)] * x[static_cast<std::size_t>(r * n + j)];
        ASSERT_NEAR(sum, right[static_cast<std::size_t>(r * n + i)], 1e-11);
      }
    }
  }
}

TEST(Cholesky, SolvesFromWhereRowsBegin) {
  constexpr Index n = 100, first = 50;
  Numbers<double> l = positive_matrix<double>(n);
  const RowMajor<double> factor{l.data(), n};
  ASSERT_TRUE(heed::kernels::cholesky<double>(n, factor));
  Numbers<double> all(n), some(n);
  all[first] = some[first] = 1;
  heed::kernels::solve_rows<double>(1, n, factor, {all.data(), n});
  heed::kernels::solve_rows<double>(1, n, factor, {some.data(), n}, first);
  for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(all[i], some[i], 1e-15);
}

TEST(Cholesky, SaysWhereThereIsNone) {
  Numbers<float> a{1, 0, 2, 1};
  EXPECT_FALSE(heed::kernels::cholesky<float>(2, {a.data(), 2}));
  Numbers<float> nan{NAN};
  EXPECT_FALSE(heed::kernels::cholesky<float>(1, {nan.data(), 1}));
}

}  // namespace cholesky_test
