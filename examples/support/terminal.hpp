#pragma once

// What standard output is, and how text and colours look there.

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "heed/core/detail/utf8.hpp"

namespace support {

namespace detail {
inline std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

inline bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }  // a character of UTF-8
}  // namespace detail

inline bool is_terminal(std::FILE* stream) { return ::isatty(::fileno(stream)) != 0; }

/// Columns of the terminal on standard output; 80 where it does not say.
inline int terminal_width() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// What standard output can show: nothing but text where NO_COLOR is set (https://no-color.org) or TERM is dumb.
enum class Colours { none, indexed, full };
inline Colours terminal_colours() {
  const std::string_view term = detail::environment("TERM"), depth = detail::environment("COLORTERM");
  if (!detail::environment("NO_COLOR").empty() || term.empty() || term == "dumb") return Colours::none;
  if (depth == "truecolor" || depth == "24bit") return Colours::full;
  return term.find("256color") != std::string_view::npos ? Colours::indexed : Colours::none;
}

/// The text as a terminal may show it: control characters, which a file's labels may hold, are question marks.
inline std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const heed::abi_detail::Utf8Character character = heed::abi_detail::utf8_character(text.substr(at));
    const std::string_view one = text.substr(at, character.valid() ? character.length : 1);
    result += character.valid() && heed::abi_detail::escaped(one) == one ? one : "?";
    at += one.size();
  }
  return result;
}

/// The same, cut and filled to a number of columns (characters of UTF-8).
inline std::string column(std::string_view text, int width) {
  std::string result;
  int columns = 0;
  for (const char c : printable(text)) {
    if (!detail::continues(c) && ++columns > width) {
      --columns;
      break;
    }
    result += c;
  }
  return result.append(static_cast<std::size_t>(std::max(0, width - columns)), ' ');
}

/// Columns that a text takes.
inline int columns_of(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return !detail::continues(c); }));
}

/// The words of a text in lines of at most `width` columns, each with its end; `indent` blanks before each.
inline std::string wrapped(std::string_view text, int width, int indent) {
  const std::string start(static_cast<std::size_t>(indent), ' ');
  std::string result, line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && indent + columns_of(line) + 1 + columns_of(word) > width) {
      result += start + line + '\n';
      line.clear();
    }
    line.append(line.empty() ? "" : " ").append(word);
  }
  return result + start + line + '\n';
}

}  // namespace support
