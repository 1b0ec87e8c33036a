#pragma once

/// @file
/// NumPy files: arrays of numbers of any rank.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/core/detail/byte_order.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/npy_elements.hpp"
#include "heed/data/npy_header.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

/// The types that `read_npy` reads and `write_npy` writes.
template <class S>
concept NpyReadable = std::same_as<S, float> || std::same_as<S, double> || std::same_as<S, std::int64_t>;
template <class S>
concept NpyWritable = NpyReadable<S> || std::same_as<S, std::int32_t>;

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// An array of any rank, row-major. Rank 0 has one value.
template <class S>
struct NpyArray {
  std::vector<Index> extents = {};
  std::vector<S> values = {};
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Which of a file's `count` rows to read. Empty: all.
using Part = std::function<IndexRange(Index count)>;

namespace detail {
HEED_FUNCTION IndexRange rows_of(const Part& part, Index count, const std::string& where);

template <class S>
constexpr char npy_kind = std::is_floating_point_v<S> ? 'f' : 'i';
}  // namespace detail

/// Parses labels from a NumPy file: (n) or (n, 1) words or integers, or one-hot rows (n, classes), which become the
/// index of their 1. Throws if the file has none of these.
HEED_FUNCTION std::vector<std::string> parse_npy_labels(std::span<const std::byte> file, const std::string& where);

/// Parses a NumPy file (`numpy.save`): versions 1 to 3; float16, float32, float64, (u)int8 to 64, bool; either byte
/// order; C or Fortran order. Numbers read as floats are rounded to nearest; NaN and infinity are kept. Throws if the
/// file is malformed, truncated or continues after its data, and names `where` and the byte. Throws if a number is out
/// of the range of `S`, or has a fraction and is read as an integer, and names the element. With `part`, only these
/// rows (of the first axis) are read.
template <NpyReadable S>
NpyArray<S> parse_npy(std::span<const std::byte> file, const std::string& where, const Part& part = {}) try {
  const DefaultFloatingMode mode;
  NpyHeader header = parse_npy_header(file, where);
  const auto data = file.subspan(header.data_offset);
  require(!header.text(), [&] { return Fault{"an array of words", where, "numbers", "'" + header.descr + "'"}; });
  const bool scalar = header.extents.empty();
  const IndexRange rows = scalar ? IndexRange{0, 1} : detail::rows_of(part, header.extents[0], where);
  const auto as = [&]<class T>(T) { return detail::convert_npy<S, T>(data, header, rows, where); };
  const auto any = [&]() -> std::vector<S> {
    const std::string_view type = std::string_view(header.descr).substr(1);
    if (type == "f2") return as(detail::Half());
    if (type == "f4") return as(float());
    if (type == "f8") return as(double());
    if (type == "i1") return as(std::int8_t());
    if (type == "i2") return as(std::int16_t());
    if (type == "i4") return as(std::int32_t());
    if (type == "i8") return as(std::int64_t());
    if (type == "u2") return as(std::uint16_t());
    if (type == "u4") return as(std::uint32_t());
    if (type == "u8") return as(std::uint64_t());
    return as(std::uint8_t());  // u1, b1
  };
  std::vector<S> values = any();
  if (!scalar) header.extents[0] = rows.count();
  return {std::move(header.extents), std::move(values)};
} catch (...) {
  detail::rethrow_as_error(where);
}

/// Reads a file with `parse_npy`. With a part, only its rows are read from disk.
template <NpyReadable S>
NpyArray<S> read_npy(const std::filesystem::path& path, const Part& part = {}) try {
  if (part) {
    const MappedFile mapped(path);
    return parse_npy<S>(mapped.bytes(), path.string(), part);
  }
  const std::vector<std::byte> file = read_file(path);
  return parse_npy<S>(file, path.string());
} catch (...) {
  detail::rethrow_as_error(path.string());
}

/// Writes an array for `numpy.load`: version 1.0, little-endian, C order, the data at a multiple of 64 bytes. Atomic, as `write_file`.
template <class S, int Rank>
  requires NpyWritable<std::remove_const_t<S>>
void write_npy(const std::filesystem::path& path, TensorView<S, Rank> array) {
  std::string dictionary = std::string("{'descr': '<") + detail::npy_kind<S> + std::to_string(sizeof(S)) +
                           "', 'fortran_order': False, 'shape': (";
  for (const Index extent : array.extents()) dictionary += std::to_string(extent) + ", ";
  if (Rank > 1) dictionary.resize(dictionary.size() - 2);
  if (Rank == 1) dictionary.pop_back();
  dictionary += "), }";
  constexpr std::size_t prefix = 10;  // magic, version, header size
  const std::size_t total = (prefix + dictionary.size() + 1 + 63) / 64 * 64;
  dictionary.resize(total - prefix - 1, ' ');
  dictionary += '\n';
  const std::size_t size = dictionary.size();
  std::string header = "\x93NUMPY";
  header += {'\x01', '\x00', static_cast<char>(size & 0xFF), static_cast<char>(size >> 8)};
  header += dictionary;
  write_file(path, {std::as_bytes(std::span(header)), detail::bytes_in_file<std::remove_const_t<S>>(
                                                          {array.data(), static_cast<std::size_t>(array.size())})});
}
/// The same for a tensor.
template <class S, int Rank>
void write_npy(const std::filesystem::path& path, const Tensor<S, Rank>& array) {
  write_npy(path, array.view());
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include "heed/core/detail/utf8.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION IndexRange rows_of(const Part& part, Index count, const std::string& where) {
  const IndexRange rows = part ? part(count) : IndexRange{0, count};
  require(0 <= rows.first && rows.first <= rows.last && rows.last <= count, [&] {
    return Fault{"part out of range", where, "some of the rows 0 to " + std::to_string(count - 1),
                 std::to_string(rows.first) + " to " + std::to_string(rows.last - 1)};
  });
  return rows;
}

}  // namespace detail

HEED_FUNCTION std::vector<std::string> parse_npy_labels(std::span<const std::byte> file, const std::string& where) try {
  const NpyHeader header = parse_npy_header(file, where);
  const std::vector<Index>& extents = header.extents;
  const bool column = extents.size() == 1 || (extents.size() == 2 && extents[1] == 1);
  std::vector<std::string> labels;
  if (header.text()) {
    require(column, [&] { return Fault{"wrong rank", where, "labels (n) or (n, 1)", to_text(extents)}; });
    const std::size_t size = header.item_size();
    const bool wide = header.kind() == 'U';
    for (std::size_t i = 0; i < static_cast<std::size_t>(extents[0]); ++i) {
      const std::byte* item = file.data() + header.data_offset + i * size;
      std::string& label = labels.emplace_back();
      for (std::size_t k = 0; k < size; k += wide ? 4 : 1) {
        const std::uint32_t code = wide ? detail::load_number<std::uint32_t>(item + k, header.order())
                                        : std::to_integer<std::uint32_t>(item[k]);
        if (code == 0) break;
        require(code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF), [&] {
          return Fault{"not a character", where + ", " + detail::npy_element(i, extents), "Unicode", text_of(code)};
        });
        if (wide) {
          abi_detail::append_utf8(label, code);
        } else {
          label += static_cast<char>(code);
        }
      }
      if (!wide && abi_detail::first_not_utf8(label) != label.size()) {  // Latin-1, as in tables
        std::string utf8;
        for (const char c : label) abi_detail::append_utf8(utf8, static_cast<unsigned char>(c));
        label = std::move(utf8);
      }
      const bool control = std::any_of(label.begin(), label.end(), [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7F';
      });
      require(!label.empty() && !control, [&] {
        return Fault{"not a label", where + ", " + detail::npy_element(i, extents), "a word",
                     label.empty() ? "nothing" : in_quotes(label)};
      });
    }
    return labels;
  }
  const NpyArray<std::int64_t> array = parse_npy<std::int64_t>(file, where);
  if (column) {
    for (const std::int64_t label : array.values) labels.push_back(std::to_string(label));
    return labels;
  }
  require(extents.size() == 2 && extents[1] > 1,
          [&] { return Fault{"wrong rank", where, "labels (n), (n, 1) or one-hot (n, classes)", to_text(extents)}; });
  const auto classes = static_cast<std::size_t>(extents[1]);
  for (std::size_t i = 0; i < static_cast<std::size_t>(extents[0]); ++i) {
    const auto row = std::span(array.values).subspan(i * classes, classes);
    const auto one = std::find(row.begin(), row.end(), 1);
    require(one != row.end() && std::count(row.begin(), row.end(), 0) == std::ssize(row) - 1, [&] {
      return Fault{"not a label", where + ", row " + std::to_string(i) + " (counted from 0)", "one 1 among zeros", {}};
    });
    labels.push_back(std::to_string(one - row.begin()));
  }
  return labels;
} catch (...) {
  detail::rethrow_as_error(where);
}

}  // namespace heed::inline HEED_ISA

#endif
