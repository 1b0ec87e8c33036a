#pragma once

/// @file
/// Values in and out of `Metadata`, which holds text. What `set` writes, the `get` of the same type reads back exactly,
/// whatever the locale.

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

/// `"text"` for a message: what comes from a file may be long, and may hold what a terminal obeys.
std::string quote(std::string_view text);

Fault metadata_fault(std::string_view what, std::string_view key);

/// The whole text as a number; false where it is none, or does not fit.
bool parse(std::string_view text, Index& value);
bool parse(std::string_view text, std::uint64_t& value);
bool parse(std::string_view text, double& value);

/// The shortest text that reads back as the same number: "0.1", "nan", "inf".
std::string shortest_number(float value);
std::string shortest_number(double value);
[[noreturn]] void throw_not_finite(std::string_view key, double value);

/// The same of finite numbers alone.
template <std::floating_point T>
HEED_COLD std::string shortest_text(T value, std::string_view key) {
  if (!std::isfinite(value)) throw_not_finite(key, static_cast<double>(value));
  return shortest_number(value);
}

[[noreturn]] void throw_wrong_value(std::string_view key, std::string_view expected, std::string_view got);

}  // namespace detail

/// `metadata[key]` as text; a value that was there is replaced.
void set(Metadata& metadata, const std::string& key, std::string_view value);
void set(Metadata& metadata, const std::string& key, const char* value);
/// "true" or "false".
inline void set(Metadata& metadata, const std::string& key, std::same_as<bool> auto value) {
  set(metadata, key, value ? "true" : "false");
}
/// A whole number.
template <std::integral T>
  requires(!std::same_as<T, bool>)
void set(Metadata& metadata, const std::string& key, T value) {
  set(metadata, key, std::string_view(text_of(value)));
}
/// A number. Throws if it is not finite.
void set(Metadata& metadata, const std::string& key, std::floating_point auto value) {
  set(metadata, key, std::string_view(detail::shortest_text(value, key)));
}
/// Numbers, separated by a space. Throws if one is not finite.
template <std::floating_point T>
HEED_COLD void set(Metadata& metadata, const std::string& key, const std::vector<T>& values) {
  std::string text;
  for (const T value : values) {
    if (!text.empty()) text += ' ';
    text += detail::shortest_text(value, key);
  }
  set(metadata, key, std::string_view(text));
}
/// Texts, each ended by a line feed. Throws if one holds a line feed itself.
void set(Metadata& metadata, const std::string& key, const std::vector<std::string>& values);

/// The value of `key`. Throws if there is none.
const std::string& get_text(const Metadata& metadata, const std::string& key);

/// The value of `key`, a whole number. Throws if there is none, or another text.
Index get_index(const Metadata& metadata, const std::string& key);

/// The value of `key`, a finite number. Throws if there is none, or another text.
double get_double(const Metadata& metadata, const std::string& key);

/// The value of `key`, "true" or "false". Throws if there is none, or another text.
bool get_bool(const Metadata& metadata, const std::string& key);

/// The value of `key`, finite numbers separated by one space each; none in an empty text. Throws if there is no
/// value, or another text.
std::vector<double> get_doubles(const Metadata& metadata, const std::string& key);

/// The value of `key`, texts that each end in a line feed. Throws if there is no value, or the last line feed is
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
