#pragma once

/// @file
/// Labelled sentences: a reader, and what a model of tokens takes.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/vocabulary.hpp"

namespace heed::inline HEED_ISA {

/// Sentences as words, with or without labels.
struct Sentences {
  std::vector<std::vector<std::string>> words = {};
  std::vector<std::string> labels = {};  // one a sentence; empty: none
  Index count() const { return static_cast<Index>(words.size()); }
};

struct SentenceOptions {
  bool labels = true;  ///< the first field of a line is its label
  bool lower = false;  ///< A to Z become a to z
};

namespace detail {
HEED_FUNCTION bool is_utf8(std::string_view text);
HEED_FUNCTION std::string utf8_from_latin1(std::string_view text);
}  // namespace detail

/// Reads sentences, one a line: the label, a tab or blanks, then the words with blanks between them. The text is UTF-8,
/// or Latin-1 where it is not valid UTF-8. Blank lines are passed over. Throws at the first fault, naming its place: a
/// line without words, something that is no label, no sentence at all.
HEED_FUNCTION Sentences parse_sentences(std::string_view bytes, const std::string& where,
                                        const SentenceOptions& options = {});

/// The same from a file.
HEED_FUNCTION Sentences read_sentences(const std::filesystem::path& path, const SentenceOptions& options = {});

/// The tokens of sentences: (n, words of the longest, 1), padding past a sentence's end, and their lengths. `steps`:
/// sentences are cut to so many words; 0: not.
HEED_FUNCTION Sequences<std::int32_t> to_tokens(const Sentences& sentences, const Vocabulary& vocabulary,
                                                Index steps = 0);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "heed/core/tensor.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/text.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if ((byte & 0xC0) != 0x80) return false;
      code = code << 6 | (byte & 0x3FU);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return false;
    i += length;
  }
  return true;
}

HEED_FUNCTION std::string utf8_from_latin1(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result += c;
    } else {
      result += static_cast<char>(0xC0 | byte >> 6);
      result += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return result;
}

}  // namespace detail

HEED_FUNCTION Sentences parse_sentences(std::string_view bytes, const std::string& where,
                                        const SentenceOptions& options) {
  const std::string text = detail::is_utf8(bytes) ? std::string(bytes) : detail::utf8_from_latin1(bytes);
  Sentences result;
  for (TextReader reader(text, where, TextReader::Comments::none); reader.next();) {
    std::string_view rest = reader.line();
    const auto next = [&] {
      const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
      const std::string_view word = rest.substr(0, end);
      rest = trim(rest.substr(end));
      return word;
    };
    if (options.labels) {
      const std::string_view field = next();
      std::optional<std::string> label = canonical_label(field);
      if (!label) reader.fail(field, "not a label", "an integer of 64 bits or a word", in_quotes(field));
      result.labels.push_back(*std::move(label));
    }
    auto& words = result.words.emplace_back();
    while (!rest.empty()) {
      std::string& word = words.emplace_back(next());
      if (!options.lower) continue;
      for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (words.empty()) {
      throw Error({"a sentence without words", reader.place_of_end(), "a label and at least one word", "the label"});
    }
  }
  require(result.count() > 0, [&] { return Fault{"no sentences", where, "at least one line"}; });
  return result;
}

HEED_FUNCTION Sentences read_sentences(const std::filesystem::path& path, const SentenceOptions& options) {
  const std::vector<std::byte> bytes = read_file(path);
  return parse_sentences(as_text(bytes), path.string(), options);
}

HEED_FUNCTION Sequences<std::int32_t> to_tokens(const Sentences& sentences, const Vocabulary& vocabulary, Index steps) {
  Index longest = 1;
  for (const auto& words : sentences.words) longest = std::max(longest, static_cast<Index>(words.size()));
  if (steps > 0) longest = std::min(longest, steps);
  Sequences<std::int32_t> result;
  result.labels = sentences.labels;
  result.x = Tensor<std::int32_t, 3>({sentences.count(), longest, 1});
  for (Index i = 0; i < sentences.count(); ++i) {
    const auto& words = sentences.words[static_cast<std::size_t>(i)];
    const Index length = std::min(static_cast<Index>(words.size()), longest);
    result.lengths.push_back(static_cast<std::int32_t>(length));
    for (Index t = 0; t < length; ++t) result.x(i, t, 0) = vocabulary.token(words[static_cast<std::size_t>(t)]);
  }
  return result;
}

}  // namespace heed::inline HEED_ISA

#endif
