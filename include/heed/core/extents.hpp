#pragma once

/// @file
/// The extents of arrays, and the errors for extents that are impossible.

#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// The lengths of a tensor's axes, outermost first.
template <int Rank>
using Extents = std::array<Index, static_cast<std::size_t>(Rank)>;

/// One extent, from an integer of any type. A value that is too large becomes negative, which every user rejects.
struct Extent {
  Index value = 0;
  constexpr Extent() = default;
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  constexpr Extent(I i) : value(static_cast<Index>(i)) {}
};

/// "(2, 10, 5)"
std::string to_text(std::span<const Index> extents);

namespace abi_detail {
[[noreturn]] void throw_element_count(std::span<const Index> extents, bool negative);
[[noreturn]] void throw_value_count(const char* what, std::span<const Index> extents, Index got);
[[noreturn]] void throw_no_room(const char* what, std::span<const Index> extents);

// What braces hold, {n, 10, 5}. An array without elements is no C++.
template <int Rank>
struct ExtentListOf {
  using Type = Extent[static_cast<std::size_t>(Rank)];
};
template <>
struct ExtentListOf<0> {
  struct Type {};
};
template <int Rank>
using ExtentList = typename ExtentListOf<Rank>::Type;

template <int Rank>
constexpr Extents<Rank> extents_of([[maybe_unused]] const ExtentList<Rank>& extents) {
  Extents<Rank> result{};
  if constexpr (Rank > 0) {
    for (std::size_t axis = 0; axis < result.size(); ++axis) result[axis] = extents[axis].value;
  }
  return result;
}
}  // namespace abi_detail

/// The largest size that options may have. Sums and small multiples of such sizes do not overflow.
inline constexpr Index most_size = Index(1) << 40;

/// A size and the name of its option.
struct NamedSize {
  std::string_view name;
  Index value;
};
/// Throws at the first size that is not in 1 .. `most_size`, with its name. `where` names the owner of the sizes.
void check_sizes(std::initializer_list<NamedSize> sizes, std::string_view where);

/// `count` zeros. Throws if the count is negative, or if there is no memory.
template <class T>
std::vector<T> make_vector(Index count, const char* what) {
  const Extents<1> extents{count};
  if (count < 0 || static_cast<std::uint64_t>(count) > std::vector<T>().max_size())
    abi_detail::throw_no_room(what, extents);
  try {
    return std::vector<T>(static_cast<std::size_t>(count));
  } catch (const std::bad_alloc&) {
    abi_detail::throw_no_room(what, extents);
  }
}

/// The number of elements of an array of these extents. Throws if one is negative or the product overflows.
inline Index element_count(std::span<const Index> extents) {
  Index count = 1;
  bool empty = false;
  for (const Index n : extents) {
    if (n < 0) [[unlikely]]
      abi_detail::throw_element_count(extents, true);
    empty = empty || n == 0;
  }
  if (empty) return 0;
  for (const Index n : extents) {
    if (count > std::numeric_limits<Index>::max() / n) [[unlikely]]
      abi_detail::throw_element_count(extents, false);
    count *= n;
  }
  return count;
}

}  // namespace heed::inline HEED_ABI

#if HEED_BODIES

namespace heed::inline HEED_ABI {

HEED_COLD HEED_SHARED_FUNCTION std::string to_text(std::span<const Index> extents) {
  std::string text = "(";
  for (const Index n : extents) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(n);
  }
  return text + ")";
}

HEED_COLD HEED_SHARED_FUNCTION void check_sizes(std::initializer_list<NamedSize> sizes, std::string_view where) {
  for (const auto& [name, n] : sizes) {
    if (n < 1) throw Error(Fault{std::string(name) + " must be positive", where, "at least 1", text_of(n)});
    if (n > most_size) throw Error(Fault{std::string(name) + " out of range", where, "at most 2^40", text_of(n)});
  }
}

namespace abi_detail {

HEED_COLD HEED_SHARED_FUNCTION void throw_element_count(std::span<const Index> extents, bool negative) {
  throw Error(negative ? Fault{"negative extent", "tensor", "extents of at least 0", to_text(extents)}
                       : Fault{"too many elements", "tensor", "a count that fits 63 bits", to_text(extents)});
}

HEED_COLD HEED_SHARED_FUNCTION void throw_no_room(const char* what, std::span<const Index> extents) {
  const bool negative = extents.size() == 1 && extents[0] < 0;
  throw Error(Fault{negative ? "negative size" : std::string(abi_detail::no_room), what, {}, to_text(extents)});
}

HEED_COLD HEED_SHARED_FUNCTION void throw_value_count(const char* what, std::span<const Index> extents, Index got) {
  Index count = 1;
  for (const Index n : extents) count *= n;
  throw Error(Fault{"wrong number of values", what + (' ' + to_text(extents)), text_of(count), text_of(got)});
}

}  // namespace abi_detail

}  // namespace heed::inline HEED_ABI

#endif
