#pragma once

// Questions about images of digits, as a model of images and words takes them.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "digit_images.hpp"
#include "digit_questions.hpp"
#include "heed/core/error.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/vocabulary.hpp"
#include "heed/data/words.hpp"
#include "heed/models/image_and_tokens.hpp"

namespace support {

/// Throws at a word that the vocabulary does not have.
inline std::vector<std::int32_t> known_tokens(const heed::Vocabulary& vocabulary, std::span<const std::string> words) {
  std::vector<std::int32_t> tokens;
  for (const std::string& word : words) {
    heed::require(vocabulary.contains(word), [&] {
      return heed::Fault{"an unknown word", "question", heed::joined(vocabulary.words()), heed::in_quotes(word)};
    });
    tokens.push_back(vocabulary.token(word));
  }
  return tokens;
}

struct QuestionTask {
  std::vector<DigitQuestion> asked;
  heed::Tensor<float, 3> x;  // (questions, 1, pixels and tokens)
  std::vector<std::int32_t> answers;

  /// As many questions about each image, of one kind after another.
  QuestionTask(const heed::ImageAndTokens& input, const heed::Vocabulary& vocabulary, const Images& images,
               heed::Index each, heed::Key key)
      : x({images.count() * each, 1, input.size()}) {
    for (heed::Index i = 0; i < count(); ++i) {
      asked.push_back(
          DigitQuestions::draw(kind(i), images.class_of(i / each), key.child(static_cast<std::uint64_t>(i))));
      answers.push_back(asked.back().answer);
      input.join<float>(pixels_of(images, i / each), known_tokens(vocabulary, asked.back().words),
                        {x[i].data(), static_cast<std::size_t>(input.size())});
    }
  }

  heed::Index count() const { return x.extent(0); }
  std::size_t kind(heed::Index i) const { return static_cast<std::size_t>(i) % DigitQuestions::kinds.size(); }
  heed::LabelledSequences<float> view() const { return {x.view(), answers, {}}; }

  /// How many questions of each kind have their answer as the likeliest: `p` is (questions, answers).
  std::array<double, DigitQuestions::kinds.size()> right(heed::TensorView<const float, 2> p) const {
    std::array<double, DigitQuestions::kinds.size()> hits{};
    for (heed::Index i = 0; i < count(); ++i) {
      const auto row = p[i];
      const auto likeliest = std::max_element(row.begin(), row.end()) - row.begin();
      hits[kind(i)] += likeliest == answers[static_cast<std::size_t>(i)];
    }
    return hits;
  }
};

}  // namespace support
