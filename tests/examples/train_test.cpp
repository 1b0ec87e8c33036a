#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "heed/io/safetensors_file.hpp"
#include "program.hpp"

namespace train_test {

using namespace classifier_test;

class Train : public Classifier {
 protected:
  heed::SafetensorsFile model(const std::string& name = "m.safetensors") const {
    return heed::SafetensorsFile(folder / name);
  }
};

constexpr const char* npy = "train --data x.npy --labels y.npy --epochs 3 ";

TEST_F(Train, WritesAModelWithItsArchitecture) {
  write_npy();
  output_of(npy +
            std::string("--hidden 8 --dense 4 --attention multihead --heads 4 --pooling mean --model m.safetensors"));
  const heed::Metadata m = model().metadata();
  const std::map<std::string, std::string> expected = {
      {"features", "2"}, {"classes", "3"},    {"hidden", "8"}, {"dense", "4"},         {"attention", "multihead"},
      {"heads", "4"},    {"pooling", "mean"}, {"steps", "6"},  {"labels", "0\n1\n2\n"}};
  for (const auto& [key, value] : expected) EXPECT_EQ(m.at(key), value) << key;
}

TEST_F(Train, LearnsWhatIsEasy) {
  write_npy();
  const std::string out = output_of("train --data x.npy --labels y.npy --test x.npy --test-labels y.npy --epochs 60");
  EXPECT_TRUE(has_line(out, "test accuracy 1.0000")) << out;
}

TEST_F(Train, ReadsTablesAndRaggedSeries) {
  write_csv();
  write_ts();
  EXPECT_TRUE(has_line(output_of("train --data d.csv --epochs 1"), "12 sequences of 4 steps, 1 feature, 2 classes"));
  EXPECT_TRUE(has_line(output_of("train --data d.csv --epochs 1 --features 2"), "12 sequences of 2 steps, 2 features"));
  EXPECT_TRUE(has_line(output_of("train --data d.ts --epochs 1 --attention additive"), "3 sequences of 2 to 4 steps"));
}

TEST_F(Train, TakesLabelsOfTextFiles) {
  write_npy();
  std::string labels;
  for (int i = 0; i < 24; ++i) labels += i % 3 == 0 ? "up\n" : "down\n";
  folder.file("words.txt", labels);
  output_of("train --data x.npy --labels words.txt --epochs 1 --model m.safetensors");
  EXPECT_EQ(model().metadata().at("labels"), "down\nup\n");
}

TEST_F(Train, GivesTheSameFileForAnyNumberOfThreads) {
  write_npy("x.npy", "y.npy", 0, 300);
  for (const std::string attention : {"pool", "multihead", "additive", "none"}) {
    for (const std::string batch : {"full", "70"}) {
      const std::string command =
          npy + ("--attention " + attention + " --batch " + batch + " --seed 7 --quiet --model ");
      for (const char* run : {"1", "2", "4"}) output_of(command + run + ".safetensors --threads " + run);
      output_of(command + "again.safetensors --threads 2");
      output_of(command + "all.safetensors");
      const std::string one = text("1.safetensors");
      for (const char* other : {"2", "4", "again", "all"}) {
        EXPECT_TRUE(one == text(std::string(other) + ".safetensors")) << attention << ' ' << batch << ' ' << other;
      }
    }
  }
}

TEST_F(Train, DependsOnTheSeed) {
  write_npy();
  output_of(npy + std::string("--seed 1 --model 1.safetensors"));
  output_of(npy + std::string("--seed 2 --model 2.safetensors"));
  EXPECT_NE(text("1.safetensors"), text("2.safetensors"));
}

TEST_F(Train, TakesTheSmallest) {
  folder.file("one.csv", "0.5,0\n");  // one sequence, one step, one feature
  folder.file("two.csv", "0.5,0\n-0.5,1\n");
  for (const std::string attention : {"pool", "multihead", "additive", "none"}) {
    const std::string rest = " --epochs 1 --attention " + attention + " --hidden 2 --dense 1 --model m.safetensors";
    const Result told = run("train --data one.csv --classes 2" + rest);
    EXPECT_EQ(told.code, 0);
    EXPECT_EQ(told.err, "one.csv: all features are constant in the training data\n");
    EXPECT_EQ(lines(output_of("predict --model m.safetensors --data one.csv")).size(), 1u);
    output_of("train --quiet --data one.csv --classes 1" + rest);
    EXPECT_EQ(output_of("predict --model m.safetensors --data one.csv"), "0\n");
    output_of("train --data two.csv --batch 1" + rest);
    EXPECT_EQ(lines(output_of("predict --model m.safetensors --data two.csv")).size(), 2u);
  }
}

TEST_F(Train, ClassesFixesTheirNumber) {
  write_npy();
  output_of(npy + std::string("--classes 5 --model m.safetensors"));
  EXPECT_EQ(model().metadata().at("labels"), "0\n1\n2\n3\n4\n");
  EXPECT_EQ(model().find("fc2.weight")->extents.at(0), 5);
}

TEST_F(Train, StandardizesWithNumbersThatStayInTheModel) {
  folder.file("d.csv", "1000,1004,a\n1000,1004,b\n");
  output_of("train --data d.csv --epochs 1 --standardize --model m.safetensors");
  EXPECT_EQ(model().metadata().at("standardize.mean"), "1002");
  EXPECT_EQ(model().metadata().at("standardize.deviation"), "2");
}

TEST_F(Train, HistoryHasARowAnEpoch) {
  write_npy();
  output_of(npy + std::string("--test x.npy --test-labels y.npy --history h.csv"));
  const auto rows = lines(text("h.csv"));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0], "epoch,loss,accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy,seconds");
  double before = 1e9;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    std::vector<std::string> cells;
    std::istringstream stream(rows[i]);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    ASSERT_EQ(cells.size(), 8u) << rows[i];
    EXPECT_EQ(cells[3] + cells[4], "") << "no validation";
    EXPECT_EQ(cells[0], std::to_string(i));
    const double loss = std::stod(cells[1]);
    EXPECT_LT(loss, before) << "it learns";
    EXPECT_GE(cells[1].size(), 9u) << "nine digits: " << cells[1];
    before = loss;
    EXPECT_NEAR(std::stod(cells[5]), loss, 0.1);
    EXPECT_GE(std::stod(cells[7]), 0);
  }
}

TEST_F(Train, HistoryHasEmptyCellsWithoutATest) {
  write_npy();
  output_of(npy + std::string("--history h.csv"));
  EXPECT_NE(lines(text("h.csv")).at(1).find(",,,,"), std::string::npos);
  output_of(npy + std::string("--validation 0.25 --history v.csv"));
  const std::string row = lines(text("v.csv")).at(1);
  EXPECT_EQ(std::count(row.begin(), row.end(), ','), 7);
  EXPECT_EQ(row.find(",,,,"), std::string::npos) << "loss and accuracy of the validation: " << row;
}

TEST_F(Train, TheLossIsThatBeforeTheUpdate) {
  write_npy();
  output_of(npy + std::string("--model m.safetensors"));
  output_of("train --data x.npy --labels y.npy --init m.safetensors --epochs 1 --history h.csv");
  const std::string evaluated = output_of("evaluate --model m.safetensors --data x.npy --labels y.npy");
  const std::string row = lines(text("h.csv")).at(1), loss = row.substr(2, 9);
  EXPECT_NE(evaluated.find("loss " + loss.substr(0, 8)), std::string::npos) << evaluated << row;
}

TEST_F(Train, QuietPrintsNothing) {
  write_npy();
  EXPECT_EQ(output_of(npy + std::string("--quiet --model m.safetensors")), "");
  if (const auto why = no_terminal()) GTEST_SKIP() << *why;
  EXPECT_EQ(on_terminal(npy + std::string("--quiet")).out, "");
}

TEST_F(Train, IntoAPipePrintsALineAnEpoch) {
  write_npy();
  const std::string out = output_of(npy);
  EXPECT_EQ(out.find('\r'), std::string::npos);
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
  for (const char* epoch : {"epoch 1/3 loss ", "epoch 2/3 loss ", "epoch 3/3 loss "})
    EXPECT_TRUE(has_line(out, epoch)) << out;
  for (const std::string& line : lines(out)) EXPECT_LE(line.size(), 80u) << line;
}

TEST_F(Train, OnATerminalWritesOneLineOverAndOver) {
  if (const auto why = no_terminal()) GTEST_SKIP() << *why;
  write_npy();
  const Result result = on_terminal(npy + std::string("--test x.npy --test-labels y.npy"));
  EXPECT_EQ(result.code, 0) << result.err;
  const std::size_t last = result.out.rfind('\r', result.out.find("3/3"));
  ASSERT_NE(last, std::string::npos);
  const std::string line = result.out.substr(last, result.out.find('\n', last) - last);
  for (const char* part : {"epoch 3/3", "loss ", "acc ", "test ", " seq/s", " left"}) {
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
  }
  EXPECT_LE(line.size(), 80u + 4u) << "4 of them move nothing";
}

TEST_F(Train, DivergenceNamesTheEpochAndKeepsTheLastGoodWeights) {
  write_npy();
  for (const std::string epochs : {"1", "2", "50"}) {
    const Result result =
        run("train --data x.npy --labels y.npy --learning-rate 1e39 --model m.safetensors --history h.csv --epochs " +
            epochs);
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.err.find("not finite"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("at epoch 1"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("m.safetensors"), std::string::npos) << result.err;
    EXPECT_EQ(text("h.csv"),
              "epoch,loss,accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy,seconds\n");
    output_of("evaluate --model m.safetensors --data x.npy --labels y.npy");  // strict: its weights are finite
  }
}

TEST_F(Train, AnInterruptEndsTheEpochAndKeepsWhatThereIs) {
  write_npy();
  const Result result = classifier_test::run(
      {.folder = folder / ".", .signal = SIGINT},
      words("train --data x.npy --labels y.npy --epochs 100000000 --model m.safetensors --history h.csv"));
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("interrupted after epoch"), std::string::npos) << result.err;
  EXPECT_GT(lines(text("h.csv")).size(), 1u);
  output_of("evaluate --model m.safetensors --data x.npy --labels y.npy");
}

}  // namespace train_test
