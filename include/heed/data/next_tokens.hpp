#pragma once

/// @file
/// Sentences as training data of a language model.

#include <cstdint>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/sentences.hpp"
#include "heed/data/vocabulary.hpp"

namespace heed::inline HEED_ISA {

/// Sentences of characters (UTF-8): the words of each sentence, separated by a blank, as a list of characters.
HEED_FUNCTION Sentences to_characters(const Sentences& sentences);

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Tokens, and the next token at each step.
struct NextTokens {
  Tensor<std::int32_t, 3> x = {};          ///< (n, steps, 1), padding past a sequence's end
  Tensor<std::int32_t, 2> labels = {};     ///< (n, steps), -100 past a sequence's end
  std::vector<std::int32_t> lengths = {};  ///< valid steps of each sequence
  Index count() const { return x.extent(0); }
  Index steps() const { return x.extent(1); }
  /// For `fit` and `evaluate`. The view must not outlive this object.
  LabelledSequences<std::int32_t> view() const& { return {x, labels, lengths}; }
  template <class Self = NextTokens>
  LabelledSequences<std::int32_t> view() const&& {
    abi_detail::refuse_temporary<Self>();
    return {};
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Turns a sentence of n words into n + 1 steps: `boundary`, then the words. The labels are the words, then `boundary`.
/// So one token both begins and ends a text. `steps`: cuts sentences to this many steps, without the end; 0: no limit.
/// Throws if `boundary` is not in the vocabulary, or if the padding would take far more memory than the words, as
/// `to_tokens` does.
HEED_FUNCTION NextTokens next_tokens(const Sentences& sentences, const Vocabulary& vocabulary,
                                     std::string_view boundary, Index steps = 0);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cstddef>
#include <string>

#include "heed/data/sequences.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION Sentences to_characters(const Sentences& sentences) try {
  Sentences result{.words = {}, .labels = sentences.labels};
  for (const auto& words : sentences.words) {
    auto& characters = result.words.emplace_back();
    for (const std::string& word : words) {
      if (!characters.empty()) characters.emplace_back(" ");
      for (const char byte : word) {
        const bool goes_on = (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
        if (!goes_on || characters.empty()) characters.emplace_back();
        characters.back() += byte;
      }
    }
  }
  return result;
} catch (...) {
  detail::rethrow_as_error("to_characters");
}

HEED_FUNCTION NextTokens next_tokens(const Sentences& sentences, const Vocabulary& vocabulary,
                                     std::string_view boundary, Index steps) try {
  const std::int32_t edge = vocabulary.token(boundary);
  require(edge != Vocabulary::unknown, [&] {
    return Fault{"the vocabulary does not have the boundary of texts", "next_tokens", in_quotes(boundary), "none"};
  });
  Index longest = 1;
  for (const auto& words : sentences.words) longest = std::max(longest, static_cast<Index>(words.size()) + 1);
  if (steps > 0) longest = std::min(longest, steps);
  NextTokens result;
  for (const auto& words : sentences.words) {
    result.lengths.push_back(static_cast<std::int32_t>(std::min(static_cast<Index>(words.size()) + 1, longest)));
  }
  detail::check_padding(result.lengths, longest, 1, "next_tokens");
  result.x = Tensor<std::int32_t, 3>({sentences.count(), longest, 1});
  result.labels = Tensor<std::int32_t, 2>({sentences.count(), longest});
  std::fill(result.labels.begin(), result.labels.end(), -100);
  for (Index i = 0; i < sentences.count(); ++i) {
    const auto& words = sentences.words[static_cast<std::size_t>(i)];
    const Index whole = static_cast<Index>(words.size()) + 1, length = result.lengths[static_cast<std::size_t>(i)];
    std::int32_t token = edge;
    for (Index t = 0; t < length; ++t) {
      result.x(i, t, 0) = token;
      token = t + 1 < whole ? vocabulary.token(words[static_cast<std::size_t>(t)]) : edge;
      result.labels(i, t) = token;
    }
  }
  return result;
} catch (...) {
  detail::rethrow_as_error("next_tokens");
}

}  // namespace heed::inline HEED_ISA

#endif
