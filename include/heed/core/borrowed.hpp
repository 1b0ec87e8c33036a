#pragma once

/// @file
/// A view must not outlive the data it refers to. Types that keep a view reject temporaries at compile time.

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

namespace abi_detail {
/// Whether an argument passed as `R&&` outlives the call: it is a variable, or itself a view.
template <class R>
inline constexpr bool stays =
    std::is_lvalue_reference_v<R> || std::ranges::enable_borrowed_range<std::remove_cvref_t<R>>;

/// For functions that return a view of an argument passed as `R&&`.
template <class R>
constexpr void refuse_temporary() {
  static_assert(stays<R>, "heed: this would be a view of a temporary that is gone at once: keep that in a variable");
}
}  // namespace abi_detail

/// A `std::span<const T>` that rejects temporary containers at compile time. For members of structs.
template <class T>
class BorrowedSpan : public std::span<const T> {
 public:
  BorrowedSpan() = default;
  BorrowedSpan(const T* data, std::size_t count) : std::span<const T>(data, count) {}
  template <class R>
    requires(!std::same_as<std::remove_cvref_t<R>, BorrowedSpan> && std::convertible_to<R, std::span<const T>>)
  BorrowedSpan(R&& range) : std::span<const T>(range) {
    abi_detail::refuse_temporary<R>();
  }
};

}  // namespace heed::inline HEED_ABI

template <class T>
inline constexpr bool std::ranges::enable_borrowed_range<heed::BorrowedSpan<T>> = true;
