#pragma once

// Sentences with the weight of each word, as a picture.

#include <span>

#include "picture.hpp"
#include "sentence_map.hpp"

namespace support {

/// A map each, one below another.
inline HeatMaps sentence_pictures(std::span<const AttendedSentence> sentences) {
  HeatMaps page{.maps = {}, .across = 1, .title = "Attention over words"};
  for (const AttendedSentence& a : sentences) {
    page.maps.push_back({.columns = {a.words.begin(), a.words.end()},
                         .values = {a.weights.begin(), a.weights.end()},
                         .title = a.answer,
                         .numbers = true});
  }
  return page;
}

}  // namespace support
