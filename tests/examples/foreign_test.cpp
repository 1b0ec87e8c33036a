// Model files of other programs, whose tensors have other names, or are more or fewer than the trainer's.

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../io/safetensors_bytes.hpp"
#include "heed/io/safetensors_file.hpp"
#include "program.hpp"

namespace foreign_test {

using namespace classifier_test;

class Foreign : public Classifier {
 protected:
  // A PyTorch module of these members, with numbers of no meaning.
  void write_model(const std::string& name, const std::string& recurrent, const std::string& head, bool biases = true,
                   const std::string& extra = "") const {
    constexpr heed::Index hidden = 6, features = 2, classes = 3;
    std::string json;
    std::vector<float> values;
    const auto add = [&](const std::string& tensor, heed::Index rows, heed::Index columns) {
      const std::string begin = std::to_string(4 * values.size());
      for (heed::Index i = 0; i < rows * (columns ? columns : 1); ++i) {
        values.push_back(0.01F * static_cast<float>((i * 7) % 23 - 11));
      }
      json += (json.empty() ? "{\"" : ",\"") + tensor + R"(":{"dtype":"F32","shape":[)" + std::to_string(rows) +
              (columns ? "," + std::to_string(columns) : "") + R"(],"data_offsets":[)" + begin + "," +
              std::to_string(4 * values.size()) + "]}";
    };
    add(recurrent + ".weight_ih_l0", 4 * hidden, features);
    add(recurrent + ".weight_hh_l0", 4 * hidden, hidden);
    if (biases) add(recurrent + ".bias_ih_l0", 4 * hidden, 0);
    if (biases) add(recurrent + ".bias_hh_l0", 4 * hidden, 0);
    add(head + ".weight", classes, hidden);
    add(head + ".bias", classes, 0);
    if (!extra.empty()) add(extra, 5, 2);
    heed::write_file(folder / name, {heed_test::file_of(json + "}", heed_test::bytes_of(values))});
  }
  void SetUp() override {
    folder.file("d.csv", "0.1,0.2,0.3,0.4,0\n-0.1,0.2,0.5,0.4,1\n0.1,0.7,0.3,-0.4,2\n");
    write_model("own.safetensors", "lstm", "fc");
    expected = logits("own.safetensors");
  }
  std::string logits(const std::string& arguments) const {
    const Result result = run("predict --logits --steps 2 --data d.csv --model " + arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return result.out;
  }
  void expect_proposal(const std::string& file, const std::string& options) const {
    for (const std::string command : {"predict --steps 2 --data d.csv --model ", "evaluate --data d.csv --model ",
                                      "inspect ", "train --quiet --epochs 1 --data d.csv --init "}) {
      const Result result = run(command + file);
      EXPECT_EQ(result.code, 1) << command;
      EXPECT_NE(result.err.find("try " + options), std::string::npos) << command << result.err;
      EXPECT_EQ(run(command + file + " " + options).code, 0) << command << options;
    }
    EXPECT_EQ(logits(file + " " + options), expected);
  }
  std::string expected;
};

TEST_F(Foreign, RenamingIsProposedAndTaken) {
  write_model("rnn.safetensors", "rnn", "head");
  expect_proposal("rnn.safetensors", "--rename rnn=lstm --rename head=fc");
  write_model("compiled.safetensors", "_orig_mod.lstm", "_orig_mod.fc");
  expect_proposal("compiled.safetensors", "--rename _orig_mod.=");
  write_model("both.safetensors", "module.encoder", "module.fc");
  expect_proposal("both.safetensors", "--rename module.= --rename encoder=lstm");
}

TEST_F(Foreign, NamesThatAShellReadsOtherwiseAreQuoted) {
  write_model("spaces.safetensors", "my rnn", "it's $HOME");
  const Result result = run("inspect spaces.safetensors");
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find(R"(try --rename 'my rnn=lstm' --rename 'it'\''s $HOME=fc')"), std::string::npos)
      << result.err;
  const std::vector<std::string> said = {"inspect",     "spaces.safetensors", "--rename",
                                         "my rnn=lstm", "--rename",           "it's $HOME=fc"};
  EXPECT_EQ(run(said).code, 0);
  write_model("dashes.safetensors", "-r", "--x");
  expect_proposal("dashes.safetensors", "--rename=-r=lstm --rename=--x=fc");
}

TEST_F(Foreign, NamesThatCannotStandOnACommandLineAreNotProposed) {
  write_model("equal.safetensors", "a=b", "fc");
  const Result result = run("inspect equal.safetensors");
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.err.find("try"), std::string::npos) << result.err;
}

TEST_F(Foreign, TensorsThatAreNoParametersAreLeftOut) {
  write_model("more.safetensors", "lstm", "fc", true, "pos_encoder.pe");
  expect_proposal("more.safetensors", "--partial");
}

TEST_F(Foreign, LayersWithoutBiasesHaveZeros) {
  write_model("bare.safetensors", "lstm", "fc", false);
  const Result result = run("predict --logits --steps 2 --data d.csv --model bare.safetensors --partial");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_NE(result.err.find("0, as the file has none: lstm.bias_ih_l0, lstm.bias_hh_l0"), std::string::npos);
  EXPECT_NE(result.out, expected);
}

TEST_F(Foreign, PartialMakesUpNoWeights) {
  write_model("gru.safetensors", "lstm", "attention.attention");
  EXPECT_EQ(run("predict --steps 2 --data d.csv --partial --model gru.safetensors").code, 1);
}

TEST_F(Foreign, WrongRenamingsAreErrors) {
  const auto expect = [&](int code, const std::string& options, const std::string& text) {
    const Result result = run("predict --steps 2 --data d.csv --model own.safetensors " + options);
    EXPECT_EQ(result.code, code) << options;
    EXPECT_NE(result.err.find(text), std::string::npos) << options << result.err;
  };
  expect(2, "--rename lstm", "OLD=NEW");
  expect(1, "--rename rnn=lstm", "no tensor has a name that begins with \"rnn\" (got lstm.weight_ih_l0");
  expect(1, "--rename fc=lstm --rename lstm=lstm.weight_ih_l0", "\"lstm.weight_ih_l0.");
  expect(1, "--rename fc.weight=x --rename fc.bias=x", "two tensors get the name \"x\"");
}

}  // namespace foreign_test
