#pragma once

// An image, a question about it, and where the answer comes from.

#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "heed/core/types.hpp"
#include "shades.hpp"

namespace support {

/// The image in shades, `height` rows; beside it a title, and bars for how much weight the image and each of the words
/// have: `weights[0]` is the image's.
inline std::string question_map(std::span<const float> pixels, heed::Index height, const std::string& title,
                                std::span<const std::string> words, std::span<const double> weights) {
  std::vector<std::string> beside{title};
  for (std::size_t k = 0; k <= words.size(); ++k) {
    char start[64];
    std::snprintf(start, sizeof start, "  %-8.20s %.2f ", k == 0 ? "(image)" : words[k - 1].c_str(), weights[k]);
    beside.push_back(start + bar(weights[k], 40));
  }
  const Grid image{{pixels.begin(), pixels.end()}, static_cast<heed::Index>(pixels.size()) / height};
  return side_by_side({image.shades(1), beside}, "  ");
}

}  // namespace support
