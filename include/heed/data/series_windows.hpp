#pragma once

/// @file
/// Cuts a long series into windows, for forecasting.

#include <algorithm>
#include <concepts>
#include <span>
#include <string>
#include <type_traits>

#include "heed/core/error.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Windows of a series, and the numbers that follow each.
template <class S>
struct SeriesWindows {
  Tensor<S, 3> x;        ///< (n, window, features)
  Tensor<S, 2> targets;  ///< (n, horizon features): the next steps, step by step
  Index count() const { return x.extent(0); }
  /// For `fit` and `evaluate`. The view must not outlive this object.
  LabelledSequences<S, S> view() const { return {x.view(), targets.view()}; }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Windows of `window` steps of a series (steps, features), each with the following `horizon` steps as target. Windows
/// begin `stride` steps apart: n = (steps - window - horizon) / stride + 1. Throws if a size is not positive, or if the
/// series is shorter than window + horizon.
///
/// Windows overlap. What a model is tested on must be cut from another part of the series: `FitOptions::validation` and
/// `cross_validate` draw windows at random, whose steps and targets most others have, too.
template <class S>
SeriesWindows<S> series_windows(TensorView<const S, 2> series, Index window, Index horizon = 1, Index stride = 1) {
  const Index steps = series.extent(0), features = series.extent(1);
  check_sizes({{"window", window}, {"horizon", horizon}, {"stride", stride}}, "series_windows");
  require(features > 0 && window <= steps && horizon <= steps - window, [&] {
    return Fault{"the series is too short", "series_windows",
                 text_of(window) + " steps and the " + text_of(horizon) + " that follow", text_of(steps)};
  });
  const Index n = (steps - window - horizon) / stride + 1;
  SeriesWindows<S> result{Tensor<S, 3>({n, window, features}), Tensor<S, 2>({n, horizon * features})};
  for (Index i = 0; i < n; ++i) {
    const S* const first = series.data() + i * stride * features;
    std::copy_n(first, window * features, result.x[i].data());
    std::copy_n(first + window * features, horizon * features, result.targets[i].data());
  }
  return result;
}
/// For a series with one feature: `series_windows(series, 20, horizon)`.
template <class Series>
  requires requires(const Series& s) { std::span(s); }
auto series_windows(const Series& series, Index window, Index horizon = 1, Index stride = 1) {
  using S = std::remove_cv_t<typename decltype(std::span(series))::element_type>;
  static_assert(std::floating_point<S>, "heed::series_windows: a series holds float or double");
  const std::span<const S> all(series);
  return series_windows(TensorView<const S, 2>(all.data(), {all.size(), 1}), window, horizon, stride);
}
template <class S>
SeriesWindows<S> series_windows(const Tensor<S, 2>& series, Index window, Index horizon = 1, Index stride = 1) {
  return series_windows(series.view(), window, horizon, stride);
}

}  // namespace heed::inline HEED_ISA
