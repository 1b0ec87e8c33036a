#pragma once

/// @file
/// Parses the JSON header of a safetensors file, with limits: an inner part of safetensors_header.hpp.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Parses the text, which begins at byte `offset` of the file, and adds its entries in order. Throws if it does not
/// have the format's structure or exceeds a limit. Does not compare names and data.
void read_header_text(std::string_view text, const std::string& file, std::size_t offset, Metadata& metadata,
                      std::vector<TensorInfo>& tensors);

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cstdint>
#include <limits>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/io/detail/json_text.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Each value must have the kind that its place requires, so nothing nests deeper than the format does.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& file, std::size_t offset, Metadata& metadata,
               std::vector<TensorInfo>& tensors)
      : json_(text, file, offset), file_(file), metadata_(metadata), tensors_(tensors) {}

  void read() {
    expect(JsonToken::begin_object, "an object");
    bool has_metadata = false;
    for_each_entry([&] {
      const bool is_metadata = key_ == "__metadata__";
      if (is_metadata && std::exchange(has_metadata, true)) fail("duplicate key");
      expect(JsonToken::begin_object, "an object");
      is_metadata ? read_metadata() : read_tensor();
      place_ = Place::file;
    });
    if (const JsonToken token = json_.next(); token != JsonToken::end) json_.refuse(token);
  }

 private:
  enum class Place { file, metadata, tensor };

  void read_metadata() {
    place_ = Place::metadata;
    for_each_entry([&] {
      if (metadata_.size() == SafetensorsLimits::metadata_entries) fail("too many entries", "at most 100000");
      expect(JsonToken::string, "a string");
      if (!metadata_.emplace(key_, json_.value()).second) fail("duplicate key");
    });
  }

  void read_tensor() {
    if (tensors_.size() == SafetensorsLimits::tensors) fail("too many tensors", "at most 100000");
    TensorInfo& tensor = tensors_.emplace_back();
    tensor.name = std::move(key_);
    place_ = Place::tensor;
    bool has_dtype = false, has_shape = false, has_offsets = false;
    for_each_entry([&] {
      bool* has = key_ == "dtype"          ? &has_dtype
                  : key_ == "shape"        ? &has_shape
                  : key_ == "data_offsets" ? &has_offsets
                                           : nullptr;
      if (!has) fail("unknown key", "dtype, shape and data_offsets");
      if (std::exchange(*has, true)) fail("duplicate key");
      if (has == &has_dtype) {
        read_type(tensor);
      } else if (has == &has_shape) {
        read_shape(tensor);
      } else {
        read_offsets(tensor);
      }
    });
    key_.clear();
    if (!has_dtype || !has_shape || !has_offsets) fail("missing key", "dtype, shape and data_offsets");
  }

  void read_type(TensorInfo& tensor) {
    expect(JsonToken::string, "a string");
    const auto type = data_type_from(json_.value());
    if (!type) fail("unknown dtype", "one such as F32, F64, F16 or BF16", quote(json_.value()));
    tensor.dtype = *type;
  }

  void read_shape(TensorInfo& tensor) {
    for_each_number([&](Index extent) {
      if (tensor.extents.size() == SafetensorsLimits::rank) fail("too many axes", "at most 16");
      tensor.extents.push_back(extent);
    });
  }

  void read_offsets(TensorInfo& tensor) {
    int count = 0;
    for_each_number([&](Index offset) {
      if (count == 2) fail("too many data_offsets", "2");
      if (!std::in_range<std::size_t>(offset)) fail("data_offsets too large for this machine");
      (count++ == 0 ? tensor.begin : tensor.end) = static_cast<std::size_t>(offset);
    });
    if (count != 2) fail("too few data_offsets", "2", std::to_string(count));
  }

  /// Calls f() for each key of the object that has begun, to read its value.
  template <class F>
  void for_each_entry(F&& f) {
    for (JsonToken token = json_.next(); token != JsonToken::end_object; token = after_value(JsonToken::end_object)) {
      if (token != JsonToken::string) json_.refuse(token);
      key_ = json_.value();
      if (const JsonToken colon = json_.next(); colon != JsonToken::colon) json_.refuse(colon);
      f();
    }
  }

  /// Calls f(number) for each element of an array.
  template <class F>
  void for_each_number(F&& f) {
    expect(JsonToken::begin_array, "an array of whole numbers");
    for (JsonToken token = json_.next(); token != JsonToken::end_array; token = after_value(JsonToken::end_array)) {
      expect(token, JsonToken::number, "a whole number, at least 0");
      std::uint64_t number = 0;
      if (!parse(json_.value(), number)) reject(token, "a whole number, at least 0");
      if (number > static_cast<std::uint64_t>(std::numeric_limits<Index>::max())) {
        fail("number too large", "at most 63 bits", json_.value());
      }
      f(static_cast<Index>(number));
    }
  }

  /// Returns `end`, or what follows the comma.
  JsonToken after_value(JsonToken end) {
    const JsonToken token = json_.next();
    if (token == end) return end;
    if (token != JsonToken::comma) json_.refuse(token);
    const JsonToken next = json_.next();
    if (next == end) json_.refuse(next);
    return next;
  }

  /// Reads the next token, which must be `kind`.
  void expect(JsonToken kind, const char* expected) { expect(json_.next(), kind, expected); }
  void expect(JsonToken token, JsonToken kind, const char* expected) const {
    if (token != kind) reject(token, expected);
  }

  /// Throws for a value of a kind that is not allowed here, or for a missing value.
  [[noreturn]] void reject(JsonToken token, const char* expected) const {
    std::string got;
    switch (token) {
      case JsonToken::begin_object:
        got = "an object";
        break;
      case JsonToken::begin_array:
        got = "an array";
        break;
      case JsonToken::string:
        got = "a string";
        break;
      case JsonToken::number:
        got = json_.value().substr(0, 100);
        break;
      case JsonToken::boolean:
        got = "a truth value";
        break;
      case JsonToken::null:
        got = "null";
        break;
      case JsonToken::end_object:
      case JsonToken::end_array:
      case JsonToken::colon:
      case JsonToken::comma:
      case JsonToken::end:
        json_.refuse(token);
    }
    fail("wrong kind of value in the header", expected, got);
  }

  [[noreturn]] void fail(std::string_view what, std::string_view expected = {}, std::string_view got = {}) const {
    std::string where = file_;
    if (place_ == Place::file) {
      where += ": " + quote(key_);
    } else if (place_ == Place::metadata) {
      where += ": metadata " + quote(key_);
    } else {
      where += ": tensor " + quote(tensors_.back().name);
      if (!key_.empty()) where += ": " + quote(key_);
    }
    throw Error(Fault{what, where, expected, got});
  }

  JsonReader json_;
  const std::string& file_;
  Metadata& metadata_;
  std::vector<TensorInfo>& tensors_;
  Place place_ = Place::file;
  std::string key_;
};

HEED_COLD HEED_FUNCTION void read_header_text(std::string_view text, const std::string& file, std::size_t offset,
                                              Metadata& metadata, std::vector<TensorInfo>& tensors) {
  require(text.find('\0') == std::string_view::npos,
          [&] { return Fault{"a zero byte in the header", file, "JSON text"}; });
  HeaderReader(text, file, offset, metadata, tensors).read();
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
