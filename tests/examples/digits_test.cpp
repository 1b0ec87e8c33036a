// The vision transformer's program, on its own task, on a slice of real digits where there are such, and on wrong
// input.

#include "example.hpp"

namespace digits_test {

using namespace classifier_test;

class Digits : public Example {
 protected:
  Digits() : Example("digits") {}
  const std::string small = " --size 16 --layers 1 --heads 2 --threads 1 ";
};

TEST_F(Digits, LearnsItsOwnTaskAndKeepsTheModel) {
  const std::string out = succeeds("--epochs 8 --model m.safetensors" + small);
  EXPECT_TRUE(has_line(out, "1500 images of 8 x 8, 4 classes, 16 patches, 5828 parameters")) << out;
  EXPECT_GT(number_after(out, "test accuracy "), 0.9) << out;
  EXPECT_NE(out.find("@@"), std::string::npos);
  fits_80_columns(out);
}

TEST_F(Digits, LearnsWithShiftedPatchesAndLocality) {
  const std::string out =
      succeeds("--epochs 8 --shifted --locality --positions relative --model m.safetensors" + small);
  EXPECT_GT(number_after(out, "test accuracy "), 0.9) << out;
}

TEST_F(Digits, ShowsSomePixelsOfLargeImages) {
  const std::string out = succeeds("--epochs 1 --side 64 --patch 16 --channels 3 --images 40" + small);
  EXPECT_TRUE(has_line(out, "40 images of 64 x 64, 4 classes, 16 patches, 18052 parameters")) << out;
  fits_80_columns(out);
}

TEST_F(Digits, ReadsImagesOfOtherSizesAndLoads) {
  folder.file("d.csv", halves());
  const std::string options = "--side 4 --largest 12 --test d.csv --model m.safetensors";
  const std::string out = succeeds("--train d.csv --epochs 8 --batch 8 " + options + small);
  EXPECT_EQ(number_after(out, "test accuracy "), 1) << out;
  EXPECT_EQ(succeeds("--test d.csv --largest 12 --model m.safetensors --threads 1"),
            out.substr(out.find("test accuracy")));
}

TEST_F(Digits, SaysWhatIsNotKeptAndNotMeasured) {
  folder.file("d.csv", halves());
  const std::string out = succeeds("--train d.csv --side 4 --largest 12 --epochs 1" + small);
  EXPECT_TRUE(has_line(out, "the model is not kept: --model FILE writes it")) << out;
  EXPECT_TRUE(has_line(out, "there is no --test to measure on")) << out;
}

TEST_F(Digits, HoldsSomeOut) {
  const std::string out = succeeds("--epochs 2 --validation 0.2 --images 200" + small);
  EXPECT_NE(out.find("  test 0."), std::string::npos) << out;
}

TEST_F(Digits, UsesTheModelThatIsThereAndDoesNotWriteOverIt) {
  const std::string out = succeeds("--images 60 --epochs 1 --model m.safetensors" + small);
  const std::string kept = text("m.safetensors");
  EXPECT_EQ(succeeds("--images 60 --model m.safetensors --threads 1"), out.substr(out.find("test accuracy")));
  EXPECT_EQ(text("m.safetensors"), kept);
}

TEST_F(Digits, LearnsRealDigits) {
  const auto train = data_test::data_set("optdigits/optdigits.tra");
  if (!train) GTEST_SKIP() << "HEED_DATA_DIR has no optdigits";
  const std::string out = succeeds("--train " + train->string() + " --test " + train->string() + " --epochs 3" + small);
  EXPECT_GT(number_after(out, "test accuracy "), 0.9) << out;
}

TEST_F(Digits, SaysWhatIsWrong) {
  folder.file("d.csv", halves());
  fails("--train d.csv", 1, "d.csv");
  fails("--train d.csv --side 2", 1, "not an image a line (expected 4 pixels and a label, got 4 times as many)");
  fails("--train d.csv --side 4 --largest 5", 1, "d.csv: a pixel is out of range (expected 0 to --largest 5");
  fails("--train d.csv --side 4 --patch 3", 1, "not made of whole patches");
  fails("--train d.csv --side 4 --norm some", 2, "--norm");
  fails("--train d.csv --side 4 --positions some", 2, "--positions");
  fails("--side 4", 1, "images too small");
  fails("--validation -0.5", 2, "--validation");
  fails("--validation 0.001 --images 4", 1, "--validation: too few images to hold some out");
  fails("--test d.csv", 2, "--model");
  fails("--train none.csv", 1, "none.csv");
  fails("--epochs 0", 2, "--epochs");
}

}  // namespace digits_test
