#pragma once

/// @file
/// Missing values: NaN in memory; `?`, `NaN`, `NA` or an empty field in files.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/missing_faults.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/text.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

/// What to do with missing values. Each feature of each sequence is treated by itself.
///
/// `linear` and `previous` fill a gap at the start of a sequence with the first value, and a gap at its end with the
/// last one. If a sequence has no value of a feature at all, the feature gets its mean over all sequences.
///
/// `mask` leaves steps without any value unfilled: such a step is missing, and models skip it (see `StepMask`). At a
/// step with some values, the missing ones are filled as by `linear`.
enum class Missing {
  error,     ///< an error that names the place
  keep,      ///< stay NaN, for `fill_missing`
  linear,    ///< interpolated between the values before and after
  previous,  ///< the value before
  mean,      ///< the mean of the feature over all sequences
  zero,
  mask  ///< missing steps, marked in `Sequences::mask`
};
constexpr std::array<std::string_view, 7> names_of(Missing) {
  return {"error", "keep", "linear", "previous", "mean", "zero", "mask"};
}

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Whether a field of a text stands for a missing value: empty, `?`, or, in upper or lower case, `nan`, `-nan`, `na`,
/// `n/a`, `#n/a`, `<na>`, `null`, `none`.
HEED_FUNCTION bool is_missing(std::string_view field);

/// The mean of each feature over all valid steps with a value, in double; NaN if there is none.
template <class S>
std::vector<double> feature_means(TensorView<const S, 3> x, std::span<const std::int32_t> lengths = {},
                                  StepMask mask = {});
template <class S>
std::vector<double> feature_means(const Sequences<S>& sequences) {
  return feature_means<S>(sequences.x.view(), sequences.lengths, sequences.step_mask());
}

/// Which steps of `x` (n, steps, features) have at least one value that is not NaN: 1; 0 if not, and past a sequence's
/// end. A `StepMask` can view it.
template <class S>
Tensor<std::uint8_t, 2> steps_with_values(TensorView<const S, 3> x, std::span<const std::int32_t> lengths = {});

/// Fills the NaN in the valid steps of `x` (n, steps, features) in place, and returns their number. `means`, one per
/// feature, are those of the model's training data; empty: those of `x`. `where` names the data in errors. With `mask`,
/// steps without a value stay NaN: `steps_with_values` finds them. Throws if `how` is `error` and a value is missing,
/// if a mean is needed that does not exist, and at an infinity.
template <class S>
Index fill_missing(TensorView<S, 3> x, std::span<const std::int32_t> lengths, Missing how,
                   std::span<const double> means = {}, const std::string& where = "fill_missing");

///     auto data = heed::load_sequences<float>("train.ts", {}, {.missing = heed::Missing::keep});
///     const auto means = heed::feature_means(data);          // for new data, too
///     heed::fill_missing(data, heed::Missing::linear, means);
///
/// With `mask`, the mask of the sequences marks the missing steps, whose values become 0. Steps that a mask already
/// marks as missing are skipped: nothing is filled from them.
template <class S>
Index fill_missing(Sequences<S>& sequences, Missing how, std::span<const double> means = {},
                   const std::string& where = "fill_missing");

namespace detail {
template <class S>
Index fill_present(Sequences<S>& sequences, Missing how, std::span<const double> means, const std::string& where);

/// Fills the NaN among `count` numbers that are `stride` apart. `mean` is that of the feature.
template <class S>
Index fill_gaps(S* values, Index count, Index stride, Missing how, double mean) {
  Index filled = 0, last = -1;  // the last step with a value so far
  const auto at = [&](Index t) -> S& { return values[t * stride]; };
  for (Index t = 0; t < count; ++t) {
    if (!std::isnan(at(t))) {
      last = t;
      continue;
    }
    Index end = t + 1;  // of the gap
    while (end < count && std::isnan(at(end))) ++end;
    const bool before = last >= 0, after = end < count;
    for (Index k = t; k < end; ++k) {
      const double share = static_cast<double>(k - last) / static_cast<double>(end - last);
      if (how == Missing::zero) {
        at(k) = 0;
      } else if (how == Missing::mean || (!before && !after)) {
        at(k) = static_cast<S>(mean);
      } else if (how == Missing::linear && before && after) {
        at(k) = static_cast<S>(static_cast<double>(at(last)) * (1 - share) + static_cast<double>(at(end)) * share);
      } else {
        at(k) = before ? at(last) : at(end);
      }
    }
    filled += end - t;
    t = end - 1;
  }
  return filled;
}

/// Whether `fill_gaps` fills with the mean. Numbers at steps that are not `present` (empty: all are) do not count.
template <class S>
bool takes_mean(const S* values, Index count, Index stride, Missing how, std::span<const std::uint8_t> present) {
  bool gap = false, value = false;
  for (Index t = 0; t < count; ++t) {
    if (!present.empty() && present[static_cast<std::size_t>(t)] == 0) continue;
    (std::isnan(values[t * stride]) ? gap : value) = true;
  }
  return how != Missing::zero && gap && (how == Missing::mean || !value);
}

/// Whether a step has a value.
template <class S>
bool has_value(const S* step, Index features) {
  return !std::all_of(step, step + features, [](S value) { return std::isnan(value); });
}
}  // namespace detail

template <class S>
std::vector<double> feature_means(TensorView<const S, 3> x, std::span<const std::int32_t> lengths, StepMask mask) {
  const DefaultFloatingMode mode;
  const Index count = x.extent(0), steps = x.extent(1), features = x.extent(2);
  check_lengths(lengths, count, steps, "feature_means");
  mask.check(count, steps, "feature_means");
  std::vector<double> sum(static_cast<std::size_t>(features)), number(static_cast<std::size_t>(features));
  for (Index i = 0; i < count; ++i) {
    const Index length = lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < length; ++t) {
      if (!mask.empty() && !mask(i, t)) continue;
      for (Index f = 0; f < features; ++f) {
        const auto value = static_cast<double>(x(i, t, f));
        if (std::isnan(value)) continue;
        sum[static_cast<std::size_t>(f)] += value;
        ++number[static_cast<std::size_t>(f)];
      }
    }
  }
  for (std::size_t f = 0; f < sum.size(); ++f)
    sum[f] = number[f] > 0 ? sum[f] / number[f] : std::numeric_limits<double>::quiet_NaN();
  return sum;
}

template <class S>
Index fill_missing(TensorView<S, 3> x, std::span<const std::int32_t> lengths, Missing how,
                   std::span<const double> means, const std::string& where) {
  const DefaultFloatingMode mode;
  const Index count = x.extent(0), steps = x.extent(1), features = x.extent(2);
  if (how == Missing::error) check_finite<S>(x, lengths, where);
  detail::check_infinity<S>(x, lengths, where);
  require(means.empty() || static_cast<Index>(means.size()) == features, [&] {
    return Fault{"wrong number of means", where, text_of(features) + ", one a feature", text_of(means.size())};
  });
  if (how == Missing::error || how == Missing::keep) return 0;
  std::vector<double> own;
  if (means.empty() && how != Missing::zero) means = own = feature_means<S>(x, lengths);
  const bool masks = how == Missing::mask;
  const Tensor<std::uint8_t, 2> present =
      masks ? steps_with_values<S>(x, lengths) : Tensor<std::uint8_t, 2>();  // other steps stay as they are
  const auto mean_of = [&](Index f) { return means.empty() ? 0 : means[static_cast<std::size_t>(f)]; };
  for (Index i = 0; i < count; ++i) {  // before anything is filled
    const Index length = lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)];
    const std::span<const std::uint8_t> there =
        masks ? std::span(&present(i, 0), static_cast<std::size_t>(steps)) : std::span<const std::uint8_t>();
    for (Index f = 0; f < features; ++f) {
      if (std::abs(mean_of(f)) <= static_cast<double>(std::numeric_limits<S>::max())) continue;
      if (!detail::takes_mean(x.data() + i * steps * features + f, length, features, how, there)) continue;
      detail::throw_no_mean(own.empty(), mean_of(f), i, f, where);
    }
  }
  Index filled = 0;
  for (Index i = 0; i < count; ++i) {
    const Index length = lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)];
    for (Index f = 0; f < features; ++f) {
      S* const first = x.data() + i * steps * features + f;
      const double mean = mean_of(f);
      const Index here = detail::fill_gaps(first, length, features, masks ? Missing::linear : how, mean);
      filled += here;
      for (Index t = 0; masks && here > 0 && t < length; ++t) {
        if (present(i, t) == 0) first[t * features] = std::numeric_limits<S>::quiet_NaN();
      }
    }
  }
  return filled;
}

template <class S>
Tensor<std::uint8_t, 2> steps_with_values(TensorView<const S, 3> x, std::span<const std::int32_t> lengths) {
  const auto [count, steps, features] = x.extents();
  check_lengths(lengths, count, steps, "steps_with_values");
  Tensor<std::uint8_t, 2> present({count, steps});
  for (Index i = 0; i < count; ++i) {
    const Index length = lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < length; ++t) present(i, t) = detail::has_value(&x(i, t, 0), features);
  }
  return present;
}

template <class S>
Index fill_missing(Sequences<S>& sequences, Missing how, std::span<const double> means, const std::string& where) {
  if (!sequences.mask.empty()) return detail::fill_present(sequences, how, means, where);
  const Index filled = fill_missing<S>(sequences.x.view(), sequences.lengths, how, means, where);
  if (how != Missing::mask || filled == 0) return filled;
  Tensor<std::uint8_t, 2> present = steps_with_values<S>(sequences.x.view(), sequences.lengths);
  bool any = false;
  for (Index i = 0; i < sequences.count(); ++i) {
    const Index length = sequences.lengths.empty() ? sequences.steps() : sequences.lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < length; ++t) {
      if (present(i, t) != 0) continue;
      any = true;
      std::fill_n(&sequences.x(i, t, 0), sequences.features(), S(0));
    }
  }
  if (any) sequences.mask = std::move(present);
  return filled;
}

// Moves the present steps together, and back.
template <class S>
Index detail::fill_present(Sequences<S>& to, Missing how, std::span<const double> means, const std::string& where) {
  const Index count = to.count(), steps = to.steps(), features = to.features();
  check_lengths(to.lengths, count, steps, where);
  to.step_mask().check(count, steps, where);
  Sequences<S> there{Tensor<S, 3>(to.x.extents()), std::vector<std::int32_t>(static_cast<std::size_t>(count)), {}};
  const auto length_of = [&](Index i) { return to.lengths.empty() ? steps : to.lengths[static_cast<std::size_t>(i)]; };
  for (Index i = 0; i < count; ++i) {
    there.lengths[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(
        move_together(to.x[i].data(), features, length_of(i), to.step_mask().row(i), there.x[i].data()));
  }
  const Index filled = fill_missing(there, how, means, where + ", of those that are there");
  for (Index i = 0; i < count && filled > 0; ++i) {
    for (Index t = 0, from = 0; t < length_of(i); ++t) {
      S* const step = &to.x(i, t, 0);
      std::fill_n(step, features, S(0));
      if (to.mask(i, t) == 0) continue;
      std::copy_n(&there.x(i, from, 0), features, step);
      if (!there.mask.empty()) to.mask(i, t) = there.mask(i, from);
      ++from;
    }
  }
  return filled;
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_FUNCTION bool is_missing(std::string_view field) {
  if (field.empty() || field == "?") return true;
  if (field.size() > 4) return false;
  const std::string word = ascii_lower(field);
  constexpr std::array<std::string_view, 8> words{"nan", "-nan", "na", "n/a", "#n/a", "<na>", "null", "none"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace heed::inline HEED_ISA

#endif
