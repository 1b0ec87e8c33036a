// The transformer classifier's program, on its own task, on a slice of real sequences where there are such, and on
// wrong input.

#include <string>

#include "example.hpp"

namespace transformer_test {

using namespace classifier_test;

class Transformer : public Example {
 protected:
  Transformer() : Example("transformer") {}
  /// Small and fast.
  const std::string small = " --size 8 --layers 1 --heads 2 --feedforward 8 --batch 4 --epochs 3 --threads 1 ";
};

double accuracy_of(const std::string& out) {
  const std::string name = "test accuracy ";
  const auto at = out.find(name);
  return at == std::string::npos ? -1 : std::stod(out.substr(at + name.size()));
}

TEST_F(Transformer, LearnsItsOwnTaskAndShowsWhereItLooks) {
  const std::string out = succeeds("--threads 1 --epochs 8");
  EXPECT_GT(accuracy_of(out), 0.9) << out;
  EXPECT_NE(out.find("@@"), std::string::npos);
  fits_80_columns(out);
}

TEST_F(Transformer, KeepsItsModelInAFile) {
  write_ts();
  for (const std::string norm : {"none", "pre", "post"}) {
    for (const std::string positions : {"none", "sinusoidal", "learned", "relative"}) {
      const std::string options = "--norm " + norm + " --positions " + positions;
      const std::string out = succeeds("--train d.ts --test d.ts --model m.safetensors " + options + small);
      const std::string again = succeeds("--test d.ts --model m.safetensors --threads 1");
      EXPECT_EQ(again, out.substr(out.find("test accuracy"))) << options;
    }
  }
}

TEST_F(Transformer, UsesTheModelThatIsThereAndDoesNotWriteOverIt) {
  const std::string out = succeeds("--model m.safetensors" + small), kept = text("m.safetensors");
  EXPECT_EQ(succeeds("--model m.safetensors --threads 1"), out.substr(out.find("test accuracy")));
  EXPECT_EQ(text("m.safetensors"), kept);
}

TEST_F(Transformer, KeepsLocalityInAFile) {
  write_ts();
  const std::string options = "--locality --positions relative --distance 3";
  const std::string out = succeeds("--train d.ts --test d.ts --model m.safetensors " + options + small);
  EXPECT_EQ(succeeds("--test d.ts --model m.safetensors --threads 1"), out.substr(out.find("test accuracy")));
}

TEST_F(Transformer, ReadsTablesAndHoldsSomeOut) {
  write_csv();
  const std::string out = succeeds("--train d.csv --test d.csv --validation 0.3" + small);
  EXPECT_NE(out.find("validation accuracy "), std::string::npos) << out;
  write_npy();
  succeeds("--train x.npy --train-labels y.npy --test x.npy --test-labels y.npy --activation gelu" + small);
}

TEST_F(Transformer, LearnsVowels) {
  const auto train = data_test::data_set("japanese_vowels/JapaneseVowels_TRAIN.ts");
  if (!train) GTEST_SKIP() << "HEED_DATA_DIR has no japanese_vowels";
  const std::string file = train->string();
  const std::string out = succeeds("--train " + file + " --test " + file +
                                   " --size 32 --layers 1 --feedforward 32 --epochs 12 --learning-rate 0.005 "
                                   "--threads 1");
  EXPECT_TRUE(has_line(out, "270 sequences of at most 26 steps, 12 features, 9 classes")) << out;
  EXPECT_GT(accuracy_of(out), 0.9) << out;
}

TEST_F(Transformer, SaysWhatIsWrong) {
  write_ts();
  write_csv();
  const std::string data = "--train d.ts --model m.safetensors" + small;
  fails("--test d.ts", 2, "--model");
  fails("--epochs none", 2, "--epochs");
  fails("--train none.ts", 1, "none.ts");
  fails(data + "--norm last", 2, "--norm: wrong value (expected one of none, pre, post, got \"last\")");
  fails(data + "--positions far", 2, "--positions");
  fails("--train d.ts --heads 3", 1, "heads");
  fails(data + "--validation 1", 2, "--validation");
  fails(data + "--test d.csv", 1, "d.csv");
  fails("--test d.ts --model d.csv", 2, "d.csv");
}

}  // namespace transformer_test
