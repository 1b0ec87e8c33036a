// Readers where there is no memory: every allocation that fails is a heed::Error, and nothing else.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "../support/allocations.hpp"
#include "heed/data/arff.hpp"
#include "heed/data/conll.hpp"
#include "heed/data/graph_text.hpp"
#include "heed/data/load.hpp"
#include "heed/data/next_tokens.hpp"
#include "heed/data/npy.hpp"
#include "heed/data/parallel_text.hpp"
#include "heed/data/sentences.hpp"
#include "heed/data/text_table.hpp"
#include "heed/data/ts.hpp"
#include "heed/files/file.hpp"
#include "heed/io/safetensors.hpp"
#include "safetensors_bytes.hpp"
#include "toy_model.hpp"

namespace out_of_memory_test {

namespace fs = std::filesystem;

struct OutOfMemory : heed_test::InAFolder {
  fs::path file(const char* name, const std::string& text) const {
    heed::write_file(folder / name, text);
    return folder / name;
  }
};

#ifndef HEED_TEST_SANITIZED

/// Calls f with its first allocation failing, with its second, ... until all of them succeed.
template <class F>
void expect_errors(const char* reader, F&& f) {
  f();  // what is allocated once and for all
  for (long n = 0;; ++n) {
    ASSERT_LT(n, 100'000) << reader;
    std::optional<std::string> message;
    bool failed = false;
    {
      const test_support::FailingAllocation failing(n);
      try {
        f();
        failed = test_support::FailingAllocation::failed();
      } catch (const heed::Error& e) {
        message = e.what();
      } catch (const std::bad_alloc&) {
        ADD_FAILURE() << reader << ": allocation " << n << " is no heed::Error";
        message = "does not fit in memory";
      }
    }
    if (!message) {
      EXPECT_FALSE(failed) << reader << ": allocation " << n << " failed, and nobody heard of it";
      EXPECT_GT(n, 0) << reader;
      return;
    }
    EXPECT_NE(message->find("not fit in memory"), std::string::npos) << reader << ", " << n << ": " << *message;
  }
}

TEST_F(OutOfMemory, IsOneErrorOfEveryReaderOfData) {
  const std::string lines = "1.5,2.5,3.5,4.5,a word that is long\n1.5,2.5,3.5,4.5,another word that is long\n";
  const fs::path csv = file("a.csv", lines);
  const fs::path ts = file("a.ts", "@problemName x\n@equalLength false\n@classLabel true a b\n@data\n1,2,3:a\n4,5:b\n");
  const fs::path arff =
      file("a.arff", "@relation x\n@attribute a real\n@attribute b real\n@attribute c {u,v}\n@data\n1,2,u\n3,4,v\n");
  const fs::path words = file("a.txt", "label some words and others\nlabel more words\n");
  const fs::path conll = file("a.conll", "word B-PER\nother O\n\nthird O\n");
  const fs::path nodes = file("nodes", "0 0 train 1 2\n1 1 test 0\n"), edges = file("edges", "0 1\n");
  const fs::path npy = folder / "a.npy", integers = folder / "b.npy";
  heed::write_npy(npy, heed::Tensor<float, 3>({3, 2, 2}));
  heed::write_npy(integers, heed::Tensor<std::int32_t, 1>({3}));
  expect_errors("read_file", [&] { heed::read_file(csv); });
  expect_errors("read_table", [&] { heed::read_table<float>(csv); });
  expect_errors("read_ts", [&] { heed::read_ts<double>(ts); });
  expect_errors("read_arff", [&] { heed::read_arff<float>(arff); });
  expect_errors("read_npy", [&] { heed::read_npy<float>(npy); });
  expect_errors("load_labels", [&] { heed::load_labels(integers); });
  const std::optional<fs::path> beside = integers;
  expect_errors("load_sequences", [&] { heed::load_sequences<float>(npy, beside); });
  expect_errors("load_sequences", [&] { heed::load_sequences<float>(csv); });
  expect_errors("read_sentences", [&] { heed::read_sentences(words); });
  expect_errors("read_parallel_text", [&] { heed::read_parallel_text(words, words); });
  expect_errors("read_conll", [&] { heed::read_conll(conll); });
  expect_errors("read_graph", [&] { heed::read_graph<float>(nodes, edges); });
  const heed::Sentences sentences = heed::read_sentences(words);
  const heed::Vocabulary vocabulary = heed::Vocabulary::from(sentences.words);
  expect_errors("to_tokens", [&] { heed::to_tokens(sentences, vocabulary); });
  expect_errors("next_tokens", [&] { heed::next_tokens(sentences, vocabulary, "words"); });
}

TEST_F(OutOfMemory, IsOneErrorOfEveryReaderOfModels) {
  const fs::path path = folder / "a.safetensors";
  using Model = heed_test::Toy<float>;
  Model model = heed_test::toy<float>();
  heed::save(model, path, {{"a note that is long enough", "to be allocated as well"}});
  expect_errors("SafetensorsFile", [&] { heed::SafetensorsFile{path}; });
  const heed::SafetensorsFile file(path);
  const std::string name = file.tensors().front().name;
  expect_errors("SafetensorsFile::read", [&] { file.read<float>(name); });
  expect_errors("load_weights", [&] { heed::load_weights(model, path); });
  expect_errors("load", [&] { heed::load<Model>(path); });
}

TEST_F(OutOfMemory, IsAnErrorWhereASmallFileAsksForMuch) {
  std::string ragged = "@problemName x\n@equalLength false\n@classLabel true a\n@data\n", sentences;
  for (int i = 0; i < 400'000; ++i) ragged += "1:a\n", sentences += "a b\n";
  ragged += "1", sentences += "a";
  for (int i = 0; i < 400'000; ++i) ragged += ",1", sentences += " b";
  const auto error = [](auto&& f) {
    try {
      f();
    } catch (const heed::Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  // 400,000 sequences as long as the longest: 640 GB
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &limit), 0);
  const rlimit less{std::min<rlim_t>(rlim_t{1} << 36, limit.rlim_max), limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &less), 0);
  const std::string series = error([&] { heed::parse_ts<float>(ragged + ":a\n", "x.ts"); });
  const heed::Sentences read = heed::parse_sentences(sentences, "x");
  const std::string tokens = error([&] { heed::to_tokens(read, heed::Vocabulary::from(read.words)); });
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &limit), 0);
  EXPECT_NE(series.find("x.ts: sequences of too different lengths"), std::string::npos) << series;
  EXPECT_NE(tokens.find("to_tokens: sequences of too different lengths"), std::string::npos) << tokens;
}

#endif

}  // namespace out_of_memory_test
