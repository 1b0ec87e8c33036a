#pragma once

/// @file
/// Cuts a long series into windows, for forecasting.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "heed/core/check.hpp"
#include "heed/core/error.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/sequences.hpp"

namespace heed::inline HEED_ABI {

/// Windows of a series, and the numbers that follow each.
template <class S>
struct SeriesWindows {
  Tensor<S, 3> x;        ///< (n, window, features)
  Tensor<S, 2> targets;  ///< (n, horizon features): the next steps, step by step
  /// The steps of the series that are the targets of each window: `make_folds` cross-validates in the order of time.
  std::vector<SeriesSteps> places = {};
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
/// `cross_validate` of data draw windows at random, whose steps and targets most others have, too. `make_folds(places)`
/// divides them in the order of time.
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
    result.places.push_back({0, {i * stride + window, i * stride + window + horizon}});
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

/// Makes windows (n, steps, features) relative to their last values, as a model with `LastValue` sees them: subtracts
/// from each feature in `features_of_outputs` its value at the last valid step. Returns these values for each output (n,
/// outputs): targets less them are what such a model's layers learn. Throws if a length, the mask or a feature does not
/// fit.
template <class S>
Tensor<S, 2> subtract_last(TensorView<S, 3> x, std::span<const Index> features_of_outputs,
                           std::span<const std::int32_t> lengths = {}, StepMask mask = {}) {
  const std::string where = "subtract_last";
  const Index steps = x.extent(1), features = x.extent(2);
  check_lengths(lengths, x.extent(0), steps, where);
  mask.check(x.extent(0), steps, where);
  std::vector<char> is_output(static_cast<std::size_t>(features));
  for (const Index f : features_of_outputs) {
    require(f >= 0 && f < features,
            [&] { return Fault{"no such feature", where, "0 to " + text_of(features - 1), text_of(f)}; });
    is_output[static_cast<std::size_t>(f)] = 1;
  }
  Tensor<S, 2> last({x.extent(0), static_cast<Index>(features_of_outputs.size())});
  for (Index i = 0; i < x.extent(0); ++i) {
    Index at = (lengths.empty() ? steps : Index(lengths[static_cast<std::size_t>(i)])) - 1;
    while (at >= 0 && !mask.empty() && !mask(i, at)) --at;
    if (at < 0) continue;  // no step: a model answers from zeros
    for (Index k = 0; k < last.extent(1); ++k) last(i, k) = x(i, at, features_of_outputs[static_cast<std::size_t>(k)]);
    for (Index f = 0; f < features; ++f) {
      if (!is_output[static_cast<std::size_t>(f)]) continue;
      const S value = x(i, at, f);
      for (Index t = 0; t < steps; ++t) x(i, t, f) -= value;
    }
  }
  return last;
}

/// The same for windows in double of which a model of S sees `narrowed<S>(x, lengths, where, offsets)`, to the bits that
/// it computes: last values and differences are rounded to S. Features that no output gives stay as they are, offsets
/// included. Throws as `narrowed` does, too.
template <std::floating_point S>
Tensor<S, 2> subtract_last_as(TensorView<double, 3> x, std::span<const Index> features_of_outputs,
                              std::span<const std::int32_t> lengths, StepMask mask, const std::vector<double>& offsets,
                              const std::string& where) {
  Tensor<S, 3> seen = narrowed<S>(TensorView<const double, 3>(x), lengths, where, offsets);
  Tensor<S, 2> last = subtract_last<S>(seen.view(), features_of_outputs, lengths, mask);
  for (const Index f : features_of_outputs) {
    for (Index i = 0; i < x.extent(0); ++i) {
      for (Index t = 0; t < x.extent(1); ++t) x(i, t, f) = static_cast<double>(seen(i, t, f));
    }
  }
  return last;
}

}  // namespace heed::inline HEED_ISA
