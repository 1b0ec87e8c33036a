#pragma once

/// @file
/// Sentences with a tag for each word: the column formats of the CoNLL shared tasks.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ABI {

/// Words and their tags, sentence by sentence.
struct TaggedSentences {
  std::vector<std::vector<std::string>> words = {}, tags = {};
  Index count() const { return static_cast<Index>(words.size()); }
  Index word_count() const;
};

/// Options of `parse_conll`.
struct ConllOptions {
  Index word = 0;       ///< the column of the word, from 0
  Index tag = -1;       ///< the column of the tag; negative: the last
  bool conllu = false;  ///< lines that start with `#` are comments, and lines of words that are not one (their first
                        ///< column is 1-2, or 1.1) are passed over
  Encoding encoding = Encoding::automatic;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The columns of Universal Dependencies: FORM and UPOS.
inline constexpr ConllOptions conllu_options{.word = 1, .tag = 3, .conllu = true};

/// Parses sentences with one word per line. Columns are separated by tabs if the line has one, otherwise by blanks.
/// Blank lines and `-DOCSTART-` end a sentence. Throws at the first fault, and names its line. Faults are: a column
/// that is empty or missing, and a text without sentences.
HEED_FUNCTION TaggedSentences parse_conll(std::string_view text, const std::string& where,
                                          const ConllOptions& options = {});

/// Reads a file; for the extension `.conllu` it uses `conllu_options`.
HEED_FUNCTION TaggedSentences read_conll(const std::filesystem::path& path, const ConllOptions& options = {});

/// The tags that occur, sorted by bytes: the classes of a tagger.
HEED_FUNCTION LabelMap tag_names(const TaggedSentences& sentences);

/// The class of each word, (n, steps); -100, which losses ignore, past a sentence's end. Throws if a sentence has more
/// words than `steps`, or if a tag is not among the names.
HEED_FUNCTION Tensor<std::int32_t, 2> tag_classes(const TaggedSentences& sentences, const LabelMap& names, Index steps,
                                                  const std::string& where);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cstddef>
#include <unordered_map>

#include "heed/data/detail/parse_file.hpp"

namespace heed::inline HEED_ABI {

HEED_SHARED_FUNCTION Index TaggedSentences::word_count() const {
  Index sum = 0;
  for (const auto& sentence : words) sum += static_cast<Index>(sentence.size());
  return sum;
}

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

HEED_FUNCTION TaggedSentences parse_conll(std::string_view text, const std::string& where,
                                          const ConllOptions& options) try {
  require(options.word >= 0, [&] {
    return Fault{"option out of range", "parse_conll", "word of at least 0", std::to_string(options.word)};
  });
  TaggedSentences result;
  std::vector<std::string_view> fields;
  Index last_line = -1;  // of the sentence
  TextReader reader(text, where, options.conllu ? TextReader::Comments::hash : TextReader::Comments::none,
                    TextReader::Kind::columns, options.encoding);
  while (reader.next()) {
    fields.clear();
    const std::string_view line = reader.line();
    const bool tabs = line.find('\t') != std::string_view::npos;
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t end = std::min(line.find(tabs ? '\t' : ' ', at), line.size());
      fields.push_back(trim(line.substr(at, end - at)));
      at = tabs ? end + 1 : std::min(line.find_first_not_of(' ', end), line.size());
    }
    if (fields[0] == "-DOCSTART-") continue;  // ends a sentence as a blank line does
    const auto count = static_cast<Index>(fields.size()), tag = options.tag < 0 ? count - 1 : options.tag;
    if (std::max(options.word, tag) >= count || tag == options.word) {
      const Index wanted = std::max(options.word, options.tag < 0 ? options.word + 1 : tag) + 1;
      throw Error({"too few columns", reader.place_of_end(), std::to_string(wanted) + " or more, a word and its tag",
                   std::to_string(count)});
    }
    const std::string_view word = fields[static_cast<std::size_t>(options.word)],
                           name = fields[static_cast<std::size_t>(tag)];
    if (word.empty() || name.empty()) {
      reader.fail(word.empty() ? word : name, "an empty column", "a word and its tag", "nothing");
    }
    const bool goes_on = reader.line_number() == last_line + 1;
    last_line = reader.line_number();
    if (options.conllu && fields[0].find_first_of("-.") != std::string_view::npos) continue;
    if (!goes_on || result.words.empty()) {
      result.words.emplace_back();
      result.tags.emplace_back();
    }
    result.words.back().emplace_back(word);
    result.tags.back().emplace_back(name);
  }
  require(result.count() > 0, [&] { return Fault{"no sentences", where, "at least one word and its tag"}; });
  return result;
} catch (...) {
  detail::rethrow_as_error(where);
}

HEED_FUNCTION TaggedSentences read_conll(const std::filesystem::path& path, const ConllOptions& options) {
  return detail::parse_file(path, parse_conll, path.extension() == ".conllu" ? conllu_options : options);
}

HEED_FUNCTION LabelMap tag_names(const TaggedSentences& sentences) {
  LabelMap map;
  for (const auto& tags : sentences.tags) map.names.insert(map.names.end(), tags.begin(), tags.end());
  std::sort(map.names.begin(), map.names.end());
  map.names.erase(std::unique(map.names.begin(), map.names.end()), map.names.end());
  return map;
}

HEED_FUNCTION Tensor<std::int32_t, 2> tag_classes(const TaggedSentences& sentences, const LabelMap& names, Index steps,
                                                  const std::string& where) {
  require(sentences.tags.size() == sentences.words.size(), [&] {
    return Fault{"not tags for each sentence", where, text_of(sentences.words.size()), text_of(sentences.tags.size())};
  });
  std::unordered_map<std::string_view, std::int32_t> classes;
  for (const std::string& name : names.names) classes.emplace(name, static_cast<std::int32_t>(classes.size()));
  Tensor<std::int32_t, 2> result({sentences.count(), steps});
  std::fill(result.begin(), result.end(), -100);
  for (Index i = 0; i < sentences.count(); ++i) {
    const auto& tags = sentences.tags[static_cast<std::size_t>(i)];
    require(static_cast<Index>(tags.size()) <= steps, [&] {
      return Fault{"a sentence is too long", where + ", sentence " + std::to_string(i + 1),
                   std::to_string(steps) + " words or fewer", std::to_string(tags.size())};
    });
    for (std::size_t t = 0; t < tags.size(); ++t) {
      const auto found = classes.find(tags[t]);
      require(found != classes.end(), [&] {
        return Fault{"unknown tag", where + ", sentence " + std::to_string(i + 1) + ", word " + std::to_string(t + 1),
                     "one of the " + std::to_string(names.size()) + " of the model", in_quotes(tags[t])};
      });
      result(i, static_cast<Index>(t)) = found->second;
    }
  }
  return result;
}

}  // namespace heed::inline HEED_ISA

#endif
