#pragma once

// Sentences with their words shaded by attention.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

#include "heed/core/types.hpp"
#include "heed/data/vocabulary.hpp"
#include "shades.hpp"
#include "terminal.hpp"

namespace support {

/// A sentence, its tokens, and the weight of each word.
struct AttendedSentence {
  heed::Index sentence;
  std::string answer;
  std::span<const std::string> words;
  const std::int32_t* tokens;  // `Vocabulary::unknown`: the model does not know the word
  std::span<const float> weights;
};

namespace detail {
// ".07", "1.0"
inline std::string weight_text(float weight) {
  char text[32];
  std::snprintf(text, sizeof text, weight < 0.995F ? "%.2f" : "%.1f", static_cast<double>(weight));
  return text[0] == '0' ? text + 1 : text;
}
}  // namespace detail

/// What stands above the sentences: a line that explains the colours.
inline std::string sentence_legend(Colours colours) {
  return "0 " + scale(colours) + " largest weight; [words] are unknown to the model\n";
}

/// A title, then the words with their weights in lines of at most `width` columns. A word that the model does not know
/// stands in brackets.
inline std::string sentence_map(const AttendedSentence& a, Colours colours, int width) {
  constexpr int around = 12;  // columns besides a word: blanks, brackets, its shade and its weight
  const float largest = *std::max_element(a.weights.begin(), a.weights.end());
  const std::string title = "sentence " + std::to_string(a.sentence) + ", answer " + printable(a.answer);
  std::string text = '\n' + column(title, std::min(columns_of(title), width)) + '\n';
  int used = 0;  // columns of the line
  for (std::size_t t = 0; t < a.words.size(); ++t) {
    std::string word = printable(a.words[t]);
    word = column(word, std::min(columns_of(word), std::max(1, width - around)));
    if (a.tokens[t] == heed::Vocabulary::unknown) word = '[' + word + ']';
    const double part = largest > 0 ? static_cast<double>(a.weights[t] / largest) : 0;
    const std::string weight = detail::weight_text(a.weights[t]);
    const int needs = columns_of(word) + static_cast<int>(weight.size()) + (colours == Colours::none ? 2 : 3);
    if (used > 0 && used + 2 + needs > width) {
      text += '\n';
      used = 0;
    }
    text += "  " + shaded(word, part, colours) + ' ' + weight;
    used += 2 + needs;
  }
  return text + '\n';
}

/// The sentences on the terminal, below the legend.
inline void print_sentences(std::span<const AttendedSentence> sentences) {
  const Colours colours = terminal_colours();
  std::fputs(sentence_legend(colours).c_str(), stdout);
  for (const AttendedSentence& sentence : sentences) {
    std::fputs(sentence_map(sentence, colours, terminal_width()).c_str(), stdout);
  }
}

}  // namespace support
