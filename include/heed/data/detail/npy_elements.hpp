#pragma once

// The elements of a NumPy file, of any type and order.

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/detail/byte_order.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/npy_header.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Whether `S` can hold `value`: floats may be rounded, integers must be exact.
template <class S, class T>
bool representable(T value) {
  if constexpr (std::is_floating_point_v<S>) {
    if constexpr (sizeof(T) > sizeof(S) && std::is_floating_point_v<T>)
      return !std::isfinite(value) || std::abs(value) <= static_cast<T>(std::numeric_limits<S>::max());
    else
      return true;
  } else if constexpr (std::is_floating_point_v<T>) {
    constexpr T limit = 9223372036854775808.0;  // 2^63
    return value >= -limit && value < limit && value == std::trunc(value);
  } else {
    return std::in_range<S>(value);
  }
}

/// float16
struct Half {
  std::uint16_t bits = 0;
};
HEED_FUNCTION float number_of(Half half);
template <class T>
T number_of(T number) {
  return number;
}

/// "element (2, 0)": the indices of the i-th value in row-major order.
HEED_FUNCTION std::string npy_element(std::size_t i, const std::vector<Index>& extents);

/// Converts the elements of a file, of type `T`, in row-major order: those of `rows` along the first axis.
template <class S, class T>
std::vector<S> convert_npy(std::span<const std::byte> data, const NpyHeader& header, IndexRange rows,
                           const std::string& where) {
  const std::size_t all = data.size() / sizeof(T), rank = header.extents.size();
  if (all == 0) return {};
  const std::size_t row = rank > 0 ? all / static_cast<std::size_t>(header.extents[0]) : 1;
  const std::size_t first = static_cast<std::size_t>(rows.first) * row;
  std::vector<S> values(static_cast<std::size_t>(rows.count()) * row);
  const std::endian order = header.order();

  // the path of row-major order through the file, in elements: one stride per axis
  std::vector<std::size_t> extents(header.extents.begin(), header.extents.end()), stride(rank), index(rank);
  std::size_t step = 1;
  for (std::size_t k = 0; k < rank; ++k) {
    const std::size_t axis = header.fortran_order ? k : rank - 1 - k;
    stride[axis] = step;
    step *= extents[axis];
  }
  std::size_t position = 0;
  if (rank > 0) {
    index[0] = static_cast<std::size_t>(rows.first);
    position = index[0] * stride[0];
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = number_of(load_number<T>(data.data() + position * sizeof(T), order));
    const bool valid = representable<S>(value) && (header.kind() != 'b' || value == 0 || value == 1);
    require(valid, [&] {
      const char* type = header.kind() == 'b'       ? "a bool, 0 or 1"
                         : std::is_integral_v<S>    ? "an integer of 64 bits"
                         : std::is_same_v<S, float> ? "a number that fits a float"
                                                    : "a number that fits a double";
      std::string got(64, ' ');
      got.resize(static_cast<std::size_t>(std::to_chars(got.data(), got.data() + got.size(), value).ptr - got.data()));
      return Fault{"value cannot be converted", where + ", " + npy_element(first + i, header.extents), type,
                   std::move(got)};
    });
    values[i] = static_cast<S>(value);
    for (std::size_t axis = rank; axis-- > 0;) {
      position += stride[axis];
      if (++index[axis] < extents[axis]) break;
      position -= stride[axis] * extents[axis];
      index[axis] = 0;
    }
  }
  return values;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION float number_of(Half half) {
  const int sign = half.bits >> 15, exponent = half.bits >> 10 & 31, fraction = half.bits & 1023;
  float value = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                              : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  if (exponent == 31) {
    value = fraction ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
  }
  return sign ? -value : value;
}

HEED_FUNCTION std::string npy_element(std::size_t i, const std::vector<Index>& extents) {
  std::vector<Index> indices(extents.size());
  auto rest = static_cast<Index>(i);
  for (std::size_t axis = extents.size(); axis-- > 0; rest /= extents[axis]) indices[axis] = rest % extents[axis];
  return "element " + to_text(indices) + " (counted from 0)";
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
