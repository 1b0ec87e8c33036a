#pragma once

/// @file
/// The events of the JSON parser over a safetensors header, checked one by one: an inner part of
/// safetensors_header.hpp.

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/metadata.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_info.hpp"

namespace heed::inline HEED_ISA {

/// What a file may hold at most. The format itself sets the limit of the header.
struct SafetensorsLimits {
  static constexpr std::size_t header_bytes = 100'000'000;
  static constexpr std::size_t tensors = 100'000;
  static constexpr std::size_t metadata_entries = 100'000;
  static constexpr std::size_t string_bytes = std::size_t{1} << 22;  // a name, or a value of the metadata
  static constexpr std::size_t rank = 16;
};

struct SafetensorsHeader {
  Metadata metadata;
  std::vector<TensorInfo> tensors;  // in the order of their data, which they cover without a gap
  std::size_t data_begin = 0;       // in bytes from the start of the file
};

namespace detail {

/// The header's characters for the JSON parser. The parser keeps the text of the token that it reads, and copies it
/// into its message: this stops before a token gets long.
class HeaderIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  HeaderIterator() = default;
  HeaderIterator(const char* at, const std::string* file) : at_(at), file_(file) {}

  reference operator*() const { return *at_; }
  HeaderIterator& operator++() {
    const char c = *at_++;
    if (c == '\0') stop("a zero byte in the header", "JSON text");  // the parser would take it for the end
    if (in_string_) {
      in_string_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
      if (++run_ > SafetensorsLimits::string_bytes) stop("a string of the header is too long", "at most 2^22 bytes");
    } else if (std::string_view("{}[],:\"").find(c) != std::string_view::npos) {
      in_string_ = c == '"';
      run_ = 0;
    } else if (++run_ > 4096) {
      stop("too many blanks or digits in the header", "at most 4096 in a row");
    }
    return *this;
  }
  HeaderIterator operator++(int) {
    HeaderIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const HeaderIterator& a, const HeaderIterator& b) { return a.at_ == b.at_; }

 private:
  [[noreturn]] void stop(const char* what, const char* expected) const { throw Error(Fault{what, *file_, expected}); }

  const char* at_ = nullptr;
  const std::string* file_ = nullptr;
  std::size_t run_ = 0;  // characters since the last bracket, comma, colon or quote
  bool in_string_ = false;
  bool escaped_ = false;
};

/// Takes the JSON parser's events and builds the header. Each event is right in one or two states and an error in all
/// others, so nothing nests deeper than the format does.
class HeaderReader {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool null() { reject("null"); }
  bool boolean(bool) { reject("a truth value"); }
  bool number_integer(std::int64_t value) { reject(std::to_string(value)); }
  bool number_float(double, const std::string& text) { reject(text.substr(0, 100)); }
  bool binary(nlohmann::json::binary_t&) { reject("binary data"); }

  bool number_unsigned(std::uint64_t value) {
    if (state_ != State::shape && state_ != State::offsets) reject(std::to_string(value));
    if (value > static_cast<std::uint64_t>(std::numeric_limits<Index>::max())) {
      fail("number too large", "at most 63 bits", std::to_string(value));
    }
    if (state_ == State::shape) {
      if (tensor().extents.size() == SafetensorsLimits::rank) fail("too many axes", "at most 16");
      tensor().extents.push_back(static_cast<Index>(value));
    } else {
      if (offsets_ == 2) fail("too many data_offsets", "2");
      (offsets_++ == 0 ? tensor().begin : tensor().end) = static_cast<std::size_t>(value);
    }
    return true;
  }

  bool string(std::string& text) {
    if (state_ == State::metadata) {
      if (!header_.metadata.emplace(key_, text).second) fail("duplicate key");
    } else if (state_ == State::tensor && key_ == "dtype") {
      const auto type = data_type_from(text);
      if (!type) fail("unknown dtype", "one such as F32, F64, F16 or BF16", quote(text));
      tensor().dtype = *type;
    } else {
      reject("a string");
    }
    return true;
  }

  bool start_object(std::size_t) {
    if (state_ == State::start) {
      state_ = State::top;
    } else if (state_ == State::top && key_ == "__metadata__") {
      state_ = State::metadata;
    } else if (state_ == State::top) {
      if (header_.tensors.size() == SafetensorsLimits::tensors) fail("too many tensors", "at most 100000");
      header_.tensors.emplace_back().name = std::move(key_);
      state_ = State::tensor;
      has_dtype_ = has_shape_ = has_offsets_ = false;
      offsets_ = 0;
    } else {
      reject("an object");
    }
    return true;
  }

  bool key(std::string& text) {
    key_ = std::move(text);
    if (state_ == State::top && key_ == "__metadata__") {
      if (std::exchange(has_metadata_, true)) fail("duplicate key");
    } else if (state_ == State::metadata) {
      if (header_.metadata.size() == SafetensorsLimits::metadata_entries) fail("too many entries", "at most 100000");
    } else if (state_ == State::tensor) {
      bool* has = key_ == "dtype"          ? &has_dtype_
                  : key_ == "shape"        ? &has_shape_
                  : key_ == "data_offsets" ? &has_offsets_
                                           : nullptr;
      if (!has) fail("unknown key", "dtype, shape and data_offsets");
      if (std::exchange(*has, true)) fail("duplicate key");
    }
    return true;
  }

  bool end_object() {
    if (state_ == State::tensor) {
      key_.clear();
      if (!has_dtype_ || !has_shape_ || !has_offsets_) fail("missing key", "dtype, shape and data_offsets");
    }
    state_ = state_ == State::top ? State::end : State::top;
    return true;
  }

  bool start_array(std::size_t) {
    if (state_ != State::tensor || key_ == "dtype") reject("an array");
    state_ = key_ == "shape" ? State::shape : State::offsets;
    return true;
  }

  bool end_array() {
    if (state_ == State::offsets && offsets_ != 2) fail("too few data_offsets", "2", std::to_string(offsets_));
    state_ = State::tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception&) {
    throw Error(Fault{"the header is no valid JSON",
                      file_ + ": byte " + std::to_string(position + 7),
                      {},
                      token.empty() ? "the end of the header" : quote(token)});
  }

 private:
  enum class State { start, top, metadata, tensor, shape, offsets, end };

  TensorInfo& tensor() { return header_.tensors.back(); }

  /// A value of a kind that may not stand here.
  [[noreturn]] void reject(std::string got) const {
    const std::string expected = state_ == State::start      ? "an object"
                                 : state_ == State::top      ? "an object"
                                 : state_ == State::metadata ? "a string"
                                 : state_ != State::tensor   ? "a whole number, at least 0"
                                 : key_ == "dtype"           ? "a string"
                                                             : "an array of whole numbers";
    fail("wrong kind of value in the header", expected, std::move(got));
  }

  [[noreturn]] void fail(std::string what, std::string expected = {}, std::string got = {}) const {
    std::string where = file_;
    if (state_ == State::metadata) {
      where += ": metadata " + quote(key_);
    } else if (state_ == State::top) {
      where += ": " + quote(key_);
    } else if (state_ != State::start) {
      where += ": tensor " + quote(header_.tensors.back().name);
      if (!key_.empty()) where += ": " + quote(key_);
    }
    throw Error(Fault{std::move(what), std::move(where), std::move(expected), std::move(got)});
  }

  const std::string& file_;
  SafetensorsHeader header_;
  State state_ = State::start;
  std::string key_;
  bool has_metadata_ = false, has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
  int offsets_ = 0;
};

}  // namespace detail

}  // namespace heed::inline HEED_ISA
