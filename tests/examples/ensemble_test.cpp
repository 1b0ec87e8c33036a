// classifier train --ensemble: several models in one file, and what answers by them.

#include <cmath>
#include <string>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/data/npy.hpp"
#include "program.hpp"

namespace ensemble_test {

using namespace classifier_test;

class EnsembleFile : public Classifier {
 protected:
  const std::string how = "train --data x.npy --labels y.npy --epochs 5 --hidden 4 --quiet ";
  void SetUp() override { write_npy(); }
  heed::Tensor<double, 2> probabilities(const std::string& model) const {
    output_of("predict --model " + model + " --data x.npy --probabilities --output p.npy");
    const auto read = heed::read_npy<double>(folder / "p.npy");
    return heed::Tensor<double, 2>({24, 3}, read.values);
  }
};

TEST_F(EnsembleFile, AnswersByTheMeanOfModelsOfTheSameSeeds) {
  output_of(how + "--ensemble 3 --seed 4 --model e.safetensors --threads 2");
  heed::Tensor<double, 2> mean({24, 3});
  for (const std::string seed : {"4", "5", "6"}) {
    output_of(how + "--seed " + seed + " --model m.safetensors --threads 1");
    const auto one = probabilities("m.safetensors");
    for (heed::Index i = 0; i < mean.size(); ++i) mean.data()[i] += one.data()[i] / 3;
  }
  const auto got = probabilities("e.safetensors");
  for (heed::Index i = 0; i < mean.size(); ++i) EXPECT_NEAR(got.data()[i], mean.data()[i], 1e-6);

  EXPECT_TRUE(has_line(output_of("evaluate --model e.safetensors --data x.npy --labels y.npy"), "accuracy "));
  const std::string shown = output_of("inspect e.safetensors");
  EXPECT_TRUE(has_line(shown, "Ensemble of SequenceClassifier")) << shown;
  EXPECT_TRUE(has_line(shown, "members 3")) << shown;
  EXPECT_EQ(lines(output_of("explain --model e.safetensors --data x.npy")).size(), 25U);
}

TEST_F(EnsembleFile, IsTheSameForAnyNumberOfThreads) {
  output_of(how + "--ensemble 3 --batch 7 --model a.safetensors --threads 1");
  output_of(how + "--ensemble 3 --batch 7 --model b.safetensors --threads 5");
  EXPECT_EQ(text("a.safetensors"), text("b.safetensors"));
}

TEST_F(EnsembleFile, HasFilesForEachMember) {
  const std::string kept =
      how + "--ensemble 2 --seed 4 --model e.safetensors --threads 2 --checkpoint c.ckpt --resume ";
  output_of(how + "--ensemble 2 --seed 4 --model e0.safetensors");
  output_of(kept + "--log l.csv --history h.csv");
  EXPECT_TRUE(text("e.safetensors") == text("e0.safetensors"));
  for (const char* file : {"l-4.csv", "l-5.csv", "h-4.csv", "h-5.csv"}) EXPECT_EQ(lines(text(file)).size(), 6U) << file;
  output_of(how + "--seed 5 --model m0.safetensors");
  output_of(how + "--seed 5 --model m.safetensors --checkpoint c-5.ckpt --resume --log one.csv");
  EXPECT_TRUE(text("m.safetensors") == text("m0.safetensors")) << "that of a training with the seed";
  EXPECT_FALSE(fs::exists(folder / "one.csv")) << "it had come to its end";
  fs::remove(folder / "c-5.ckpt");
  output_of(kept);
  EXPECT_TRUE(text("e.safetensors") == text("e0.safetensors")) << "one goes on, one starts anew";
}

TEST_F(EnsembleFile, KeepsTheHistoriesOfMembersThatEndedWhenAnotherFails) {
  folder.file("c-5.ckpt", "this is no checkpoint");
  const auto failed =
      run(how + "--ensemble 2 --seed 4 --model e.safetensors --threads 1 --checkpoint c.ckpt --resume --history h.csv");
  EXPECT_EQ(failed.code, 1);
  EXPECT_NE(failed.err.find("c-5.ckpt"), std::string::npos) << failed.err;
  EXPECT_EQ(lines(text("h-4.csv")).size(), 6U);
  EXPECT_FALSE(fs::exists(folder / "h-5.csv"));
}

TEST_F(EnsembleFile, SaysWhatItsMembersReach) {
  const std::string out = output_of(
      "train --data x.npy --labels y.npy --test x.npy --test-labels y.npy --epochs 2 --hidden 4 --ensemble 2 --seed 9");
  EXPECT_TRUE(has_line(out, "seed 9: test accuracy")) << out;
  EXPECT_TRUE(has_line(out, "seed 10: test accuracy")) << out;
  EXPECT_TRUE(has_line(out, "together: test accuracy")) << out;
}

TEST_F(EnsembleFile, OfText) {
  folder.file("s.txt", "p good\nn bad\np good day\nn bad day\n");
  output_of("train --text s.txt --epochs 3 --hidden 4 --ensemble 2 --model t.safetensors --quiet");
  folder.file("q.txt", "good\nbad\n");
  EXPECT_EQ(lines(output_of("predict --model t.safetensors --data q.txt")).size(), 2U);
}

TEST_F(EnsembleFile, StartsFromNoModel) {
  output_of(how + "--ensemble 2 --model e.safetensors");
  EXPECT_NE(run(how + "--init e.safetensors").err.find("this is an ensemble"), std::string::npos);
  EXPECT_NE(run(how + "--ensemble 2 --init e.safetensors").err.find("--ensemble: excludes --init"), std::string::npos);
  EXPECT_EQ(run(how + "--ensemble 0").code, 2);
}

}  // namespace ensemble_test
