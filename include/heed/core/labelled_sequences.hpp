#pragma once

/// @file
/// Sequences with their labels or target values.

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "heed/core/borrowed.hpp"
#include "heed/core/labels_view.hpp"
#include "heed/core/step_mask.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// A view that rejects temporary tensors at compile time. For members of structs.
template <class S, int Rank>
class BorrowedView : public TensorView<S, Rank> {
 public:
  using TensorView<S, Rank>::TensorView;
  BorrowedView() = default;
  template <class R>
    requires(!std::same_as<std::remove_cvref_t<R>, BorrowedView> && std::convertible_to<R, TensorView<S, Rank>>)
  BorrowedView(R&& range) : TensorView<S, Rank>(range) {
    abi_detail::refuse_temporary<R>();
  }
};

/// Sequences with their targets, as views of the user's memory. `X`: float, double, or std::int32_t for tokens (n,
/// steps, k). `T`: std::int32_t for labels, or the model's float or double for k numbers each. Temporaries do not
/// compile.
///
/// If there are as many labels as steps, each label belongs to an input step; labels past a sequence's end do not
/// count. Another number of labels belongs to the model's own output steps; lengths do not apply to them.
///
/// A mask marks missing steps (see `StepMask`). The model skips them, and labels of missing steps do not count.
template <class X, class T = std::int32_t>
struct LabelledSequences {
  using Targets = std::conditional_t<std::same_as<T, std::int32_t>, LabelsView, BorrowedView<const T, 2>>;

  BorrowedView<const X, 3> x;               ///< (n, steps, features)
  Targets labels;                           ///< (n); (n, output steps), one per step; or (n, k) numbers
  BorrowedSpan<std::int32_t> lengths = {};  ///< valid steps of each; empty: all full
  StepMask mask = {};                       ///< (n, steps), which of them are present; empty: all

  Index count() const { return x.extent(0); }
};

/// Sequences with k numbers each: for regression, forecasts, or several flags at once.
template <class X, class S = X>
using TargetSequences = LabelledSequences<X, S>;

}  // namespace heed::inline HEED_ABI

template <class S, int Rank>
inline constexpr bool std::ranges::enable_borrowed_range<heed::BorrowedView<S, Rank>> = true;
