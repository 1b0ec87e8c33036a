#include "sentence_map.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>

#include "heat_map.hpp"

namespace classifier {

namespace {

// ".07", "1.0"
std::string weight_text(float weight) {
  char text[32];
  std::snprintf(text, sizeof text, weight < 0.995F ? "%.2f" : "%.1f", static_cast<double>(weight));
  return text[0] == '0' ? text + 1 : text;
}

}  // namespace

std::string sentence_legend(Colours colours) {
  return "0 " + scale(colours) + " largest weight; [words] are unknown to the model\n";
}

std::string sentence_map(const AttendedSentence& a, Colours colours, int width) {
  constexpr int around = 12;  // columns besides a word: blanks, brackets, its shade and its weight
  const float largest = *std::max_element(a.weights.begin(), a.weights.end());
  const std::string title = "sentence " + std::to_string(a.sentence) + ", answer " + printable(a.answer);
  std::string text = '\n' + column(title, std::min(columns_of(title), width)) + '\n';
  int used = 0;  // columns of the line
  for (std::size_t t = 0; t < a.words.size(); ++t) {
    std::string word = printable(a.words[t]);
    word = column(word, std::min(columns_of(word), std::max(1, width - around)));
    if (!a.known[t]) word = '[' + word + ']';
    const double part = largest > 0 ? static_cast<double>(a.weights[t] / largest) : 0;
    const std::string weight = weight_text(a.weights[t]);
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

}  // namespace classifier
