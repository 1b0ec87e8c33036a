#pragma once

// Text for examples that are given none.

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "heed/core/rng.hpp"
#include "heed/core/types.hpp"
#include "heed/data/sentences.hpp"

namespace support {

/// Sentences "a|two COLOUR ANIMAL(s) VERB(s) PLACE", each word drawn evenly: which verb fits stands three words before.
/// Sentence i depends on the key and on i alone.
inline heed::Sentences toy_corpus(heed::Key key, heed::Index count, double* best_perplexity = nullptr) {
  const std::vector<std::vector<std::string>> choices{{"a", "two"},
                                                      {"black", "brown", "small", "white", "young"},
                                                      {"bird", "cat", "dog", "horse"},
                                                      {"jump", "run", "sleep", "walk"},
                                                      {"here", "inside", "outside"}};
  heed::Sentences sentences;
  for (heed::Index i = 0; i < count; ++i) {
    auto& words = sentences.words.emplace_back();
    for (std::size_t k = 0; k < choices.size(); ++k) {
      words.push_back(choices[k][key.child(static_cast<std::uint64_t>(i)).below(k, choices[k].size())]);
    }
    words[words[0] == "a" ? 3 : 2] += 's';
  }
  if (best_perplexity) {  // of who knows all this; the end is certain
    double entropy = 0;
    for (const auto& c : choices) entropy += std::log(static_cast<double>(c.size()));
    *best_perplexity = std::exp(entropy / static_cast<double>(choices.size() + 1));
  }
  return sentences;
}

}  // namespace support
