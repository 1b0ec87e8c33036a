#pragma once

/// @file
/// Labels as losses and training take them: one per sequence, or one per step.

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "heed/core/borrowed.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// A view of labels (n), one per sequence, or (n, steps), one per step. A vector, span or tensor converts to it, unless
/// it is a temporary. As a range it gives all labels, row by row.
class LabelsView {
 public:
  LabelsView() = default;
  template <std::convertible_to<TensorView<const std::int32_t, 2>> Rows>
  LabelsView(Rows&& rows) : rows_(rows) {
    abi_detail::refuse_temporary<Rows>();
  }
  template <std::convertible_to<std::span<const std::int32_t>> Labels>
    requires(!std::convertible_to<Labels, TensorView<const std::int32_t, 2>> &&
             !std::same_as<std::remove_cvref_t<Labels>, LabelsView>)
  LabelsView(Labels&& labels) : LabelsView(BorrowedSpan<std::int32_t>(std::forward<Labels>(labels)), 1) {}
  /// `each`: labels per sequence. Throws if it is not positive, or if the number of labels is not a multiple of it.
  LabelsView(BorrowedSpan<std::int32_t> labels, Index each)
      : rows_(labels.data(),
              {static_cast<Index>(labels.size()) / checked(static_cast<Index>(labels.size()), each), each}) {}

  /// (n, 1) or (n, steps)
  TensorView<const std::int32_t, 2> rows() const { return rows_; }
  /// Labels per sequence: 1, or the number of steps.
  Index each() const { return rows_.extent(1); }

  const std::int32_t* data() const { return rows_.data(); }
  std::size_t size() const { return static_cast<std::size_t>(rows_.size()); }
  bool empty() const { return rows_.empty(); }
  const std::int32_t* begin() const { return rows_.begin(); }
  const std::int32_t* end() const { return rows_.end(); }
  std::int32_t operator[](std::size_t i) const { return data()[i]; }

 private:
  static Index checked(Index labels, Index each) {
    require(each > 0,
            [&] { return Fault{"labels a sequence out of range", "LabelsView", "at least 1", text_of(each)}; });
    require(labels % each == 0, [&] {
      return Fault{"labels end within a sequence", "LabelsView", "a multiple of " + text_of(each), text_of(labels)};
    });
    return each;
  }
  TensorView<const std::int32_t, 2> rows_{nullptr, {0, 1}};
};

/// The targets of a loss: labels, or (n, k) numbers.
template <class T>
using TargetsView = std::conditional_t<std::same_as<T, std::int32_t>, LabelsView, TensorView<const T, 2>>;

}  // namespace heed::inline HEED_ABI

template <>
inline constexpr bool std::ranges::enable_borrowed_range<heed::LabelsView> = true;
