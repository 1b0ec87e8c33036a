#pragma once

/// @file
/// The result of every reader: labelled sequences in one row-major array.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/borrowed.hpp"
#include "heed/core/check.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ABI {

/// Sequences with the same features, of equal or different lengths, with labels, with numeric targets, or with neither.
/// Steps may be missing.
template <class S>
struct Sequences {
  Tensor<S, 3> x = {};                     ///< (n, steps, features), zero past a sequence's end
  std::vector<std::int32_t> lengths = {};  ///< valid steps of each sequence; empty: all full
  std::vector<std::string> labels = {};    ///< one per sequence, as text; empty: none
  Tensor<S, 2> targets = {};               ///< (n, k) target numbers; empty: none
  Tensor<std::uint8_t, 2> mask = {};       ///< (n, steps), 0 at a missing step (where x is 0); empty: none is missing
  std::vector<std::string> columns =
      {};  ///< of a table with a row per sequence: names of the values of a row, if it says them

  /// The present steps, for `LabelledSequences` and `Predictor`. The view must not outlive this object.
  StepMask step_mask() const& { return mask.empty() ? StepMask() : StepMask(mask); }
  template <class Self = Sequences>
  StepMask step_mask() const&& {
    abi_detail::refuse_temporary<Self>();
    return {};
  }

  Index count() const { return x.extent(0); }
  Index steps() const { return x.extent(1); }
  Index features() const { return x.extent(2); }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// Throws if sequences of these lengths, padded to `steps`, would take far more memory than their numbers: more than 2^22
/// numbers, and than 1000 times those without padding.
inline void check_padding(std::span<const std::int32_t> lengths, Index steps, Index features,
                          const std::string& where) {
  Index numbers = 0;
  for (const std::int32_t length : lengths) numbers += length * features;
  const Index n = std::ssize(lengths);
  const double padded = static_cast<double>(n) * static_cast<double>(steps) * static_cast<double>(features);
  require(padded <= std::max(0x1p22, 1000 * static_cast<double>(numbers)), [&] {
    return Fault{
        "sequences of too different lengths", where, "all padded to the longest, at most 1000 times their own numbers",
        text_of(numbers) + " numbers, " + text_of(n) + " sequences, and " + text_of(steps) + " steps in the longest"};
  });
}

/// Zeros for sequences of these lengths, (n, steps of the longest, features), where `check_padding` has nothing to say.
template <class S>
Tensor<S, 3> padded_zeros(std::span<const std::int32_t> lengths, Index features, const std::string& where) {
  const auto longest = std::max_element(lengths.begin(), lengths.end());
  const Index steps = longest == lengths.end() ? 0 : *longest;
  check_padding(lengths, steps, features, where);
  return Tensor<S, 3>({std::ssize(lengths), steps, features});
}

/// Rounds numbers of double to S.
template <class S>
std::vector<S> narrowed(std::vector<double>&& values) {
  if constexpr (std::same_as<S, double>) {
    return std::move(values);
  } else {
    return std::vector<S>(values.begin(), values.end());
  }
}

template <class S, int N>
Tensor<S, N> narrowed_tensor(const Tensor<double, N>& from) {
  return {from.extents(), {from.begin(), from.end()}};
}

/// The same for any numbers: readers check them, and some may be missing.
template <class S>
Sequences<S> narrowed_unchecked(Sequences<double>&& from) {
  if constexpr (std::same_as<S, double>) {
    return std::move(from);
  } else {
    return {narrowed_tensor<S>(from.x), std::move(from.lengths), std::move(from.labels),
            narrowed_tensor<S>(from.targets), std::move(from.mask)};
  }
}
}  // namespace detail

/// Converts numbers (n, steps, features) from double to S, after subtracting `shift` in double (one per feature; empty:
/// zeros). Throws if a number is too large for S. Values past a sequence's end become 0.
template <class S>
Tensor<S, 3> narrowed(TensorView<const double, 3> from, std::span<const std::int32_t> lengths, const std::string& where,
                      std::span<const double> shift = {}) {
  const DefaultFloatingMode mode;
  const Index count = from.extent(0), steps = from.extent(1), features = from.extent(2);
  check_lengths(lengths, count, steps, where);
  require(shift.empty() || static_cast<Index>(shift.size()) == features,
          [&] { return Fault{"wrong number of features", where, text_of(features), text_of(shift.size())}; });
  Tensor<S, 3> to({count, steps, features});
  for (Index i = 0; i < count; ++i) {
    const Index valid = lengths.empty() ? steps : lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < valid; ++t) {
      for (Index f = 0; f < features; ++f) {
        const double value = from(i, t, f) - (shift.empty() ? 0 : shift[static_cast<std::size_t>(f)]);
        to(i, t, f) = static_cast<S>(value);
        require(!std::isinf(to(i, t, f)) || std::isinf(value), [&] {
          return Fault{"number out of range",
                       where + ", sequence " + text_of(i) + ", step " + text_of(t) + ", feature " + text_of(f) +
                           " (counted from 0)",
                       what_fits<S>(), text_of(value)};
        });
      }
    }
  }
  check_finite<S>(to.view(), lengths, where);
  return to;
}
/// The same for sequences and their targets, which are not shifted.
template <class S>
Sequences<S> narrowed(const Sequences<double>& from, const std::string& where, std::span<const double> shift = {}) {
  const DefaultFloatingMode mode;
  for (Index i = 0; i < from.targets.size(); ++i) {
    const double target = from.targets.data()[i];
    require(!std::isinf(static_cast<S>(target)) || std::isinf(target), [&] {
      return Fault{"target out of range",
                   where + ", sequence " + text_of(i / from.targets.extent(1)) + " (counted from 0)", what_fits<S>(),
                   text_of(target)};
    });
  }
  return {narrowed<S>(from.x.view(), from.lengths, where, shift), from.lengths, from.labels,
          detail::narrowed_tensor<S>(from.targets), from.mask};
}

/// Throws at the first finite number of `x` (n, steps, features) that is too large for a float. The error names sequence,
/// step and feature. `first` is the number of the first sequence.
template <class S>
void check_fits_float(TensorView<const S, 3> x, const std::string& where, Index first = 0) {
  const DefaultFloatingMode mode;
  const Index row = x.extent(1) * x.extent(2);
  for (Index k = 0; k < x.size(); ++k) {
    const S value = x.data()[k];
    require(!std::isinf(static_cast<float>(value)) || std::isinf(value), [&] {
      return Fault{"number out of range",
                   where + ", sequence " + text_of(first + k / row) + ", step " + text_of(k % row / x.extent(2)) +
                       ", feature " + text_of(k % x.extent(2)) + " (counted from 0)",
                   what_fits<float>(), text_of(value)};
    });
  }
}

/// Throws at the first NaN or infinity in a valid step. The error names sequence, step and feature.
template <class S>
void check_finite(const Sequences<S>& sequences, const std::string& where) {
  check_finite<S>(sequences.x.view(), sequences.lengths, where);
}

}  // namespace heed::inline HEED_ISA
