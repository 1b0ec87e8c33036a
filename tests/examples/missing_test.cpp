// Missing values: filled in training, and by the model's file ever after.

#include <string>

#include "program.hpp"

namespace missing_test {

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

// Steps without a value are passed over: as if the sequences did not have them.
TEST_F(MissingValues, AsMasksArePassedOver) {
  folder.file("holes.ts",
              "@dimensions 2\n@classLabel true up down\n@data\n"
              "?,1,?,3:?,2,?,4:up\n5,?,3,?:1,?,0,?:down\n?,?,2,4:?,?,1,3:up\n9,7,?,?:3,2,?,?:down\n");
  folder.file("together.ts",
              "@dimensions 2\n@equalLength false\n@classLabel true up down\n@data\n"
              "1,3:2,4:up\n5,3:1,0:down\n2,4:1,3:up\n9,7:3,2:down\n");
  const std::string how = "train --threads 1 --epochs 4 --standardize --quiet ";
  output_of(how + "--data holes.ts --missing mask --model m.safetensors");
  output_of(how + "--data together.ts --model t.safetensors");
  const std::string answers = output_of("predict --model m.safetensors --data holes.ts --probabilities");
  EXPECT_EQ(answers, output_of("predict --model t.safetensors --data together.ts --probabilities"));
  EXPECT_EQ(answers, output_of("predict --model m.safetensors --data together.ts --probabilities"));
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors --data holes.ts"), "accuracy"));
  const auto weights = lines(output_of("explain --model m.safetensors --data holes.ts"));
  ASSERT_EQ(weights.size(), 5u);
  EXPECT_TRUE(weights[1].starts_with("0,0,0.")) << "the first step is missing: " << weights[1];
  EXPECT_NE(
      output_of("cross-validate --threads 1 --data holes.ts --missing mask --folds 2 --epochs 2").find("of 2 folds"),
      std::string::npos);
  const std::string said = output_of("train --threads 1 --epochs 1 --data holes.ts --missing mask");
  EXPECT_NE(said.find("16 missing values (mask)"), std::string::npos) << said;
}

TEST_F(MissingValues, ASequenceWithoutAnyValueGetsNoAnswer) {
  folder.file("d.ts", "@univariate true\n@classLabel true a b\n@data\n1,?,2:a\n?,5,4:b\n1,2,?:a\n6,5,?:b\n");
  folder.file("none.ts", "@univariate true\n@data\n1,2,3\n?,?,?\n");
  output_of("train --threads 1 --epochs 2 --quiet --data d.ts --missing mask --model m.safetensors");
  const std::string out = output_of("predict --model m.safetensors --data none.ts");
  EXPECT_TRUE(out == "a\n\n" || out == "b\n\n") << out;
}

// Convolutions read how far steps are apart.
TEST_F(MissingValues, AsMasksAreForModelsThatCanPassOverSteps) {
  folder.file("gaps.ts", "@univariate true\n@classLabel true a b\n@data\n1,?,2:a\n3,5,4:b\n1,?,4:a\n6,5,3:b\n");
  folder.file("padded.ts", "@univariate true\n@classLabel true a b\n@data\n?,1,2:a\n3,5,4:b\n?,1,4:a\n6,5,3:b\n");
  const std::string how = "train --threads 1 --quiet --missing mask ";
  for (const std::string model :
       {"--kernels 3 --epochs 1", "--recipe rocket", "--recipe strong --epochs 1", "--recipe rocket+fcn --epochs 1"}) {
    fails(how + "--data gaps.ts " + model, "cannot pass over missing steps; --missing linear");
    output_of(how + "--data padded.ts --model m.safetensors " + model);
    fails("predict --model m.safetensors --data gaps.ts", "cannot pass over missing steps; --missing linear");
    output_of("predict --model m.safetensors --data gaps.ts --missing linear");
  }
}

TEST_F(MissingValues, AsMasksInForecasts) {
  std::string series = "t,x\n";
  for (int t = 0; t < 40; ++t) series += std::to_string(t) + (t % 7 == 3 ? "," : "," + std::to_string(t % 5)) + '\n';
  folder.file("s.csv", series);
  const std::string out = output_of(
      "train --threads 1 --epochs 2 --data s.csv --task forecast --window 6 --time-column t --missing mask "
      "--validation 0.3 --model f.safetensors");
  EXPECT_NE(out.find("test mse"), std::string::npos) << out;
  EXPECT_EQ(lines(output_of("predict --model f.safetensors --data s.csv")).size(), 1u);
  EXPECT_TRUE(has_line(output_of("evaluate --model f.safetensors --data s.csv"), "mse"));
}

TEST_F(MissingValues, AreRefusedBeforeAnyWorkWhereNothingCanPassOverThem) {
  std::string cases = "@univariate true\n@classLabel true a b\n@data\n";
  for (int i = 0; i < 8; ++i) cases += i % 2 ? "1,2,?,4,5:a\n" : "5,4,?,2,1:b\n";
  folder.file("holes.ts", cases);
  for (const std::string recipe : {"strong", "rocket", "wide", "rocket+lstm"}) {
    const Result refused = run("train --data holes.ts --missing mask --model new.safetensors --recipe " + recipe);
    EXPECT_EQ(refused.code, 1) << recipe;
    EXPECT_EQ(refused.out, "") << recipe;
    EXPECT_NE(refused.err.find("holes.ts: positions, convolutions and windows cannot pass over missing steps"),
              std::string::npos)
        << refused.err;
    EXPECT_NE(refused.err.find("--missing linear"), std::string::npos) << refused.err;
  }
  folder.file("whole.ts", "@univariate true\n@classLabel true a b\n@data\n1,2,3:a\n3,2,1:b\n1,2,4:a\n4,2,1:b\n");
  const Result tested = run("train --data whole.ts --test holes.ts --missing mask --recipe fcn --epochs 1");
  EXPECT_EQ(tested.out, "");
  EXPECT_NE(tested.err.find("holes.ts: positions"), std::string::npos) << tested.err;
  output_of("train --data whole.ts --missing mask --recipe strong --num-features 84 --channels 8 --epochs 1 --quiet");
  output_of("train --data holes.ts --missing mask --recipe lstm --epochs 1 --quiet");
}

}  // namespace missing_test
