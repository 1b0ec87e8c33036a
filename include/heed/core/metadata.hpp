#pragma once

/// @file
/// Values in and out of `Metadata`, which holds text. What `set` writes, the `get` of the same type reads back exactly,
/// whatever the locale.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// `"text"` for a message: what comes from a file may be long, and may hold what a terminal obeys.
inline std::string quote(std::string_view text) {
  constexpr std::size_t longest = 100;
  std::string result(text.substr(0, longest));
  std::replace_if(
      result.begin(), result.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return '"' + result + (text.size() > longest ? "\"..." : "\"");
}

inline Fault metadata_fault(std::string what, std::string_view key) {
  return {std::move(what), "metadata " + quote(key)};
}

/// The whole text as a number; false where it is none, or does not fit.
template <class T>
bool parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// The shortest text that reads back as the same number: "0.1", "nan", "inf".
template <std::floating_point T>
std::string shortest_number(T value) {
  char buffer[64];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

/// The same of finite numbers alone.
template <std::floating_point T>
std::string shortest_text(T value, std::string_view key) {
  require(std::isfinite(value), [&] {
    Fault fault = metadata_fault("not a finite number", key);
    fault.got = std::to_string(value);
    return fault;
  });
  return shortest_number(value);
}

[[noreturn]] inline void throw_wrong_value(std::string_view key, std::string expected, std::string_view got) {
  Fault fault = metadata_fault("wrong value", key);
  fault.expected = std::move(expected);
  fault.got = quote(got);
  throw Error(std::move(fault));
}

}  // namespace detail

/// `metadata[key]` as text; a value that was there is replaced.
inline void set(Metadata& metadata, const std::string& key, std::string_view value) { metadata[key] = value; }
inline void set(Metadata& metadata, const std::string& key, const char* value) { metadata[key] = value; }
/// "true" or "false".
inline void set(Metadata& metadata, const std::string& key, std::same_as<bool> auto value) {
  metadata[key] = value ? "true" : "false";
}
/// A whole number.
template <std::integral T>
requires(!std::same_as<T, bool>) void set(Metadata& metadata, const std::string& key, T value) {
  metadata[key] = std::to_string(value);
}
/// A number. Throws where it is not finite.
void set(Metadata& metadata, const std::string& key, std::floating_point auto value) {
  metadata[key] = detail::shortest_text(value, key);
}
/// Numbers, separated by a space. Throws where one is not finite.
template <std::floating_point T>
void set(Metadata& metadata, const std::string& key, const std::vector<T>& values) {
  std::string text;
  for (const T value : values) {
    if (!text.empty()) text += ' ';
    text += detail::shortest_text(value, key);
  }
  metadata[key] = std::move(text);
}
/// Texts, each ended by a line feed. Throws where one holds a line feed itself.
inline void set(Metadata& metadata, const std::string& key, const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) {
    if (value.find('\n') != std::string::npos) detail::throw_wrong_value(key, "texts without a line feed", value);
    text += value + '\n';
  }
  metadata[key] = std::move(text);
}

/// The value of `key`. Throws where there is none.
inline const std::string& get_text(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  require(found != metadata.end(), [&] { return detail::metadata_fault("missing", key); });
  return found->second;
}

/// The value of `key`, a whole number. Throws where there is none, or another text.
inline Index get_index(const Metadata& metadata, const std::string& key) {
  const std::string& text = get_text(metadata, key);
  Index value = 0;
  if (!detail::parse(text, value)) detail::throw_wrong_value(key, "a whole number", text);
  return value;
}

/// The value of `key`, a finite number. Throws where there is none, or another text.
inline double get_double(const Metadata& metadata, const std::string& key) {
  const std::string& text = get_text(metadata, key);
  double value = 0;
  if (!detail::parse(text, value) || !std::isfinite(value)) detail::throw_wrong_value(key, "a finite number", text);
  return value;
}

/// The value of `key`, "true" or "false". Throws where there is none, or another text.
inline bool get_bool(const Metadata& metadata, const std::string& key) {
  const std::string& text = get_text(metadata, key);
  if (text != "true" && text != "false") detail::throw_wrong_value(key, "\"true\" or \"false\"", text);
  return text == "true";
}

/// The value of `key`, finite numbers separated by one space each; none in an empty text. Throws where there is no
/// value, or another text.
inline std::vector<double> get_doubles(const Metadata& metadata, const std::string& key) {
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

/// The value of `key`, texts that each end in a line feed. Throws where there is no value, or the last line feed is
/// missing.
inline std::vector<std::string> get_texts(const Metadata& metadata, const std::string& key) {
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
