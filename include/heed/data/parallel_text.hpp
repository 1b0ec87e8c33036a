#pragma once

/// @file
/// Text in two languages, line by line: a reader, and the training data of a translation model.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/labelled_sequences.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/sentences.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"
#include "heed/data/vocabulary.hpp"

namespace heed::inline HEED_ABI {

/// Pairs of sentences as words.
struct ParallelText {
  std::vector<std::vector<std::string>> source = {}, target = {};
  Index count() const { return static_cast<Index>(source.size()); }
};

/// Options of `read_parallel_text`.
struct ParallelTextOptions {
  bool lower = false;    ///< converts to lower case
  bool tokenize = true;  ///< splits off punctuation (`tokenize_13a`); otherwise blanks separate words
  Index most = 0;        ///< the largest number of lines; 0: all
  Encoding encoding = Encoding::utf8;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The words of one line.
HEED_FUNCTION std::vector<std::string> words_of(std::string_view line, const ParallelTextOptions& options = {});

/// Reads two files with a sentence per line, in which line i of one translates line i of the other. Throws if the
/// numbers of lines differ, if a file has none, or if a line has no words or another encoding.
HEED_FUNCTION ParallelText read_parallel_text(const std::filesystem::path& source, const std::filesystem::path& target,
                                              const ParallelTextOptions& options = {});

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Training data of a sequence-to-sequence model; see `Seq2Seq`.
struct TokenPairs {
  Tensor<std::int32_t, 3> x = {};          ///< (n, steps, 2): source, and target from its start mark on; padding
  Tensor<std::int32_t, 2> labels = {};     ///< (n, steps): the target's next token at each step; `ignored` past its end
  std::vector<std::int32_t> lengths = {};  ///< of the longer of the two
  static constexpr std::int32_t ignored = -100;
  Index count() const { return x.extent(0); }
  /// For `fit` and `evaluate`. The view must not outlive this object.
  LabelledSequences<std::int32_t> view() const& { return {x, labels, lengths}; }
  template <class Self = TokenPairs>
  LabelledSequences<std::int32_t> view() const&& {
    abi_detail::refuse_temporary<Self>();
    return {};
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The tokens of one sentence, with the end mark if the vocabulary has one. `most`: cuts to this many words; 0: no
/// limit.
HEED_FUNCTION std::vector<std::int32_t> to_tokens(std::span<const std::string> words, const Vocabulary& vocabulary,
                                                  Index most = 0);

/// Source: words and end mark. Target: start mark and words. Labels: the target's words and end mark. Throws if the
/// target's vocabulary has no marks, or if the padding would take far more memory than the words.
HEED_FUNCTION TokenPairs to_tokens(const ParallelText& text, const Vocabulary& source, const Vocabulary& target,
                                   Index most = 0);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "heed/data/sequences.hpp"
#include "heed/data/words.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION std::vector<std::string> words_of(std::string_view line, const ParallelTextOptions& options) {
  const std::string text = options.lower ? lower_case(line) : std::string(line);
  return options.tokenize ? tokenize_13a(text) : split_words(text);
}

namespace detail {

inline std::vector<std::vector<std::string>> read_lines(const std::filesystem::path& path,
                                                        const ParallelTextOptions& options, Index& lines) {
  const std::vector<std::byte> bytes = read_file(path);
  TextReader reader(as_text(bytes), path.string(), TextReader::Comments::none, TextReader::Kind::prose,
                    options.encoding);
  std::vector<std::vector<std::string>> sentences;
  const auto check = [&](bool ok) {
    require(ok, [&] {
      return Fault{
          "a line without words", path.string() + ", line " + std::to_string(sentences.size() + 1), "a sentence", {}};
    });
  };
  const auto counted_only = [&] { return options.most > 0 && std::ssize(sentences) >= options.most; };
  while (reader.next()) {
    if (counted_only()) continue;
    check(reader.line_number() == std::ssize(sentences) + 1);  // no blank line before
    std::vector<std::string> words = words_of(reader.line(), options);
    check(!words.empty());
    sentences.push_back(std::move(words));
  }
  lines = reader.line_number();
  check(counted_only() || lines == std::ssize(sentences));
  return sentences;
}

}  // namespace detail

HEED_FUNCTION ParallelText read_parallel_text(const std::filesystem::path& source, const std::filesystem::path& target,
                                              const ParallelTextOptions& options) try {
  Index lines[2] = {0, 0};
  ParallelText text{detail::read_lines(source, options, lines[0]), detail::read_lines(target, options, lines[1])};
  require(lines[0] == lines[1], [&] {
    return Fault{"not a line for each line of " + source.string(), target.string(), std::to_string(lines[0]) + " lines",
                 std::to_string(lines[1])};
  });
  require(lines[0] > 0, [&] { return Fault{"no sentences", source.string(), "at least one line", {}}; });
  return text;
} catch (...) {
  detail::rethrow_as_error(source.string());
}

HEED_FUNCTION std::vector<std::int32_t> to_tokens(std::span<const std::string> words, const Vocabulary& vocabulary,
                                                  Index most) {
  std::vector<std::int32_t> tokens;
  for (const std::string& word : words) {
    if (most > 0 && static_cast<Index>(tokens.size()) == most) break;
    tokens.push_back(vocabulary.token(word));
  }
  if (vocabulary.contains(Vocabulary::end_mark)) tokens.push_back(vocabulary.end());
  return tokens;
}

HEED_FUNCTION TokenPairs to_tokens(const ParallelText& text, const Vocabulary& source, const Vocabulary& target,
                                   Index most) try {
  require(text.source.size() == text.target.size(), [&] {
    return Fault{"not a target for each source", "to_tokens", text_of(text.source.size()), text_of(text.target.size())};
  });
  std::vector<std::vector<std::int32_t>> from, to;
  const std::int32_t start = target.start();
  TokenPairs result;
  for (std::size_t i = 0; i < text.source.size(); ++i) {
    from.push_back(to_tokens(text.source[i], source, most));
    to.push_back(to_tokens(text.target[i], target, most));
    result.lengths.push_back(static_cast<std::int32_t>(std::max(from[i].size(), to[i].size())));
  }
  const auto longest = std::max_element(result.lengths.begin(), result.lengths.end());
  const Index n = text.count(), steps = longest == result.lengths.end() ? 0 : *longest;
  detail::check_padding(result.lengths, steps, 2, "to_tokens");
  result.x = Tensor<std::int32_t, 3>({n, steps, 2});
  result.labels = Tensor<std::int32_t, 2>({n, steps});
  std::fill(result.labels.begin(), result.labels.end(), TokenPairs::ignored);
  for (Index i = 0; i < n; ++i) {
    const auto &a = from[static_cast<std::size_t>(i)], &b = to[static_cast<std::size_t>(i)];
    for (std::size_t t = 0; t < a.size(); ++t) result.x(i, t, 0) = a[t];
    for (std::size_t t = 0; t < b.size(); ++t) {
      result.x(i, t, 1) = t == 0 ? start : b[t - 1];
      result.labels(i, t) = b[t];
    }
  }
  return result;
} catch (...) {
  detail::rethrow_as_error("to_tokens");
}

}  // namespace heed::inline HEED_ISA

#endif
