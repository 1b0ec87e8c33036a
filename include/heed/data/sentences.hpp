#pragma once

/// @file
/// Labelled sentences: a reader, and the input of a model of tokens.

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

namespace heed::inline HEED_ABI {

/// Sentences as words, with or without labels.
struct Sentences {
  std::vector<std::vector<std::string>> words = {};
  std::vector<std::string> labels = {};           ///< one per sentence; empty: none
  Index latin1_lines = 0, first_latin1_line = 0;  ///< lines that were not UTF-8: their number, and the first, from 1
  Index count() const { return static_cast<Index>(words.size()); }
};

/// Options of `read_sentences`.
struct SentenceOptions {
  enum class Header {
    automatic,  ///< a first line that could be a header is an error
    yes,        ///< the first line is skipped
    no
  };
  bool labels = true;        ///< whether a line begins with its label
  bool lower = false;        ///< converts A-Z to lower case
  bool blank_lines = false;  ///< a blank line is a sentence without words and without a label; otherwise it is skipped
  Encoding encoding = Encoding::automatic;
  Header header = Header::automatic;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Parses sentences, one per line: the label, then the words, separated by blanks. If a line has a tab, the label is
/// everything before the first one and may contain blanks; otherwise the label ends at the first blank. Control
/// characters count as blanks. Throws at the first fault, and names its place. Faults are: a line without words, a
/// label that is not valid, a text without sentences, labels with the commas of a table, and labels after their
/// sentences.
HEED_FUNCTION Sentences parse_sentences(std::string_view bytes, const std::string& where,
                                        const SentenceOptions& options = {});

/// Reads a file.
HEED_FUNCTION Sentences read_sentences(const std::filesystem::path& path, const SentenceOptions& options = {});

/// The tokens of sentences: (n, words of the longest, 1), padding past a sentence's end, and their lengths. `steps`:
/// cuts sentences to this many words; 0: no limit. Throws if the padding would take far more memory than the words: more
/// than 2^22 tokens, and than 1000 times those without padding.
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

namespace detail {

/// Detects files in another format whose lines would be misread as label and words.
class SentenceForms {
 public:
  void add(std::string_view label, bool tab, std::size_t words, const TextReader& reader) {
    if (lines_++ == 0) {
      first_ = label;
      place_ = reader.place(reader.whole_line());
      one_word_first_ = words == 1;
    }
    tabs_ += tab;
    commas_ += !tab && (label.find(',') < label.size() - 1 || label.starts_with('"'));
    one_word_ += words == 1;
    blanks_ += label.find(' ') != std::string_view::npos;
  }

  void check(const Sentences& sentences, SentenceOptions::Header header) const {
    require(commas_ < lines_, [&] {
      return Fault{"a table with commas", place_, "a label, a tab or a blank, and words", in_quotes(first_)};
    });
    if (tabs_ < lines_) return;
    require(one_word_ < lines_ || 2 * blanks_ <= lines_ || as_many_last_words(sentences), [&] {
      return Fault{"labels that stand behind their sentences", place_, "a label, a tab and words", in_quotes(first_)};
    });
    const bool unique = std::count(sentences.labels.begin(), sentences.labels.end(), first_) == 1;
    const bool names = one_word_first_ && unique && one_word_ < lines_ && (lines_ > 10 || is_column_name(first_));
    require(header == SentenceOptions::Header::no || lines_ < 2 || !names,
            [&] { return Fault{"a first line that may hold names", place_, "header yes or no", in_quotes(first_)}; });
  }

 private:
  /// Whether there are as many different words after the tabs as labels before them: then these are not classes.
  static bool as_many_last_words(const Sentences& sentences) {
    std::vector<std::string> last, first;
    for (std::size_t i = 0; i < sentences.words.size(); ++i) {
      if (sentences.words[i].empty()) continue;  // a blank line
      last.push_back(sentences.words[i][0]);
      first.push_back(sentences.labels[i]);
    }
    const auto different = [](std::vector<std::string>& of) {
      std::sort(of.begin(), of.end());
      return std::unique(of.begin(), of.end()) - of.begin();
    };
    return different(last) >= different(first);
  }

  static bool is_column_name(std::string_view label) {
    std::string lower(label);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower == "label" || lower == "labels" || lower == "class" || lower == "category" || lower == "target" ||
           lower == "sentiment";
  }

  std::size_t lines_ = 0, tabs_ = 0, commas_ = 0, one_word_ = 0, blanks_ = 0;
  bool one_word_first_ = false;
  std::string first_ = {}, place_ = {};
};

}  // namespace detail

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
  detail::SentenceForms forms;
  if (options.header == SentenceOptions::Header::yes && reader.next()) last = reader.line_number();
  while (reader.next()) {
    add_blank_lines(reader.line_number());
    std::string_view rest = reader.line();
    const auto next = [&](const char* separators = " \t") {
      const std::size_t end = std::min(rest.find_first_of(separators), rest.size());
      const std::string_view word = rest.substr(0, end);
      rest = trim(rest.substr(end));
      return word;
    };
    bool tab = false;
    if (options.labels) {
      const std::string_view whole = reader.whole_line();
      tab = whole.substr(0, whole.find_last_not_of(" \t") + 1).find('\t') != std::string_view::npos;
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
    if (options.labels) forms.add(result.labels.back(), tab, words.size(), reader);
    if (words.empty()) {
      throw Error({"a sentence without words", reader.place_of_end(), "a label and at least one word", "the label"});
    }
  }
  const bool any = result.count() > 0;
  if (any && options.labels) forms.check(result, options.header);
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
  for (const auto& words : sentences.words) {
    result.lengths.push_back(static_cast<std::int32_t>(std::min(static_cast<Index>(words.size()), longest)));
  }
  detail::check_padding(result.lengths, longest, 1, "to_tokens");
  result.x = Tensor<std::int32_t, 3>({sentences.count(), longest, 1});
  for (Index i = 0; i < sentences.count(); ++i) {
    const auto& words = sentences.words[static_cast<std::size_t>(i)];
    const Index length = result.lengths[static_cast<std::size_t>(i)];
    for (Index t = 0; t < length; ++t) result.x(i, t, 0) = vocabulary.token(words[static_cast<std::size_t>(t)]);
  }
  return result;
} catch (...) {
  detail::rethrow_as_error("to_tokens");
}

}  // namespace heed::inline HEED_ISA

#endif
