// A fuzzer of what splits lines into words and characters, on any bytes.

#include <string>

#include "fuzz/reading.hpp"
#include "heed/data/word_features.hpp"
#include "heed/data/words.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using heed::fuzz::require_that;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string lower = heed::lower_case(text);
  require_that(heed::lower_case(lower) == lower, "what is in lower case stays");
  require_that(heed::joined(heed::split_characters(text), "") == text, "characters make up the text");
  const auto words = heed::split_words(text);
  require_that(heed::split_words(heed::joined(words)) == words, "words with blanks between them are the same words");
  for (const auto& split : {words, heed::tokenize_13a(text), heed::tokenize_english(text)}) {
    for (const std::string& word : split) {
      require_that(!word.empty(), "a word is not empty");
      for (const char* feature : {"word", "lower", "prefix3", "suffix1"}) {
        require_that(heed::word_feature(feature, word).size() <= word.size(), "a part is no longer than the word");
      }
      require_that(heed::word_feature("shape", word).size() <= 8, "a shape is short");
    }
  }
  return 0;
}
