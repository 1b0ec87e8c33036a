#pragma once

/// @file
/// The words that a model knows.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// Words and their tokens. Token 0 is padding, token 1 stands for any unknown word; the words follow. Some may be marks
/// in angle brackets, which texts do not contain: the start and the end of a sequence.
class Vocabulary {
 public:
  static constexpr std::int32_t padding = 0, unknown = 1;
  static constexpr const char *start_mark = "<s>", *end_mark = "</s>";

  Vocabulary();
  /// From these words, in this order. Throws if one is empty or repeated.
  explicit Vocabulary(std::span<const std::string> words);

  /// From the words that occur at least `least` times in these sentences: the most frequent first, sorted by bytes if
  /// equally frequent; at most `most` of them (0: no limit). `marks` come first and are not searched for in the
  /// sentences.
  static Vocabulary from(std::span<const std::vector<std::string>> sentences, Index least = 1, Index most = 0,
                         std::span<const std::string> marks = {});

  /// The number of tokens, including padding and unknown.
  Index size() const { return static_cast<Index>(words_.size()); }
  /// The words without padding and unknown, as `Vocabulary(words)` takes them.
  std::span<const std::string> words() const& { return std::span(words_).subspan(2); }
  std::span<const std::string> words() const&& = delete;

  /// The token of a word; `unknown` if it is not in the vocabulary.
  std::int32_t token(std::string_view word) const;
  bool contains(std::string_view word) const;
  /// The tokens of the marks. Throw if there are none.
  std::int32_t start() const { return mark(start_mark); }
  std::int32_t end() const { return mark(end_mark); }
  /// The word of a token. Throws if there is no such token.
  const std::string& word(std::int32_t token) const;

 private:
  std::int32_t mark(const char* text) const;

  std::vector<std::string> words_;
  std::unordered_map<std::string, std::int32_t> tokens_;
};

}  // namespace heed::inline HEED_ABI

#if HEED_BODIES

#include <algorithm>
#include <map>
#include <utility>

#include "heed/data/text.hpp"

namespace heed::inline HEED_ABI {

HEED_SHARED_FUNCTION Vocabulary::Vocabulary() : Vocabulary(std::vector<std::string>{}) {}

HEED_SHARED_FUNCTION Vocabulary::Vocabulary(std::span<const std::string> words) : words_{"<pad>", "<unk>"} {
  words_.insert(words_.end(), words.begin(), words.end());
  for (std::size_t i = 0; i < words_.size(); ++i) {
    require(!words_[i].empty() && tokens_.emplace(words_[i], static_cast<std::int32_t>(i)).second, [&] {
      return Fault{words_[i].empty() ? "an empty word" : "a word twice", "vocabulary", {}, in_quotes(words_[i])};
    });
  }
}

HEED_SHARED_FUNCTION Vocabulary Vocabulary::from(std::span<const std::vector<std::string>> sentences, Index least,
                                                 Index most, std::span<const std::string> marks) {
  require(least >= 1 && most >= 0, [&] {
    return Fault{"option out of range", "vocabulary", "a least count of at least 1 and a size of at least 0",
                 std::to_string(least) + " and " + std::to_string(most)};
  });
  std::map<std::string_view, Index> counts;
  for (const auto& sentence : sentences) {
    for (const std::string& word : sentence) ++counts[word];
  }
  for (const std::string& mark : marks) counts.erase(mark);
  std::vector<std::pair<std::string_view, Index>> some;
  for (const auto& entry : counts) {
    if (entry.second >= least && entry.first != "<pad>" && entry.first != "<unk>") some.push_back(entry);
  }
  std::stable_sort(some.begin(), some.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (most > 0 && static_cast<Index>(some.size()) > most) some.resize(static_cast<std::size_t>(most));
  std::vector<std::string> words(marks.begin(), marks.end());
  for (const auto& entry : some) words.emplace_back(entry.first);
  return Vocabulary(words);
}

HEED_SHARED_FUNCTION std::int32_t Vocabulary::token(std::string_view word) const {
  const auto found = tokens_.find(std::string(word));
  return found == tokens_.end() || found->second == padding ? unknown : found->second;
}

HEED_SHARED_FUNCTION bool Vocabulary::contains(std::string_view word) const {
  return tokens_.contains(std::string(word));
}

HEED_SHARED_FUNCTION const std::string& Vocabulary::word(std::int32_t token) const {
  require(token >= 0 && token < size(), [&] {
    return Fault{"token out of range", "vocabulary", "0 to " + std::to_string(size() - 1), std::to_string(token)};
  });
  return words_[static_cast<std::size_t>(token)];
}

HEED_SHARED_FUNCTION std::int32_t Vocabulary::mark(const char* text) const {
  require(contains(text), [&] { return Fault{"there is no such mark", "vocabulary", text, {}}; });
  return token(text);
}

}  // namespace heed::inline HEED_ABI

#endif
