// evaluate, predict, explain and inspect.

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/data/npy.hpp"
#include "program.hpp"

namespace use_test {

using namespace classifier_test;

class Use : public Classifier {
 protected:
  void train(const std::string& rest) const { output_of("train --epochs 40 --quiet --model m.safetensors " + rest); }
  template <class S>
  heed::NpyArray<S> npy(const std::string& name) const {
    return heed::read_npy<S>(folder / name);
  }
};

using Evaluate = Use;
using Predict = Use;
using Explain = Use;
using Inspect = Use;

// what nine digits of a float read as
std::vector<float> numbers(const std::string& row) {
  std::vector<float> values;
  std::istringstream stream(row);
  for (std::string cell; std::getline(stream, cell, ',');) values.push_back(std::stof(cell));
  return values;
}

TEST_F(Evaluate, CountsEveryMistake) {
  write_npy();
  train("--data x.npy --labels y.npy");
  // all that are 2 are said to be 1: precision and recall follow
  std::string labels;
  for (int i = 0; i < 24; ++i) labels += i % 3 == 0 ? "0\n" : "1\n";
  folder.file("wrong.txt", labels);
  const std::string right = output_of("evaluate --model m.safetensors --data x.npy --labels y.npy");
  for (const char* line : {"24 sequences of 6 steps", "accuracy 1.000000", "0 8 1.0000 1.0000", "1 8 1.0000 1.0000",
                           "2 8 1.0000 1.0000", "0 8 0 0", "1 0 8 0", "2 0 0 8"}) {
    EXPECT_TRUE(has_line(right, line)) << line << "\n" << right;
  }
  const std::string wrong = output_of("evaluate --model m.safetensors --data x.npy --labels wrong.txt");
  for (const char* line : {"accuracy 0.666667", "0 8 1.0000 1.0000", "1 16 1.0000 0.5000", "2 0 0.0000 -", "1 0 8 8"}) {
    EXPECT_TRUE(has_line(wrong, line)) << line << "\n" << wrong;
  }
  for (const std::string& line : lines(wrong)) EXPECT_LE(line.size(), 80u);
}

TEST_F(Evaluate, UsesTheModelsLabelsInWhateverOrderTheDataHaveThem) {
  write_csv();
  train("--data d.csv");
  folder.file("one.csv", "1,2,3,9,rises\n");  // here `rises` is the first label, in the model the second
  const std::string out = output_of("evaluate --model m.safetensors --data one.csv");
  EXPECT_TRUE(has_line(out, "accuracy 1.0000")) << out;
}

TEST_F(Evaluate, ShowsTheMistakesWhereTheMatrixIsTooWide) {
  std::string rows;
  for (int i = 0; i < 40; ++i) rows += std::to_string(i) + ",0,label-" + std::to_string(i) + "\n";
  folder.file("d.csv", rows);
  output_of("train --data d.csv --epochs 1 --quiet --model m.safetensors");
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors --data d.csv"), "confusion"));
  if (const auto why = no_terminal()) GTEST_SKIP() << *why;
  const Result narrow = on_terminal("evaluate --model m.safetensors --data d.csv");
  EXPECT_TRUE(has_line(narrow.out, "most frequent mistakes")) << narrow.out;
  for (const std::string& line : lines(narrow.out)) EXPECT_LE(line.size(), 81u) << "with its carriage return";
}

TEST_F(Predict, AnswersInTheUsersWords) {
  write_csv();
  train("--data d.csv");
  std::string expected;
  for (int i = 0; i < 12; ++i) expected += i % 2 ? "falls\n" : "rises\n";
  EXPECT_EQ(output_of("predict --model m.safetensors --data d.csv"), expected);
  output_of("predict --model m.safetensors --data d.csv --output p.csv");
  EXPECT_EQ(text("p.csv"), "label\n" + expected);
  output_of("predict --model m.safetensors --data d.csv --output p.npy");
  const auto classes = npy<std::int64_t>("p.npy");
  ASSERT_EQ(classes.extents, std::vector<heed::Index>{12});
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(classes.values[i], i % 2 ? 0 : 1) << "falls is the first of the two";
}

TEST_F(Predict, AnswersByTheUsersIntegers) {
  folder.file("d.csv", "-1,-2,-7\n1,2,40\n-1.5,-2,-7\n1,2.5,40\n");
  train("--data d.csv --learning-rate 0.05");
  EXPECT_EQ(output_of("predict --model m.safetensors --data d.csv"), "-7\n40\n-7\n40\n");
  output_of("predict --model m.safetensors --data d.csv --output p.npy");
  EXPECT_EQ(npy<std::int64_t>("p.npy").values, (std::vector<std::int64_t>{-7, 40, -7, 40}));
}

TEST_F(Predict, GivesLogitsAndProbabilities) {
  write_csv();
  train("--data d.csv");
  output_of("predict --model m.safetensors --data d.csv --logits --output z.npy");
  output_of("predict --model m.safetensors --data d.csv --probabilities --output p.npy");
  const auto z = npy<float>("z.npy"), p = npy<float>("p.npy");
  ASSERT_EQ(z.extents, (std::vector<heed::Index>{12, 2}));
  ASSERT_EQ(p.extents, z.extents);
  constexpr float rounding = 1e-6F;
  for (std::size_t i = 0; i < 24; i += 2) {
    EXPECT_NEAR(p.values[i] + p.values[i + 1], 1, rounding);
    EXPECT_NEAR(p.values[i], 1 / (1 + std::exp(z.values[i + 1] - z.values[i])), rounding);
  }
  const std::string table = output_of("predict --model m.safetensors --data d.csv --probabilities");
  output_of("predict --model m.safetensors --data d.csv --probabilities --output p.csv");
  EXPECT_EQ(text("p.csv"), table);
  const auto rows = lines(table);
  ASSERT_EQ(rows.size(), 13u);
  EXPECT_EQ(rows[0], "label,falls,rises");
  EXPECT_EQ(numbers(rows[1].substr(rows[1].find(',') + 1)), (std::vector<float>{p.values[0], p.values[1]}));
}

TEST_F(Predict, TakesTablesWithAndWithoutLabels) {
  write_csv();
  train("--data d.csv");
  folder.file("bare.csv", "1,2,3,9\n9,3,2,1\n");
  EXPECT_EQ(output_of("predict --model m.safetensors --data bare.csv"), "rises\nfalls\n");
  folder.file("longer.csv", "1,2,3,4,9\n9,3,2,1,0\n");
  EXPECT_EQ(output_of("predict --model m.safetensors --data longer.csv --steps 5"), "rises\nfalls\n");
}

TEST_F(Predict, RunsRaggedSeries) {
  write_ts();
  train("--data d.ts");
  EXPECT_EQ(output_of("predict --model m.safetensors --data d.ts"), "a\nb\na\n");
}

TEST_F(Explain, WeightsOfEachSequenceSumToOne) {
  write_ts();  // lengths 3, 2, 4
  for (const std::string attention : {"pool", "additive"}) {
    train("--data d.ts --attention " + attention);
    output_of("explain --model m.safetensors --data d.ts --output a.npy");
    const auto a = npy<float>("a.npy");
    ASSERT_EQ(a.extents, (std::vector<heed::Index>{3, 4}));
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(a.values[4 * i] + a.values[4 * i + 1] + a.values[4 * i + 2] + a.values[4 * i + 3], 1, 1e-6);
    }
    EXPECT_EQ(a.values[3], 0) << "past the end";
    EXPECT_EQ(a.values[6], 0) << "past the end";
  }
}

TEST_F(Explain, MultiheadHasAMatrixForEachHead) {
  write_npy();
  train("--data x.npy --labels y.npy --attention multihead --hidden 8 --heads 4");
  output_of("explain --model m.safetensors --data x.npy --output a.npy");
  output_of("explain --model m.safetensors --data x.npy --output a.csv");
  const auto a = npy<float>("a.npy");
  ASSERT_EQ(a.extents, (std::vector<heed::Index>{24, 4, 6, 6}));
  const auto rows = lines(text("a.csv"));
  ASSERT_EQ(rows.size(), 1 + 24 * 4 * 6u);
  EXPECT_EQ(rows[0], "sequence,head,query,step 0,step 1,step 2,step 3,step 4,step 5");
  for (std::size_t r = 0; r + 1 < rows.size(); ++r) {
    const auto cells = numbers(rows[r + 1]);
    ASSERT_EQ(cells.size(), 9u);
    EXPECT_EQ(cells[0], static_cast<float>(r / 24));
    EXPECT_EQ(cells[1], static_cast<float>(r / 6 % 4));
    EXPECT_EQ(cells[2], static_cast<float>(r % 6));
    float sum = 0;
    for (std::size_t t = 0; t < 6; ++t) {
      EXPECT_EQ(cells[3 + t], a.values[6 * r + t]);
      sum += cells[3 + t];
    }
    EXPECT_NEAR(sum, 1, 1e-6);
  }
}

TEST_F(Explain, IntoAPipePrintsTheTable) {
  write_npy();
  train("--data x.npy --labels y.npy");
  const std::string out = output_of("explain --model m.safetensors --data x.npy");
  output_of("explain --model m.safetensors --data x.npy --output a.csv");
  EXPECT_EQ(out, text("a.csv"));
  EXPECT_EQ(lines(out).at(0), "sequence,step 0,step 1,step 2,step 3,step 4,step 5");
}

TEST_F(Explain, OnATerminalShowsAHeatMap) {
  if (const auto why = no_terminal()) GTEST_SKIP() << *why;
  write_npy();
  for (const std::string attention : {"pool", "multihead"}) {
    train("--data x.npy --labels y.npy --attention " + attention);
    const std::string command = "explain --model m.safetensors --data x.npy";
    const std::string full = on_terminal(command, {"TERM=xterm", "COLORTERM=truecolor"}).out;
    const std::string indexed = on_terminal(command, {"TERM=xterm-256color"}).out;
    const std::string plain = on_terminal(command, {"TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=1"}).out;
    EXPECT_NE(full.find("\x1b[48;2;"), std::string::npos) << full;
    EXPECT_NE(indexed.find("\x1b[48;5;"), std::string::npos) << indexed;
    EXPECT_EQ(plain.find('\x1b'), std::string::npos) << plain;
    EXPECT_NE(plain.find("@@"), std::string::npos) << plain;
    for (const std::string& out : {full, indexed, plain}) {
      for (const std::string& line : lines(out)) EXPECT_LE(columns(line), 80u) << line;
    }
  }
}

TEST_F(Explain, LongSequencesFitTheTerminal) {
  if (const auto why = no_terminal()) GTEST_SKIP() << *why;
  heed::Tensor<float, 3> x({4, 300, 1});
  for (heed::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 17);
  heed::write_npy(folder / "x.npy", x);
  folder.file("y.txt", "0\n1\n0\n1\n");
  for (const std::string attention : {"pool", "multihead --heads 8"}) {
    output_of("train --data x.npy --labels y.txt --epochs 1 --quiet --model m.safetensors --attention " + attention);
    const std::string out = on_terminal("explain --model m.safetensors --data x.npy", {"TERM=dumb"}).out;
    for (const std::string& line : lines(out)) EXPECT_LE(columns(line), 80u) << line;
  }
}

TEST_F(Inspect, ShowsArchitectureTensorsAndParameterCount) {
  write_csv();
  train("--data d.csv --attention multihead --hidden 8 --dense 4 --standardize");
  const std::string out = output_of("inspect m.safetensors");
  for (const char* line : {"SequenceClassifier", "LSTM(8) > multihead(2) > last > Dense(4) > ReLU > Dense(2)",
                           "features 1", "classes 2", "hidden 8", "dense 4", "attention multihead", "heads 2",
                           "pooling last", "steps 4", "falls rises", "feature 0", "lstm.weight_hh_l0 F32 (32, 8) 256",
                           "attention.in_proj_weight F32 (24, 8) 192", "fc2.bias F32 (2) 2", "parameters 686"}) {
    EXPECT_TRUE(has_line(out, line)) << line << "\n" << out;
  }
  for (const std::string& line : lines(out)) EXPECT_LE(line.size(), 80u) << line;
}

TEST_F(Use, HelpFitsEightyColumnsAndNamesEveryOption) {
  const std::string data = " --model --data",
                    architecture =
                        " --features --classes --attention --heads --pooling --hidden --dense --cell --layers "
                        "--bidirectional --dropout --embedding";
  const std::vector<std::pair<std::string, std::string>> options = {
      {"", "train evaluate predict explain report inspect"},
      {"train",
       "--labels --text --test --test-labels --epochs --learning-rate --batch --standardize --seed --threads --init "
       "--history --log --curve --checkpoint --checkpoint-every --resume --quiet --flavor --validation "
       "--early-stopping "
       "--schedule --warmup --decay --decay-every --clip --weight-decay --label-smoothing --class-weights --ema "
       "--min-count --lower" +
           data + architecture},
      {"evaluate", "--labels" + data + architecture},
      {"predict", "--output --steps --labelled --logits --probabilities" + data + architecture},
      {"explain", "--output --steps --labelled --picture" + data + architecture},
      {"report", "--labels --output --log --steps" + data + architecture},
      {"inspect", "FILE" + architecture}};
  for (const auto& [command, names] : options) {
    const std::string out = output_of(command + " --help");
    for (const std::string& line : lines(out)) EXPECT_LE(line.size(), 80u) << line;
    for (const std::string& name : words(names)) EXPECT_TRUE(has_line(out, name)) << command << ' ' << name;
  }
}

// The pairs of many classes would take more memory than the data.
TEST_F(Evaluate, ComparesNoMoreThanSomeThousandClasses) {
  std::string rows;
  for (int i = 0; i < 4001; ++i)
    rows += std::to_string(i % 7) + "," + std::to_string(i % 5) + ",c" + std::to_string(i) + "\n";
  folder.file("many.csv", rows);
  output_of("train --data many.csv --epochs 1 --hidden 2 --quiet --model many.safetensors");
  const std::string out = output_of("evaluate --data many.csv --model many.safetensors");
  EXPECT_TRUE(has_line(out, "more than 4000 classes: no tables")) << out;
  EXPECT_EQ(out.find("precision"), std::string::npos);
}

TEST_F(Predict, RowsMayLackTheirLabel) {
  write_csv();
  train("--data d.csv");
  for (const std::string label : {"", "?", "someone"}) {
    folder.file("new.csv", "1,2,3,9,rises\n9,3,2,1," + label + '\n');
    EXPECT_EQ(output_of("predict --model m.safetensors --data new.csv"), "rises\nfalls\n") << label;
  }
  folder.file("new.csv", "1,2,3,9,rises\n9,3,2,1,\n");
  EXPECT_EQ(run("evaluate --model m.safetensors --data new.csv").code, 1);
}

TEST_F(Evaluate, ColumnsStandWhereTheyStoodInTraining) {
  std::string rows = "a,b,c,d,kind\n", turned = "d,c,b,a,kind\n", first = "kind,a,b,c,d\n", others = "p,q,r,s,kind\n";
  for (int i = 0; i < 12; ++i) {
    const std::string n = std::to_string(i), kind = i % 2 ? "falls" : "rises";
    rows += (i % 2 ? n + ",3,2,1," : "1,2,3," + n + ",") + kind + '\n';
    turned += (i % 2 ? "1,2,3," + n + "," : n + ",3,2,1,") + kind + '\n';
    first += kind + (i % 2 ? "," + n + ",3,2,1" : ",1,2,3," + n) + '\n';
    others += (i % 2 ? n + ",3,2,1," : "1,2,3," + n + ",") + kind + '\n';
  }
  folder.file("d.csv", rows);
  folder.file("turned.csv", turned);
  folder.file("first.csv", first);
  folder.file("others.csv", others);
  train("--data d.csv");
  const std::string elsewhere = "turned.csv: the columns of values stand elsewhere than in training";
  EXPECT_NE(run("evaluate --model m.safetensors --data turned.csv").err.find(elsewhere), std::string::npos);
  EXPECT_NE(run("predict --model m.safetensors --data turned.csv").err.find("(expected 'd' as value 4, got value 1)"),
            std::string::npos);
  EXPECT_NE(run("train --epochs 1 --data d.csv --test turned.csv").err.find(elsewhere), std::string::npos);
  EXPECT_NE(run("evaluate --model m.safetensors --data first.csv").code, 0);
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors --data first.csv --label-column first"),
                       "12 sequences of 4 steps"));
  EXPECT_TRUE(has_line(output_of("evaluate --model m.safetensors --data others.csv"), "12 sequences of 4 steps"))
      << "other names";
}

}  // namespace use_test
