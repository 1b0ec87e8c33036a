#pragma once

/// @file
/// The quality of translations.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
HEED_FUNCTION void check_translations(std::size_t translations, std::size_t references, const char* where);
}  // namespace detail

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// A BLEU score with its parts.
struct BleuScore {
  double score = 0;                        ///< 0 to 100
  std::array<double, 4> precisions = {};   ///< of n-grams, n = 1 to 4, in percent, smoothed
  double brevity = 1;                      ///< the penalty for too few words: e^(1 - reference words / words)
  std::int64_t words = 0, references = 0;  ///< of all translations, of all references
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// BLEU of a corpus with one reference per translation (Papineni et al. 2002), for n-grams of up to four words:
///
///     100 brevity exp(mean over n of log precision_n)
///
/// Clipped counts are summed over the corpus. The first precision without a match counts as 1/2 of a match, the next as
/// 1/4, and so on (mteval's smoothing, sacrebleu's "exp"). Sentences are lists of words. The numbers are those of
/// sacrebleu for these words joined by spaces, with `tokenize="none"`. Throws unless there is one reference per
/// translation.
HEED_FUNCTION BleuScore bleu(std::span<const std::vector<std::string>> translations,
                             std::span<const std::vector<std::string>> references);

/// The share of translations that equal their reference word for word.
template <class Sentence>
double exact_match(std::span<const Sentence> translations, std::span<const Sentence> references) {
  detail::check_translations(translations.size(), references.size(), "exact_match");
  std::size_t hits = 0;
  for (std::size_t i = 0; i < translations.size(); ++i) hits += translations[i] == references[i];
  return static_cast<double>(hits) / static_cast<double>(translations.size());
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <map>

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION void check_translations(std::size_t translations, std::size_t references, const char* where) {
  require(translations == references && translations > 0, [&] {
    return Fault{"translations and references differ in number", where,
                 std::to_string(references) + " translations, at least one", std::to_string(translations)};
  });
}

}  // namespace detail

HEED_FUNCTION BleuScore bleu(std::span<const std::vector<std::string>> translations,
                             std::span<const std::vector<std::string>> references) {
  const DefaultFloatingMode mode;
  detail::check_translations(translations.size(), references.size(), "bleu");
  constexpr std::size_t orders = 4;
  std::array<std::int64_t, orders> correct{}, total{};
  BleuScore result;
  using Gram = std::span<const std::string>;
  const auto less = [](Gram a, Gram b) { return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end()); };
  for (std::size_t i = 0; i < translations.size(); ++i) {
    const Gram words = translations[i], reference = references[i];
    result.words += static_cast<std::int64_t>(words.size());
    result.references += static_cast<std::int64_t>(reference.size());
    for (std::size_t n = 1; n <= orders; ++n) {
      std::map<Gram, std::int64_t, decltype(less)> left(less);  // of the reference, not matched yet
      for (std::size_t k = 0; k + n <= reference.size(); ++k) ++left[reference.subspan(k, n)];
      for (std::size_t k = 0; k + n <= words.size(); ++k) {
        ++total[n - 1];
        const auto found = left.find(words.subspan(k, n));
        if (found == left.end() || found->second == 0) continue;
        --found->second;
        ++correct[n - 1];
      }
    }
  }
  if (result.words < result.references) {
    const double ratio =
        static_cast<double>(result.references) / static_cast<double>(std::max<std::int64_t>(result.words, 1));
    result.brevity = result.words > 0 ? std::exp(1 - ratio) : 0;
  }
  if (correct[0] == 0) return result;
  double sum = 0, smooth = 1;
  for (std::size_t n = 0; n < orders; ++n) {
    if (total[n] == 0) return result;  // no sentence has this many words: 0
    if (correct[n] == 0) smooth *= 2;
    const double hits = correct[n] > 0 ? static_cast<double>(correct[n]) : 1 / smooth;
    result.precisions[n] = 100 * hits / static_cast<double>(total[n]);
    sum += std::log(result.precisions[n]);
  }
  result.score = result.brevity * std::exp(sum / static_cast<double>(orders));
  return result;
}

}  // namespace heed::inline HEED_ISA

#endif
