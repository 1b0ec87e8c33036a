#pragma once

/// @file
/// JSON (RFC 8259): a tokenizer, and JSON strings. An inner part of readers of files.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

enum class JsonToken {
  begin_object,
  end_object,
  begin_array,
  end_array,
  colon,
  comma,
  string,
  number,
  boolean,
  null,
  end
};

/// Splits a JSON text into tokens. Strings are strict UTF-8; numbers stay text. The length of a token is limited, so
/// that a hostile text cannot use much memory.
class JsonReader {
 public:
  /// `file` names the file in messages, and `what` the text in it, which begins at its byte `offset`. All must outlive
  /// this object.
  JsonReader(std::string_view text, const std::string& file, std::size_t offset, const char* what = "the header")
      : text_(text), file_(file), offset_(offset), what_(what) {}

  /// The next token. Throws if the text is not JSON, or if a token is too long.
  JsonToken next();
  /// The position in the text after the last token.
  std::size_t position() const { return at_; }
  /// The last string, unescaped; or the last number, true, false or null, as written.
  const std::string& value() const { return value_; }
  /// Throws the error that `token`, the last one, is not allowed here.
  [[noreturn]] void refuse(JsonToken token) const { refuse(token == JsonToken::end ? at_ : at_ - 1); }

 private:
  /// The byte at a position; -1 after the end.
  int at(std::size_t i) const { return i < text_.size() ? static_cast<unsigned char>(text_[i]) : -1; }
  JsonToken punctuation(JsonToken token);
  JsonToken word(std::string_view word, JsonToken token);
  JsonToken string();
  JsonToken number();
  void digits();
  void escape();
  unsigned hexadecimal();
  void limit_run() const;
  /// Throws the error that the text is not JSON because of the byte at this position.
  [[noreturn]] void refuse(std::size_t position) const;

  std::string_view text_;
  const std::string& file_;
  std::size_t offset_;
  const char* what_;
  std::size_t at_ = 0;        // after the last token
  std::size_t run_ = 0;       // after the last bracket, comma, colon or quote
  std::size_t value_at_ = 0;  // where the last string or number begins
  std::string value_;
};

/// `"text"` with JSON escapes; empty if it is not UTF-8.
std::optional<std::string> json_string(std::string_view text);

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>

#include "heed/core/detail/utf8.hpp"
#include "heed/core/error.hpp"
#include "heed/io/tensor_info.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

constexpr std::size_t most_json_run = 4096;  // blanks and digits without anything else
// the characters after a backslash, and what they mean
constexpr std::string_view json_escapes = "\"\\bfnrt/", json_escaped = "\"\\\b\f\n\r\t/";

HEED_COLD HEED_FUNCTION JsonToken JsonReader::next() {
  at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size());
  limit_run();
  switch (at(at_)) {
    case -1:
      return JsonToken::end;
    case '{':
      return punctuation(JsonToken::begin_object);
    case '}':
      return punctuation(JsonToken::end_object);
    case '[':
      return punctuation(JsonToken::begin_array);
    case ']':
      return punctuation(JsonToken::end_array);
    case ':':
      return punctuation(JsonToken::colon);
    case ',':
      return punctuation(JsonToken::comma);
    case '"':
      return string();
    case 't':
      return word("true", JsonToken::boolean);
    case 'f':
      return word("false", JsonToken::boolean);
    case 'n':
      return word("null", JsonToken::null);
    default:
      return number();
  }
}

HEED_COLD HEED_FUNCTION JsonToken JsonReader::punctuation(JsonToken token) {
  run_ = ++at_;
  return token;
}

HEED_COLD HEED_FUNCTION JsonToken JsonReader::word(std::string_view word, JsonToken token) {
  for (const char c : word) {
    if (at(at_) != c) refuse(at_);
    ++at_;
  }
  value_ = word;
  limit_run();
  return token;
}

HEED_COLD HEED_FUNCTION JsonToken JsonReader::string() {
  value_at_ = at_++;
  run_ = at_;
  value_.clear();
  for (;;) {
    require(at_ - run_ < SafetensorsLimits::string_bytes,
            [&] { return Fault{"a string of " + std::string(what_) + " is too long", file_, "at most 2^22 bytes"}; });
    const int c = at(at_);
    if (c == '"') break;
    if (c < 0x20) refuse(at_);  // a control character, or the end
    if (c == '\\') {
      escape();
      continue;
    }
    const abi_detail::Utf8Character character = abi_detail::utf8_character(text_.substr(at_));
    if (!character.valid()) refuse(at_ + character.right);
    value_.append(text_, at_, character.length);
    at_ += character.length;
  }
  run_ = ++at_;
  return JsonToken::string;
}

/// Decodes a backslash and the characters after it.
HEED_COLD HEED_FUNCTION void JsonReader::escape() {
  ++at_;
  const std::size_t i = at(at_) < 0 ? std::string_view::npos : json_escapes.find(text_[at_]);
  if (i != std::string_view::npos) {
    value_ += json_escaped[i];
    ++at_;
    return;
  }
  unsigned code = hexadecimal();
  const auto is_surrogate = [&](unsigned first) { return code >= first && code < first + 0x400; };
  if (is_surrogate(0xdc00)) refuse(at_ - 1);
  if (is_surrogate(0xd800)) {
    const unsigned upper = code - 0xd800;
    if (at(at_) != '\\') refuse(at_);
    ++at_;
    code = hexadecimal();
    if (!is_surrogate(0xdc00)) refuse(at_ - 1);
    code = 0x10000 + (upper << 10) + (code - 0xdc00);
  }
  abi_detail::append_utf8(value_, code);
}

/// Decodes "u00fc".
HEED_COLD HEED_FUNCTION unsigned JsonReader::hexadecimal() {
  if (at(at_) != 'u') refuse(at_);
  ++at_;
  unsigned code = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const int c = at(at_);
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) refuse(at_);
    code = code << 4 | static_cast<unsigned>(digit);
  }
  return code;
}

HEED_COLD HEED_FUNCTION JsonToken JsonReader::number() {
  const auto skip = [&](std::string_view any) {
    const bool there = at(at_) >= 0 && any.find(text_[at_]) != std::string_view::npos;
    at_ += there;
    return there;
  };
  if (std::string_view("-0123456789").find(text_[at_]) == std::string_view::npos) refuse(at_);
  value_at_ = at_;
  skip("-");
  if (!skip("0")) digits();
  if (skip(".")) digits();
  if (skip("eE")) {
    skip("+-");
    digits();
  }
  limit_run();
  value_.assign(text_, value_at_, at_ - value_at_);
  return JsonToken::number;
}

/// At least one digit.
HEED_COLD HEED_FUNCTION void JsonReader::digits() {
  const std::size_t end = std::min(text_.find_first_not_of("0123456789", at_), text_.size());
  if (end == at_) refuse(at_);
  at_ = end;
}

HEED_COLD HEED_FUNCTION void JsonReader::limit_run() const {
  require(at_ - run_ <= most_json_run,
          [&] { return Fault{"too many blanks or digits in " + std::string(what_), file_, "at most 4096 in a row"}; });
}

HEED_COLD HEED_FUNCTION void JsonReader::refuse(std::size_t position) const {
  throw Error(Fault{std::string(what_) + " is no valid JSON",
                    file_ + ": byte " + std::to_string(offset_ + position),
                    {},
                    quote(text_.substr(value_at_, position + 1 - value_at_))});
}

HEED_COLD HEED_FUNCTION std::optional<std::string> json_string(std::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    const abi_detail::Utf8Character character = abi_detail::utf8_character(text);
    if (!character.valid()) return std::nullopt;
    const char c = text[0];
    if (const std::size_t i = json_escaped.find(c); i != std::string_view::npos && c != '/') {
      (json += '\\') += json_escapes[i];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      ((json += "\\u00") += static_cast<char>('0' + c / 16)) += "0123456789abcdef"[c % 16];
    } else {
      json += text.substr(0, character.length);
    }
    text.remove_prefix(character.length);
  }
  return json + '"';
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
