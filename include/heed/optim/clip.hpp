#pragma once

/// @file
/// Gradient clipping, by norm and by value.

#include <algorithm>
#include <cmath>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/parameters.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
// f(number), where f(0) = 0: a table is visited only in the rows that were touched
template <class S, class F>
void for_each_number(ParameterArray<S>& p, F&& f) {
  p.for_each_touched([&](Index first, Index count) {
    S* v = p.touch(first, count);
    std::for_each(v, v + count, f);
  });
}

// eight sums side by side, which the compiler turns into one packet
template <class S>
double sum_of_squares(const S* v, Index count) {
  constexpr int parts = 8;
  double sum[parts] = {};
  Index i = 0;
  for (; i + parts <= count; i += parts) {
    for (int k = 0; k < parts; ++k) sum[k] += static_cast<double>(v[i + k]) * static_cast<double>(v[i + k]);
  }
  double total = 0;
  for (; i < count; ++i) total += static_cast<double>(v[i]) * static_cast<double>(v[i]);
  for (int k = 0; k < parts; ++k) total += sum[k];
  return total;
}
// The rows of a table in ascending order, so that the sum does not depend on the order in which rows were touched.
template <class S>
double sum_of_squares(const ParameterArray<S>& g) {
  double total = 0;
  g.for_each_touched_in_order([&](Index first, Index count) { total += sum_of_squares(g.data() + first, count); });
  return total;
}
}  // namespace detail

namespace detail {
template <class S>
double parameters_norm(const Parameters<S>& gradient) {
  const FlushDenormals flush;
  double total = 0;
  for (Index i = 0; i < gradient.count(); ++i) {
    if (gradient[i].wanted()) total += sum_of_squares(gradient[i]);
  }
  return std::sqrt(total);
}

template <class S>
double clip_parameters_norm(Parameters<S>& gradient, double max_norm) {
  require(max_norm >= 0, [&] { return Fault{"largest norm", "clip_norm", "at least 0", text_of(max_norm)}; });
  const FlushDenormals flush;
  const double before = parameters_norm<S>(gradient), factor = max_norm / (before + 1e-6);
  if (factor < 1) {
    for (Index i = 0; i < gradient.count(); ++i) {
      for_each_number(gradient[i], [=](S& v) { v *= static_cast<S>(factor); });
    }
  }
  return before;
}

template <class S>
void clip_parameters_value(Parameters<S>& gradient, double most) {
  require(most >= 0, [&] { return Fault{"largest value", "clip_value", "at least 0", text_of(most)}; });
  const FlushDenormals flush;
  for (Index i = 0; i < gradient.count(); ++i) {
    for_each_number(gradient[i], [=](S& v) { v = std::clamp(v, static_cast<S>(-most), static_cast<S>(most)); });
  }
}
}  // namespace detail

/// The Euclidean norm of all parameters together.
template <Visitable Model>
double norm(const Model& gradient) {
  return detail::parameters_norm(parameters_of(gradient));
}

/// Scales the gradient by min(1, max_norm / (norm + 1e-6)) and returns the norm from before.
/// torch.nn.utils.clip_grad_norm_.
template <Visitable Model>
double clip_norm(Model& gradient, double max_norm) {
  Parameters<typename Model::Scalar> parameters(gradient);
  return detail::clip_parameters_norm(parameters, max_norm);
}

/// Clamps each number of the gradient to +-most. torch.nn.utils.clip_grad_value_.
template <Visitable Model>
void clip_value(Model& gradient, double most) {
  Parameters<typename Model::Scalar> parameters(gradient);
  detail::clip_parameters_value(parameters, most);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::parameters_norm)
HEED_COMPILED_FUNCTION(heed::detail::clip_parameters_norm)
HEED_COMPILED_FUNCTION(heed::detail::clip_parameters_value)
