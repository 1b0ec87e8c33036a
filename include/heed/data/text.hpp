#pragma once

/// @file
/// Text utilities: trimming, quoting, parsing numbers.

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "heed/core/compiled.hpp"
#include "heed/core/isa.hpp"

namespace heed::inline HEED_ABI {

/// The bytes of a file as text.
HEED_FUNCTION std::string_view as_text(std::span<const std::byte> bytes);

/// The text without spaces and tabs at its ends.
HEED_FUNCTION std::string_view trim(std::string_view text);

/// The text with ASCII letters in lower case.
HEED_FUNCTION std::string ascii_lower(std::string_view text);

/// A word for a message: in quotes, and cut after 40 bytes.
HEED_FUNCTION std::string in_quotes(std::string_view text);

/// What a message expects in place of a number that is too large for an S.
template <class S>
constexpr const char* what_fits() {
  if constexpr (std::integral<S>) return sizeof(S) == 4 ? "an integer of 32 bits" : "an integer of 64 bits";
  return sizeof(S) == sizeof(float) ? "a number that fits a float" : "a number that fits a double";
}
/// The same for a float or double of `bytes` bytes.
constexpr const char* what_fits(std::size_t bytes) {
  return bytes == sizeof(float) ? what_fits<float>() : what_fits<double>();
}

/// Parses all of `text` as a decimal number, rounded to nearest. A leading plus, "nan" and "inf" are allowed. Returns
/// `invalid_argument` for anything else, and `result_out_of_range` for a number that is too large (for double: also too
/// small).
HEED_FUNCTION std::errc parse_number(std::string_view text, int& value);
HEED_FUNCTION std::errc parse_number(std::string_view text, long& value);
HEED_FUNCTION std::errc parse_number(std::string_view text, long long& value);
HEED_FUNCTION std::errc parse_number(std::string_view text, float& value);
HEED_FUNCTION std::errc parse_number(std::string_view text, double& value);

/// The text of a number whose decimals stand behind `decimal` as one with a decimal point: the two characters change
/// places.
HEED_FUNCTION std::string with_decimal_point(std::string_view text, char decimal);

/// Parses a number whose decimals stand behind `decimal`. A point in it is then an `invalid_argument`.
inline std::errc parse_number(std::string_view text, double& value, char decimal) {
  return decimal == '.' ? parse_number(text, value) : parse_number(with_decimal_point(text, decimal), value);
}

/// The contents of a field from `TextReader::split`: without its quotes, if it has them; two quotes inside mean one.
HEED_FUNCTION std::string unquote(std::string_view field);

}  // namespace heed::inline HEED_ABI

#if HEED_BODIES

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "heed/core/detail/from_chars.hpp"
#include "heed/core/detail/utf8.hpp"

namespace heed::inline HEED_ABI {

HEED_SHARED_FUNCTION std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

HEED_SHARED_FUNCTION std::string_view trim(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

HEED_SHARED_FUNCTION std::string ascii_lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

HEED_SHARED_FUNCTION std::string in_quotes(std::string_view text) {
  std::size_t end = std::min<std::size_t>(text.size(), 40);
  // do not cut inside a UTF-8 character
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  std::string result = "'";
  result += abi_detail::escaped(text.substr(0, end));
  return result.append(end < text.size() ? "...'" : "'");
}

namespace abi_detail {

template <class S>
std::errc parse_number_as(std::string_view text, S& value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  const char* end = text.data() + text.size();
  const auto [stop, error] = abi_detail::from_chars(text.data(), end, value);
  if (error == std::errc::invalid_argument || stop != end) return std::errc::invalid_argument;
  if constexpr (std::is_same_v<S, float>) {
    if (error == std::errc::result_out_of_range) {  // a float that is too small becomes zero
      double wide = 0;
      if (parse_number_as(text, wide) == std::errc() && std::abs(wide) < 1) {
        value = static_cast<float>(wide);
        return std::errc();
      }
    }
  }
  return error;
}

}  // namespace abi_detail

HEED_SHARED_FUNCTION std::errc parse_number(std::string_view text, int& value) {
  return abi_detail::parse_number_as(text, value);
}

HEED_SHARED_FUNCTION std::errc parse_number(std::string_view text, long& value) {
  return abi_detail::parse_number_as(text, value);
}

HEED_SHARED_FUNCTION std::errc parse_number(std::string_view text, long long& value) {
  return abi_detail::parse_number_as(text, value);
}

HEED_SHARED_FUNCTION std::errc parse_number(std::string_view text, float& value) {
  return abi_detail::parse_number_as(text, value);
}

HEED_SHARED_FUNCTION std::errc parse_number(std::string_view text, double& value) {
  return abi_detail::parse_number_as(text, value);
}

HEED_SHARED_FUNCTION std::string with_decimal_point(std::string_view text, char decimal) {
  std::string result(text);
  for (char& c : result) c = c == decimal ? '.' : c == '.' ? decimal : c;
  return result;
}

HEED_SHARED_FUNCTION std::string unquote(std::string_view field) {
  if (!field.starts_with('"')) return std::string(field);
  std::string text;
  for (std::size_t i = 1; i + 1 < field.size(); ++i) {
    text += field[i];
    if (field[i] == '"') ++i;
  }
  return text;
}

}  // namespace heed::inline HEED_ABI

#endif
