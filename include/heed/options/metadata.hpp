#pragma once

/// @file
/// Values in `Metadata`, which holds text. What `set` writes, the `get` of the same type reads back exactly, in every
/// locale.

#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// `"text"` for a message. Text from a file may be long and may contain control characters.
std::string quote(std::string_view text);

Fault metadata_fault(std::string_view what, std::string_view key);

/// Parses the whole text as a number. Returns false if it is not a number or does not fit.
bool parse(std::string_view text, Index& value);
bool parse(std::string_view text, std::uint64_t& value);
bool parse(std::string_view text, double& value);

/// The shortest text that parses back to the same number: "0.1", "nan", "inf".
std::string shortest_number(float value);
std::string shortest_number(double value);
[[noreturn]] void throw_not_finite(std::string_view key, double value);

/// The same, but only for finite numbers.
template <std::floating_point T>
HEED_COLD std::string shortest_text(T value, std::string_view key) {
  if (!std::isfinite(value)) throw_not_finite(key, static_cast<double>(value));
  return shortest_number(value);
}

[[noreturn]] void throw_wrong_value(std::string_view key, std::string_view expected, std::string_view got);

}  // namespace detail

/// Sets `metadata[key]` to a text, replacing any old value.
void set(Metadata& metadata, const std::string& key, std::string_view value);
void set(Metadata& metadata, const std::string& key, const char* value);
/// Sets "true" or "false".
inline void set(Metadata& metadata, const std::string& key, std::same_as<bool> auto value) {
  set(metadata, key, value ? "true" : "false");
}
/// Sets an integer.
template <std::integral T>
  requires(!std::same_as<T, bool>)
void set(Metadata& metadata, const std::string& key, T value) {
  set(metadata, key, std::string_view(text_of(value)));
}
/// Sets a number. Throws if it is not finite.
void set(Metadata& metadata, const std::string& key, std::floating_point auto value) {
  set(metadata, key, std::string_view(detail::shortest_text(value, key)));
}
/// Sets numbers, separated by spaces. Throws if one is not finite.
template <std::floating_point T>
HEED_COLD void set(Metadata& metadata, const std::string& key, const std::vector<T>& values) {
  std::string text;
  for (const T value : values) {
    if (!text.empty()) text += ' ';
    text += detail::shortest_text(value, key);
  }
  set(metadata, key, std::string_view(text));
}
/// Sets texts, each followed by a line feed. Throws if one contains a line feed.
void set(Metadata& metadata, const std::string& key, const std::vector<std::string>& values);

/// The value of `key`. Throws if there is none.
const std::string& get_text(const Metadata& metadata, const std::string& key);

/// The value of `key` as an integer. Throws if there is none, or if it is not an integer.
Index get_index(const Metadata& metadata, const std::string& key);

/// The value of `key` as a finite number. Throws if there is none, or if it is not a finite number.
double get_double(const Metadata& metadata, const std::string& key);

/// The value of `key`, "true" or "false". Throws if there is none, or if it is another text.
bool get_bool(const Metadata& metadata, const std::string& key);

/// The value of `key` as finite numbers that are separated by one space each; an empty text has none. Throws if there
/// is no value, or if it is another text.
std::vector<double> get_doubles(const Metadata& metadata, const std::string& key);

/// The value of `key` as texts that each end in a line feed. Throws if there is no value, or if the last line feed is
/// missing.
std::vector<std::string> get_texts(const Metadata& metadata, const std::string& key);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "heed/core/detail/from_chars.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_COLD HEED_FUNCTION std::string quote(std::string_view text) {
  constexpr std::size_t longest = 100;
  std::string result(text.substr(0, longest));
  std::replace_if(result.begin(), result.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return '"' + result + (text.size() > longest ? "\"..." : "\"");
}

HEED_COLD HEED_FUNCTION Fault metadata_fault(std::string_view what, std::string_view key) {
  return {what, "metadata " + quote(key)};
}

template <class T>
bool parse_as(std::string_view text, T& value) {
  const auto [end, error] = abi_detail::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

HEED_COLD HEED_FUNCTION bool parse(std::string_view text, Index& value) { return parse_as(text, value); }

HEED_COLD HEED_FUNCTION bool parse(std::string_view text, std::uint64_t& value) { return parse_as(text, value); }
HEED_COLD HEED_FUNCTION bool parse(std::string_view text, double& value) { return parse_as(text, value); }

template <class T>
std::string shortest_as(T value) {
  char buffer[64];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

HEED_COLD HEED_FUNCTION std::string shortest_number(float value) { return shortest_as(value); }

HEED_COLD HEED_FUNCTION std::string shortest_number(double value) { return shortest_as(value); }

HEED_COLD HEED_FUNCTION void throw_not_finite(std::string_view key, double value) {
  throw Error(Fault("not a finite number", "metadata " + quote(key), {}, text_of(value)));
}

HEED_COLD HEED_FUNCTION void throw_wrong_value(std::string_view key, std::string_view expected, std::string_view got) {
  throw Error(Fault("wrong value", "metadata " + quote(key), expected, quote(got)));
}

}  // namespace detail

HEED_COLD HEED_FUNCTION void set(Metadata& metadata, const std::string& key, std::string_view value) {
  metadata[key] = value;
}

HEED_COLD HEED_FUNCTION void set(Metadata& metadata, const std::string& key, const char* value) {
  set(metadata, key, std::string_view(value));
}

HEED_COLD HEED_FUNCTION void set(Metadata& metadata, const std::string& key, const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) {
    if (value.find('\n') != std::string::npos) detail::throw_wrong_value(key, "texts without a line feed", value);
    text += value + '\n';
  }
  set(metadata, key, std::string_view(text));
}

HEED_COLD HEED_FUNCTION const std::string& get_text(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  require(found != metadata.end(), [&] { return detail::metadata_fault("missing", key); });
  return found->second;
}

HEED_COLD HEED_FUNCTION Index get_index(const Metadata& metadata, const std::string& key) {
  const std::string& text = get_text(metadata, key);
  Index value = 0;
  if (!detail::parse(text, value)) detail::throw_wrong_value(key, "a whole number", text);
  return value;
}

HEED_COLD HEED_FUNCTION double get_double(const Metadata& metadata, const std::string& key) {
  const std::string& text = get_text(metadata, key);
  double value = 0;
  if (!detail::parse(text, value) || !std::isfinite(value)) detail::throw_wrong_value(key, "a finite number", text);
  return value;
}

HEED_COLD HEED_FUNCTION bool get_bool(const Metadata& metadata, const std::string& key) {
  const std::string& text = get_text(metadata, key);
  if (text != "true" && text != "false") detail::throw_wrong_value(key, "\"true\" or \"false\"", text);
  return text == "true";
}

HEED_COLD HEED_FUNCTION std::vector<double> get_doubles(const Metadata& metadata, const std::string& key) {
  std::string_view rest = get_text(metadata, key);
  std::vector<double> values;
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find(' '), rest.size());
    const std::string_view text = rest.substr(0, length);
    double value = 0;
    const bool ends_in_space = length + 1 == rest.size();
    if (!detail::parse(text, value) || !std::isfinite(value) || ends_in_space) {
      detail::throw_wrong_value(key, "finite numbers separated by a space", rest);
    }
    values.push_back(value);
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  return values;
}

HEED_COLD HEED_FUNCTION std::vector<std::string> get_texts(const Metadata& metadata, const std::string& key) {
  std::string_view rest = get_text(metadata, key);
  std::vector<std::string> values;
  while (!rest.empty()) {
    const std::size_t length = rest.find('\n');
    if (length == std::string_view::npos) detail::throw_wrong_value(key, "lines that end in a line feed", rest);
    values.emplace_back(rest.substr(0, length));
    rest.remove_prefix(length + 1);
  }
  return values;
}

}  // namespace heed::inline HEED_ISA

#endif
