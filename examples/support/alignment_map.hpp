#pragma once

// What each word of an answer attended to, as a map of shades in the terminal.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/data/words.hpp"

namespace support {

namespace detail {
/// A word of UTF-8 in so many columns: cut, or filled with blanks. Control characters are question marks.
inline std::string column(std::string_view word, std::size_t width) {
  std::string text;
  std::size_t used = 0;
  for (const std::string& c : heed::split_characters(word)) {
    if (used++ == width) return text;
    text += c.size() == 1 && static_cast<unsigned char>(c[0]) < 0x20 ? "?" : c;
  }
  return text + std::string(width - used, ' ');
}
}  // namespace detail

/// A row for each of `to`, a column for each of `from`, whose letters stand above it; the darker, the larger the weight
/// (`weights`: a row after another). At most `width` columns: what does not fit is left out.
inline std::string alignment_map(const std::vector<std::string>& from, const std::vector<std::string>& to,
                                 std::span<const float> weights, std::size_t width = 80) {
  constexpr const char* shades[] = {" ", "░", "▒", "▓", "█"};
  constexpr std::size_t tallest = 14;
  std::size_t label = 0, height = 0;
  for (const auto& word : to) label = std::max(label, heed::split_characters(word).size());
  label = std::min<std::size_t>(label, 16);
  const std::size_t cell = label + 2 + 2 * from.size() <= width ? 2 : 1;
  const std::size_t columns = std::min(from.size(), (width - label - 1) / cell);
  std::vector<std::vector<std::string>> letters;
  for (std::size_t k = 0; k < columns; ++k) {
    letters.push_back(heed::split_characters(from[k]));
    if (letters.back().size() > tallest) letters.back().resize(tallest);
    height = std::max(height, letters.back().size());
  }
  const auto end_of_line = [](std::string line) { return line.erase(line.find_last_not_of(' ') + 1) + '\n'; };
  std::string text;
  for (std::size_t line = 0; line < height; ++line) {
    std::string row(label + 1, ' ');
    for (const auto& word : letters) {
      const std::size_t above = height - word.size();
      row += detail::column(line >= above ? word[line - above] : "", cell);
    }
    text += end_of_line(row);
  }
  for (std::size_t t = 0; t < to.size(); ++t) {
    std::string row = detail::column(to[t], label) + ' ';
    for (std::size_t k = 0; k < columns; ++k) {
      const float a = weights[t * from.size() + k];
      const auto shade = static_cast<std::size_t>(std::clamp(a * 5.0F, 0.0F, 4.0F));
      for (std::size_t i = 0; i < cell; ++i) row += shades[shade];
    }
    text += end_of_line(row);
  }
  return text;
}

}  // namespace support
