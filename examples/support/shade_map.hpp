#pragma once

// Numbers as shades, for any terminal.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace support {

/// The letter for a part of the largest number, 0 to 1; the darker the larger.
inline char shade(float part) {
  constexpr std::string_view shades = " .:-=+*#%@";
  const float number = std::clamp(part, 0.0F, 1.0F) * static_cast<float>(shades.size());
  return shades[std::min(static_cast<std::size_t>(number), shades.size() - 1)];
}

/// A row of shades for each row of weights (rows, columns), 0 to the largest, in at most `width` columns: two a number
/// where there is room, otherwise numbers share a column, the largest of them shown. A part of the rows where they,
/// too, are more.
inline std::string shade_map(heed::TensorView<const float, 2> weights, heed::Index width = 72) {
  const heed::Index rows = weights.extent(0), columns = weights.extent(1);
  const float largest = weights.empty() ? 0.0F : *std::max_element(weights.begin(), weights.end());
  const heed::Index share = (columns + width - 1) / width, wide = 2 * columns <= width ? 2 : 1;
  std::string text;
  for (heed::Index first = 0; first < rows; first += share) {
    text += "  ";
    for (heed::Index from = 0; from < columns; from += share) {
      float value = 0;
      for (heed::Index i = first; i < std::min(first + share, rows); ++i) {
        for (heed::Index j = from; j < std::min(from + share, columns); ++j) value = std::max(value, weights(i, j));
      }
      text.append(static_cast<std::size_t>(wide), shade(largest > 0 ? value / largest : 0));
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

}  // namespace support
