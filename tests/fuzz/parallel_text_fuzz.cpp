// A fuzzer of the reader of text in two languages. Four choices come first; a line "===" divides the two files.

#include <string>
#include <vector>

#include "fuzz/memory_file.hpp"
#include "fuzz/reading.hpp"
#include "heed/data/parallel_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using heed::fuzz::require_that;
  static heed::fuzz::MemoryFile source, target;
  heed::fuzz::Input input(data, size);
  heed::ParallelTextOptions options;
  options.lower = input.choice(2) == 1;
  options.tokenize = input.choice(2) == 1;
  options.most = input.choice(4);
  options.encoding = input.one_of<heed::Encoding>(3);
  const auto [from, to] = input.texts();
  source.write(from);
  target.write(to);
  heed::ParallelText text;
  const bool refused =
      heed::fuzz::refuses(size, 128, [&] { text = heed::read_parallel_text(source.path(), target.path(), options); });
  if (refused) return 0;
  require_that(text.count() > 0 && text.source.size() == text.target.size(), "each sentence has its translation");
  require_that(options.most == 0 || text.count() <= options.most, "there are no more than wanted");
  const std::vector<std::string> marks{heed::Vocabulary::start_mark, heed::Vocabulary::end_mark};
  const auto words = heed::Vocabulary::from(text.source, 1, 0, marks);
  const auto others = heed::Vocabulary::from(text.target, 1, 0, marks);
  const auto pairs = heed::to_tokens(text, words, others);
  require_that(pairs.count() == text.count() && pairs.view().x.extent(0) == text.count(), "each pair has its tokens");
  return 0;
}
