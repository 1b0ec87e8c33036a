#pragma once

/// @file
/// Training of models with random convolutions (`RocketClassifier`): a linear head in closed form.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/detail/elementwise.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/train/detail/arrays.hpp"
#include "heed/train/detail/model_outputs.hpp"
#include "heed/train/detail/rocket_features.hpp"
#include "heed/train/detail/rocket_ridge.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/history.hpp"
#include "heed/train/present_steps.hpp"
#include "heed/train/ridge.hpp"
#include "heed/train/stop.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ABI {

/// Options of `fit_rocket`.
struct RocketFitOptions {
  std::vector<double> alphas = RidgeOptions().alphas;  ///< penalties of the ridge regression to choose from
  Index most_ridge = 3000;                             ///< for more series than this, `fit` trains the head
  int epochs = 40;                                     ///< of `fit`, with batches of 128 and AdamW
  double learning_rate = 3e-4;                         ///< of `fit`, at the start: a cosine brings it to 0
  std::uint64_t seed = 0;                              ///< of the order in `fit`
  int threads = 0;                                     ///< 0: as many as the machine has
  StopSignal stop = {};                                ///< checked now and then, by any thread

  static void fields(auto&& f, auto&... o) {
    f({"alphas", "Penalties to choose from", {.least = 0, .most = 1e300, .above = true}}, o.alphas...);
    f({"most_ridge", "Largest number of series for ridge regression", Range::from(0, 1 << 16)}, o.most_ridge...);
    f({"epochs", "Of the head of more series", Range::at_least(0)}, o.epochs...);
    f({"learning_rate", "Of the head of more series", Range::at_least(0)}, o.learning_rate...);
    f({"seed", "Of the order of batches"}, o.seed...);
    f({"threads", "0: as many as the machine has", Range::from(0, most_threads)}, o.threads...);
  }
};

/// The result of `fit_rocket`.
struct RocketFit {
  bool cancelled = false;  ///< it was stopped: the model is as it was, and the other fields are unknown
  bool ridge = false;      ///< false: `fit` trained the head, and the following fields are unknown
  double alpha = 0;        ///< the chosen penalty
  double error = 0;        ///< leave-one-out mean squared error; labels count as -1 and 1
  double accuracy = std::numeric_limits<double>::quiet_NaN();  ///< leave-one-out accuracy, for labels
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// y = scale (W x + b)
template <RocketModel M>
void set_head(M& model, const RidgeFit& ridge, double scale) {
  using S = typename M::Scalar;
  std::transform(ridge.weights.begin(), ridge.weights.end(), model.head.weight.begin(),
                 [&](double w) { return static_cast<S>(scale * w); });
  std::transform(ridge.bias.begin(), ridge.bias.end(), model.head.bias.begin(),
                 [&](double b) { return static_cast<S>(scale * b); });
}

/// The options for training the head on this many series.
FitOptions head_options(const RocketFitOptions& options, Index count);

/// Trains with cross-entropy, or with the mean squared error.
template <class Model, class S, class T>
Outcome fit_head(Model& model, const LabelledSequences<S, T>& data, const FitOptions& options) {
  if constexpr (std::same_as<T, std::int32_t>) {
    return fit(model, data, options).outcome;
  } else {
    return fit(model, data, MeanSquaredError<S>(), options).outcome;
  }
}

template <class T, RocketModel M, class Data>
void check_rocket_data(const M& model, const Data& data) {
  check_sequences(data);
  const Index outputs = model.output_shape({data.x.extent(1), data.x.extent(2)}).features;
  const auto targets = as_rows(data.labels);
  if constexpr (std::same_as<T, std::int32_t>) {
    require(targets.extent(1) == 1,
            [&] { return Fault{"wrong number of targets", "fit_rocket", "1 a sequence", text_of(targets.extent(1))}; });
    check_labels({targets.data(), static_cast<std::size_t>(targets.size())}, outputs);
  } else {
    check_targets(targets, outputs, "fit_rocket");
  }
}
}  // namespace detail

/// Fits a `RocketClassifier` to series with labels, or with numbers (n, outputs). The kernels' biases are quantiles of
/// convolutions of some series. The features are standardised. The head is a ridge regression (`fit_ridge`) on the
/// features; labels become -1 and 1. The logits are the head's outputs times one factor. It is chosen so that the softmax
/// predicts the labels of left-out series best. If the model has `values` among its features, they count nothing beside
/// the others, a tenth, as much, or alone: more only if the error of left-out series is clearly smaller. For more than `most_ridge` series, `fit` trains the head with
/// cross-entropy or the mean squared error.
///
/// The features of all series are kept during the fit, up to 2^28 numbers (1 GB of floats). Beyond that they are
/// computed again in every epoch. Ridge regression also needs 8 n^2 bytes for each penalty that is tried at the same
/// time.
///
/// The bits are the same for any number of threads. Throws if the data or an option is faulty, and if steps are missing
/// in the middle, because convolutions cannot skip them.
template <RocketModel M, class T>
  requires std::same_as<T, std::int32_t> || std::same_as<T, typename M::Scalar>
RocketFit fit_rocket(M& model, const LabelledSequences<typename M::Scalar, T>& given,
                     const RocketFitOptions& options = {}) {
  const FlushDenormals flush;
  constexpr Index most_numbers = Index(1) << 28;  // of all features together
  constexpr bool labelled = std::same_as<T, std::int32_t>;
  check(options, "fit_rocket");
  constexpr OutputKind kind = labelled ? OutputKind::classes : OutputKind::numbers;
  detail::check_last_value(model, kind, "fit_rocket");
  const PresentSteps<typename M::Scalar, T> present(given);
  check_gaps(present.has_gaps(), heed::reads_distances(model), "fit_rocket");
  const LabelledSequences<typename M::Scalar, T>& data = present.view();
  detail::check_rocket_data<T>(model, data);
  const Index n = data.count(), outputs = model.output_shape({data.x.extent(1), data.x.extent(2)}).features;
  const bool kept = n * model.rocket.output_features() <= most_numbers;  // computed once instead of in every epoch
  const bool ridge = n <= options.most_ridge && n >= 2 && kept;
  M fitted = model;
  ThreadPool threads(options.threads);
  auto features = detail::fit_features(fitted, data.x, data.lengths, threads, options.stop, kept);
  if (options.stop.requested()) return {.cancelled = true};
  const Tensor<T, 2> changes = detail::changes_of(fitted, data);
  auto targets = data.labels;
  if (!changes.empty()) targets = changes.view();
  fitted.outputs = kind;
  RocketFit result{.cancelled = false, .ridge = ridge};
  if (ridge) {
    const Tensor<double, 2> y = detail::ridge_targets<T>(targets, outputs);
    const RidgeFit fit = detail::fit_rocket_ridge(features, fitted.rocket.first_of_values(), y.view(),
                                                  {.alphas = options.alphas, .stop = options.stop}, threads);
    if (fit.cancelled) return {.cancelled = true};
    double scale = 1;
    if constexpr (labelled) {
      const std::span<const std::int32_t> labels(data.labels.data(), data.labels.size());
      scale = detail::logit_scale(fit.held_out, labels);
      Index right = 0;
      for (Index i = 0; i < n; ++i) {
        const auto row = fit.held_out[i];
        right += std::max_element(row.begin(), row.end()) - row.begin() == labels[static_cast<std::size_t>(i)];
      }
      result.accuracy = static_cast<double>(right) / static_cast<double>(n);
    }
    detail::set_head(fitted, fit, scale);
    result.alpha = fit.alpha;
    result.error = fit.error;
  } else {
    const Index d = fitted.rocket.output_features();
    const TensorView<const typename M::Scalar, 3> steps(features.data(), {features.extent(0), 1, d});
    FitOptions fit_options = detail::head_options(options, n);
    Outcome outcome;
    if (kept) {
      outcome = detail::fit_head(fitted.head, LabelledSequences<typename M::Scalar, T>{steps, targets}, fit_options);
    } else {
      fit_options.frozen = {"rocket.", "scaler."};
      outcome = detail::fit_head(fitted, data, fit_options);
    }
    if (outcome == Outcome::cancelled) return {.cancelled = true};
  }
  model = std::move(fitted);
  return result;
}

/// `fit_rocket(model, view(x, {n, 100, 3}), labels)`: arrays of any type, as `fit` takes them.
template <RocketModel M, detail::NumberArray X, detail::NumberArray Y>
RocketFit fit_rocket(M& model, const X& x, const Y& y, const RocketFitOptions& options = {}) {
  using T = std::conditional_t<detail::holds_labels<Y>, std::int32_t, typename M::Scalar>;
  return detail::with_arrays<T, M>(x, y, [&](const auto& data) { return fit_rocket(model, data, options); });
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION FitOptions head_options(const RocketFitOptions& options, Index count) {
  constexpr Index batch = 128;
  const Index steps = options.epochs * ((count + batch - 1) / batch);
  return {.epochs = options.epochs,
          .learning_rate = options.learning_rate,
          .weight_decay = 1e-2,
          .schedule = CosineSchedule{.steps = std::max<Index>(1, steps)},
          .batch_size = batch,
          .seed = options.seed,
          .threads = options.threads,
          .stop = options.stop};
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
