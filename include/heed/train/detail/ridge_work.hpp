#pragma once

// The computations of ridge regression: blockwise sums of products, and the fit for one penalty. For
// heed/train/ridge.hpp.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/kernels/cholesky.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/train/stop.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Features of any type, as double: a block of them, row-major, or transposed.
struct RidgeInput {
  const void* x = nullptr;
  Index rows = 0, columns = 0;
  void (*read)(const RidgeInput& input, IndexRange rows, IndexRange columns, double* to, bool across) = nullptr;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {
namespace detail {

using RidgeRows = kernels::RowMajor<double>;

/// A matrix (rows, columns), row-major.
struct RidgeMatrix {
  Index rows = 0, columns = 0;
  std::vector<double> values;

  RidgeMatrix() = default;
  RidgeMatrix(Index rows_, Index columns_)
      : rows(rows_),
        columns(columns_),
        values(make_vector<double>(element_count(Extents<2>{rows_, columns_}), "ridge")) {}
  double* row(Index i) { return values.data() + i * columns; }
  const double* row(Index i) const { return values.data() + i * columns; }
  RidgeRows view() { return {values.data(), columns}; }
  kernels::RowMajor<const double> view() const { return {values.data(), columns}; }
};

struct RidgeWork {
  const RidgeInput& input;
  ThreadPool& threads;
  const StopSignal& stop;  // once requested, the numbers are meaningless
  RidgeMatrix means;       // one row
  RidgeMatrix y;           // one row per target, centred

  static constexpr Index block = 256;
  static IndexRange part(Index i, Index of) { return {i * block, std::min(of, (i + 1) * block)}; }
  static Index parts(Index of) { return (of + block - 1) / block; }

  /// A block of x minus the column means, or its transpose.
  RidgeMatrix centered(IndexRange rows, IndexRange columns, bool across) const {
    RidgeMatrix to = across ? RidgeMatrix(columns.count(), rows.count()) : RidgeMatrix(rows.count(), columns.count());
    input.read(input, rows, columns, to.values.data(), across);
    const double* mean = means.row(0) + columns.first;
    for (Index i = 0; i < to.rows; ++i) {
      for (Index j = 0; j < to.columns; ++j) to.row(i)[j] -= mean[across ? i : j];
    }
    return to;
  }
};

/// The result for one alpha.
struct RidgeTrial {
  RidgeMatrix residuals;  // of left-out rows; one row per target
  RidgeMatrix solution;   // one row per target: a number for each row of x, or for each feature
  double error = std::numeric_limits<double>::infinity();
};

inline double squares(const double* x, Index n) {
  double sums[4] = {}, rest = 0;
  Index i = 0;
  for (; i + 4 <= n; i += 4) {
    for (Index k = 0; k < 4; ++k) sums[k] += x[i + k] * x[i + k];
  }
  for (; i < n; ++i) rest += x[i] * x[i];
  return sums[0] + sums[1] + sums[2] + sums[3] + rest;
}

HEED_COLD HEED_FUNCTION void take_means(RidgeWork& work) {
  const Index n = work.input.rows, d = work.input.columns;
  work.means = RidgeMatrix(1, d);
  work.threads.for_each(RidgeWork::parts(d), [&](Index i, int) {
    const IndexRange columns = RidgeWork::part(i, d);
    std::vector<double> sums(static_cast<std::size_t>(columns.count()));
    for (Index j = 0; j < RidgeWork::parts(n); ++j) {
      const RidgeMatrix x = work.centered(RidgeWork::part(j, n), columns, true);
      for (Index c = 0; c < x.rows; ++c) {
        for (Index r = 0; r < x.columns; ++r) sums[static_cast<std::size_t>(c)] += x.row(c)[r];
      }
    }
    for (Index c = 0; c < columns.count(); ++c) {
      work.means.row(0)[columns.first + c] = sums[static_cast<std::size_t>(c)] / static_cast<double>(n);
    }
  });
  const auto finite = [](const RidgeMatrix& m) {
    return std::all_of(m.values.begin(), m.values.end(), [](double v) { return std::isfinite(v); });
  };
  require(finite(work.means) && finite(work.y),
          [] { return Fault{"a number is not finite", "fit_ridge", "finite features and targets", {}}; });
}

// The lower half of x x^T, or of x^T x.
HEED_COLD HEED_FUNCTION RidgeMatrix gram(const RidgeWork& work, bool of_rows) {
  const Index size = of_rows ? work.input.rows : work.input.columns;
  const Index depth = of_rows ? work.input.columns : work.input.rows;
  const Index parts = RidgeWork::parts(size);
  RidgeMatrix all(size, size);
  work.threads.for_each(parts * parts, [&](Index task, int) {
    const IndexRange a = RidgeWork::part(task / parts, size), b = RidgeWork::part(task % parts, size);
    if (b.first > a.first || work.stop.requested()) return;
    const RidgeRows to = all.view().at(a.first, b.first);
    for (Index k = 0; k < RidgeWork::parts(depth); ++k) {
      const IndexRange c = RidgeWork::part(k, depth);
      const RidgeMatrix x = of_rows ? work.centered(a, c, false) : work.centered(c, a, true);
      const RidgeMatrix z = of_rows ? work.centered(b, c, false) : work.centered(c, b, true);
      kernels::subtract_row_products<double>(a.count(), b.count(), c.count(), x.view(), z.view(), to);
    }
    for (Index r = 0; r < a.count(); ++r) {
      for (Index c = 0; c < b.count(); ++c) to.row(r)[c] = -to.row(r)[c];
    }
  });
  return all;
}

// z x: one row per target, one column per feature.
HEED_COLD HEED_FUNCTION RidgeMatrix product(const RidgeWork& work, const RidgeMatrix& z) {
  const Index n = work.input.rows, d = work.input.columns;
  RidgeMatrix all(z.rows, d);
  work.threads.for_each(RidgeWork::parts(d), [&](Index i, int) {
    const IndexRange columns = RidgeWork::part(i, d);
    for (Index j = 0; j < RidgeWork::parts(n) && !work.stop.requested(); ++j) {
      const IndexRange rows = RidgeWork::part(j, n);
      const RidgeMatrix x = work.centered(rows, columns, true);
      kernels::subtract_row_products<double>(z.rows, columns.count(), rows.count(), z.view().at(0, rows.first),
                                             x.view(), all.view().at(0, columns.first));
    }
  });
  for (double& v : all.values) v = -v;
  return all;
}

inline void take_error(RidgeTrial& trial) {
  const std::vector<double>& all = trial.residuals.values;
  trial.error = squares(all.data(), static_cast<Index>(all.size())) / static_cast<double>(all.size());
}

// With G = (x x^T + alpha)^-1 for centred x, the residual of left-out row i is (G y)_i / (G_ii - 1 / (n alpha)); the
// last term accounts for the bias. x x^T maps the vector of ones to 0, so G maps it to itself times 1 / alpha, which
// may be large. Adding `shift` / n to every element turns this into 1 / (alpha + shift) and loses fewer digits. y has
// mean 0, so it is not affected.
HEED_COLD HEED_FUNCTION RidgeTrial try_by_rows(const RidgeWork& work, RidgeMatrix sum, double alpha) {
  const Index n = work.input.rows, k = work.y.rows;
  double shift = 0;
  for (Index i = 0; i < n; ++i) shift += sum.row(i)[i] / static_cast<double>(n);
  for (double& v : sum.values) v += shift / static_cast<double>(n);
  for (Index i = 0; i < n; ++i) sum.row(i)[i] += alpha;
  RidgeTrial trial;
  if (work.stop.requested() || !kernels::cholesky<double>(n, sum.view())) return trial;
  trial.solution = work.y;
  kernels::solve_rows<double>(k, n, sum.view(), trial.solution.view());
  kernels::solve_rows_transposed<double>(k, n, sum.view(), trial.solution.view());
  trial.residuals = trial.solution;
  for (Index i = 0; i < RidgeWork::parts(n) && !work.stop.requested();
       ++i) {  // G_ii is the squared norm of column i of the factor's inverse
    const IndexRange part = RidgeWork::part(i, n);
    RidgeMatrix inverse(part.count(), n);
    for (Index r = 0; r < part.count(); ++r) inverse.row(r)[part.first + r] = 1;
    kernels::solve_rows<double>(part.count(), n, sum.view(), inverse.view(), part.first);
    for (Index r = 0; r < part.count(); ++r) {
      const double share =
          squares(inverse.row(r) + part.first, n - part.first) - 1 / (static_cast<double>(n) * (alpha + shift));
      for (Index c = 0; c < k; ++c) trial.residuals.row(c)[part.first + r] /= std::max(share, 1e-12 / alpha);
    }
  }
  take_error(trial);
  return trial;
}

// With W = (x^T x + alpha)^-1 x^T y, the residual of left-out row i is (y - x W)_i / (1 - h_i), h_i = 1 / n + |L^-1
// x_i|^2.
HEED_COLD HEED_FUNCTION RidgeTrial try_by_columns(const RidgeWork& work, RidgeMatrix sum, const RidgeMatrix& right,
                                                  double alpha) {
  const Index n = work.input.rows, d = work.input.columns, k = work.y.rows;
  for (Index i = 0; i < d; ++i) sum.row(i)[i] += alpha;
  RidgeTrial trial;
  if (work.stop.requested() || !kernels::cholesky<double>(d, sum.view())) return trial;
  trial.solution = right;
  kernels::solve_rows<double>(k, d, sum.view(), trial.solution.view());
  kernels::solve_rows_transposed<double>(k, d, sum.view(), trial.solution.view());
  trial.residuals = work.y;
  for (Index i = 0; i < RidgeWork::parts(n) && !work.stop.requested(); ++i) {
    const IndexRange rows = RidgeWork::part(i, n);
    RidgeMatrix x = work.centered(rows, {0, d}, false);
    kernels::subtract_row_products<double>(k, rows.count(), d, trial.solution.view(), x.view(),
                                           trial.residuals.view().at(0, rows.first));
    kernels::solve_rows<double>(rows.count(), d, sum.view(), x.view());
    for (Index r = 0; r < rows.count(); ++r) {
      const double share = 1 - 1 / static_cast<double>(n) - squares(x.row(r), d);
      for (Index c = 0; c < k; ++c) trial.residuals.row(c)[rows.first + r] /= std::max(share, 1e-12);
    }
  }
  take_error(trial);
  return trial;
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA

#endif
