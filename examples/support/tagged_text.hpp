#pragma once

// Tagged words on a terminal: each word with its tag below it, in the tag's colour.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "terminal.hpp"

namespace support {

/// The text without control characters, in at most so many columns.
inline std::string cut(std::string_view text, std::size_t columns) {
  return column(text, std::min(columns_of(text), static_cast<int>(columns)));
}

/// Lines of words above their tags, at most `width` columns wide. A colour belongs to a tag's name without B- and I-;
/// O has none.
inline void print_tagged(std::span<const std::string> words, std::span<const std::string> tags,
                         std::span<const std::string> names, std::size_t width = 80) {
  static constexpr int colours[] = {39, 208, 70, 170, 178, 45, 203, 105, 148, 215, 81, 212, 142, 110, 167, 79, 183};
  const bool coloured = is_terminal(stdout) && terminal_colours() != Colours::none;
  const auto type = [](std::string_view tag) {
    return tag.starts_with("B-") || tag.starts_with("I-") ? tag.substr(2) : tag;
  };
  std::vector<std::string_view> types;  // in the order of the names
  for (const std::string& name : names) {
    if (name != "O" && std::find(types.begin(), types.end(), type(name)) == types.end()) types.push_back(type(name));
  }
  std::string upper, lower;
  std::size_t used = 0;
  const auto flush = [&] {
    if (used > 0) std::printf("%s\n%s\n", upper.c_str(), lower.c_str());
    upper.clear();
    lower.clear();
    used = 0;
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = cut(words[i], width - 1), tag = tags[i] == "O" ? "" : cut(tags[i], width - 1);
    const auto columns = static_cast<std::size_t>(std::max(columns_of(word), columns_of(tag)));
    if (used > 0 && used + 1 + columns > width) flush();
    const auto found = std::find(types.begin(), types.end(), type(tags[i])) - types.begin();
    const bool paint = coloured && found < std::ssize(types);
    const std::string on =
        paint ? "\x1b[38;5;" + std::to_string(colours[static_cast<std::size_t>(found) % std::size(colours)]) + "m" : "";
    const auto append = [&](std::string& line, const std::string& text) {
      if (used > 0) line += ' ';
      line.append(on)
          .append(text)
          .append(paint ? "\x1b[0m" : "")
          .append(columns - static_cast<std::size_t>(columns_of(text)), ' ');
    };
    append(upper, word);
    append(lower, tag);
    used += columns + (used > 0 ? 1 : 0);
  }
  flush();
}

}  // namespace support
