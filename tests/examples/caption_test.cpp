// The captioner's program, on its own task, on a slice of real digits where there are such, and on wrong input; and its
// pictures.

#include "../../examples/support/attended_image.hpp"
#include "example.hpp"

namespace caption_test {

using namespace classifier_test;

class CaptionProgram : public Example {
 protected:
  CaptionProgram() : Example("caption") {}
  const std::string small = " --channels 8 --features 16 --hidden 32 --unseen 200 ";
};

TEST_F(CaptionProgram, LearnsItsOwnTaskAndKeepsTheModel) {
  const std::string out = succeeds("--pairs 4000 --epochs 14 --threads 1 --model m.safetensors" + small);
  EXPECT_TRUE(has_line(out, "4000 pairs of 2000 images, 16 words, 32 regions, 14776 parameters")) << out;
  EXPECT_GT(number_after(out, "exact captions "), 0.8) << out;
  EXPECT_NE(out.find(" left of "), std::string::npos);
  EXPECT_NE(out.find("| left"), std::string::npos);
  fits_80_columns(out);
  succeeds("--pairs 4000 --epochs 14 --threads 2 --model m2.safetensors" + small);
  EXPECT_TRUE(heed::read_file(folder / "m.safetensors") == heed::read_file(folder / "m2.safetensors"))
      << "the same bits for any number of threads";
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

TEST_F(CaptionProgram, UsesTheModelThatIsThereAndDoesNotWriteOverIt) {
  succeeds("--pairs 200 --epochs 1 --threads 1 --model m.safetensors" + small);
  const std::string kept = text("m.safetensors");
  EXPECT_EQ(succeeds("--model m.safetensors").find(" parameters"), std::string::npos) << "nothing is trained";
  EXPECT_EQ(text("m.safetensors"), kept);
}

TEST_F(CaptionProgram, MeasuresNothingWhereThereIsNothingToMeasureOn) {
  folder.file("d.csv", halves());
  const std::string out = succeeds("--side 4 --train d.csv --pairs 50 --epochs 1 --channels 4 --features 8");
  EXPECT_EQ(out.find("exact captions"), std::string::npos) << out;
}

TEST_F(CaptionProgram, SaysWhatIsWrong) {
  folder.file("d.csv", halves());
  folder.file("one.csv", halves().substr(0, halves().find('\n') + 1));
  folder.file("other.csv", "1,2,3,4,5,6,7,8,9,10,11,12,1,2,3,4,cat\n");
  const std::string tiny = "--side 4 --pairs 20 --epochs 1 --channels 4 --features 8 ";
  fails(tiny + "--train one.csv --held-out 0.5", 1, "--held-out: too few images to hold some out");
  fails(tiny + "--train d.csv --held-out 1e-17", 1, "--held-out: too few images to hold some out");
  fails(tiny + "--train d.csv --held-out 1", 2, "--held-out");
  fails(tiny, 1, "images of another size (expected 16 pixels, got 64)");
  fails("--side 16 --pairs 20 --epochs 1", 1, "images of another size (expected 256 pixels, got 64)");
  succeeds(tiny + "--train d.csv --model m.safetensors");
  fails("--test other.csv --model m.safetensors", 1, "unknown label");
  fails("--train d.csv", 1, "d.csv");
  fails("--train d.csv --side 2", 1, "not an image a line (expected 4 pixels and a label, got 4 times as many)");
  fails("--train d.csv --side 4 --channels 0", 2, "--channels: out of range");
  fails("--train d.csv --side 4 --picture p.txt", 1, "a picture is named .png or .svg");
  fails("--train d.csv --side 0", 2, "--side");
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
  fits_80_columns(text);
  image.pixels = {std::vector<float>(200 * 100, 1.0F), 200};
  image.attention.assign(20, {std::vector<float>(100 * 50, 1.0F), 100});
  fits_80_columns(support::attended_text(image));
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

}  // namespace caption_test
