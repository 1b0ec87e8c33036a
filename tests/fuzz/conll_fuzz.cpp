// A fuzzer of the reader of CoNLL's column formats. Four choices come first.

#include <string>

#include "fuzz/reading.hpp"
#include "heed/data/conll.hpp"

namespace {

/// Reads two columns that were written with a tab between them.
void check_written(const heed::TaggedSentences& sentences) {
  std::string text;
  for (std::size_t i = 0; i < sentences.words.size(); ++i) {
    for (std::size_t k = 0; k < sentences.words[i].size(); ++k) {
      text += sentences.words[i][k] + '\t' + sentences.tags[i][k] + '\n';
    }
    text += '\n';
  }
  // of these, a reader makes something else
  if (text.starts_with("\xEF\xBB\xBF") || text.find("-DOCSTART-") != std::string::npos) return;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t') || c == '\x7F') return;
  }
  const auto back = heed::parse_conll(text, "written", {.encoding = heed::Encoding::utf8});
  heed::fuzz::require_that(back.words == sentences.words && back.tags == sentences.tags,
                           "sentences that are written are read as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  heed::fuzz::Input input(data, size);
  heed::ConllOptions options;
  options.word = input.choice(4);
  options.tag = static_cast<heed::Index>(input.choice(5)) - 1;
  options.conllu = input.choice(2) == 1;
  options.encoding = input.one_of<heed::Encoding>(3);
  const std::string_view text = input.text();
  heed::TaggedSentences sentences;
  // a word of one character and its tag are two of std::string, in vectors that double
  if (heed::fuzz::refuses(size, 128, [&] { sentences = heed::parse_conll(text, "fuzz", options); })) return 0;
  heed::fuzz::require_that(sentences.count() > 0 && sentences.tags.size() == sentences.words.size(),
                           "each sentence has words and tags");
  for (std::size_t i = 0; i < sentences.words.size(); ++i) {
    heed::fuzz::require_that(!sentences.words[i].empty() && sentences.words[i].size() == sentences.tags[i].size(),
                             "each word has a tag");
    for (std::size_t k = 0; k < sentences.words[i].size(); ++k) {
      heed::fuzz::require_that(!sentences.words[i][k].empty() && !sentences.tags[i][k].empty(), "neither is empty");
    }
  }
  check_written(sentences);
  return 0;
}
