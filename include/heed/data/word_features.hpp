#pragma once

/// @file
/// What a tagger sees of a word: the word itself, its ends, its shape.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/vocabulary.hpp"
#include "heed/models/token_feature.hpp"

namespace heed::inline HEED_ISA {

/// A feature of a word, by its name:
///
/// | name      | of "McDonald's" | what it is                                             |
/// |-----------|-----------------|--------------------------------------------------------|
/// | `word`    | `McDonald's`    | the word                                               |
/// | `lower`   | `mcdonald's`    | A to Z as a to z                                       |
/// | `prefixN` | `mcd`, N = 3    | the first N characters, lowered; shorter words whole   |
/// | `suffixN` | `d's`, N = 3    | the last N characters, lowered; shorter words whole    |
/// | `shape`   | `AaAaa'a`       | A for a capital, a for any other letter, 0 for a digit |
///
/// In a shape, other characters stay as they are, runs are cut to two characters, and the result to eight.
///
/// Throws if the name is none of these.
HEED_FUNCTION std::string word_feature(std::string_view name, std::string_view word);

/// Splits a sentence as English corpora do: blanks separate words; punctuation at their ends, and the parts after an
/// apostrophe ("Bob's", "don't"), are words of their own.
HEED_FUNCTION std::vector<std::string> tokenize_english(std::string_view sentence);

/// Several features of words, each with its own vocabulary.
class WordFeatures {
 public:
  WordFeatures() = default;
  /// From the features that a model stores. Throws if a name is unknown.
  explicit WordFeatures(std::span<const TokenFeature> features);
  /// From the words of these sentences: the texts that occur at least `least` times.
  static WordFeatures from(std::span<const std::vector<std::string>> sentences, std::span<const std::string> names,
                           Index least = 1);

  /// The features, for a model to store.
  std::vector<TokenFeature> features() const;
  /// The size of each vocabulary, including padding and unknown.
  std::vector<Index> sizes() const;

  /// The tokens of sentences: (n, words of the longest, features), padding past a sentence's end, and their lengths.
  /// Throws if the padding would take far more memory than the words.
  Sequences<std::int32_t> encode(std::span<const std::vector<std::string>> sentences) const;

 private:
  void add(const std::string& name, Vocabulary vocabulary);

  std::vector<std::string> names_;
  std::vector<Vocabulary> vocabularies_;
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cstddef>

#include "heed/data/text.hpp"
#include "heed/options/metadata.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

inline bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

inline char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// the first or last characters of a UTF-8 text
inline std::string_view end_of_word(std::string_view word, Index characters, bool prefix) {
  Index left = characters;
  if (prefix) {
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (starts_character(word[i]) && left-- == 0) return word.substr(0, i);
    }
    return word;
  }
  for (std::size_t i = word.size(); i-- > 0;) {
    if (starts_character(word[i]) && --left == 0) return word.substr(i);
  }
  return word;
}

inline std::string shape_of(std::string_view word) {
  constexpr std::size_t longest = 8;
  std::string shape;
  for (const char c : word) {
    const bool lower = (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
    const char kind = c >= 'A' && c <= 'Z' ? 'A' : c >= '0' && c <= '9' ? '0' : lower ? 'a' : c;
    // two characters stand for a longer run: "A" and "AA" differ, "AA" and "AAA" do not
    const std::size_t n = shape.size();
    if (n >= 2 && shape[n - 1] == kind && shape[n - 2] == kind) continue;
    if (n == longest) break;
    shape += kind;
  }
  return shape;
}

}  // namespace detail

HEED_FUNCTION std::string word_feature(std::string_view name, std::string_view word) {
  if (name == "word") return std::string(word);
  if (name == "shape") return detail::shape_of(word);
  const bool prefix = name.starts_with("prefix"), suffix = name.starts_with("suffix");
  Index characters = 0;
  require(name == "lower" || ((prefix || suffix) && detail::parse(name.substr(6), characters) && characters > 0), [&] {
    return Fault{"unknown feature of words", {}, "word, lower, shape, prefixN or suffixN", in_quotes(name)};
  });
  std::string text(name == "lower" ? word : detail::end_of_word(word, characters, prefix));
  std::transform(text.begin(), text.end(), text.begin(), detail::lower_letter);
  return text;
}

HEED_FUNCTION std::vector<std::string> tokenize_english(std::string_view sentence) {
  constexpr std::string_view marks = ".,;:!?()[]{}\"";
  std::vector<std::string> words;
  const auto put = [&](std::string_view word) {
    if (!word.empty()) words.emplace_back(word);
  };
  while (!sentence.empty()) {
    const std::size_t end = std::min(sentence.find_first_of(" \t\n\r"), sentence.size());
    std::string_view word = sentence.substr(0, end);
    sentence.remove_prefix(std::min(end + 1, sentence.size()));
    while (word.size() > 1 && marks.find(word[0]) != std::string_view::npos) {
      put(word.substr(0, 1));
      word.remove_prefix(1);
    }
    std::size_t last = word.find_last_not_of(marks);
    const std::string_view after = last == std::string_view::npos ? "" : word.substr(last + 1);
    word.remove_suffix(after.size());
    const std::size_t apostrophe = word.rfind('\'');
    std::size_t cut = apostrophe == std::string_view::npos || apostrophe == 0 ? word.size() : apostrophe;
    if (cut + 2 == word.size() && cut > 1 && detail::lower_letter(word[cut + 1]) == 't' &&
        detail::lower_letter(word[cut - 1]) == 'n')
      --cut;  // do n't
    put(word.substr(0, cut));
    put(word.substr(cut));
    for (std::size_t i = 0; i < after.size(); ++i) put(after.substr(i, 1));
  }
  return words;
}

HEED_FUNCTION WordFeatures::WordFeatures(std::span<const TokenFeature> features) {
  for (const TokenFeature& f : features) add(f.name, Vocabulary(f.texts));
}

HEED_FUNCTION WordFeatures WordFeatures::from(std::span<const std::vector<std::string>> sentences,
                                              std::span<const std::string> names, Index least) {
  WordFeatures result;
  for (const std::string& name : names) {
    std::vector<std::vector<std::string>> texts;
    for (const auto& sentence : sentences) {
      auto& row = texts.emplace_back();
      for (const std::string& word : sentence) row.push_back(word_feature(name, word));
    }
    result.add(name, Vocabulary::from(texts, least));
  }
  return result;
}

HEED_FUNCTION std::vector<TokenFeature> WordFeatures::features() const {
  std::vector<TokenFeature> result;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    result.push_back({names_[i], {vocabularies_[i].words().begin(), vocabularies_[i].words().end()}});
  }
  return result;
}

HEED_FUNCTION std::vector<Index> WordFeatures::sizes() const {
  std::vector<Index> result;
  for (const Vocabulary& v : vocabularies_) result.push_back(v.size());
  return result;
}

HEED_FUNCTION Sequences<std::int32_t> WordFeatures::encode(std::span<const std::vector<std::string>> sentences) const
    try {
  std::size_t longest = 1;
  Sequences<std::int32_t> result;
  for (const auto& words : sentences) {
    longest = std::max(longest, words.size());
    result.lengths.push_back(static_cast<std::int32_t>(words.size()));
  }
  const auto steps = static_cast<Index>(longest), k = static_cast<Index>(names_.size());
  detail::check_padding(result.lengths, steps, k, "WordFeatures");
  result.x = Tensor<std::int32_t, 3>({static_cast<Index>(sentences.size()), steps, k});
  std::int32_t* row = result.x.data();
  for (const auto& words : sentences) {
    std::int32_t* to = row;
    for (const std::string& word : words) {
      for (std::size_t i = 0; i < names_.size(); ++i) {
        *to++ = vocabularies_[i].token(word_feature(names_[i], word));
      }
    }
    row += steps * k;
  }
  return result;
} catch (...) {
  detail::rethrow_as_error("WordFeatures");
}

HEED_FUNCTION void WordFeatures::add(const std::string& name, Vocabulary vocabulary) {
  word_feature(name, "a");  // throws if the name is unknown
  names_.push_back(name);
  vocabularies_.push_back(std::move(vocabulary));
}

}  // namespace heed::inline HEED_ISA

#endif
