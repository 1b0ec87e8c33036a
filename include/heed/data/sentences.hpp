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
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"
#include "heed/data/vocabulary.hpp"

namespace heed::inline HEED_ISA {

/// Sentences as words, with or without labels.
struct Sentences {
  std::vector<std::vector<std::string>> words = {};
  std::vector<std::string> labels = {};           // one a sentence; empty: none
  Index latin1_lines = 0, first_latin1_line = 0;  // lines that were not UTF-8, how many and the first, from 1
  Index count() const { return static_cast<Index>(words.size()); }
};

struct SentenceOptions {
  bool labels = true;        ///< a line begins with its label
  bool lower = false;        ///< A to Z become a to z
  bool blank_lines = false;  ///< a blank line is a sentence without words, and without a label; otherwise it is none
  Encoding encoding = Encoding::automatic;
};

/// Reads sentences, one a line: the label, then the words with blanks between them. In a line with a tab the label is
/// what stands before the first, and may hold blanks; otherwise it ends at the first blank. Control characters are
/// blanks. Throws at the first fault, naming its place: a line without words, something that is no label, no sentence
/// at all.
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
#include <utility>

#include "heed/core/tensor.hpp"
#include "heed/data/detail/parse_file.hpp"
#include "heed/data/labels.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION Sentences parse_sentences(std::string_view bytes, const std::string& where,
                                        const SentenceOptions& options) try {
  Sentences result;
  TextReader reader(bytes, where, TextReader::Comments::none, TextReader::Kind::prose, options.encoding);
  Index last = 0;
  const auto add_blank_lines = [&](Index end) {
    for (; options.blank_lines && last + 1 < end; ++last) {
      result.words.emplace_back();
      if (options.labels) result.labels.emplace_back();
    }
    last = end;
  };
  while (reader.next()) {
    add_blank_lines(reader.line_number());
    std::string_view rest = reader.line();
    const auto next = [&](const char* separators = " \t") {
      const std::size_t end = std::min(rest.find_first_of(separators), rest.size());
      const std::string_view word = rest.substr(0, end);
      rest = trim(rest.substr(end));
      return word;
    };
    if (options.labels) {
      const std::string_view whole = reader.whole_line();
      const bool tab = whole.substr(0, whole.find_last_not_of(" \t") + 1).find('\t') != std::string_view::npos;
      if (tab) rest = whole.substr(0, whole.find_last_not_of(" \t") + 1);
      const std::string_view field = trim(next(tab ? "\t" : " \t"));
      if (field.empty()) reader.fail(whole, "no label", "a label before the tab", "nothing");
      if (!is_label(field)) reader.fail(field, "not a label", "an integer of 64 bits or a word", in_quotes(field));
      result.labels.emplace_back(field);
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
  const bool any = result.count() > 0;
  add_blank_lines(reader.line_number() + 1);
  result.latin1_lines = reader.latin1_lines();
  result.first_latin1_line = reader.first_latin1_line();
  require(any, [&] { return Fault{"no sentences", where, "at least one line"}; });
  return result;
} catch (...) {
  detail::rethrow_as_error(where);
}

HEED_FUNCTION Sentences read_sentences(const std::filesystem::path& path, const SentenceOptions& options) {
  return detail::parse_file(path, parse_sentences, options);
}

HEED_FUNCTION Sequences<std::int32_t> to_tokens(const Sentences& sentences, const Vocabulary& vocabulary,
                                                Index steps) try {
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
} catch (...) {
  detail::rethrow_as_error("to_tokens");
}

}  // namespace heed::inline HEED_ISA

#endif
