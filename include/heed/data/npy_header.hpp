#pragma once

/// @file
/// The header of a NumPy file: magic, version, and a Python dictionary with three entries. Format: numpy.lib.format,
/// versions 1.0, 2.0 and 3.0.

#include <bit>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// What the header says about the data.
struct NpyHeader {
  std::string descr = {};  ///< "<f4": byte order, kind, bytes per element
  bool fortran_order = false;
  std::vector<Index> extents = {};
  std::size_t data_offset = 0;  ///< where the elements begin in the file

  std::endian order() const { return descr[0] == '>' ? std::endian::big : std::endian::little; }
  char kind() const { return descr[1]; }
  /// Whether the elements are texts: `descr` is like "<U3" or "|S3".
  bool text() const { return kind() == 'U' || kind() == 'S'; }
  /// Bytes per element.
  std::size_t item_size() const;
};

/// Parses the header of a NumPy file, and checks that the file contains its elements and nothing else. Throws at the
/// first fault, and names `where` and the byte.
HEED_FUNCTION NpyHeader parse_npy_header(std::span<const std::byte> file, const std::string& where);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Parses the dictionary, a Python literal. Errors name the byte of the file.
class NpyHeaderParser {
 public:
  NpyHeaderParser(std::string_view file, std::size_t start, std::size_t end, const std::string& where)
      : file_(file.substr(0, end)), at_(start), where_(where) {}

  NpyHeader parse() {
    NpyHeader header;
    std::array<bool, 3> found{};
    expect('{');
    while (!take('}')) {
      skip_blanks();
      const std::size_t start = at_;
      const std::string_view key = string();
      std::size_t k = 0;
      while (k < keys.size() && keys[k] != key) ++k;
      if (k == keys.size()) fail(start, "unknown key in the header", "descr, fortran_order or shape", in_quotes(key));
      if (found[k]) fail(start, "key occurs twice in the header", "", in_quotes(key));
      found[k] = true;
      expect(':');
      if (k == 0) header.descr = dtype();
      if (k == 1) header.fortran_order = boolean();
      if (k == 2) header.extents = shape();
      if (take(',')) continue;
      expect('}');
      break;
    }
    for (std::size_t k = 0; k < keys.size(); ++k)
      if (!found[k]) fail(at_, "key is missing in the header", std::string(keys[k]), "");
    skip_blanks();
    if (at_ != file_.size()) fail(at_, "text after the header's dictionary", "blanks", next());
    header.data_offset = at_;
    return header;
  }

 private:
  static constexpr std::array<std::string_view, 3> keys{"descr", "fortran_order", "shape"};

  static constexpr std::array<std::string_view, 12> types{"f2", "f4", "f8", "i1", "i2", "i4",
                                                          "i8", "u1", "u2", "u4", "u8", "b1"};

  std::string dtype() {
    skip_blanks();
    const std::size_t start = at_;
    constexpr std::string_view supported = "f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1, or words U and S";
    if (at_ < file_.size() && file_[at_] == '[') fail(start, "structured dtype", std::string(supported), "a list");
    const std::string_view text = string();
    if (text.size() >= 2 && text[1] == 'O')
      fail(start,
           "object array; a.astype(float) makes numbers, a.astype(str) words; sequences of different lengths are for "
           ".ts files or tables with a row a step",
           std::string(supported), in_quotes(text));
    // a single byte has no order; NumPy writes '|' for it, other programs '<'
    const std::string_view type = text.substr(std::min<std::size_t>(1, text.size()));
    if (type.size() >= 2 && type.size() <= 7 && (type[0] == 'U' || type[0] == 'S') && type[1] != '0' &&
        type.find_first_not_of("0123456789", 1) == std::string_view::npos &&
        (text[0] == '|' ? type[0] == 'S' : text[0] == '<' || text[0] == '>'))
      return std::string(text);
    const bool known = std::find(types.begin(), types.end(), type) != types.end();
    const bool order = known && (text[0] == '<' || text[0] == '>' || (text[0] == '|' && type[1] == '1'));
    if (!order)
      fail(start, "unsupported dtype", "< or > (| for one byte) and " + std::string(supported), in_quotes(text));
    return std::string(text);
  }

  bool boolean() {
    skip_blanks();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (!file_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    fail(at_, "malformed header", "True or False", next());
  }

  std::vector<Index> shape() {
    std::vector<Index> extents;
    expect('(');
    while (!take(')')) {
      if (extents.size() == 64) fail(at_, "too many axes", "64 at most, as in NumPy", "more");
      extents.push_back(integer());
      if (take(',')) continue;
      if (extents.size() == 1) fail(at_, "malformed header", "',' after a single extent", next());
      expect(')');
      break;
    }
    return extents;
  }

  Index integer() {
    skip_blanks();
    Index value = 0;
    const bool digit = at_ < file_.size() && file_[at_] >= '0' && file_[at_] <= '9';
    if (!digit) fail(at_, "malformed header", "an extent of at least 0", next());
    const auto [stop, error] = std::from_chars(file_.data() + at_, file_.data() + file_.size(), value);
    if (error != std::errc()) fail(at_, "extent out of range", "an integer of 63 bits", "");
    at_ = static_cast<std::size_t>(stop - file_.data());
    if (at_ < file_.size() && file_[at_] == 'L') ++at_;  // Python 2 wrote long integers this way
    return value;
  }

  std::string_view string() {
    skip_blanks();
    const char quote = at_ < file_.size() ? file_[at_] : ' ';
    if (quote != '\'' && quote != '"') fail(at_, "malformed header", "a string", next());
    const std::size_t close = file_.find(quote, at_ + 1);
    if (close == std::string_view::npos) fail(at_, "malformed header", "a closing quote", "the end of the header");
    const std::string_view text = file_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    return text;
  }

  void skip_blanks() { at_ = std::min(file_.find_first_not_of(" \t\r\n", at_), file_.size()); }

  bool take(char c) {
    skip_blanks();
    const bool found = at_ < file_.size() && file_[at_] == c;
    at_ += found;
    return found;
  }
  void expect(char c) {
    if (!take(c)) fail(at_, "malformed header", std::string("'") + c + "'", next());
  }

  std::string next() const {
    return at_ < file_.size() ? "byte " + std::to_string(static_cast<unsigned char>(file_[at_])) + " there"
                              : "the end of the header";
  }
  [[noreturn]] void fail(std::size_t at, std::string what, std::string expected, std::string got) const {
    throw Error({std::move(what), where_ + ", byte " + std::to_string(at), std::move(expected), std::move(got)});
  }

  std::string_view file_;  // up to the end of the header
  std::size_t at_;
  const std::string& where_;
};

}  // namespace detail

HEED_FUNCTION std::size_t NpyHeader::item_size() const {
  std::size_t count = 0;
  std::from_chars(descr.data() + 2, descr.data() + descr.size(), count);
  return kind() == 'U' ? 4 * count : count;
}

HEED_FUNCTION NpyHeader parse_npy_header(std::span<const std::byte> file, const std::string& where) try {
  const std::string_view text = as_text(file);
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(text[i])); };
  const auto need = [&](std::size_t size, const char* what) {
    require(text.size() >= size, [&] {
      return Fault{std::string("truncated ") + what, where + ", byte " + std::to_string(text.size()),
                   "at least " + std::to_string(size) + " bytes", std::to_string(text.size())};
    });
  };
  require(text.starts_with("\x93NUMPY"),
          [&] { return Fault{"not a NumPy file", where + ", byte 0", "the magic \\x93NUMPY"}; });
  need(8, "version");
  const std::size_t major = byte(6), minor = byte(7);
  require(major >= 1 && major <= 3 && minor == 0, [&] {
    return Fault{"unsupported version", where + ", byte 6", "1.0, 2.0 or 3.0",
                 std::to_string(major) + "." + std::to_string(minor)};
  });
  const std::size_t size_bytes = major == 1 ? 2 : 4, start = 8 + size_bytes;
  need(start, "header size");
  std::size_t size = 0;
  for (std::size_t i = 0; i < size_bytes; ++i) size |= byte(8 + i) << (8 * i);
  need(start + size, "header");

  NpyHeader header = detail::NpyHeaderParser(text, start, start + size, where).parse();

  const std::size_t payload = text.size() - header.data_offset;
  const auto held = static_cast<Index>(payload / header.item_size());
  const bool empty = std::find(header.extents.begin(), header.extents.end(), 0) != header.extents.end();
  Index count = empty ? 0 : 1;
  bool fits = true;  // the file's size bounds the count, so that it cannot overflow
  for (std::size_t axis = 0; axis < header.extents.size() && fits && !empty; ++axis) {
    fits = header.extents[axis] <= held / count;
    count *= fits ? header.extents[axis] : 0;
  }
  fits = fits && count <= held;
  const auto elements = [&] { return to_text(header.extents) + " elements of '" + header.descr + "'"; };
  require(fits, [&] {
    return Fault{"truncated data", where + ", byte " + std::to_string(text.size()), elements(),
                 std::to_string(payload) + " bytes"};
  });
  const std::size_t used = static_cast<std::size_t>(count) * header.item_size();
  require(payload == used, [&] {
    return Fault{"trailing bytes", where + ", byte " + std::to_string(header.data_offset + used),
                 std::to_string(used) + " bytes for " + elements(), std::to_string(payload)};
  });
  return header;
} catch (...) {
  detail::rethrow_as_error(where);
}

}  // namespace heed::inline HEED_ISA

#endif
