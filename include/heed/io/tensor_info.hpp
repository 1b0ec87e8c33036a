#pragma once

/// @file
/// The element types of safetensors files, what a header says about a tensor, and the limits of both.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// The element types that a safetensors file may have. `f16`, `bf16`, `f32` and `f64` can be read as weights.
enum class DataType {
  boolean,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  u16,
  i16,
  f16,
  bf16,
  u32,
  i32,
  f32,
  u64,
  i64,
  f64,
  c64
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {

struct DataTypeTraits {
  std::string_view name;
  std::size_t size;
};
/// In the order of the enumerators.
inline constexpr std::array<DataTypeTraits, 17> data_type_traits = {{
    {"BOOL", 1},
    {"U8", 1},
    {"I8", 1},
    {"F8_E5M2", 1},
    {"F8_E4M3", 1},
    {"F8_E8M0", 1},
    {"U16", 2},
    {"I16", 2},
    {"F16", 2},
    {"BF16", 2},
    {"U32", 4},
    {"I32", 4},
    {"F32", 4},
    {"U64", 8},
    {"I64", 8},
    {"F64", 8},
    {"C64", 8},
}};

}  // namespace detail

/// "F32"
constexpr std::string_view name_of(DataType type) {
  return detail::data_type_traits[static_cast<std::size_t>(type)].name;
}

/// Bytes per element.
constexpr std::size_t size_of(DataType type) { return detail::data_type_traits[static_cast<std::size_t>(type)].size; }

/// The type with this name, as files spell it.
constexpr std::optional<DataType> data_type_from(std::string_view name) {
  for (std::size_t i = 0; i < detail::data_type_traits.size(); ++i) {
    if (detail::data_type_traits[i].name == name) return static_cast<DataType>(i);
  }
  return std::nullopt;
}

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// One tensor of a file: its row-major elements are the bytes from `begin` up to `end` of the file's data.
struct TensorInfo {
  std::string name;
  DataType dtype = DataType::f32;
  std::vector<Index> extents;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<Index> strides = {};  ///< in elements, of each axis; empty: row-major, one element behind the other
};

/// The limits of a file's contents. The format itself limits the header.
struct SafetensorsLimits {
  static constexpr std::size_t header_bytes = 100'000'000;
  static constexpr std::size_t tensors = 100'000;
  static constexpr std::size_t metadata_entries = 100'000;
  static constexpr std::size_t string_bytes = std::size_t{1} << 22;  ///< a name, or a value of the metadata
  static constexpr std::size_t rank = 16;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The bytes of a tensor; empty if their number does not fit 63 bits.
HEED_FUNCTION std::optional<std::size_t> byte_count(const std::vector<Index>& extents, DataType type);

/// IEEE 754 binary16, widened exactly.
HEED_FUNCTION float float_from_f16(std::uint16_t bits);

/// bfloat16, the upper half of a float, widened exactly.
constexpr float float_from_bf16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

namespace detail {
/// The indices of the tensors in sorted order (stable). The only sort in this code: each further kind of sort would
/// cost as much compile time again.
std::vector<std::uint32_t> places_in_order(const std::vector<TensorInfo>& tensors,
                                           bool (*before)(const TensorInfo&, const TensorInfo&));
}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace heed::inline HEED_ISA {

HEED_FUNCTION std::optional<std::size_t> byte_count(const std::vector<Index>& extents, DataType type) {
  if (std::find(extents.begin(), extents.end(), 0) != extents.end()) return 0;
  Index count = static_cast<Index>(size_of(type));
  for (const Index n : extents) {
    if (n < 0 || count > std::numeric_limits<Index>::max() / n) return std::nullopt;
    count *= n;
  }
  if (!std::in_range<std::size_t>(count)) return std::nullopt;  // addresses of 32 bits
  return static_cast<std::size_t>(count);
}

HEED_COLD HEED_FUNCTION std::vector<std::uint32_t> detail::places_in_order(const std::vector<TensorInfo>& tensors,
                                                                           bool (*before)(const TensorInfo&,
                                                                                          const TensorInfo&)) {
  std::vector<std::uint32_t> places(tensors.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::uint32_t>(i);
  std::sort(places.begin(), places.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (before(tensors[a], tensors[b])) return true;
    return a < b && !before(tensors[b], tensors[a]);
  });
  return places;
}

HEED_FUNCTION float float_from_f16(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f;
  const int fraction = bits & 0x3ff;
  float magnitude;
  if (exponent == 0x1f) {
    magnitude = fraction ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction + 0x400), exponent - 25);
  }
  return bits & 0x8000 ? -magnitude : magnitude;
}

}  // namespace heed::inline HEED_ISA

#endif
