#pragma once

// Questions about the digit on an image, in words, and their answers.

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "heed/core/rng.hpp"
#include "heed/data/words.hpp"

namespace support {

struct DigitQuestion {
  std::vector<std::string> words;
  std::int32_t answer = 0;  // a place in `DigitQuestions::answers`
};

/// Five kinds of questions; of the same words in another order the answer may be another.
struct DigitQuestions {
  static constexpr std::array<const char*, 5> kinds{"which digit is it ?", "is it even (odd) ?", "is it D ?",
                                                    "is it larger (smaller) than D ?",
                                                    "is D larger (smaller) than it ?"};
  static constexpr std::size_t most_words = 6;

  static std::vector<std::string> answers() {
    return {"yes", "no", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
  }
  /// All words of all questions.
  static std::vector<std::string> words() {
    std::vector<std::string> all = answers();
    all.erase(all.begin(), all.begin() + 2);
    for (const char* word : {"which", "digit", "is", "it", "even", "odd", "larger", "smaller", "than", "?"}) {
      all.emplace_back(word);
    }
    return all;
  }

  /// A question of a kind about a digit. D is any digit; where it is asked for itself, half of the answers are yes.
  static DigitQuestion draw(std::size_t kind, int digit, heed::Key key) {
    const bool first = key.below(0, 2) == 0;  // the word before the brackets
    const int other = kind == 2 && first ? digit : static_cast<int>(key.below(1, 10));
    const std::string d = name(other), relation = first ? "larger" : "smaller";
    const auto question = [](const std::string& text, std::int32_t answer) {
      return DigitQuestion{heed::split_words(text), answer};
    };
    const auto yes_if = [](bool yes) { return yes ? 0 : 1; };
    const int larger = first ? digit - other : other - digit;  // in the direction of the question
    switch (kind) {
      case 0:
        return question(kinds[0], 2 + digit);
      case 1:
        return question(first ? "is it even ?" : "is it odd ?", yes_if((digit % 2 == 0) == first));
      case 2:
        return question("is it " + d + " ?", yes_if(digit == other));
      case 3:
        return question("is it " + relation + " than " + d + " ?", yes_if(larger > 0));
      default:
        return question("is " + d + ' ' + relation + " than it ?", yes_if(larger < 0));
    }
  }

 private:
  static std::string name(int digit) { return answers()[static_cast<std::size_t>(2 + digit)]; }
};

/// How often the commonest answer to a question among those that are learnt is right, whatever the image.
inline double commonest_answers(std::span<const DigitQuestion> learnt, std::span<const DigitQuestion> asked) {
  using Counts = std::map<std::int32_t, int>;
  std::map<std::vector<std::string>, Counts> of_question;
  for (const DigitQuestion& q : learnt) ++of_question[q.words][q.answer];
  int right = 0;
  for (const DigitQuestion& q : asked) {
    const Counts& counts = of_question[q.words];
    const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
    const auto most = std::max_element(counts.begin(), counts.end(), fewer);
    right += most != counts.end() && most->first == q.answer;
  }
  return static_cast<double>(right) / static_cast<double>(asked.size());
}

}  // namespace support
