#pragma once

/// @file
/// Decisions about a data set before training: the validation split, the folds of a cross-validation, and class
/// weights.

#include <cstdint>
#include <span>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Two parts of a data set, as sequence numbers in ascending order.
struct Split {
  std::vector<Index> training, validation;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
// the first quota[label] sequences of each label, in random order, go to validation
Split split_by_quota(std::span<const std::int32_t> labels, std::vector<Index> quota, Key key);
HEED_FUNCTION void check_share(double share);
// the number of sequences of each class
HEED_FUNCTION std::vector<Index> count_labels(std::span<const std::int32_t> labels);
// -1: never validated on
HEED_FUNCTION std::vector<Split> splits_of(const std::vector<Index>& fold_of, Index folds);
}  // namespace detail

/// Keeps the given share of each class for validation, rounded; the total is share n, as far as each class keeps one
/// sequence for training. Labels are 0 and on. Depends only on the arguments. Throws if the share is not in [0, 1], or
/// if a label is negative.
Split stratified_split(std::span<const std::int32_t> labels, double share, Key key);

/// Keeps share n of n sequences for validation, drawn at random. Throws if the share is not in [0, 1].
Split random_split(Index count, double share, Key key);

/// The key of the split that `fit` makes with this seed: `random_split(n, options.validation, validation_key(options.seed))`
/// tells which rows it validated on. For one label per sequence it is the `stratified_split`.
inline Key validation_key(std::uint64_t seed) { return Key{seed}.child(0); }  // epochs have the children 1 and on

/// The folds of a cross-validation. Each fold is validated on once and trained on otherwise. The sequences of a class
/// are spread evenly: their numbers in two folds differ by at most one, and so do the sizes of the folds. A class with
/// fewer sequences than folds appears in the validation of that many folds. A class with a single sequence is always
/// trained on and never validated on. Labels are 0 and on. Depends only on the arguments. Throws if `folds` is below 2
/// or above the number of sequences that can be validated on, or if a label is negative.
std::vector<Split> stratified_folds(std::span<const std::int32_t> labels, Index folds, Key key);

/// The same for n sequences, drawn at random: for numbers, and for labels per step.
std::vector<Split> random_folds(Index count, Index folds, Key key);

/// The folds of forecasts, in the order of time: each is trained on what comes before what it is validated on.
/// `targets` tells for each window which steps of which series it forecasts. Those of each series are cut into folds + 1
/// parts of equal length. Fold k has the windows whose targets end within the first k + 1 parts for training, and those
/// whose targets lie within the next part for validation. A window whose targets lie in two parts is in neither; the
/// steps that a window sees may be targets of others before. scikit-learn's TimeSeriesSplit. Throws if `folds` is below
/// 2, if steps are out of range, or if a fold would have no window for training or for validation.
std::vector<Split> forward_folds(std::span<const SeriesSteps> targets, Index folds);

/// n / (classes count_c), so that all classes have the same total weight; scikit-learn's "balanced". A class without
/// sequences has weight 0. Labels are 0 to classes - 1.
std::vector<double> balanced_class_weights(std::span<const std::int32_t> labels, Index classes);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>
#include <string>

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION Split split_by_quota(std::span<const std::int32_t> labels, std::vector<Index> quota, Key key) {
  std::vector<Index> order(labels.size());
  std::iota(order.begin(), order.end(), Index(0));
  shuffle(order, key);
  std::vector<std::uint8_t> validates(labels.size());
  for (const Index i : order) {
    Index& left = quota[static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])];
    validates[static_cast<std::size_t>(i)] = left > 0;
    left -= left > 0;
  }
  Split split;
  for (std::size_t i = 0; i < validates.size(); ++i) {
    (validates[i] ? split.validation : split.training).push_back(static_cast<Index>(i));
  }
  return split;
}

HEED_FUNCTION void check_share(double share) {
  require(share >= 0 && share < 1,
          [&] { return Fault{"share out of range", "split", "0 to below 1", text_of(share)}; });
}

HEED_FUNCTION std::vector<Index> count_labels(std::span<const std::int32_t> labels) {
  std::vector<Index> counts;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    require(labels[i] >= 0, [&] {
      return Fault{"label out of range", "label " + text_of(i) + " (counted from 0)", "at least 0", text_of(labels[i])};
    });
    const auto c = static_cast<std::size_t>(labels[i]);
    if (c >= counts.size()) counts.resize(c + 1);
    ++counts[c];
  }
  return counts;
}

HEED_FUNCTION std::vector<Split> splits_of(const std::vector<Index>& fold_of, Index folds) {
  const auto validated = static_cast<Index>(
      fold_of.size() - static_cast<std::size_t>(std::count(fold_of.begin(), fold_of.end(), Index(-1))));
  require(folds >= 2 && folds <= validated, [&] {
    return Fault{"number of folds out of range", "cross-validation",
                 validated >= 2 ? "2 to " + text_of(validated) + ", the sequences that can be validated on"
                                : "two sequences or more that can be validated on",
                 validated >= 2 ? text_of(folds) : text_of(validated)};
  });
  std::vector<Split> splits(static_cast<std::size_t>(folds));
  for (std::size_t i = 0; i < fold_of.size(); ++i) {
    for (Index k = 0; k < folds; ++k) {
      Split& split = splits[static_cast<std::size_t>(k)];
      // a sequence's dealt number modulo the folds is its fold
      const bool validates = fold_of[i] >= 0 && fold_of[i] % folds == k;
      (validates ? split.validation : split.training).push_back(static_cast<Index>(i));
    }
  }
  return splits;
}

}  // namespace detail

HEED_COLD HEED_FUNCTION Split stratified_split(std::span<const std::int32_t> labels, double share, Key key) {
  const DefaultFloatingMode mode;
  detail::check_share(share);
  const std::vector<Index> counts = detail::count_labels(labels);
  std::vector<Index> quota(counts.size()), by_rest(counts.size());
  std::vector<double> rest(counts.size());
  Index left = std::llround(share * static_cast<double>(labels.size()));
  for (std::size_t c = 0; c < counts.size(); ++c) {
    const double exact = share * static_cast<double>(counts[c]);
    quota[c] = static_cast<Index>(exact);
    rest[c] = exact - static_cast<double>(quota[c]);
    left -= quota[c];
  }
  std::iota(by_rest.begin(), by_rest.end(), Index(0));
  std::sort(by_rest.begin(), by_rest.end(), [&](Index a, Index b) {
    const double first = rest[static_cast<std::size_t>(a)], second = rest[static_cast<std::size_t>(b)];
    return first != second ? first > second : a < b;
  });
  for (const Index i : by_rest) {
    const auto c = static_cast<std::size_t>(i);
    if (left > 0 && rest[c] > 0 && quota[c] + 1 < counts[c]) {
      ++quota[c];
      --left;
    }
  }
  return detail::split_by_quota(labels, quota, key);
}

HEED_COLD HEED_FUNCTION Split random_split(Index count, double share, Key key) {
  const DefaultFloatingMode mode;
  detail::check_share(share);
  const std::vector<std::int32_t> all_alike = make_vector<std::int32_t>(count, "random_split");
  return detail::split_by_quota(all_alike, {std::llround(share * static_cast<double>(count))}, key);
}

// deals sequences as cards: class by class, each class in random order
HEED_COLD HEED_FUNCTION std::vector<Split> stratified_folds(std::span<const std::int32_t> labels, Index folds,
                                                            Key key) {
  const std::vector<Index> counts = detail::count_labels(labels);
  std::vector<Index> next(counts.size()), order(labels.size()), dealt(labels.size(), Index(-1));
  for (std::size_t c = 0, sum = 0; c < counts.size(); ++c) {
    next[c] = static_cast<Index>(sum);
    if (counts[c] > 1) sum += static_cast<std::size_t>(counts[c]);
  }
  std::iota(order.begin(), order.end(), Index(0));
  shuffle(order, key);
  for (const Index i : order) {
    const auto c = static_cast<std::size_t>(labels[static_cast<std::size_t>(i)]);
    if (counts[c] > 1) dealt[static_cast<std::size_t>(i)] = next[c]++;
  }
  return detail::splits_of(dealt, folds);
}

HEED_COLD HEED_FUNCTION std::vector<Split> random_folds(Index count, Index folds, Key key) {
  const std::vector<std::int32_t> all_alike = make_vector<std::int32_t>(count, "random_folds");
  return stratified_folds(all_alike, folds, key);
}

HEED_COLD HEED_FUNCTION std::vector<Split> forward_folds(std::span<const SeriesSteps> targets, Index folds) {
  const std::string where = "forward_folds";
  constexpr Index most_steps = Index(1) << 48;
  require(folds >= 2 && folds <= 10'000,
          [&] { return Fault{"number of folds out of range", where, "2 to 10000", text_of(folds)}; });
  std::map<Index, IndexRange> all;  // of a series the steps from the first target to the last
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const IndexRange steps = targets[i].steps;
    require(targets[i].series >= 0 && steps.first >= 0 && steps.last > steps.first && steps.last <= most_steps, [&] {
      return Fault{
          "steps out of range", where + ", window " + text_of(i) + " (counted from 0)",
          "a series from 0, and at least one step from 0",
          "series " + text_of(targets[i].series) + ", steps " + text_of(steps.first) + " to " + text_of(steps.last)};
    });
    IndexRange& range = all.try_emplace(targets[i].series, steps).first->second;
    range = {std::min(range.first, steps.first), std::max(range.last, steps.last)};
  }
  std::vector<Split> splits(static_cast<std::size_t>(folds));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const IndexRange range = all.at(targets[i].series), steps = targets[i].steps;
    for (Index k = 0; k < folds; ++k) {
      const auto end_of = [&](Index parts) { return range.first + range.count() * parts / (folds + 1); };
      Split& split = splits[static_cast<std::size_t>(k)];
      if (steps.last <= end_of(k + 1)) {
        split.training.push_back(static_cast<Index>(i));
      } else if (steps.first >= end_of(k + 1) && steps.last <= end_of(k + 2)) {
        split.validation.push_back(static_cast<Index>(i));
      }
    }
  }
  for (const Split& split : splits) {
    require(!split.training.empty() && !split.validation.empty(), [&] {
      return Fault{"too few windows for folds in the order of time", where,
                   "targets within each of " + text_of(folds + 1) + " parts of a series; longer series or fewer folds",
                   text_of(targets.size()) + " windows"};
    });
  }
  return splits;
}

HEED_COLD HEED_FUNCTION std::vector<double> balanced_class_weights(std::span<const std::int32_t> labels,
                                                                   Index classes) {
  const DefaultFloatingMode mode;
  std::vector<double> weights = make_vector<double>(classes, "balanced_class_weights");
  for (const std::int32_t y : labels) {
    require(y >= 0 && y < classes, [&] {
      return Fault{"label out of range", "balanced_class_weights", "0 to " + text_of(classes - 1), text_of(y)};
    });
    ++weights[static_cast<std::size_t>(y)];
  }
  for (double& w : weights) {
    w = w > 0 ? static_cast<double>(labels.size()) / (static_cast<double>(classes) * w) : 0;
  }
  return weights;
}

}  // namespace heed::inline HEED_ISA

#endif
