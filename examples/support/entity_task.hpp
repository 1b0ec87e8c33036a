#pragma once

// A small task of named entities, made up here: who went where.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "heed/core/rng.hpp"
#include "heed/data/conll.hpp"

namespace support {

/// Sentences such as "Anna Kesh moved from Osten to North Marley last week .", with entities of persons and places.
/// Names are made of syllables, so that most of those in new sentences have never been seen: what is around them, and
/// how they end, tells what they are.
inline heed::TaggedSentences entity_sentences(heed::Key key, heed::Index count) {
  static constexpr std::array<std::string_view, 8> patterns{
      "P moved from L to L last week .",   "last year P met P in L .", "P lives near L , says P .",
      "the mayor of L thanked P for it .", "trains from L are late .", "P and P will play again in May .",
      "it rained in L when P left for L",  "nobody knew where P was ."};
  static constexpr std::array<std::string_view, 12> starts{"Ka",  "Mo", "Le", "Sa", "Bri", "Tor",
                                                           "Wil", "Ne", "Os", "Ha", "Fen", "Du"};
  static constexpr std::array<std::string_view, 6> given{"na", "rik", "lo", "ra", "mas", "bel"},
      family{"sson", "vic", "er", "otti", "as", "ov"}, places{"ton", "burg", "ley", "ville", "ford", "stad"};
  heed::TaggedSentences result;
  for (heed::Index i = 0; i < count; ++i) {
    const heed::Key sentence = key.child(static_cast<std::uint64_t>(i));
    std::uint64_t draws = 0;
    const auto pick = [&](const auto& list) {
      return list[static_cast<std::size_t>(sentence.below(draws++, static_cast<std::uint64_t>(list.size())))];
    };
    const auto name = [&](const auto& ends) {
      return std::string(pick(starts)).append(pick(starts).substr(1)).append(pick(ends));
    };
    auto& words = result.words.emplace_back();
    auto& tags = result.tags.emplace_back();
    const auto put = [&](std::string word, const char* tag) {
      words.push_back(std::move(word));
      tags.emplace_back(tag);
    };
    std::string_view pattern = pick(patterns);
    while (!pattern.empty()) {
      const std::string_view word = pattern.substr(0, pattern.find(' '));
      pattern.remove_prefix(std::min(word.size() + 1, pattern.size()));
      const bool two = sentence.below(draws++, 2) == 0;
      if (word == "P") {
        put(name(given), "B-person");
        if (two) put(name(family), "I-person");
      } else if (word == "L") {
        if (two) put(sentence.below(draws++, 2) == 0 ? "North" : "New", "B-place");
        put(name(places), two ? "I-place" : "B-place");
      } else {
        put(std::string(word), "O");
      }
    }
  }
  return result;
}

}  // namespace support
