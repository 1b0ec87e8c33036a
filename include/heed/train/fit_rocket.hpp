#pragma once

/// @file
/// Training of models on random convolutions (`RocketClassifier`): a linear layer in closed form.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/optim/schedule.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"
#include "heed/train/detail/arrays.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/history.hpp"
#include "heed/train/present_steps.hpp"
#include "heed/train/ridge.hpp"
#include "heed/train/stop.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ABI {

struct RocketFitOptions {
  std::vector<double> alphas = RidgeOptions().alphas;  ///< penalties of the ridge to choose from
  Index most_ridge = 3000;                             ///< so many series at most; the head of more is fitted by `fit`
  int epochs = 40;                                     ///< of `fit`, in batches of 128 and by AdamW
  double learning_rate = 3e-4;                         ///< of `fit`, at the start: it falls to 0 by a cosine
  std::uint64_t seed = 0;                              ///< of the order of `fit`
  int threads = 0;                                     ///< 0: as many as the machine has
  StopSignal stop = {};                                ///< asked now and then, by any thread

  static void fields(auto&& f, auto&... o) {
    f({"alphas", "Penalties to choose from", {.least = 0, .most = 1e300, .above = true}}, o.alphas...);
    f({"most_ridge", "Series that ridge regression takes at most", Range::from(0, 1 << 16)}, o.most_ridge...);
    f({"epochs", "Of the head of more series", Range::at_least(0)}, o.epochs...);
    f({"learning_rate", "Of the head of more series", Range::at_least(0)}, o.learning_rate...);
    f({"seed", "Of the order of batches"}, o.seed...);
    f({"threads", "0: as many as the machine has", Range::from(0, most_threads)}, o.threads...);
  }
};

struct RocketFit {
  bool cancelled = false;  ///< it was stopped: the model is as it was, and nothing else is known
  bool ridge = false;      ///< otherwise by `fit`, and what follows is not known
  double alpha = 0;        ///< the penalty that was chosen
  double error = 0;        ///< mean squared error of rows left out one by one; of labels, as numbers of -1 and 1
  double accuracy = std::numeric_limits<double>::quiet_NaN();  ///< of labels, on rows left out one by one
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// A model of a standardisation of features and a linear head on random convolutions.
template <class M>
concept RocketModel = requires(M& model, TensorView<const typename M::Scalar, 3> x) {
  model.fit_biases(x, std::span<const std::int32_t>());
  model.rocket.output_features();
  model.scaler.mean;
  model.head.weight;
};

namespace detail {
/// The factor of logits whose softmax gives the labels of rows left out the largest likelihood; one more row, whose
/// label is any alike, keeps it finite. Scores are (n, classes).
double logit_scale(TensorView<const double, 2> scores, std::span<const std::int32_t> labels);

/// Labels as numbers: 1 for its class, -1 for the others. Numbers as they are.
template <class T>
Tensor<double, 2> ridge_targets(TargetsView<T> targets, Index outputs) {
  const auto rows = as_rows(targets);
  Tensor<double, 2> y({rows.extent(0), outputs});
  for (Index i = 0; i < rows.extent(0); ++i) {
    for (Index k = 0; k < outputs; ++k) {
      if constexpr (std::same_as<T, std::int32_t>) {
        y(i, k) = rows(i, 0) == k ? 1 : -1;
      } else {
        y(i, k) = static_cast<double>(rows(i, k));
      }
    }
  }
  return y;
}

/// The features of series as the model has them: f(first, (rows, features)) for blocks of them, in order, until it is
/// stopped.
template <RocketModel M, class F>
void for_each_features(const M& model, TensorView<const typename M::Scalar, 3> x, std::span<const std::int32_t> lengths,
                       ThreadPool& threads, const StopSignal& stop, F&& f) {
  using S = typename M::Scalar;
  constexpr Index block = 256;
  struct Worker {
    typename M::Cache cache;
    Scratch scratch;
  };
  std::vector<Worker> workers(static_cast<std::size_t>(threads.size()));
  const Index n = x.extent(0), d = model.rocket.output_features();
  Tensor<S, 2> features({std::min(n, block), d});
  for (Index first = 0; first < n && !stop.requested(); first += block) {
    const Index rows = std::min(block, n - first);
    threads.for_each(rows, [&](Index i, int w) {
      Worker& worker = workers[static_cast<std::size_t>(w)];
      const Index row = first + i;
      const Index length = lengths.empty() ? x.extent(1) : Index(lengths[static_cast<std::size_t>(row)]);
      const Tile<const S> series(x[row].data(), {length, x.extent(2)}, 1);
      model.forward_features(series, Tile<S>(features[i].data(), {1, d}, 1), worker.cache, Pass{worker.scratch});
    });
    f(first, TensorView<const S, 2>(features.data(), {rows, d}));
  }
}

/// Sets the model's biases and its scaler. Returns the standardised features where they are `wanted`.
template <RocketModel M>
Tensor<typename M::Scalar, 2> fit_features(M& model, TensorView<const typename M::Scalar, 3> x,
                                           std::span<const std::int32_t> lengths, ThreadPool& threads,
                                           const StopSignal& stop, bool wanted) {
  using S = typename M::Scalar;
  model.fit_biases(x, lengths);
  const Index d = model.rocket.output_features();
  Tensor<S, 2> all({wanted ? x.extent(0) : 0, d});
  std::vector<double> sums(static_cast<std::size_t>(d)), squares = sums, zeros = sums;
  for_each_features(model, x, lengths, threads, stop, [&](Index first, TensorView<const S, 2> features) {
    if (wanted) std::copy(features.begin(), features.end(), all.data() + first * d);
    for (Index i = 0; i < features.extent(0); ++i) {
      for (Index k = 0; k < d; ++k) {
        const double v = static_cast<double>(features(i, k));
        sums[static_cast<std::size_t>(k)] += v;
        squares[static_cast<std::size_t>(k)] += v * v;
      }
      for (Index k = model.rocket.first_of_dictionary(); k < d; ++k) {
        zeros[static_cast<std::size_t>(k)] += features(i, k) == 0;
      }
    }
  });
  model.scaler.fit(sums, squares, zeros, static_cast<double>(x.extent(0)));
  threads.for_each(all.extent(0), [&](Index i, int) {
    const Tile<S> row(all.data() + i * d, {1, d}, 1);
    model.scaler.forward(row, row);
  });
  return all;
}

/// y = scale (W x + b)
template <RocketModel M>
void set_head(M& model, const RidgeFit& ridge, double scale) {
  using S = typename M::Scalar;
  std::transform(ridge.weights.begin(), ridge.weights.end(), model.head.weight.begin(),
                 [&](double w) { return static_cast<S>(scale * w); });
  std::transform(ridge.bias.begin(), ridge.bias.end(), model.head.bias.begin(),
                 [&](double b) { return static_cast<S>(scale * b); });
}

template <class T, RocketModel M, class Data>
void check_rocket_data(const M& model, const Data& data) {
  check_sequences(data);
  const Index outputs = model.output_shape({data.x.extent(1), data.x.extent(2)}).features;
  const auto targets = as_rows(data.labels);
  const Index each = std::same_as<T, std::int32_t> ? 1 : outputs;
  require(targets.extent(1) == each, [&] {
    return Fault{"wrong number of targets of a sequence", "fit_rocket", text_of(each), text_of(targets.extent(1))};
  });
  if constexpr (std::same_as<T, std::int32_t>) {
    check_labels({targets.data(), static_cast<std::size_t>(targets.size())}, outputs);
  }
}
}  // namespace detail

/// Fits a `RocketClassifier` to series with labels, or with numbers, (n, outputs): the biases of its kernels are
/// quantiles of convolutions of some series, the features are standardised, and the head is a ridge regression
/// (`fit_ridge`) on them, of labels as -1 and 1. Its outputs times a factor are the logits: the factor with which their
/// softmax says the labels of series left out best. Of more than `most_ridge` series the head is trained by `fit`: by
/// cross-entropy, or the mean squared error.
///
/// The same bits for any number of threads. Throws where the data or an option is faulty, and where steps are missing
/// between others: convolutions cannot pass over them.
template <RocketModel M, class T>
  requires std::same_as<T, std::int32_t> || std::same_as<T, typename M::Scalar>
RocketFit fit_rocket(M& model, const LabelledSequences<typename M::Scalar, T>& given,
                     const RocketFitOptions& options = {}) {
  constexpr Index most_numbers = Index(1) << 28;  // of all features together
  constexpr bool labelled = std::same_as<T, std::int32_t>;
  check(options, "fit_rocket");
  const PresentSteps<typename M::Scalar, T> present(given);
  check_gaps(present.has_gaps(), heed::reads_distances(model), "fit_rocket");
  const LabelledSequences<typename M::Scalar, T>& data = present.view();
  detail::check_rocket_data<T>(model, data);
  const Index n = data.count(), outputs = model.output_shape({data.x.extent(1), data.x.extent(2)}).features;
  const bool ridge = n <= options.most_ridge && n >= 2 && n * model.rocket.output_features() <= most_numbers;
  M fitted = model;
  ThreadPool threads(options.threads);
  const auto features = detail::fit_features(fitted, data.x, data.lengths, threads, options.stop, ridge);
  if (options.stop.requested()) return {.cancelled = true};
  fitted.outputs = labelled ? OutputKind::classes : OutputKind::numbers;
  RocketFit result{.cancelled = false, .ridge = ridge};
  if (ridge) {
    const Tensor<double, 2> y = detail::ridge_targets<T>(data.labels, outputs);
    const RidgeFit fit =
        fit_ridge<typename M::Scalar>(features, y, {.alphas = options.alphas, .stop = options.stop}, threads);
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
    constexpr Index batch = 128;
    const FitOptions fit_options{
        .epochs = options.epochs,
        .learning_rate = options.learning_rate,
        .weight_decay = 1e-2,
        .schedule = CosineSchedule{.steps = std::max<Index>(1, options.epochs * ((n + batch - 1) / batch))},
        .batch_size = batch,
        .seed = options.seed,
        .threads = options.threads,
        .frozen = {"rocket.", "scaler."},
        .stop = options.stop};
    History history;
    if constexpr (labelled) {
      history = fit(fitted, data, fit_options);
    } else {
      history = fit(fitted, data, MeanSquaredError<typename M::Scalar>(), fit_options);
    }
    if (history.outcome == Outcome::cancelled) return {.cancelled = true};
  }
  model = std::move(fitted);
  return result;
}

/// `fit_rocket(model, view(x, {n, 100, 3}), labels)`: arrays of any types, as `fit` takes them.
template <RocketModel M, detail::NumberArray X, detail::NumberArray Y>
RocketFit fit_rocket(M& model, const X& x, const Y& y, const RocketFitOptions& options = {}) {
  using T = std::conditional_t<detail::holds_labels<Y>, std::int32_t, typename M::Scalar>;
  return detail::with_arrays<T, M>(x, y, [&](const auto& data) { return fit_rocket(model, data, options); });
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cmath>

namespace heed::inline HEED_ISA {

namespace detail {

// Mean cross-entropy of rows of scores times a factor; `any`: of all labels alike.
HEED_COLD HEED_FUNCTION double scaled_cross_entropy(TensorView<const double, 2> scores,
                                                    std::span<const std::int32_t> labels, double scale, bool any) {
  const Index n = scores.extent(0), classes = scores.extent(1);
  double total = 0;
  for (Index i = 0; i < n; ++i) {
    const auto row = scores[i];
    const double top = *std::max_element(row.begin(), row.end());
    double sum = 0, mean = 0;
    for (const double s : row) {
      sum += std::exp(scale * (s - top));
      mean += s / static_cast<double>(classes);
    }
    total += std::log(sum) - scale * ((any ? mean : row(labels[static_cast<std::size_t>(i)])) - top);
  }
  return total / static_cast<double>(n);
}

HEED_COLD HEED_FUNCTION double logit_scale(TensorView<const double, 2> scores, std::span<const std::int32_t> labels) {
  const double n = static_cast<double>(scores.extent(0));
  const auto loss = [&](double log_scale) {
    const double scale = std::exp(log_scale);
    return n * scaled_cross_entropy(scores, labels, scale, false) + scaled_cross_entropy(scores, labels, scale, true);
  };
  double low = std::log(1e-2), high = std::log(1e2);  // the loss is convex in the scale, so it has one least value
  for (int i = 0; i < 60; ++i) {
    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
    (loss(a) < loss(b) ? high : low) = loss(a) < loss(b) ? b : a;
  }
  return std::exp((low + high) / 2);
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
