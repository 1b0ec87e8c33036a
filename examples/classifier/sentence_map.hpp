#pragma once

// Sentences with their words shaded by attention.

#include <span>
#include <string>
#include <string_view>

#include "heed/core/types.hpp"
#include "terminal.hpp"

namespace classifier {

/// A sentence, which of its words the model knows, and the weight of each.
struct AttendedSentence {
  heed::Index sentence;
  std::string_view answer;
  std::span<const std::string> words;
  std::span<const bool> known;
  std::span<const float> weights;
};

/// What stands above the sentences: a line that explains the colours.
std::string sentence_legend(Colours colours);

/// A title, then the words with their weights in lines of at most `width` columns. A word that the model does not know
/// stands in brackets.
std::string sentence_map(const AttendedSentence& sentence, Colours colours, int width);

}  // namespace classifier
