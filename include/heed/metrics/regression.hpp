#pragma once

/// @file
/// The quality of regressions. Predictions and targets are (n, k). All results are means over the k outputs, in double,
/// as scikit-learn's with `multioutput="uniform_average"`. All functions throw if the shapes differ, if there is
/// nothing to measure, or if a number is not finite.

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
template <class S, class T>
void check_answers(TensorView<S, 2> answers, TensorView<T, 2> targets, const char* where) {
  static_assert(std::is_floating_point_v<std::remove_const_t<S>> && std::is_floating_point_v<std::remove_const_t<T>>,
                "heed: answers and targets are numbers of float or double");
  require(answers.extents() == targets.extents() && targets.size() > 0, [&] {
    return Fault{"answers and targets differ in shape", where, to_text(targets.extents()) + ", at least one number",
                 to_text(answers.extents())};
  });
  for (Index i = 0; i < targets.size(); ++i) {
    require(std::isfinite(answers.data()[i]) && std::isfinite(targets.data()[i]), [&] {
      return Fault{"value is not finite",
                   std::string(where) + ", row " + text_of(i / targets.extent(1)) + " (counted from 0)",
                   "finite answers and targets",
                   {}};
    });
  }
}
/// The mean of f(prediction - target).
template <class S, class T, class F>
double mean_of_errors(TensorView<S, 2> answers, TensorView<T, 2> targets, const char* where, F&& f) {
  const DefaultFloatingMode mode;
  check_answers(answers, targets, where);
  double sum = 0;
  for (Index i = 0; i < targets.size(); ++i)
    sum += f(static_cast<double>(answers.data()[i]) - static_cast<double>(targets.data()[i]));
  return mode.result(sum / static_cast<double>(targets.size()));
}
}  // namespace detail

/// The mean squared error, sklearn.metrics.mean_squared_error.
template <class S, class T>
double mse(TensorView<S, 2> answers, TensorView<T, 2> targets) {
  return detail::mean_of_errors(answers, targets, "mse", [](double d) { return d * d; });
}

/// The mean absolute error, sklearn.metrics.mean_absolute_error.
template <class S, class T>
double mae(TensorView<S, 2> answers, TensorView<T, 2> targets) {
  return detail::mean_of_errors(answers, targets, "mae", [](double d) { return std::abs(d); });
}

/// R2 = 1 - sum (prediction - target)^2 / sum (target - mean)^2 for each output. 1 is perfect; 0 is as good as always
/// predicting the mean. sklearn.metrics.r2_score: if all targets of an output are equal, it counts as 1 if all
/// predictions equal them, and as 0 otherwise. NaN for fewer than two rows.
template <class S, class T>
double r2(TensorView<S, 2> answers, TensorView<T, 2> targets) {
  const DefaultFloatingMode mode;
  detail::check_answers(answers, targets, "r2");
  const Index rows = targets.extent(0), outputs = targets.extent(1);
  if (rows < 2) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (Index k = 0; k < outputs; ++k) {
    double mean = 0, error = 0, total = 0;
    bool equal = true;
    for (Index i = 0; i < rows; ++i) {
      mean += static_cast<double>(targets(i, k)) / static_cast<double>(rows);
      equal = equal && targets(i, k) == targets(0, k);
    }
    for (Index i = 0; i < rows; ++i) {
      const double d = static_cast<double>(answers(i, k)) - static_cast<double>(targets(i, k));
      const double own = static_cast<double>(targets(i, k)) - mean;
      error += d * d;
      total += own * own;
    }
    sum += equal ? (error == 0 ? 1 : 0) : 1 - error / total;
  }
  return mode.result(sum / static_cast<double>(outputs));
}

}  // namespace heed::inline HEED_ISA
