// Missing values: filled in training, and by the model's file ever after.

#include <string>

#include "program.hpp"

namespace {

using namespace classifier_test;

class MissingValues : public Classifier {
 protected:
  /// Rows of four steps; class "falls" or "rises"; some have gaps.
  void write(const std::string& name, bool gaps, bool labels = true) const {
    std::string rows;
    for (int i = 0; i < 12; ++i) {
      const std::string n = gaps && i % 3 == 0 ? "" : std::to_string(i);
      rows += i % 2 ? n + ",3,2,1" : "1,2,3," + n;
      if (labels) rows += i % 2 ? ",falls" : ",rises";
      rows += '\n';
    }
    folder.file(name, rows);
  }
  void fails(const std::string& arguments, const std::string& with, int code = 1) const {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, code) << arguments;
    EXPECT_NE(result.err.find(with), std::string::npos) << arguments << '\n' << result.err;
  }
};

const std::string train = "train --threads 1 --epochs 2 ";

TEST_F(MissingValues, AreAnErrorThatNamesTheirPlaceAndTheOption) {
  write("d.csv", true);
  fails(train + "--data d.csv", "d.csv, line 1, column 7: empty field; --missing linear, previous, mean or zero");
  folder.file("d.ts", "@univariate true\n@classLabel true a b\n@data\n1,2:a\n1,?:b\n");
  fails(train + "--data d.ts", "d.ts, line 5, column 3: missing value; --missing");
  folder.file("d.csv", "1,x,a\n2,3,b\n");
  const Result other = run(train + "--data d.csv");
  EXPECT_EQ(other.err.find("--missing"), std::string::npos) << other.err;
}

TEST_F(MissingValues, AModelFillsNewDataAsItsTrainingDid) {
  write("d.csv", true);
  write("new.csv", true, false);
  const std::string said = output_of(train + "--data d.csv --missing mean --model m.safetensors");
  EXPECT_NE(said.find("4 missing values filled (mean)"), std::string::npos) << said;
  const std::string answers = output_of("predict --model m.safetensors --data new.csv --probabilities");
  EXPECT_EQ(lines(answers).size(), 13u);
  // the same numbers, filled by hand: the mean of all that are there
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += 6 + (i % 3 ? i : 0);
  std::string rows, mean = std::to_string(sum / 44);
  for (int i = 0; i < 12; ++i) {
    const std::string n = i % 3 == 0 ? mean : std::to_string(i);
    rows += i % 2 ? n + ",3,2,1\n" : "1,2,3," + n + '\n';
  }
  folder.file("by_hand.csv", rows);
  const auto by_hand = lines(output_of("predict --model m.safetensors --data by_hand.csv"));
  EXPECT_EQ(by_hand, lines(output_of("predict --model m.safetensors --data new.csv")));
  EXPECT_EQ(output_of("predict --model m.safetensors --data new.csv --missing mean --probabilities"), answers);
  EXPECT_EQ(run("evaluate --model m.safetensors --data d.csv").code, 0);
  fails("predict --model m.safetensors --data new.csv --missing error", "new.csv, line 1, column 7: empty field");
  // one sequence alone is filled by the same mean
  folder.file("one.csv", "1,2,3,\n");
  const auto one = lines(output_of("predict --model m.safetensors --data one.csv --probabilities"));
  EXPECT_EQ(one[1], lines(answers)[1]);
}

TEST_F(MissingValues, AnOlderModelIsToldHow) {
  write("d.csv", false);
  write("new.csv", true, false);
  output_of(train + "--quiet --data d.csv --model m.safetensors");
  fails("predict --model m.safetensors --data new.csv", "empty field");
  for (const char* how : {"linear", "previous", "zero"}) {
    EXPECT_EQ(run("predict --model m.safetensors --data new.csv --missing " + std::string(how)).code, 0) << how;
  }
  fails("predict --model m.safetensors --data new.csv --missing mean", "the means of the training data");
  folder.file("none.csv", "?,?,?,?\n");
  fails("predict --model m.safetensors --data none.csv --missing linear", "a feature has no value that could fill it");
  output_of(train + "--quiet --data d.csv --standardize --model s.safetensors");
  EXPECT_EQ(run("predict --model s.safetensors --data new.csv --missing mean").code, 0) << "its input knows the means";
}

TEST_F(MissingValues, OfATestAndInNumPyFiles) {
  const float gap = std::numeric_limits<float>::quiet_NaN();
  write_npy("bad.npy", "y.npy", gap);
  write_npy("x.npy");
  output_of(train +
            "--quiet --data x.npy --labels y.npy --test bad.npy --test-labels y.npy --missing previous --model "
            "m.safetensors");
  output_of("evaluate --model m.safetensors --data bad.npy --labels y.npy");
  output_of(train + "--quiet --init m.safetensors --data bad.npy --labels y.npy --model n.safetensors");
  output_of("predict --model n.safetensors --data bad.npy");
}

TEST_F(MissingValues, OptionsThatDoNotGoTogether) {
  write("d.csv", true);
  write_text();
  fails(train + "--data d.csv --missing keep", "--missing", 2);
  fails(train + "--missing zero", "needs --data", 2);
  fails(train + "--text t.txt --missing zero", "--missing", 2);
  output_of(train + "--quiet --text t.txt --model t.safetensors");
  fails("predict --model t.safetensors --data t.txt --missing zero", "--missing is for models of numbers");
}

}  // namespace
