// A fuzzer of the reader of labelled sentences, and of what is made of words. Five choices come first.

#include <string>
#include <vector>

#include "fuzz/reading.hpp"
#include "heed/data/next_tokens.hpp"
#include "heed/data/sentences.hpp"
#include "heed/data/vocabulary.hpp"
#include "heed/data/word_features.hpp"

namespace {

using heed::fuzz::require_that;

/// Reads sentences that were written with a tab behind their labels. Some labels look like another format.
void check_written(const heed::Sentences& sentences) {
  if (sentences.labels.empty()) return;
  std::string text;
  for (std::size_t i = 0; i < sentences.words.size(); ++i) {
    if (sentences.words[i].empty()) return;
    text += sentences.labels[i] + '\t';
    for (const std::string& word : sentences.words[i]) text += word + ' ';
    text += '\n';
  }
  if (text.starts_with("\xEF\xBB\xBF")) return;
  heed::Sentences back;
  const bool refused = heed::fuzz::refuses(text.size(), 256, [&] {
    back = heed::parse_sentences(text, "written",
                                 {.encoding = heed::Encoding::utf8, .header = heed::SentenceOptions::Header::no});
  });
  require_that(refused || (back.words == sentences.words && back.labels == sentences.labels),
               "sentences that are written are read as the same");
}

void check_tokens(const heed::Sentences& sentences) {
  const auto vocabulary = heed::Vocabulary::from(sentences.words);
  const auto tokens = heed::to_tokens(sentences, vocabulary);
  for (std::size_t i = 0; i < sentences.words.size(); ++i) {
    require_that(tokens.lengths[i] == std::ssize(sentences.words[i]), "a sentence has the length of its words");
    for (std::size_t t = 0; t < sentences.words[i].size(); ++t) {
      const std::string& word = sentences.words[i][t];
      const std::int32_t token = tokens.x(static_cast<heed::Index>(i), static_cast<heed::Index>(t), 0);
      const bool known = word != "<pad>" && word != "<unk>";
      require_that(known ? vocabulary.word(token) == word : token == heed::Vocabulary::unknown,
                   "a token is that of its word");
    }
  }
  const std::vector<std::string> names{"word", "lower", "prefix2", "suffix3", "shape"};
  const auto features = heed::WordFeatures::from(sentences.words, names);
  require_that(features.encode(sentences.words).x.extent(2) == std::ssize(names), "each feature has a token");
  heed::to_characters(sentences);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heed::fuzz::Input input(data, size);
  heed::SentenceOptions options;
  options.labels = input.choice(2) == 0;
  options.lower = input.choice(2) == 1;
  options.blank_lines = input.choice(2) == 1;
  options.encoding = input.one_of<heed::Encoding>(3);
  options.header = input.one_of<heed::SentenceOptions::Header>(3);
  const std::string_view text = input.text();
  heed::Sentences sentences;
  // a blank line is an empty vector and an empty std::string, both in vectors that double
  if (heed::fuzz::refuses(size, 256, [&] { sentences = heed::parse_sentences(text, "fuzz", options); })) return 0;
  require_that(sentences.count() > 0, "there are sentences");
  require_that(sentences.labels.size() == (options.labels ? sentences.words.size() : 0), "each has its label");
  for (const auto& words : sentences.words) {
    for (const std::string& word : words) require_that(!word.empty(), "a word is not empty");
  }
  check_written(sentences);
  check_tokens(sentences);
  return 0;
}
