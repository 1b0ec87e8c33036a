#pragma once

/// @file
/// Cross-validation of models that `fit` trains.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/labelled_sequences.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/mean_squared_error.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/fit_ensemble.hpp"
#include "heed/train/fit_options.hpp"
#include "heed/train/folds.hpp"

namespace heed::inline HEED_ISA {

/// Cross-validation: trains a model for each fold and evaluates it on the sequences that were left out.
/// `make(training)` returns a new model for this training data, `make()` for any data. Whatever a model computes from
/// data, such as means and deviations, then comes from the fold's training data only.
///
/// Labels, one per sequence, are stratified. `fit` trains the models of repeat r with the seed `fit.seed` + r, side by
/// side on its threads. The bits are the same for any number of threads. If `fit.stop` requests an end, the result has
/// the finished folds. Throws as `fit` and `make_folds` do, and for options that belong to a single training
/// (callbacks, checkpoint, history).
///     const auto cv = heed::cross_validate(
///         [](const auto& training) {
///           return heed::SequenceClassifier<float>({.features = training.x.extent(2), .classes = 10});
///         },
///         data, {.epochs = 50}, {.folds = 5, .repeats = 2});
///     std::printf("%.3f +- %.3f\n", cv.accuracy.mean, cv.accuracy.deviation);
template <class Make, class X, class T, class L>
  requires(!std::convertible_to<L, FitOptions>)
CrossValidation cross_validate(Make&& make, const LabelledSequences<X, T>& data, const L& loss, const FitOptions& fit,
                               const CrossValidationOptions& options = {});

/// With the default loss of `fit`: cross-entropy for labels, the mean squared error for numbers.
template <class Make, class X, class T>
CrossValidation cross_validate(Make&& make, const LabelledSequences<X, T>& data, const FitOptions& fit = {},
                               const CrossValidationOptions& options = {});

// ---- implementation

namespace detail {

/// A model for some training data. `make` may look at the data.
template <class Make, class Data>
auto model_for(Make& make, const Data& training) {
  if constexpr (std::invocable<Make&, const Data&>) {
    return make(training);
  } else {
    return make();
  }
}

/// `train_and_score(model, training, validation, options)`: nothing if the stop signal has ended the training.
template <class Make, class X, class T, class Train>
CrossValidation cross_validate_by(Make& make, const LabelledSequences<X, T>& data, const FitOptions& fit,
                                  const CrossValidationOptions& options, Train&& train_and_score) {
  using Data = LabelledSequences<X, T>;
  using Model = decltype(model_for(make, data));
  check_shared(fit, "cross_validate");
  const std::vector<FoldRows> folds = folds_of(data, options);
  ThreadPool pool = fit.executor ? ThreadPool(fit.executor) : ThreadPool(fit.threads);
  const auto count = static_cast<Index>(folds.size()), at_once = std::min<Index>(pool.size(), count);
  const int threads = fit.executor ? 1 : static_cast<int>(std::max<Index>(1, pool.size() / at_once));
  CrossValidation all;
  // one model at a time: `make` may count its calls
  for (Index first = 0; first < count; first += at_once) {
    const Index n = std::min(at_once, count - first);
    const std::span<const FoldRows> now(&folds[static_cast<std::size_t>(first)], static_cast<std::size_t>(n));
    std::vector<SequenceSubset<X, T>> training;
    std::vector<Model> models;
    std::vector<std::optional<Evaluation>> results(now.size());
    training.reserve(now.size());
    models.reserve(now.size());
    for (const FoldRows& fold : now) {
      training.emplace_back(data, fold.rows.training);
      models.push_back(model_for(make, std::as_const(training.back()).view()));
    }
    pool.for_each(n, [&](Index i, int) {
      const auto k = static_cast<std::size_t>(i);
      const SequenceSubset<X, T> validation(data, now[k].rows.validation);
      const Data seen = std::as_const(training[k]).view();
      results[k] = train_and_score(models[k], seen, validation.view(), options_of_member(fit, now[k].repeat, threads));
    });
    std::vector<FoldRows> finished;
    std::vector<Evaluation> scores;
    for (std::size_t k = 0; k < now.size(); ++k) {
      if (!results[k]) continue;
      finished.push_back(now[k]);
      scores.push_back(*std::move(results[k]));
    }
    if (!take_results(finished, scores, options, all) || fit.stop.requested()) break;
  }
  summarize(all);
  return all;
}

}  // namespace detail

template <class Make, class X, class T, class L>
  requires(!std::convertible_to<L, FitOptions>)
CrossValidation cross_validate(Make&& make, const LabelledSequences<X, T>& data, const L& loss, const FitOptions& fit,
                               const CrossValidationOptions& options) {
  using Result = std::optional<Evaluation>;
  return detail::cross_validate_by(
      make, data, fit, options,
      [&](auto& model, const auto& training, const auto& validation, const FitOptions& o) -> Result {
        if (heed::fit(model, training, loss, o).outcome == Outcome::cancelled) return std::nullopt;
        return evaluate(model, validation, loss, o.threads);
      });
}

template <class Make, class X, class T>
CrossValidation cross_validate(Make&& make, const LabelledSequences<X, T>& data, const FitOptions& fit,
                               const CrossValidationOptions& options) {
  if constexpr (std::same_as<T, std::int32_t>) {
    using Result = std::optional<Evaluation>;
    return detail::cross_validate_by(
        make, data, fit, options,
        [](auto& model, const auto& training, const auto& validation, const FitOptions& o) -> Result {
          if (heed::fit(model, training, o).outcome == Outcome::cancelled) return std::nullopt;
          return evaluate(model, validation, o.threads);
        });
  } else {
    return cross_validate(make, data, MeanSquaredError<T>(), fit, options);
  }
}

}  // namespace heed::inline HEED_ISA
