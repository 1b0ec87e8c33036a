#pragma once

// What each word of an answer attended to, as a map of shades in the terminal.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "heed/data/words.hpp"
#include "shades.hpp"
#include "terminal.hpp"

namespace support {

/// A row for each of `to`, a column for each of `from`, whose letters stand above it; the darker, the larger the weight
/// (`weights`: a row after another). At most `width` columns: what does not fit is left out.
inline std::string alignment_map(const std::vector<std::string>& from, const std::vector<std::string>& to,
                                 std::span<const float> weights, std::size_t width = 80) {
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
      row += column(line >= above ? word[line - above] : "", static_cast<int>(cell));
    }
    text += end_of_line(row);
  }
  for (std::size_t t = 0; t < to.size(); ++t) {
    const std::string shades = shade_row(weights.subspan(t * from.size(), columns), 1, Colours::none, cell);
    text += end_of_line(column(to[t], static_cast<int>(label)) + ' ' + shades);
  }
  return text;
}

}  // namespace support
