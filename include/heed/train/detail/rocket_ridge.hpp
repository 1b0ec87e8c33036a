#pragma once

// The ridge regression of fit_rocket: how much values of the series count beside what kernels give. For
// heed/train/fit_rocket.hpp.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "heed/core/compiled.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/train/ridge.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// What the regression sees: the values times a factor beside the other features, or the values alone.
struct RocketShare {
  double factor = 0;
  bool alone = false;
};

/// Rows i n / count, i = 0 .. count - 1, of numbers from column `first` on.
template <class S>
Tensor<S, 2> some_rows(TensorView<const S, 2> all, Index count, Index first = 0) {
  Tensor<S, 2> some({count, all.extent(1) - first});
  for (Index i = 0; i < count; ++i) {
    const auto row = all[i * all.extent(0) / count];
    std::copy(row.begin() + first, row.end(), some[i].begin());
  }
  return some;
}

/// Whether predictions (n, k) of y have a smaller squared error than others, by more than one standard error of the
/// differences between the rows' errors.
bool clearly_better(TensorView<const double, 2> predictions, TensorView<const double, 2> than,
                    TensorView<const double, 2> y);

/// The ridge regression of y on features (n, d). The features from `first_of_values` on are values of series. Their
/// sum of squares is 0, 0.1 or 1 times that of the others, or they are alone: the first of these after which none is
/// clearly better on left-out rows, of at most 500. The weights are those of the features as they came; these are changed.
template <class S>
RidgeFit fit_rocket_ridge(Tensor<S, 2>& features, Index first_of_values, TensorView<const double, 2> y,
                          const RidgeOptions& options, ThreadPool& threads) {
  constexpr Index most_tried = 500;
  constexpr std::array shares{RocketShare{0}, RocketShare{0.1}, RocketShare{1}, RocketShare{1, true}};
  const Index n = features.extent(0), d = features.extent(1);
  double of_kernels = 0, of_values = 0;
  for (Index i = 0; i < n; ++i) {
    for (Index k = 0; k < d; ++k) {
      (k < first_of_values ? of_kernels : of_values) += static_cast<double>(features(i, k) * features(i, k));
    }
  }
  if (of_values == 0) return fit_ridge<S>(features.view(), y, options, threads);

  const auto factor_of = [&](const RocketShare& share) {
    return share.alone ? 1 : std::sqrt(share.factor * of_kernels / of_values);
  };
  const auto fit = [&](Tensor<S, 2>& x, const RocketShare& share, TensorView<const double, 2> targets) {
    if (share.alone) {
      const Tensor<S, 2> values = some_rows<S>(x.view(), x.extent(0), first_of_values);
      return fit_ridge<S>(values.view(), targets, options, threads);
    }
    const S factor = static_cast<S>(factor_of(share));
    for (Index i = 0; i < x.extent(0); ++i) {
      for (Index k = first_of_values; k < d; ++k) x(i, k) *= factor;
    }
    return fit_ridge<S>(x.view(), targets, options, threads);
  };

  const Index tried = std::min(n, most_tried);
  const Tensor<double, 2> some_y = some_rows<double>(y, tried);
  RocketShare best;
  RidgeFit result;
  for (const RocketShare& share : shares) {
    Tensor<S, 2> some_x = some_rows<S>(features.view(), tried);
    RidgeFit trial = fit(some_x, share, some_y.view());
    if (trial.cancelled) return trial;
    if (!result.held_out.empty() && !clearly_better(trial.held_out, result.held_out, some_y.view())) continue;
    best = share;
    result = std::move(trial);
  }
  if (tried < n) result = fit(features, best, y);
  if (result.cancelled) return result;

  const auto outputs = static_cast<std::size_t>(y.extent(1)),
             begin = static_cast<std::size_t>(first_of_values) * outputs;
  if (best.alone) {
    result.weights.insert(result.weights.begin(), begin, 0.0);
  } else {
    for (std::size_t i = begin; i < result.weights.size(); ++i) result.weights[i] *= factor_of(best);
  }
  return result;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION bool detail::clearly_better(TensorView<const double, 2> predictions,
                                                    TensorView<const double, 2> than, TensorView<const double, 2> y) {
  const auto n = static_cast<double>(y.extent(0));
  double sum = 0, squares = 0;
  for (Index i = 0; i < y.extent(0); ++i) {
    double gain = 0;
    for (Index k = 0; k < y.extent(1); ++k) {
      const double own = predictions(i, k) - y(i, k), other = than(i, k) - y(i, k);
      gain += other * other - own * own;
    }
    sum += gain;
    squares += gain * gain;
  }
  const double mean = sum / n, variance = std::max(0.0, squares / n - mean * mean);
  return mean > std::sqrt(variance / n);
}

}  // namespace heed::inline HEED_ISA

#endif
