#pragma once

/// @file
/// Masks for sequences with missing steps: in the middle, or left-padded.

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "heed/core/borrowed.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// A view of a boolean (n, steps); true = the step is present. For a single sequence: (steps). It converts from
/// tensors, views and ranges of `bool` or `std::uint8_t` (nonzero is true), but not from temporaries. Empty: all steps
/// are present.
///
/// A missing step counts as if the sequence did not have it. Recurrent layers carry their state over it, as in Keras
/// after `Masking`. Attention, pooling and losses skip it. The present steps are moved together before a model sees
/// them, so values at missing steps are never read and may be NaN.
class StepMask {
  template <class R, class B>
  static constexpr bool rows_of =
      !std::same_as<std::remove_cvref_t<R>, StepMask> && std::convertible_to<R, TensorView<const B, 2>>;
  template <class R, class B>
  static constexpr bool steps_of = !std::same_as<std::remove_cvref_t<R>, StepMask> && !rows_of<R, bool> &&
                                   !rows_of<R, std::uint8_t> && std::convertible_to<R, std::span<const B>>;

 public:
  StepMask() = default;
  template <class R>
    requires(rows_of<R, bool> || rows_of<R, std::uint8_t>)
  StepMask(R&& rows) {
    abi_detail::refuse_temporary<R>();
    const TensorView<const std::conditional_t<rows_of<R, bool>, bool, std::uint8_t>, 2> view(rows);
    *this = StepMask(view.data(), view.extent(0), view.extent(1));
  }
  template <class R>
    requires(steps_of<R, bool> || steps_of<R, std::uint8_t>)
  StepMask(R&& steps) {
    abi_detail::refuse_temporary<R>();
    const std::span<const std::conditional_t<steps_of<R, bool>, bool, std::uint8_t>> view(steps);
    *this = StepMask(view.data(), 1, static_cast<Index>(view.size()));
  }

  bool empty() const { return data_ == nullptr; }
  Index count() const { return count_; }
  Index steps() const { return steps_; }
  bool operator()(Index sequence, Index step) const { return data_[sequence * steps_ + step] != 0; }
  /// The mask of one sequence.
  StepMask row(Index sequence) const { return {data_ + sequence * steps_, 1, steps_}; }
  /// If this is a single row over all steps of `sequences` sequences, one row for each of them; otherwise unchanged.
  StepMask in_rows(Index sequences) const {
    return count_ == 1 && sequences > 0 && steps_ % sequences == 0 ? StepMask(data_, sequences, steps_ / sequences)
                                                                   : *this;
  }
  const std::uint8_t* data() const { return data_; }

  /// Throws unless it is empty or has this many sequences and steps.
  void check(Index sequences, Index sequence_steps, const std::string& where) const;
  /// Whether steps are missing in the middle of a sequence. Sequences end at `lengths` (empty: at the last step).
  bool has_gaps(std::span<const std::int32_t> lengths) const;

 private:
  // bytes: a bool has one, and may be read as one
  StepMask(const void* data, Index count, Index steps)
      : data_(static_cast<const std::uint8_t*>(data)), count_(count), steps_(steps) {
    static_assert(sizeof(bool) == 1);
  }
  const std::uint8_t* data_ = nullptr;
  Index count_ = 0, steps_ = 0;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Moves the present steps of one sequence together: `length` steps of `each` numbers, from `from` to `to`. Returns the
/// number of present steps.
template <class X>
Index move_together(const X* from, Index each, Index length, StepMask mask, X* to);

/// A copy of sequences with zeros at missing steps: a check of it names the user's own steps.
template <class X>
Tensor<X, 3> zeros_at_missing(TensorView<const X, 3> x, StepMask mask);

/// Throws if steps are missing in the middle and the model uses the distances between steps.
void check_gaps(bool gaps, bool reads_distances, const std::string& where);

template <class X>
Index move_together(const X* from, Index each, Index length, StepMask mask, X* to) {
  Index count = 0;
  for (Index t = 0; t < length; ++t) {
    if (!mask(0, t)) continue;
    for (Index k = 0; k < each; ++k) to[count * each + k] = from[t * each + k];
    ++count;
  }
  return count;
}

template <class X>
Tensor<X, 3> zeros_at_missing(TensorView<const X, 3> x, StepMask mask) {
  Tensor<X, 3> all(x.extents());
  for (Index i = 0; i < x.extent(0); ++i) {
    for (Index t = 0; t < x.extent(1); ++t) {
      if (mask(i, t)) std::copy_n(x[i].data() + t * x.extent(2), x.extent(2), all[i].data() + t * x.extent(2));
    }
  }
  return all;
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include "heed/core/error.hpp"

namespace heed::inline HEED_ABI {

HEED_SHARED_FUNCTION void StepMask::check(Index sequences, Index sequence_steps, const std::string& where) const {
  require(empty() || (count_ == sequences && steps_ == sequence_steps), [&] {
    return Fault{"the mask does not fit the sequences", where, to_text(Extents<2>{sequences, sequence_steps}),
                 to_text(Extents<2>{count_, steps_})};
  });
}

HEED_SHARED_FUNCTION bool StepMask::has_gaps(std::span<const std::int32_t> lengths) const {
  for (Index i = 0; i < count_ && !empty(); ++i) {
    const Index length = lengths.empty() ? steps_ : lengths[static_cast<std::size_t>(i)];
    Index changes = 0;  // from a present step to a missing one
    for (Index t = 1; t < length; ++t) changes += (*this)(i, t) && !(*this)(i, t - 1) ? 1 : 0;
    if (changes > (length > 0 && (*this)(i, 0) ? 0 : 1)) return true;
  }
  return false;
}

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION void check_gaps(bool gaps, bool reads_distances, const std::string& where) {
  require(!gaps || !reads_distances, [&] {
    return Fault{"positions, convolutions and windows cannot pass over missing steps", where,
                 "a mask that leaves out steps at the ends of a sequence alone, or values for those that are missing",
                 "steps missing between others"};
  });
}

}  // namespace heed::inline HEED_ISA

#endif
