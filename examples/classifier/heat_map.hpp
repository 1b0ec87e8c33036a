#pragma once

// Attention weights as colours, or as shades where there are none.

#include <string>
#include <string_view>

#include "../support/shades.hpp"
#include "heed/core/types.hpp"

namespace classifier {

using namespace support;

/// What a sequence attended to: (steps) weights, or (heads, steps, steps). The first `length` steps are valid.
struct Attended {
  heed::Index sequence;
  std::string_view answer;
  const float* weights;
  heed::Index steps, length;
};

/// What stands above the maps: a line that explains the colours. No heads: of strips.
std::string legend(heed::Index heads, Colours colours);

/// One line: the answer, a cell for each step, and the step with the largest weight. Long sequences share cells.
std::string strip(const Attended& attended, Colours colours, int width);

/// A title, then the heads' maps side by side: a row for each step that asks, a column for each that answers.
std::string maps(const Attended& attended, heed::Index heads, Colours colours, int width);

}  // namespace classifier
