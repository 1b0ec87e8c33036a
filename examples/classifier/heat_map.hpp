#pragma once

// Attention weights as colours, or as characters in a terminal without colours.

#include <string>
#include <string_view>

#include "../support/shades.hpp"
#include "heed/core/types.hpp"

namespace classifier {

using namespace support;

/// The attention of a sequence: (steps) weights, or (heads, steps, steps). The first `length` steps are valid.
struct Attended {
  heed::Index sequence;
  std::string_view answer;
  const float* weights;
  heed::Index steps, length;
};

/// The line above the maps that explains the colours. Without heads it is for strips.
std::string legend(heed::Index heads, Colours colours);

/// One line: the prediction, one cell per step, and the step with the largest weight. In long sequences steps share
/// cells.
std::string strip(const Attended& attended, Colours colours, int width);

/// A title, then the heads' maps side by side: a row for each query step, a column for each key step.
std::string maps(const Attended& attended, heed::Index heads, Colours colours, int width);

}  // namespace classifier
