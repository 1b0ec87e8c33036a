// The trainer under mpirun: the same files for any number of processes, and one error where one of them fails.

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../examples/program.hpp"

namespace classifier_test {

using namespace classifier_test;

class Together : public Classifier {
 protected:
  using Arguments = std::vector<std::string>;

  void SetUp() override {
    if (!fs::exists(HEED_MPIEXEC)) GTEST_SKIP() << "there is no mpirun";
    const Result nothing = mpirun({"-np", "2", "true"});
    if (nothing.code == 0) return;
    std::string said;
    for (const std::string& line : lines(nothing.err)) {
      if (said.empty() && !line.starts_with("-----")) said = line;
    }
    GTEST_SKIP() << "mpirun starts no program here: " << said;
  }

  /// mpirun -np `processes` classifier ...
  Result together(int processes, const std::string& arguments) const {
    Arguments all = one_job(processes, arguments);
    return mpirun(all);
  }
  static Arguments one_job(int processes, const std::string& arguments) {
    Arguments all{"-np", std::to_string(processes), HEED_CLASSIFIER};
    for (const std::string& word : words(arguments)) all.push_back(word);
    return all;
  }
  Result mpirun(const Arguments& arguments) const {
    Setting setting{.folder = folder / ".", .environment = words(HEED_MPI_ENVIRONMENT), .program = HEED_MPIEXEC};
    setting.environment.push_back("MPIEXEC_TIMEOUT=50");  // seconds, after which a job that hangs is ended
    return classifier_test::run(setting, arguments);
  }

  /// The one error of a run. mpirun has its own say, too.
  static std::string error_of(const Result& result, int code = 1) {
    EXPECT_EQ(result.code, code) << result.err;
    std::string error;
    for (const std::string& line : lines(result.err)) {
      if (!line.starts_with("classifier: ")) continue;
      EXPECT_EQ(error, "") << "a second error: " << line;
      error = line.substr(12);
    }
    EXPECT_NE(error, "") << result.err;
    return error;
  }

  /// The history without its last column, seconds.
  std::string history(const std::string& name) const {
    std::string result;
    for (const std::string& line : lines(text(name))) result += line.substr(0, line.rfind(',')) + '\n';
    return result;
  }

  /// Trains alone and by several processes: model and history must have the same bytes.
  void expect_the_same(const std::string& arguments) const {
    output_of(arguments + " --quiet --threads 1 --model alone.safetensors --history alone.csv");
    for (const char* processes : {"2", "3", "4"}) {
      const std::string name = processes;
      const Result result = together(
          std::stoi(name), arguments + " --threads 1 --model " + name + ".safetensors --history " + name + ".csv");
      ASSERT_EQ(result.code, 0) << result.err;
      EXPECT_EQ(result.err, "");
      EXPECT_TRUE(text(name + ".safetensors") == text("alone.safetensors")) << arguments << ", " << name;
      EXPECT_EQ(history(name + ".csv"), history("alone.csv"));
      EXPECT_TRUE(has_line(result.out, "weights, " + name + " processes of 1 thread")) << result.out;
      EXPECT_TRUE(has_line(result.out, "model written to " + name)) << result.out;
      EXPECT_EQ(result.out.find("epoch 1/"), result.out.rfind("epoch 1/")) << "one reports: " << result.out;
    }
  }

  /// 150 cases of 2 dimensions and 1 to 7 steps.
  void write_ragged() const {
    std::string text = "@equalLength false\n@dimensions 2\n@classLabel true low mid high\n@data\n";
    for (int i = 0; i < 150; ++i) {
      const int steps = 1 + i * 5 % 7;
      for (int d = 0; d < 2; ++d) {
        for (int t = 0; t < steps; ++t) {
          text += (t ? "," : "") + std::to_string((i % 3) * (t + d) + 0.01 * ((i * 7 + t * 3) % 11));
        }
        text += ':';
      }
      text += i % 3 == 0 ? "low\n" : i % 3 == 1 ? "mid\n" : "high\n";
    }
    folder.file("r.ts", text);
  }
};

constexpr const char* npy = "train --data x.npy --labels y.npy --epochs 3 ";

TEST_F(Together, AFullBatchGivesTheBytesOfOneProcess) {
  write_npy("x.npy", "y.npy", 0, 300);
  write_npy("tx.npy", "ty.npy", 0, 70);
  expect_the_same(npy + std::string("--test tx.npy --test-labels ty.npy --standardize"));
}

TEST_F(Together, MiniBatchesGiveTheBytesOfOneProcess) {
  write_npy("x.npy", "y.npy", 0, 300);
  expect_the_same(npy + std::string("--batch 70 --seed 5 --attention multihead"));
}

TEST_F(Together, RaggedSequencesAndWordsGiveTheBytesOfOneProcess) {
  write_ragged();
  expect_the_same("train --data r.ts --test r.ts --epochs 2 --standardize");
  expect_the_same("train --data r.ts --epochs 2 --batch 32 --attention additive");
}

TEST_F(Together, TablesOfOneRowATimeStepGiveTheBytesOfOneProcess) {
  std::string rows = "id,t,x,y,label,level\n";
  for (int i = 0; i < 150; ++i) {
    for (int t = 0; t < 2 + i % 4; ++t) {
      rows += "s" + std::to_string(i) + ',' + std::to_string(t) + ',' +
              std::to_string((i % 2) * t + 0.01 * (i * 7 % 11)) + ',' + std::to_string(i % 5) +
              (i % 2 ? ",up," : ",down,") + std::to_string(0.5 * (i % 7)) + '\n';
    }
  }
  folder.file("d.csv", rows);
  const std::string train = "train --data d.csv --test d.csv --epochs 2 --sequence-column id --time-column t ";
  expect_the_same(train + "--feature-columns x,y --label-column label");
  expect_the_same(train + "--feature-columns x,y --label-column level --task regression --batch 32");
}

TEST_F(Together, TheBuiltInTaskAndAModelToStartFromGiveTheBytesOfOneProcess) {
  output_of("train --epochs 1 --quiet --hidden 4 --model start.safetensors");
  expect_the_same("train --epochs 1 --init start.safetensors --standardize --batch 5000");
}

TEST_F(Together, WhatPractitionersAddGivesTheBytesOfOneProcess) {
  write_ragged();
  expect_the_same(
      "train --data r.ts --epochs 3 --batch 32 --cell gru --layers 2 --bidirectional --hidden 8 --dropout 0.3 "
      "--validation 0.2 --early-stopping 2 --class-weights balanced --clip 1 --ema 0.9");
}

TEST_F(Together, AugmentationGivesTheBytesOfOneProcess) {
  const std::string changes = " --jitter 0.1 --scaling 0.1 --time-warp 0.2 --window-slice 0.2 --mixup 0.3";
  write_ragged();
  expect_the_same("train --data r.ts --epochs 2 --batch 32 --standardize" + changes);
  expect_the_same("train --data r.ts --epochs 2" + changes);  // a full batch
  std::string holes = "@univariate true\n@classLabel true low high\n@data\n", numbers;
  for (int i = 0; i < 150; ++i) {
    std::string steps;
    for (int t = 0; t < 6; ++t) {
      const std::string value = std::to_string((i % 2) * t + 0.01 * ((i * 7 + t * 3) % 11));
      steps += (t ? "," : "") + ((i + t) % 4 == 0 ? "?" : value);
      numbers += value + ',';
    }
    holes += steps + (i % 2 ? ":high\n" : ":low\n");
    numbers += std::to_string(i % 9) + '\n';
  }
  folder.file("holes.ts", holes);
  folder.file("numbers.csv", numbers);
  expect_the_same("train --data holes.ts --missing mask --epochs 2 --batch 40 --standardize" + changes);
  expect_the_same("train --data numbers.csv --task regression --epochs 2 --batch 40" + changes);
}

TEST_F(Together, TextGivesTheBytesOfOneProcess) {
  write_text();
  expect_the_same("train --text t.txt --test t.txt --epochs 3 --batch 8 --dropout 0.2 --flavor keras");
}

TEST_F(Together, ACheckpointIsOfAnyNumberOfProcesses) {
  write_npy("x.npy", "y.npy", 0, 100);
  const std::string train = "train --data x.npy --labels y.npy --batch 40 --quiet --threads 1 ";
  output_of(train + "--epochs 6 --model alone.safetensors");
  const std::string kept = train + "--checkpoint c --resume --log l.csv ";
  for (const auto& [processes, epochs] : std::vector<std::pair<int, int>>{{3, 2}, {1, 4}, {2, 6}}) {
    const Result result = together(processes, kept + "--model m.safetensors --epochs " + std::to_string(epochs));
    ASSERT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(lines(text("l.csv")).size(), 1u + static_cast<std::size_t>(epochs)) << "one process writes";
  }
  EXPECT_TRUE(text("m.safetensors") == text("alone.safetensors"));
  const std::string error = error_of(together(2, train + "--checkpoint c --epochs 7"));
  EXPECT_NE(error.find("c: there is a checkpoint already"), std::string::npos) << error;
}

TEST_F(Together, MoreProcessesThanSequences) {
  folder.file("two.csv", "0.5,rises\n-0.5,falls\n");
  expect_the_same("train --data two.csv --epochs 2 --standardize --hidden 2");
}

TEST_F(Together, FaultyDataOfTheLastProcessAreOneErrorThatNamesIt) {
  write_npy("x.npy", "y.npy", NAN, 300);
  const auto before = files();
  for (const int processes : {2, 4}) {
    const std::string error = error_of(together(processes, npy + std::string("--model m.safetensors --history h.csv")));
    EXPECT_EQ(error,
              "rank " + std::to_string(processes - 1) +
                  ", x.npy, sequence 299, step 5, feature 1 (counted from 0): value is not finite; "
                  "--missing linear, previous, mean or zero fills what is missing, mask passes over it (expected a "
                  "finite number, got NaN)");
  }
  EXPECT_EQ(files(), before);
}

TEST_F(Together, WhatFailsInEveryProcessIsOneError) {
  write_npy();
  const auto before = files();
  EXPECT_NE(error_of(together(3, "train --data absent.npy --labels y.npy")).find("absent.npy: cannot open"),
            std::string::npos);
  EXPECT_NE(error_of(together(3, npy + std::string("--model nowhere/m.safetensors"))).find("nowhere/m.safetensors"),
            std::string::npos);
  EXPECT_NE(error_of(together(3, npy + std::string("--modle m.safetensors")), 2).find("--modle"), std::string::npos);
  EXPECT_EQ(files(), before);
}

TEST_F(Together, AProcessThatFailsAloneEndsTheJob) {
  write_npy();
  const auto before = files();
  Arguments arguments = one_job(1, npy + std::string("--model m.safetensors"));
  arguments.push_back(":");
  for (const std::string& word : one_job(1, npy + std::string("--modle m.safetensors"))) arguments.push_back(word);
  EXPECT_NE(error_of(mpirun(arguments), 2).find("rank 1: "), std::string::npos);
  EXPECT_EQ(files(), before);
}

TEST_F(Together, ProcessesThatDoNotTrainTheSameAreAnError) {
  write_npy();
  const auto before = files();
  Arguments arguments = one_job(1, npy + std::string("--seed 1 --model m.safetensors"));
  arguments.push_back(":");
  for (const std::string& word : one_job(1, npy + std::string("--seed 2 --model m.safetensors"))) {
    arguments.push_back(word);
  }
  EXPECT_EQ(error_of(mpirun(arguments)), "rank 1: command line, data or model to start from are not those of rank 0");
  EXPECT_EQ(files(), before);
}

TEST_F(Together, DivergenceIsOneErrorAndKeepsTheLastGoodWeights) {
  write_npy("x.npy", "y.npy", 0, 300);
  const Result result = together(2, npy + std::string("--learning-rate 1e39 --model m.safetensors"));
  EXPECT_NE(error_of(result).find("not finite any more at epoch 1"), std::string::npos);
  output_of("evaluate --model m.safetensors --data x.npy --labels y.npy");
}

TEST_F(Together, OnlyTrainingTakesSeveralProcesses) {
  write_npy();
  output_of(npy + std::string("--quiet --model m.safetensors"));
  const std::string evaluate = "evaluate --model m.safetensors --data x.npy --labels y.npy";
  EXPECT_EQ(error_of(together(2, evaluate)), "evaluate runs as one process: start it without mpirun");
  EXPECT_EQ(together(1, evaluate).out, output_of(evaluate));
  EXPECT_EQ(together(2, "--version").out, output_of("--version"));
}

}  // namespace classifier_test
