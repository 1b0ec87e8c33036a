// What practitioners add to training: each option does something, and says so in the model or the log.

#include <cmath>
#include <string>
#include <vector>

#include "heed/io/safetensors_file.hpp"
#include "program.hpp"

namespace options_test {

using namespace classifier_test;

class Options : public Classifier {
 protected:
  /// Trains for 3 epochs on sequences of which most are of the first class; gives the model's bytes.
  std::string model_of(const std::string& options) const {
    output_of("train --data x.npy --labels y.txt --epochs 3 --quiet --model m.safetensors " + options);
    return text("m.safetensors");
  }
  void write_unbalanced() const {
    write_npy("x.npy", "y.npy", 0, 72);
    std::string labels;
    for (int i = 0; i < 72; ++i) labels += i % 6 == 0 ? "1\n" : "0\n";
    folder.file("y.txt", labels);
  }
  heed::SafetensorsFile model() const { return heed::SafetensorsFile(folder / "m.safetensors"); }
  /// A column of log.csv.
  std::vector<std::string> column(const std::string& name) const {
    std::vector<std::vector<std::string>> table;
    for (const std::string& line : lines(text("log.csv"))) {
      std::istringstream stream(line + ',');
      table.emplace_back();
      for (std::string cell; std::getline(stream, cell, ',');) table.back().push_back(cell);
    }
    std::vector<std::string> result;
    for (std::size_t c = 0; c < table.at(0).size(); ++c) {
      for (std::size_t r = 1; r < table.size() && table[0][c] == name; ++r) result.push_back(table[r].at(c));
    }
    return result;
  }
};

TEST_F(Options, EachChangesTheResult) {
  write_unbalanced();
  const std::string before = model_of("");
  EXPECT_TRUE(before == model_of("--flavor pytorch --schedule constant --weight-decay 0 --dropout 0 --layers 1"));
  for (const char* options :
       {"--cell gru", "--cell rnn", "--dense 0", "--layers 2", "--bidirectional", "--dropout 0.5", "--validation 0.25",
        "--schedule step --decay-every 1", "--schedule cosine", "--schedule cosine --warmup 2", "--schedule one-cycle",
        "--clip 0.01", "--weight-decay 0.1", "--label-smoothing 0.1", "--class-weights balanced", "--ema 0.9",
        "--flavor keras"}) {
    const std::string after = model_of(options);
    EXPECT_TRUE(before != after) << options;
    EXPECT_TRUE(after == model_of(std::string(options) + " --threads 3")) << options;
  }
}

TEST_F(Options, TheArchitectureStandsInTheModel) {
  write_unbalanced();
  model_of("--cell gru --layers 2 --bidirectional --dropout 0.25 --hidden 8 --attention multihead --heads 4");
  const heed::Metadata m = model().metadata();
  EXPECT_EQ(m.at("cell"), "gru");
  EXPECT_EQ(m.at("layers"), "2");
  EXPECT_EQ(m.at("dropout"), "0.25");
  const std::string out = output_of("inspect m.safetensors");
  for (const char* line : {"2 x bidirectional GRU(8) > multihead(4) > last", "cell gru", "layers 2",
                           "bidirectional yes", "dropout 0.25", "gru.weight_hh_l1_reverse F32 (24, 8) 192"}) {
    EXPECT_TRUE(has_line(out, line)) << line << "\n" << out;
  }
  for (const std::string& line : lines(out)) EXPECT_LE(line.size(), 80u) << line;
  output_of("evaluate --model m.safetensors --data x.npy --labels y.txt --cell gru --layers 2 --bidirectional");
  output_of("predict --model m.safetensors --data x.npy --dropout 0.25");
  output_of("explain --model m.safetensors --data x.npy --output a.npy");
  output_of("train --data x.npy --labels y.txt --epochs 1 --quiet --init m.safetensors");
  for (const char* wrong : {"--cell lstm", "--layers 1", "--dropout 0.5"}) {
    EXPECT_NE(run("inspect m.safetensors " + std::string(wrong)).err.find("contradicts m.safetensors"),
              std::string::npos);
  }
  model_of("");
  EXPECT_NE(run("inspect m.safetensors --bidirectional").err.find("--bidirectional contradicts"), std::string::npos);
}

TEST_F(Options, ASingleDenseLayerIsNamedFc) {
  write_unbalanced();
  model_of("--dense 0 --hidden 8 --attention none");
  EXPECT_EQ(model().metadata().at("dense"), "0");
  const std::string out = output_of("inspect m.safetensors");
  EXPECT_TRUE(has_line(out, "LSTM(8) > last > Dense(2)")) << out;
  EXPECT_TRUE(has_line(out, "fc.weight F32 (2, 8) 16")) << out;
  output_of("evaluate --model m.safetensors --data x.npy --labels y.txt --dense 0");
  EXPECT_NE(run("inspect m.safetensors --dense 16").err.find("contradicts m.safetensors"), std::string::npos);
}

TEST_F(Options, KerasTrainsOneBiasWhereItHasOne) {
  write_unbalanced();
  const auto trains_second = [&](const std::string& options, const std::string& name) {
    model_of(options + " --hidden 4");
    const auto bias = model().read<float>(name);
    return std::any_of(bias.begin(), bias.end(), [](float v) { return v != 0; });
  };
  EXPECT_FALSE(trains_second("--flavor keras", "lstm.bias_hh_l0"));
  EXPECT_TRUE(trains_second("--flavor keras", "lstm.bias_ih_l0"));
  EXPECT_FALSE(trains_second("--flavor keras --cell rnn", "rnn.bias_hh_l0"));
  EXPECT_TRUE(trains_second("--flavor keras --cell gru", "gru.bias_hh_l0"));
  EXPECT_TRUE(trains_second("", "lstm.bias_hh_l0"));
}

TEST_F(Options, SchedulesChangeTheRate) {
  write_unbalanced();
  const auto rates = [&](const std::string& options) {
    output_of("train --data x.npy --labels y.txt --epochs 4 --quiet --log log.csv " + options);
    std::vector<double> values;
    for (const std::string& cell : column("learning_rate")) values.push_back(std::stod(cell));
    EXPECT_EQ(values.size(), 4u);
    return values;
  };
  constexpr double rounding = 1e-12;
  const auto expect = [&](const std::string& options, const std::vector<double>& expected) {
    const auto got = rates(options);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(got[i], expected[i], rounding) << options << ' ' << i;
  };
  expect("", {0.01, 0.01, 0.01, 0.01});
  expect("--schedule step --decay-every 2", {0.01, 0.01, 0.001, 0.001});
  expect("--schedule step --decay-every 1 --decay 0.5", {0.01, 0.005, 0.0025, 0.00125});
  expect("--schedule cosine --learning-rate 1",
         {1, 0.5 + 0.5 * std::cos(M_PI / 4), 0.5, 0.5 + 0.5 * std::cos(3 * M_PI / 4)});
  expect("--schedule cosine --warmup 2 --learning-rate 0.3", {0.1, 0.2, 0.3, 0.15});
  const auto cycle = rates("--schedule one-cycle");
  EXPECT_LT(cycle.back(), cycle.front());
  // nothing is learnt at this rate, so the loss stays on its plateau
  expect("--schedule plateau --decay-every 1 --learning-rate 1e-20", {1e-20, 1e-20, 1e-20, 1e-20});
}

TEST_F(Options, LogsHaveALineAnEpoch) {
  write_unbalanced();
  output_of("train --data x.npy --labels y.txt --validation 0.25 --epochs 3 --quiet --log log.csv");
  EXPECT_EQ(column("epoch"), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(column("sequences"), (std::vector<std::string>{"54", "54", "54"}));
  EXPECT_FALSE(column("validation_loss").at(0).empty());
  output_of("train --data x.npy --labels y.txt --epochs 3 --quiet --log log.jsonl");
  const auto rows = lines(text("log.jsonl"));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_TRUE(rows[1].starts_with("{\"epoch\":2,")) << rows[1];
}

TEST_F(Options, EarlyStoppingEndsWithTheBestWeights) {
  write_unbalanced();
  const std::string stays = "train --data x.npy --labels y.txt --epochs 50 --learning-rate 1e-30 --early-stopping 2 ";
  for (const std::string on : {"--validation 0.25", "--test x.npy --test-labels y.txt"}) {
    const std::string out = output_of(stays + on + " --model m.safetensors");
    EXPECT_TRUE(has_line(out, "stopped early: epoch 1 of 3 was the best")) << out;
    EXPECT_TRUE(has_line(out, on.starts_with("--v") ? "validation accuracy" : "test accuracy")) << out;
    EXPECT_TRUE(has_line(out, "model written to m.safetensors")) << out;
  }
  output_of("train --epochs 1 --early-stopping 5 --hidden 2 --quiet");  // the built-in task has a test
}

TEST_F(Options, KerasHasItsOwnDefaults) {
  write_unbalanced();
  const std::string keras = "--flavor keras --learning-rate 1e-30 --hidden 4 --attention multihead ";
  model_of(keras);
  EXPECT_EQ(model().metadata().at("pooling"), "mean");
  const auto bias = model().read<float>("lstm.bias_ih_l0");
  for (std::size_t i = 0; i < 16; ++i)
    EXPECT_NEAR(bias[i], i / 4 == 1 ? 1 : 0, 1e-20) << "the forget gate alone starts at 1";
  model_of(keras + "--pooling last");
  EXPECT_EQ(model().metadata().at("pooling"), "last");
  const std::string batches = model_of("--flavor keras");
  EXPECT_TRUE(batches == model_of("--flavor keras --batch 32"));
  EXPECT_TRUE(batches != model_of("--flavor keras --batch full"));
}

TEST_F(Options, RaggedSequencesAreBatchedByLength) {
  std::string cases = "@equalLength false\n@classLabel true a b\n@data\n";
  for (int i = 0; i < 64; ++i) {
    for (int t = 0; t <= i * 7 % 10; ++t) cases += (t ? "," : "") + std::to_string(i % 2 ? t : -t);
    cases += i % 2 ? ":a\n" : ":b\n";
  }
  folder.file("r.ts", cases);
  const std::string train = "train --data r.ts --batch 8 --quiet --epochs 2 --model ";
  for (const char* threads : {"1", "3"}) output_of(train + threads + ".safetensors --threads " + threads);
  EXPECT_TRUE(text("1.safetensors") == text("3.safetensors"));
}

}  // namespace options_test
