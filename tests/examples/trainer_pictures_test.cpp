// Pictures of the trainer: explain --picture, train --curve.

#include <string>

#include "program.hpp"

namespace trainer_pictures_test {

using namespace classifier_test;

class TrainerPictures : public Classifier {
 protected:
  void SetUp() override {
    if (std::system("gnuplot --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "gnuplot is not installed";
  }
  void expect_words(const std::string& picture, const std::vector<std::string>& words) const {
    const std::string svg = text(picture);
    for (const std::string& word : words) EXPECT_NE(svg.find(word), std::string::npos) << picture << ": " << word;
  }
};

TEST_F(TrainerPictures, OfTheStepsThatAModelAttendsTo) {
  write_csv();
  for (const std::string attention : {"pool", "additive", "multihead"}) {
    output_of("train --data d.csv --epochs 3 --quiet --model m.safetensors --attention " + attention);
    EXPECT_EQ(output_of("explain --model m.safetensors --data d.csv --picture a.svg"), "") << "the picture alone";
    expect_words("a.svg", {"step", "attention weight", attention == "multihead" ? "head 1" : "sequence: answer"});
  }
  EXPECT_NE(output_of("explain --model m.safetensors --data d.csv --picture a.svg --output a.csv"), "x");
  EXPECT_TRUE(text("a.csv").starts_with("sequence,head"));
}

TEST_F(TrainerPictures, OfSentencesWithTheirWords) {
  write_text();
  output_of("train --text t.txt --epochs 3 --quiet --model m.safetensors");
  folder.file("bare.txt", "Who owns this caf\xC3\xA9\nWhere's the \"50%\" river\n");
  output_of("explain --model m.safetensors --data bare.txt --picture a.svg");
  expect_words("a.svg", {"caf\xC3\xA9", "Where's", "50%", "answer p"});
}

TEST_F(TrainerPictures, OfALongSequence) {
  std::string row = "0";
  for (int i = 1; i < 700; ++i) row += "," + std::to_string(i % 10);
  folder.file("d.csv", row + ",a\n" + row + ",b\n");
  output_of("train --data d.csv --epochs 1 --hidden 2 --quiet --model m.safetensors");
  output_of("explain --model m.safetensors --data d.csv --picture a.png");
  EXPECT_TRUE(text("a.png").starts_with("\x89PNG"));
}

TEST_F(TrainerPictures, OfLossAndAccuracyOfEachEpoch) {
  write_npy();
  output_of("train --data x.npy --labels y.npy --epochs 5 --validation 0.25 --quiet --curve a.svg");
  expect_words("a.svg", {"epoch", "loss", "accuracy", "training", "validation"});
  EXPECT_EQ(text("a.svg").find("test"), std::string::npos);
  output_of("train --data x.npy --labels y.npy --epochs 1 --quiet --curve a.png");
  EXPECT_TRUE(text("a.png").starts_with("\x89PNG"));
}

TEST_F(TrainerPictures, ThatCannotBeDrawnAreRefusedBeforeAnythingIsDone) {
  write_npy();
  output_of("train --data x.npy --labels y.npy --epochs 1 --quiet --model m.safetensors");
  const auto refused = [&](const std::string& arguments, const std::string& message) {
    const auto before = files();
    const Result result = run(arguments);
    EXPECT_EQ(result.code, 1) << arguments;
    EXPECT_EQ(lines(result.err).size(), 1u) << result.err;
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
    EXPECT_TRUE(files() == before);
  };
  const std::string train = "train --data x.npy --labels y.npy --epochs 1000000 --model ";
  refused(train + "new.safetensors --curve a.jpg", "a.jpg: a picture is named .png or .svg");
  refused(train + "new.safetensors --curve none/a.png", "none/a.png");
  refused("explain --model m.safetensors --data x.npy --picture a.gif", "a.gif: a picture is named .png or .svg");
  refused("explain --model m.safetensors --data x.npy --picture x.npy", "x.npy: this file is read");
}

}  // namespace trainer_pictures_test
