#pragma once

/// @file
/// The folds of a cross-validation, and the scores on them.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "heed/core/borrowed.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/split.hpp"
#include "heed/train/tiles.hpp"

namespace heed::inline HEED_ABI {

/// One training of a cross-validation.
struct FoldRows {
  int repeat = 0, fold = 0;  ///< from 0
  Split rows;
};

/// The score of a fold's model on the sequences that were left out.
struct FoldResult {
  int repeat = 0, fold = 0;            ///< from 0
  Index training = 0, validation = 0;  ///< numbers of sequences
  double loss = 0;
  double accuracy = 0;  ///< NaN if the loss has no accuracy
};

/// The mean and the standard deviation of a sample.
struct MeanAndDeviation {
  double mean = 0;
  double deviation = 0;  ///< of a sample: sqrt(sum (x - mean)^2 / (n - 1)); 0 for a single number
};

/// The result of a cross-validation.
struct CrossValidation {
  std::vector<FoldResult> folds;  ///< the finished folds, repeat by repeat
  MeanAndDeviation accuracy, loss;
};

/// Options of `cross_validate`.
struct CrossValidationOptions {
  int folds = 5;
  int repeats = 1;         ///< each with different folds
  std::uint64_t seed = 0;  ///< of the folds
  /// Called after every fold, in order. If it returns false, the remaining folds are not trained.
  std::function<bool(const FoldResult&)> callback = {};

  static void fields(auto&& f, auto&... o) {
    f({"folds", "Parts, each tested on once", Range::at_least(2)}, o.folds...);
    f({"repeats", "Repetitions with other folds", Range::to(10'000)}, o.repeats...);
    f({"seed", "Of the folds"}, o.seed...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The folds of all repeats. Labels, one per sequence, give `stratified_folds`. Throws as that function does, and if an
/// option is out of range.
std::vector<FoldRows> make_folds(std::span<const std::int32_t> labels, const CrossValidationOptions& options);
/// `random_folds` of this many sequences.
std::vector<FoldRows> make_folds(Index count, const CrossValidationOptions& options);
/// `forward_folds` of windows with these targets. They depend on no seed, so that there is one repeat.
std::vector<FoldRows> make_folds(std::span<const SeriesSteps> targets, const CrossValidationOptions& options);

/// The mean and the standard deviation.
MeanAndDeviation mean_and_deviation(std::span<const double> values);

/// A copy of some sequences with their targets.
template <class X, class T = std::int32_t>
struct SequenceSubset {
  Tensor<X, 3> x;
  Tensor<T, 2> targets;
  std::vector<std::int32_t> lengths;
  std::vector<std::uint8_t> mask;  ///< n x steps; empty: all steps are present

  /// Copies the rows `which`, in this order. Throws if one does not exist.
  SequenceSubset(const LabelledSequences<X, T>& data, std::span<const Index> which);

  /// A view, which must not outlive this object.
  LabelledSequences<X, T> view() const& {
    if (mask.empty()) return {x, targets, lengths};
    return {x, targets, lengths, TensorView<const std::uint8_t, 2>(mask.data(), {x.extent(0), x.extent(1)})};
  }
  template <class Self = SequenceSubset>
  LabelledSequences<X, T> view() const&& {
    abi_detail::refuse_temporary<Self>();
    return {};
  }
};

namespace detail {
void check_subset(std::span<const Index> which, Index count, Index targets, std::span<const std::int32_t> lengths,
                  Index steps);
/// Adds the results of more folds. Returns false if the callback ends the cross-validation.
bool take_results(std::span<const FoldRows> folds, std::span<const Evaluation> results,
                  const CrossValidationOptions& options, CrossValidation& all);
void summarize(CrossValidation& all);

template <class X, class T>
std::vector<FoldRows> folds_of(const LabelledSequences<X, T>& data, const CrossValidationOptions& options) {
  if constexpr (std::same_as<T, std::int32_t>) {
    if (data.labels.each() == 1) {
      const std::span<const std::int32_t> labels(data.labels.data(), data.labels.size());
      return make_folds(labels, options);
    }
  }
  return make_folds(data.count(), options);
}
}  // namespace detail

/// Cross-validates any way of training: `score(fold)` trains on the rows `fold.rows.training` and returns the
/// `Evaluation` on `fold.rows.validation`. Folds run one after another.
///
///     const auto folds = heed::make_folds(labels, {.folds = 5});
///     const auto result = heed::cross_validate(folds, [&](const heed::FoldRows& fold) { ... return evaluation; });
template <std::invocable<const FoldRows&> Score>
CrossValidation cross_validate(std::span<const FoldRows> folds, Score&& score,
                               const CrossValidationOptions& options = {}) {
  CrossValidation all;
  for (const FoldRows& fold : folds) {
    const Evaluation result = score(fold);
    if (!detail::take_results({&fold, 1}, {&result, 1}, options, all)) break;
  }
  detail::summarize(all);
  return all;
}

// ---- implementation

template <class X, class T>
SequenceSubset<X, T>::SequenceSubset(const LabelledSequences<X, T>& data, std::span<const Index> which) {
  const auto n = static_cast<Index>(which.size());
  const auto rows = as_rows(data.labels);
  detail::check_subset(which, data.count(), rows.extent(0), data.lengths, data.x.extent(1));
  x = Tensor<X, 3>({n, data.x.extent(1), data.x.extent(2)});
  targets = Tensor<T, 2>({n, rows.extent(1)});
  data.mask.check(data.count(), data.x.extent(1), "cross-validation");
  for (Index i = 0; i < n; ++i) {
    const Index row = which[static_cast<std::size_t>(i)];
    for (Index t = 0; t < x.extent(1) && !data.mask.empty(); ++t) mask.push_back(data.mask(row, t));
    const auto sequence = data.x[row];
    const auto target = rows[row];
    std::copy(sequence.begin(), sequence.end(), x[i].begin());
    std::copy(target.begin(), target.end(), targets[i].begin());
    if (!data.lengths.empty()) lengths.push_back(data.lengths[static_cast<std::size_t>(row)]);
  }
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cmath>
#include <utility>

#include "heed/core/check.hpp"
#include "heed/core/error.hpp"
#include "heed/core/rng.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION void check_subset(std::span<const Index> which, Index count, Index targets,
                                          std::span<const std::int32_t> lengths, Index steps) {
  require(targets == count, [&] {
    return Fault{"sequences and labels differ in number", "cross-validation", text_of(count) + " labels",
                 text_of(targets)};
  });
  check_lengths(lengths, count, steps, "cross-validation");
  for (const Index row : which) {
    require(row >= 0 && row < count,
            [&] { return Fault{"no such sequence", "cross-validation", "0 to " + text_of(count - 1), text_of(row)}; });
  }
}

template <class Make>
std::vector<FoldRows> repeated(const CrossValidationOptions& options, Make&& splits_for) {
  check(options, "cross-validation");
  std::vector<FoldRows> all;
  for (int repeat = 0; repeat < options.repeats; ++repeat) {
    int number = 0;
    for (Split& split : splits_for(Key{options.seed}.child(static_cast<std::uint64_t>(repeat)))) {
      all.push_back({repeat, number++, std::move(split)});
    }
  }
  return all;
}

HEED_COLD HEED_FUNCTION bool take_results(std::span<const FoldRows> folds, std::span<const Evaluation> results,
                                          const CrossValidationOptions& options, CrossValidation& all) {
  for (std::size_t i = 0; i < folds.size(); ++i) {
    const FoldRows& fold = folds[i];
    all.folds.push_back({fold.repeat, fold.fold, static_cast<Index>(fold.rows.training.size()),
                         static_cast<Index>(fold.rows.validation.size()), results[i].loss, results[i].accuracy});
    if (options.callback && !options.callback(all.folds.back())) return false;
  }
  return true;
}

HEED_COLD HEED_FUNCTION void summarize(CrossValidation& all) {
  std::vector<double> accuracies, losses;
  for (const FoldResult& fold : all.folds) {
    accuracies.push_back(fold.accuracy);
    losses.push_back(fold.loss);
  }
  all.accuracy = mean_and_deviation(accuracies);
  all.loss = mean_and_deviation(losses);
}

}  // namespace detail

HEED_COLD HEED_FUNCTION std::vector<FoldRows> make_folds(std::span<const std::int32_t> labels,
                                                         const CrossValidationOptions& options) {
  return detail::repeated(options, [&](Key key) { return stratified_folds(labels, options.folds, key); });
}

HEED_COLD HEED_FUNCTION std::vector<FoldRows> make_folds(Index count, const CrossValidationOptions& options) {
  return detail::repeated(options, [&](Key key) { return random_folds(count, options.folds, key); });
}

HEED_COLD HEED_FUNCTION std::vector<FoldRows> make_folds(std::span<const SeriesSteps> targets,
                                                         const CrossValidationOptions& options) {
  require(options.repeats == 1, [&] {
    return Fault{"folds in the order of time are the same in each repeat", "cross-validation, repeats", "1",
                 text_of(options.repeats)};
  });
  return detail::repeated(options, [&](Key) { return forward_folds(targets, options.folds); });
}

HEED_COLD HEED_FUNCTION MeanAndDeviation mean_and_deviation(std::span<const double> values) {
  const DefaultFloatingMode mode;
  MeanAndDeviation m;
  if (values.empty()) return m;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) m.mean += v;
  m.mean /= n;
  for (const double v : values) m.deviation += (v - m.mean) * (v - m.mean);
  m.deviation = n > 1 ? std::sqrt(m.deviation / (n - 1)) : 0;
  return m;
}

}  // namespace heed::inline HEED_ISA

#endif
