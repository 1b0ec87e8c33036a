#pragma once

/// @file
/// Ridge regression: linear regression with a penalty on the weights, in closed form.

#include <span>
#include <string>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"
#include "heed/train/detail/ridge_work.hpp"
#include "heed/train/stop.hpp"

namespace heed::inline HEED_ABI {

/// Options of `fit_ridge`.
struct RidgeOptions {
  /// Penalties to choose from: numpy.logspace(-3, 3, 10).
  std::vector<double> alphas = {
      1e-3, 4.641588833612782e-3, 2.154434690031882e-2, 1e-1, 4.641588833612782e-1, 2.154434690031882,
      1e1,  4.641588833612782e1,  2.154434690031882e2,  1e3};
  StopSignal stop = {};  ///< checked now and then, by any thread
  static void fields(auto&& f, auto&... o) {
    f({"alphas", "Penalties to choose from", {.least = 0, .most = 1e300, .above = true}}, o.alphas...);
  }
};

/// The result of `fit_ridge`.
struct RidgeFit {
  bool cancelled = false;            ///< it was stopped: the other fields are unknown
  double alpha = 0;                  ///< the chosen penalty
  double error = 0;                  ///< mean squared error of `held_out`, over all rows and outputs
  std::vector<double> weights = {};  ///< output k of feature f is at f outputs + k
  std::vector<double> bias = {};     ///< one per output
  Tensor<double, 2> held_out = {};   ///< (n, outputs): the prediction for each row if it were not in the data
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
RidgeFit fit_ridge(const RidgeInput& input, TensorView<const double, 2> y, const RidgeOptions& options,
                   ThreadPool& threads);
}  // namespace detail

/// Minimises |y - x W - b|^2 + alpha |W|^2 for features x (n, d) and targets y (n, k). Chooses the alpha with the
/// smallest leave-one-out error (the first one in a tie), as `RidgeCV` of scikit-learn does. This needs no n fits: the
/// leave-one-out residuals follow from the fit to all rows. With m = min(n, d), time grows with m^3 and memory with
/// m^2. The bits are the same for any number of threads.
///
/// Throws if there are fewer than two rows, no feature or no target, if x and y have different numbers of rows, if an
/// alpha is not positive, or if a number is not finite.
template <class S>
RidgeFit fit_ridge(TensorView<const S, 2> x, TensorView<const double, 2> y, const RidgeOptions& options,
                   ThreadPool& threads) {
  const auto read = [](const detail::RidgeInput& input, IndexRange rows, IndexRange columns, double* to, bool across) {
    const Index down = across ? 1 : columns.count(), right = across ? rows.count() : 1;
    for (Index r = 0; r < rows.count(); ++r) {
      const S* from = static_cast<const S*>(input.x) + (rows.first + r) * input.columns + columns.first;
      for (Index c = 0; c < columns.count(); ++c) to[r * down + c * right] = static_cast<double>(from[c]);
    }
  };
  return detail::fit_ridge({x.data(), x.extent(0), x.extent(1), read}, y, options, threads);
}
template <class S>
RidgeFit fit_ridge(TensorView<const S, 2> x, TensorView<const double, 2> y, const RidgeOptions& options = {}) {
  ThreadPool threads;
  return fit_ridge(x, y, options, threads);
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION RidgeFit fit_of(const RidgeWork& work, const RidgeTrial& best, std::span<const double> y_means,
                                        bool by_rows) {
  const Index n = work.input.rows, d = work.input.columns, k = work.y.rows;
  RidgeFit fit{.cancelled = false,
               .alpha = 0,
               .error = best.error,
               .weights = {},
               .bias = {},
               .held_out = Tensor<double, 2>({n, k})};
  const RidgeMatrix weights = by_rows ? product(work, best.solution) : best.solution;
  for (Index f = 0; f < d; ++f) {
    for (Index c = 0; c < k; ++c) fit.weights.push_back(weights.row(c)[f]);
  }
  for (Index c = 0; c < k; ++c) {
    const double mean = y_means[static_cast<std::size_t>(c)];
    double bias = mean;
    for (Index f = 0; f < d; ++f) bias -= work.means.row(0)[f] * weights.row(c)[f];
    fit.bias.push_back(bias);
    for (Index i = 0; i < n; ++i) fit.held_out(i, c) = mean + work.y.row(c)[i] - best.residuals.row(c)[i];
  }
  return fit;
}

HEED_COLD HEED_FUNCTION RidgeFit fit_ridge(const RidgeInput& input, TensorView<const double, 2> y,
                                           const RidgeOptions& options, ThreadPool& threads) {
  const FlushDenormals flush;
  check(options, "fit_ridge");
  const Index n = input.rows, d = input.columns, k = y.extent(1);
  require(y.extent(0) == n,
          [&] { return Fault{"rows and targets differ in number", "fit_ridge", text_of(n), text_of(y.extent(0))}; });
  require(!options.alphas.empty(), [] { return Fault{"no alpha", "fit_ridge", "one at least", "none"}; });
  require(n >= 2 && d >= 1 && k >= 1, [&] {
    return Fault{"too little data", "fit_ridge", "two rows, a feature and a target at least",
                 "features " + to_text(Extents<2>{n, d}) + ", targets " + to_text(y.extents())};
  });
  RidgeWork work{.input = input, .threads = threads, .stop = options.stop, .means = {}, .y = RidgeMatrix(k, n)};
  std::vector<double> y_means;
  for (Index c = 0; c < k; ++c) {
    double sum = 0;
    for (Index i = 0; i < n; ++i) sum += y(i, c);
    y_means.push_back(sum / static_cast<double>(n));
    for (Index i = 0; i < n; ++i) work.y.row(c)[i] = y(i, c) - y_means.back();
  }
  take_means(work);

  const bool by_rows = n <= d;
  const RidgeMatrix square = gram(work, by_rows);
  const RidgeMatrix right = by_rows ? RidgeMatrix() : product(work, work.y);
  std::vector<RidgeTrial> trials(options.alphas.size());
  threads.for_each(static_cast<Index>(trials.size()), [&](Index i, int) {
    const double alpha = options.alphas[static_cast<std::size_t>(i)];
    trials[static_cast<std::size_t>(i)] =
        by_rows ? try_by_rows(work, square, alpha) : try_by_columns(work, square, right, alpha);
  });
  if (options.stop.requested()) return {.cancelled = true};
  const auto best = std::min_element(trials.begin(), trials.end(),
                                     [](const RidgeTrial& a, const RidgeTrial& b) { return a.error < b.error; });
  require(std::isfinite(best->error),
          [] { return Fault{"no alpha is large enough for these features", "fit_ridge", "a larger one", {}}; });
  RidgeFit fit = fit_of(work, *best, y_means, by_rows);
  fit.alpha = options.alphas[static_cast<std::size_t>(best - trials.begin())];
  fit.cancelled = options.stop.requested();
  return fit;
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA

#endif
