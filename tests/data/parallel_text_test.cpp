#include "heed/data/parallel_text.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../support/error_of.hpp"

namespace parallel_text_test {

using heed::ParallelText;
using heed::Vocabulary;
using test_support::error_of;
using Words = std::vector<std::string>;

class ParallelTextFiles : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& text) const {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    return path;
  }
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("heed_parallel_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

 private:
  std::filesystem::path folder_;
};

TEST_F(ParallelTextFiles, AreReadLineByLine) {
  const auto de = file("a.de", "Ein Mann schläft.\nZwei Hunde\n"), en = file("a.en", "A man's asleep.\nTwo dogs");
  const ParallelText text = heed::read_parallel_text(de, en, {.lower = true});
  EXPECT_EQ(text.source, (std::vector<Words>{{"ein", "mann", "schläft", "."}, {"zwei", "hunde"}}));
  EXPECT_EQ(text.target, (std::vector<Words>{{"a", "man's", "asleep", "."}, {"two", "dogs"}}));
  EXPECT_EQ(heed::read_parallel_text(de, en, {.tokenize = false, .most = 1}).target,
            (std::vector<Words>{{"A", "man's", "asleep."}}));
}

TEST_F(ParallelTextFiles, MustHaveTheSameNumberOfLines) {
  const auto three = file("three", "a\nb\nc\n"), two = file("two", "a\nb\n"), blank = file("blank", "a\n\nc\n");
  EXPECT_EQ(error_of([&] { heed::read_parallel_text(three, two); }),
            two.string() + ": not a line for each line of " + three.string() + " (expected 3 lines, got 2)");
  EXPECT_EQ(error_of([&] { heed::read_parallel_text(three, two, {.most = 1}); }),
            two.string() + ": not a line for each line of " + three.string() + " (expected 3 lines, got 2)");
  EXPECT_EQ(error_of([&] { heed::read_parallel_text(three, blank); }),
            blank.string() + ", line 2: a line without words (expected a sentence)");
  const auto latin = file("latin", "M\xE4rz\n");
  EXPECT_EQ(
      error_of([&] { heed::read_parallel_text(latin, latin); }),
      latin.string() + ", line 1, column 2: not UTF-8 (expected UTF-8, or another encoding to be named, got byte 228)");
  EXPECT_EQ(heed::read_parallel_text(latin, latin, {.encoding = heed::Encoding::latin1}).source[0],
            (Words{"M\xC3\xA4rz"}));
  const auto control = file("control",
                            "a\x0b"
                            "b\n\x1f\n");
  EXPECT_EQ(error_of([&] { heed::read_parallel_text(control, control); }),
            control.string() + ", line 2: a line without words (expected a sentence)");
  EXPECT_EQ(heed::read_parallel_text(control, control, {.most = 1}).source[0], (Words{"a", "b"}));
  const auto empty = file("empty", "");
  EXPECT_EQ(error_of([&] { heed::read_parallel_text(empty, empty); }),
            empty.string() + ": no sentences (expected at least one line)");
}

TEST(ParallelText, BecomesTokensAndLabels) {
  const Words marks{Vocabulary::start_mark, Vocabulary::end_mark};
  const ParallelText text{{{"x", "y", "x"}, {"z"}}, {{"a", "b"}, {"b", "c"}}};
  const Vocabulary source(Words{"x", "y"}), target(Words{"<s>", "</s>", "a", "b"});
  const heed::TokenPairs pairs = heed::to_tokens(text, source, target);
  EXPECT_EQ(pairs.x.extents(), (heed::Extents<3>{2, 3, 2}));
  EXPECT_EQ(std::vector<int>(pairs.x.begin(), pairs.x.end()), (std::vector<int>{2, 2, 3, 4, 2, 5, 1, 2, 0, 5, 0, 1}));
  EXPECT_EQ(std::vector<int>(pairs.labels.begin(), pairs.labels.end()), (std::vector<int>{4, 5, 3, 5, 1, 3}));
  EXPECT_EQ(pairs.lengths, (std::vector<std::int32_t>{3, 3}));

  const Vocabulary marked = Vocabulary::from(text.source, 1, 0, marks);
  EXPECT_EQ(pairs.view().count(), pairs.count());
  EXPECT_EQ(pairs.view().labels.data(), pairs.labels.data());
  EXPECT_EQ(pairs.view().lengths.data(), pairs.lengths.data());
  const heed::TokenPairs cut = heed::to_tokens(text, marked, target, 1);
  EXPECT_EQ(cut.x.extents(), (heed::Extents<3>{2, 2, 2}));
  EXPECT_EQ(cut.x(0, 1, 0), marked.end());
  EXPECT_EQ(cut.labels(0, 1), target.end());
  EXPECT_EQ(error_of([&] { heed::to_tokens(text, source, source); }),
            "vocabulary: there is no such mark (expected <s>)");
}

TEST(ParallelText, OfMulti30kIsReadWhole) {
  const char* data = std::getenv("HEED_DATA_DIR");
  if (!data) GTEST_SKIP() << "HEED_DATA_DIR is not set";
  const auto folder = std::filesystem::path(data) / "multi30k";
  const ParallelText text = heed::read_parallel_text(folder / "val.de", folder / "val.en", {.lower = true});
  EXPECT_EQ(text.count(), 1014);
  EXPECT_EQ(text.source[1],
            (Words{"ein", "mann", "schläft", "in", "einem", "grünen", "raum", "auf", "einem", "sofa", "."}));
}

TEST(ParallelText, NeedsATargetForEachSource) {
  const Vocabulary marked(std::vector<std::string>{"<s>", "</s>"});
  const ParallelText text{.source = {{"a"}, {"a"}, {"b"}}, .target = {{"a"}}};
  EXPECT_EQ(error_of([&] { heed::to_tokens(text, marked, marked); }),
            "to_tokens: not a target for each source (expected 3, got 1)");
}

}  // namespace parallel_text_test
