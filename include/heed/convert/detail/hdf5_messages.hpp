#pragma once

// The messages of HDF5's object headers that describe arrays: an inner part of hdf5.hpp.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "heed/convert/detail/hdf5_bytes.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_info.hpp"

namespace heed::inline HEED_ISA::detail {

/// What an element is. Other types than these are only named.
struct Hdf5Type {
  enum class Kind { number, text, text_elsewhere, other };
  Kind kind = Kind::other;
  DataType dtype = DataType::f32;  // of a number
  std::size_t size = 0;            // of an element, in bytes
  std::string name = {};           // for messages
};

/// The little-endian IEEE 754 types and bfloat16, by their fields.
HEED_COLD inline std::optional<DataType> hdf5_float(Hdf5Bytes& bytes, std::uint64_t bits, std::size_t size) {
  if ((bits & 0x41) != 0) return std::nullopt;  // big-endian, or VAX
  const std::uint64_t offset = bytes.number(2), precision = bytes.number(2);
  const std::uint64_t exponent_at = bytes.number(1), exponent = bytes.number(1);
  const std::uint64_t fraction_at = bytes.number(1), fraction = bytes.number(1), bias = bytes.number(4);
  if (offset != 0 || precision != 8 * size || fraction_at != 0 || exponent_at != fraction) return std::nullopt;
  const auto is = [&](std::size_t s, std::uint64_t e, std::uint64_t f, std::uint64_t b) {
    return size == s && exponent == e && fraction == f && bias == b;
  };
  if (is(4, 8, 23, 127)) return DataType::f32;
  if (is(8, 11, 52, 1023)) return DataType::f64;
  if (is(2, 5, 10, 15)) return DataType::f16;
  if (is(2, 8, 7, 127)) return DataType::bf16;
  return std::nullopt;
}

/// Little-endian whole numbers.
HEED_COLD inline std::optional<DataType> hdf5_integer(Hdf5Bytes& bytes, std::uint64_t bits, std::size_t size) {
  const bool is_signed = (bits & 8) != 0;
  if ((bits & 1) != 0 || bytes.number(2) != 0 || bytes.number(2) != 8 * size) return std::nullopt;
  switch (size) {
    case 1:
      return is_signed ? DataType::i8 : DataType::u8;
    case 2:
      return is_signed ? DataType::i16 : DataType::u16;
    case 4:
      return is_signed ? DataType::i32 : DataType::u32;
    case 8:
      return is_signed ? DataType::i64 : DataType::u64;
    default:
      return std::nullopt;
  }
}

/// Reads a datatype message.
HEED_COLD inline Hdf5Type hdf5_type(Hdf5Bytes& bytes) {
  constexpr const char* names[] = {
      "whole numbers", "floating-point numbers", "times", "texts", "bit fields", "opaque", "compound", "references",
      "enumerated",    "of variable length",     "arrays"};
  const std::uint64_t head = bytes.number(1), kind = head & 15, bits = bytes.number(3);
  Hdf5Type type{.size = static_cast<std::size_t>(bytes.number(4)), .name = kind < 11 ? names[kind] : "unknown"};
  if (kind == 0 || kind == 1) {
    const auto dtype = kind == 0 ? hdf5_integer(bytes, bits, type.size) : hdf5_float(bytes, bits, type.size);
    if (dtype) return {Hdf5Type::Kind::number, *dtype, type.size, std::string(name_of(*dtype))};
    type.name += " of an unusual kind, " + text_of(type.size) + " bytes each";
  }
  if (kind == 3 && type.size > 0) type.kind = Hdf5Type::Kind::text;
  if (kind == 9 && (bits & 15) == 1 && type.size == 16) type.kind = Hdf5Type::Kind::text_elsewhere;
  return type;
}

/// Reads a dataspace message: the extents of an array; those of a single element are empty.
HEED_COLD inline std::vector<Index> hdf5_extents(Hdf5Bytes& bytes) {
  const std::uint64_t version = bytes.number(1), rank = bytes.number(1);
  bytes.skip(1);
  const std::uint64_t kind = bytes.number(1);
  if (version == 1) bytes.skip(4);
  if (version < 1 || version > 2) bytes.malformed("a dataspace of version " + text_of(version));
  if (rank > 32) bytes.malformed("an array of rank " + text_of(rank));
  if (version == 2 && kind == 2) return {0};  // "null": no elements
  std::vector<Index> extents;
  for (std::uint64_t i = 0; i < rank; ++i) {
    const std::uint64_t extent = bytes.number(8);
    if (extent >> 62 != 0) bytes.malformed("an extent of " + std::to_string(extent));
    extents.push_back(static_cast<Index>(extent));
  }
  return extents;
}

/// The bytes of elements of this size; nothing if they do not fit 63 bits.
inline std::optional<std::uint64_t> hdf5_byte_count(const std::vector<Index>& extents, std::size_t size) {
  const auto elements = byte_count(extents, DataType::u8);
  if (!elements || (size > 0 && *elements > (std::uint64_t{1} << 62) / size)) return std::nullopt;
  return *elements * size;
}

}  // namespace heed::inline HEED_ISA::detail
