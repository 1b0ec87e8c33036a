#pragma once

/// @file
/// Standardises features to mean 0 and standard deviation 1.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/sequences.hpp"

namespace heed::inline HEED_ABI {

/// One entry per feature. A constant feature has deviation 1.
struct FeatureStatistics {
  std::vector<double> mean = {};
  std::vector<double> deviation = {};
  std::vector<double> largest = {};  ///< the largest absolute value
  std::vector<bool> constant = {};

  /// The features that would lose digits as S: the spacing of S at the largest value is more than a thousandth of the
  /// deviation. Read such data in double, standardise, then convert to S.
  template <class S>
  std::vector<Index> losing_digits() const {
    std::vector<Index> features;
    for (std::size_t f = 0; f < largest.size(); ++f) {
      const double step = largest[f] * static_cast<double>(std::numeric_limits<S>::epsilon());
      if (!constant[f] && step > deviation[f] / 1000) features.push_back(static_cast<Index>(f));
    }
    return features;
  }

  /// What to subtract from each feature in double, so that the rest keeps its digits as S: the mean of features that lose
  /// digits, as a whole number where it is above 1, and 0 for the others. Empty if none loses digits.
  template <class S>
  std::vector<double> offsets() const {
    const std::vector<Index> features = losing_digits<S>();
    std::vector<double> offsets(features.empty() ? 0 : mean.size());
    for (const Index f : features) {
      const double m = mean[static_cast<std::size_t>(f)];
      offsets[static_cast<std::size_t>(f)] = std::abs(m) > 1 ? std::round(m) : m;
    }
    return offsets;
  }

  /// For targets. Throws if one deviates by less than two spacings of S at its largest value: answers of type S could not
  /// follow it. `where` names the targets in the error.
  template <class S>
  void require_digits(const std::string& where) const {
    for (std::size_t k = 0; k < largest.size(); ++k) {
      const double step = largest[k] * static_cast<double>(std::numeric_limits<S>::epsilon());
      require(constant[k] || deviation[k] > 2 * step, [&] {
        return Fault{"targets lose their digits: subtract an offset from them",
                     where + ", output " + text_of(k) + " (counted from 0)",
                     "a deviation above " + text_of(2 * step) + ", as numbers come to " + text_of(largest[k]),
                     text_of(deviation[k])};
      });
    }
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// Calls `f(step)` with a pointer to the features of each valid, present step.
template <class S, class F>
void for_each_valid_step(TensorView<S, 3> x, std::span<const std::int32_t> lengths, StepMask mask, F&& f) {
  const auto [count, steps, features] = x.extents();
  for (Index i = 0; i < count; ++i) {
    const Index length = lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < length; ++t) {
      if (mask.empty() || mask(i, t)) f(x.data() + (i * steps + t) * features);
    }
  }
}
}  // namespace detail

/// Continues a sum immediately: all data are in this process.
struct AllHere {
  template <class F>
  void operator()(std::span<double>, F&& f) const {
    f();
  }
};

/// The mean m_f = sum x_f / N and population deviation sqrt(sum (x_f - m_f)^2 / N) of each feature f, over the N valid
/// steps of `x` (n, steps, features) that `mask` marks as present (empty: all). Computed in double, in two passes.
/// Throws if there is no such step, or if a result is not finite.
///
/// If `x` is only a part of the data, `in_turn(sums, f)` sets `sums` to the sums of the parts before this one, calls
/// f() to add to them, and sets them to the sums of all parts: `[&](auto s, auto&& f) { mpi.in_turn(s, f); }`. The bits
/// are those of a single process.
template <class S, class InTurn = AllHere>
FeatureStatistics feature_statistics(TensorView<const S, 3> x, std::span<const std::int32_t> lengths = {},
                                     InTurn&& in_turn = {}, StepMask mask = {}) {
  const FlushDenormals mode;
  check_lengths(lengths, x.extent(0), x.extent(1), "standardize");
  mask.check(x.extent(0), x.extent(1), "standardize");
  const auto features = static_cast<std::size_t>(x.extent(2));
  std::vector<double> sums(3 * features + 1), deviation(features);
  const std::span<double> all(sums), mean = all.first(features), lowest = all.subspan(features, features),
                                     highest = all.subspan(2 * features, features);
  double& total = sums.back();  // exact up to 2^53 steps
  std::fill(lowest.begin(), lowest.end(), std::numeric_limits<double>::max());
  std::fill(highest.begin(), highest.end(), std::numeric_limits<double>::lowest());
  in_turn(all, [&] {
    detail::for_each_valid_step(x, lengths, mask, [&](const S* step) {
      ++total;
      for (std::size_t f = 0; f < features; ++f) {
        const auto value = static_cast<double>(step[f]);
        mean[f] += value;
        lowest[f] = std::min(lowest[f], value);
        highest[f] = std::max(highest[f], value);
      }
    });
  });
  require(total > 0 && features > 0,
          [&] { return Fault{"no values", "standardize", "at least one valid step", to_text(x.extents())}; });
  for (double& m : mean) m /= total;

  in_turn(std::span(deviation), [&] {
    detail::for_each_valid_step(x, lengths, mask, [&](const S* step) {
      for (std::size_t f = 0; f < features; ++f) {
        const double d = static_cast<double>(step[f]) - mean[f];
        deviation[f] += d * d;
      }
    });
  });
  std::vector<double> largest(features);
  std::vector<bool> constant(features);
  for (std::size_t f = 0; f < features; ++f) {
    largest[f] = std::max(std::abs(lowest[f]), std::abs(highest[f]));
    constant[f] = lowest[f] == highest[f];
    // not deviation == 0: the mean of equal numbers is rounded
    deviation[f] = constant[f] ? 1 : std::sqrt(deviation[f] / total);
    require(std::isfinite(mean[f]) && std::isfinite(deviation[f]) && deviation[f] > 0, [&] {
      return Fault{"mean and deviation cannot be computed",
                   "standardize, feature " + std::to_string(f) + " (counted from 0)",
                   "finite values whose squares fit a double"};
    });
  }
  return {{mean.begin(), mean.end()}, std::move(deviation), std::move(largest), std::move(constant)};
}

template <class S>
FeatureStatistics feature_statistics(const Sequences<S>& sequences) {
  return feature_statistics<S>(sequences.x.view(), sequences.lengths, AllHere(), sequences.step_mask());
}

/// In place: x_f = (x_f - mean_f) / deviation_f in the valid steps that `mask` marks as present (empty: all). Other
/// values stay. Throws if the number of features differs from the statistics.
template <class S>
void standardize(TensorView<S, 3> x, std::span<const std::int32_t> lengths, const FeatureStatistics& statistics,
                 StepMask mask = {}) {
  const FlushDenormals mode;
  check_lengths(lengths, x.extent(0), x.extent(1), "standardize");
  const auto features = static_cast<std::size_t>(x.extent(2));
  require(statistics.mean.size() == features && statistics.deviation.size() == features, [&] {
    return Fault{"wrong number of features", "standardize", std::to_string(statistics.mean.size()),
                 std::to_string(features)};
  });
  mask.check(x.extent(0), x.extent(1), "standardize");
  detail::for_each_valid_step(x, lengths, mask, [&](S* step) {
    for (std::size_t f = 0; f < features; ++f)
      step[f] = static_cast<S>((static_cast<double>(step[f]) - statistics.mean[f]) / statistics.deviation[f]);
  });
}

/// The same for sequences with their own lengths and mask.
template <class S>
void standardize(Sequences<S>& sequences, const FeatureStatistics& statistics) {
  standardize<S>(sequences.x.view(), sequences.lengths, statistics, sequences.step_mask());
}

}  // namespace heed::inline HEED_ISA
