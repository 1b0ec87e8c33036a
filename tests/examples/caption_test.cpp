// The captioner's program, on its own task, on a slice of real digits where there are such, and on wrong input; and its
// pictures.

#include "../../examples/support/attended_image.hpp"
#include "example.hpp"

namespace {

using namespace classifier_test;

class CaptionProgram : public Example {
 protected:
  CaptionProgram() : Example("caption") {}
  const std::string small = " --channels 8 --features 16 --hidden 32 --unseen 200 ";
  static void expect_columns(const std::string& out) {
    for (const std::string& line : lines(out)) EXPECT_LE(line.size(), 80U) << line;
  }
};

TEST_F(CaptionProgram, LearnsItsOwnTaskAndKeepsTheModel) {
  const std::string out = succeeds("--pairs 4000 --epochs 14 --threads 1 --model m.safetensors" + small);
  EXPECT_TRUE(has_line(out, "4000 pairs of 2000 images, 16 words, 32 regions, 14776 parameters")) << out;
  EXPECT_GT(number_after(out, "exact captions "), 0.8) << out;
  EXPECT_NE(out.find(" left of "), std::string::npos);
  EXPECT_NE(out.find("| left"), std::string::npos);
  expect_columns(out);
  succeeds("--pairs 4000 --epochs 14 --threads 2 --model m2.safetensors" + small);
  EXPECT_TRUE(heed::read_file(folder / "m.safetensors") == heed::read_file(folder / "m2.safetensors"))
      << "the same bits for any number of threads";
}

/// Images of 4 x 4: a bright upper half is "up", a bright lower half "down".
std::string halves() {
  std::string text;
  for (int i = 0; i < 24; ++i) {
    for (int p = 0; p < 16; ++p) text += std::to_string((p < 8) == (i % 2 == 0) ? 9 + (i + p) % 3 : (i * p) % 4) + ',';
    text += i % 2 == 0 ? "up\n" : "down\n";
  }
  return text;
}

TEST_F(CaptionProgram, DescribesImagesOfOtherSizesAndLoads) {
  folder.file("d.csv", halves());
  const std::string measured = " --largest 12 --test d.csv --model m.safetensors --unseen 50 --threads 1";
  const std::string out =
      succeeds("--side 4 --train d.csv --pairs 500 --epochs 40 --channels 4 --features 8" + measured);
  EXPECT_EQ(number_after(out, "exact captions "), 1) << out;
  EXPECT_NE(out.find(" left of "), std::string::npos) << out;
  EXPECT_EQ(succeeds(measured), out.substr(out.find("exact captions")));
}

TEST_F(CaptionProgram, DescribesRealDigits) {
  const auto train = data_test::data_set("optdigits/optdigits.tra");
  if (!train) GTEST_SKIP() << "HEED_DATA_DIR has no optdigits";
  const std::string out =
      succeeds("--train " + train->string() + " --held-out 0.2 --pairs 6000 --epochs 6 --threads 1" + small);
  EXPECT_GT(number_after(out, "exact captions "), 0.5) << out;
}

TEST_F(CaptionProgram, SaysWhatIsWrong) {
  folder.file("d.csv", halves());
  fails("--train d.csv", 1, "d.csv");
  fails("--train d.csv --side 2", 1, "not an image a line (expected 4 pixels and a label, got 4 times as many)");
  fails("--train d.csv --side 4 --channels 0", 1, "channels out of range");
  fails("--train d.csv --side 4 --picture p.txt", 1, "a picture is named .png or .svg");
  fails("--train d.csv --side 1", 2, "--side");
  fails("--test d.csv", 2, "--model");
  fails("--test d.csv --model none.safetensors", 1, "none.safetensors");
  fails("--train none.csv", 1, "none.csv");
  fails("--epochs 0", 2, "--epochs");
}

// ---- what it shows

support::AttendedImage example() {
  return {{{0, 1, 0, 0.5F}, 2}, {"first", "second"}, {{{0.25F, 0.75F}, 2}, {{1, 0}, 2}}, ""};
}

TEST(AttendedImage, StandsInShades) {
  EXPECT_EQ(support::attended_text(example()),
            "    @@\n"
            "    ++\n"
            "  firs | seco\n"
            "  --@@ | @@\n");
}

TEST(AttendedImage, BreaksLinesOfMoreThan80Columns) {
  support::AttendedImage image = example();
  image.words.assign(20, "word");
  image.attention.assign(20, {{1, 0}, 2});
  const std::string text = support::attended_text(image);
  EXPECT_EQ(lines(text).size(), 2U + 2 * 2);
  for (const std::string& line : lines(text)) EXPECT_LE(line.size(), 80U) << line;
}

TEST(AttendedImage, IsDrawn) {
  if (std::system("gnuplot --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "gnuplot is not installed";
  const Folder folder;
  for (const char* name : {"a.png", "a.svg"}) {
    support::draw(folder / name, {example(), example()}, "it's a title");
    EXPECT_GT(heed::read_file(folder / name).size(), 2000U) << name;
  }
  EXPECT_THROW(support::draw(folder / "b.png", std::vector<support::AttendedImage>{}, ""), heed::Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "b.png"));
}

TEST(AttendedImage, IsSmoothBetweenTheMiddlesOfItsCells) {
  const support::Grid grid{{0, 1, 2, 3}, 2};
  EXPECT_EQ(support::detail::between(grid, 0, 0), 0);
  EXPECT_EQ(support::detail::between(grid, 0.5, 0.5), 1.5);
  EXPECT_EQ(support::detail::between(grid, 1, 1), 3);
  EXPECT_EQ(support::detail::between(grid, 0.25, 0.5), 0.5);
  const support::Grid one{{2}, 1};
  EXPECT_EQ(support::detail::between(one, 0.7, 0.1), 2);
}

}  // namespace
