// Bad input: an exit code, one clear message, and nothing written.

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/data/npy.hpp"
#include "program.hpp"

namespace errors_test {

using namespace classifier_test;

constexpr const char* train = "train --data x.npy --labels y.npy --epochs 1 --model new.safetensors --history new.csv ";
constexpr const char* train_csv = "train --data bad.csv --epochs 1 --model new.safetensors --history new.csv ";

class Errors : public Classifier {
 protected:
  void SetUp() override {
    write_npy();
    output_of("train --data x.npy --labels y.npy --epochs 1 --quiet --model m.safetensors");
  }

  /// `arguments` end with `code` and a message that holds all of `parts`; `out` is printed, and nothing is written.
  void expect_error(int code, const std::string& arguments, const std::vector<std::string>& parts,
                    const std::string& out = "") const {
    const auto before = files();
    const Result result = run(arguments);
    EXPECT_EQ(result.code, code) << arguments << "\n" << result.err;
    EXPECT_TRUE(result.err.starts_with("classifier: ")) << arguments << "\n" << result.err;
    EXPECT_EQ(result.err.find("classifier: ", 1), std::string::npos) << "one message: " << result.err;
    for (const std::string& part : parts) {
      EXPECT_NE(result.err.find(part), std::string::npos) << arguments << "\n" << part << " is not in\n" << result.err;
    }
    EXPECT_EQ(result.out, out) << arguments;
    EXPECT_TRUE(files() == before) << arguments << "\nleft other files than there were";
  }

  /// An .npy file of that shape, as text, with these bytes of data.
  void write_raw_npy(const std::string& name, const std::string& shape, std::size_t bytes) const {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
    header.resize(117, ' ');
    folder.file(name, std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + std::string(bytes, '\0'));
  }

  /// A safetensors file of that header and these bytes of data.
  void write_raw_model(const std::string& name, const std::string& header, std::size_t bytes = 0) const {
    std::string length(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
    folder.file(name, length + header + std::string(bytes, '\0'));
  }
};

TEST_F(Errors, AxesThatAreSwappedAreTold) {
  heed::write_npy(folder / "swapped.npy", heed::Tensor<float, 3>({24, 2, 6}));
  heed::write_npy(folder / "other.npy", heed::Tensor<float, 3>({24, 6, 4}));
  folder.file("swapped.ts", "@dimensions 6\n@data\n1,2:1,2:1,2:1,2:1,2:1,2\n");
  const std::string hint = "a.transpose(0, 2, 1) makes (n, steps, features) of (n, features, steps)",
                    got = "(expected 2, as in training, got 6)", predict = "predict --model m.safetensors --data ";
  expect_error(1, predict + "swapped.npy", {"swapped.npy: wrong number of features; " + hint, got});
  expect_error(1, "evaluate --model m.safetensors --labels y.npy --data swapped.npy", {hint, got});
  expect_error(1, std::string(train) + "--test swapped.npy --test-labels y.npy", {hint, got});
  EXPECT_EQ(run(predict + "other.npy").err.find("transpose"), std::string::npos);
  EXPECT_EQ(run(predict + "swapped.ts").err.find("transpose"), std::string::npos);
}

TEST_F(Errors, WhatCannotBeWrittenIsFoundBeforeTraining) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full here";
  const std::string data = "train --data x.npy --labels y.npy --epochs 2 ";
  expect_error(1, data + "--model /dev/full", {"/dev/full", "cannot write", "No space left"});
  expect_error(1, data + "--checkpoint /dev/full --resume", {"/dev/full", "cannot write", "No space left"});
  expect_error(1, data + "--history /dev/full", {"/dev/full", "cannot write", "No space left"});
}

// Every option by one mechanism: its name, what it may be, what it got.
TEST_F(Errors, WrongValuesAreNamedWithWhatIsExpected) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"cross-validate --data x.npy --labels y.npy --folds 1", "--folds: out of range (expected 2 to 1000000, got 1)"},
      {std::string(train) + "--epochs many", "--epochs: wrong value (expected a whole number, got \"many\")"},
      {std::string(train) + "--epochs 1.5", "--epochs: wrong value (expected a whole number, got \"1.5\")"},
      {std::string(train) + "--classes 0", "--classes: out of range (expected 1 to 1000000, got 0)"},
      {std::string(train) + "--learning-rate 0",
       "--learning-rate: out of range (expected a finite number above 0, got 0)"},
      {std::string(train) + "--validation 1", "--validation: out of range (expected 0 to below 1, got 1)"},
      {std::string(train) + "--mixup 2", "--mixup: out of range (expected 0 to 1, got 2)"},
      {std::string(train) + "--seed -1", "--seed: wrong value (expected a whole number, got \"-1\")"},
      {std::string(train) + "--batch half", "--batch: wrong value (expected full, or a whole number of at least 1"},
      {std::string(train) + "--flavor tea", "--flavor: wrong value (expected one of pytorch, keras, got \"tea\")"},
      {std::string(train) + "--hidden", "--hidden: no value (expected a value, got nothing)"},
      {std::string(train) + "--epochs", "--epochs: no value (expected a whole number, got nothing)"},
      {std::string(train) + "--epochs 5 --epochs 6", "--epochs: given more than once (expected once)"}};
  for (const auto& [arguments, part] : cases) expect_error(2, arguments, {part});
}

TEST_F(Errors, WrongUsage) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "subcommand"},
      {"fly", "fly"},
      {std::string(train) + "--speed 3", "--speed"},
      {std::string(train) + "stray", "stray"},
      {std::string(train) + "--hidden", "--hidden"},
      {"train --labels y.npy", "--data"},
      {"train --test x.npy", "--data"},
      {std::string(train) + "--test-labels y.npy", "--test"},
      {"train --data x.npy --labels y.npy --epochs 0", "--epochs"},
      {"train --data x.npy --labels y.npy --epochs many", "--epochs"},
      {std::string(train) + "--hidden 0", "--hidden"},
      {std::string(train) + "--hidden 1.5", "--hidden"},
      {std::string(train) + "--classes 0", "--classes"},
      {std::string(train) + "--heads 0", "--heads"},
      {std::string(train) + "--batch 0", "--batch"},
      {std::string(train) + "--batch -3", "--batch"},
      {std::string(train) + "--batch half", "--batch"},
      {std::string(train) + "--learning-rate 0", "--learning-rate"},
      {std::string(train) + "--learning-rate -1", "--learning-rate"},
      {std::string(train) + "--learning-rate nan", "--learning-rate"},
      {std::string(train) + "--learning-rate inf", "--learning-rate"},
      {std::string(train) + "--threads 0", "--threads"},
      {std::string(train) + "--seed -1", "--seed"},
      {std::string(train) + "--attention much", "--attention"},
      {std::string(train) + "--pooling max", "--pooling"},
      {std::string(train) + "--heads 4", "--heads: needs --attention multihead"},
      {std::string(train) + "--recipe recurrent --pooling mean", "--pooling: needs --attention multihead"},
      {std::string(train) + "--recipe strong --hidden 64", "--hidden: needs --cell lstm, gru or rnn"},
      {std::string(train) + "--recipe wide --layers 2", "--layers: needs --cell lstm, gru or rnn"},
      {std::string(train) + "--recipe fcn --heads 2", "--heads: needs --attention multihead"},
      {std::string(train) + "--causal", "--causal: needs --kernels"},
      {std::string(train) + "--channels 32", "--channels: needs --kernels"},
      {std::string(train) + "--kernels none --norm step", "--norm: needs --kernels"},
      {std::string(train) + "--last-state step", "--last-state: needs --bidirectional"},
      {std::string(train) + "--layers 0", "--layers"},
      {std::string(train) + "--layers two", "--layers"},
      {std::string(train) + "--dropout 1", "--dropout"},
      {std::string(train) + "--dropout -0.1", "--dropout"},
      {std::string(train) + "--cell elman", "--cell"},
      {std::string(train) + "--bidirectional=maybe", "--bidirectional"},
      {std::string(train) + "--validation 1", "--validation"},
      {std::string(train) + "--validation -0.5", "--validation"},
      {std::string(train) + "--validation nan", "--validation"},
      {std::string(train) + "--early-stopping 0 --validation 0.2", "--early-stopping"},
      {std::string(train) + "--early-stopping 3", "--early-stopping: needs --validation or --test"},
      {std::string(train) + "--schedule sawtooth", "--schedule"},
      {std::string(train) + "--warmup 5", "--warmup: needs --schedule cosine"},
      {std::string(train) + "--schedule cosine --warmup 0", "--warmup"},
      {std::string(train) + "--schedule cosine --decay 0.5", "--decay: needs --schedule step or plateau"},
      {std::string(train) + "--schedule step --decay 1", "--decay"},
      {std::string(train) + "--schedule step --decay-every 0", "--decay-every"},
      {std::string(train) + "--decay-every 3", "--decay-every: needs --schedule step or plateau"},
      {std::string(train) + "--clip 0", "--clip"},
      {std::string(train) + "--clip inf", "--clip"},
      {std::string(train) + "--weight-decay -1", "--weight-decay"},
      {std::string(train) + "--label-smoothing 1.5", "--label-smoothing"},
      {std::string(train) + "--class-weights heavy", "--class-weights"},
      {std::string(train) + "--ema 1", "--ema"},
      {std::string(train) + "--flavor tea", "--flavor"},
      {std::string(train) + "--log new.txt", "--log"},
      {std::string(train) + "--resume", "--resume: needs --checkpoint"},
      {std::string(train) + "--checkpoint-every 3", "--checkpoint-every: needs --checkpoint"},
      {std::string(train) + "--checkpoint new --checkpoint-every 0", "--checkpoint-every"},
      {std::string(train) + "--text t.txt", "--text: excludes --data"},
      {std::string(train) + "--min-count 2", "--min-count: needs --text"},
      {std::string(train) + "--lower", "--lower: needs --text"},
      {std::string(train) + "--embedding 8", "--embedding: needs --text"},
      {"train --text t.txt --features 2", "--features: excludes --text"},
      {"train --text t.txt --standardize", "--standardize: excludes --text"},
      {"train --text t.txt --min-count 0", "--min-count"},
      {"train --text t.txt --embedding 0", "--embedding"},
      {"train --text t.txt --labels y.npy", "--data"},
      {"train --text t.txt --test t.txt --test-labels y.npy", "--test-labels"},
      {"train --text t.txt --init m.safetensors --min-count 2", "--min-count: excludes --init"},
      {"evaluate --data x.npy", "--model"},
      {"predict --model m.safetensors", "--data"},
      {"predict --model m.safetensors --data x.npy --logits --probabilities", "--logits"},
      {"predict --model m.safetensors --data x.npy --output new.txt", "new.txt"},
      {"explain --model m.safetensors --data x.npy --output new", "new"},
      {"inspect", "FILE"},
      {"inspect m.safetensors m.safetensors", "m.safetensors"}};
  for (const auto& [arguments, part] : cases) expect_error(2, arguments, {part});
}

TEST_F(Errors, FilesThatAreNotThere) {
  expect_error(1, "train --data absent.npy --labels y.npy", {"absent.npy", "No such file"});
  expect_error(1, "train --data x.npy --labels absent.npy", {"absent.npy", "No such file"});
  expect_error(1, std::string(train) + "--test absent.csv", {"absent.csv", "No such file"});
  expect_error(1, std::string(train) + "--init absent.safetensors", {"absent.safetensors", "No such file"});
  for (const char* command : {"evaluate --labels y.npy", "predict", "explain"}) {
    expect_error(1, std::string(command) + " --data x.npy --model absent", {"absent", "No such file"});
  }
  expect_error(1, "inspect absent", {"absent", "No such file"});
}

TEST_F(Errors, ShapesThatDisagree) {
  heed::write_npy(folder / "y5.npy", heed::Tensor<std::int64_t, 1>({5}));
  heed::write_npy(folder / "flat.npy", heed::Tensor<float, 1>({5}));
  heed::write_npy(folder / "x3.npy", heed::Tensor<float, 3>({24, 6, 3}));
  expect_error(1, "train --data x.npy --labels y5.npy --model new.safetensors", {"y5.npy", "24", "5"});
  expect_error(1, "train --data flat.npy --labels y5.npy --model new.safetensors", {"flat.npy", "(5)"});
  expect_error(1, "train --data x.npy --labels x.npy --model new.safetensors", {"x.npy"});
  expect_error(1, "train --data x.npy --model new.safetensors", {"x.npy", "no labels"});
  expect_error(1, std::string(train) + "--test x3.npy --test-labels y.npy", {"x3.npy", "features", "2", "3"});
  expect_error(1, std::string(train) + "--features 3", {"x.npy", "features", "2", "3"});
  for (const char* command : {"evaluate --labels y.npy", "predict", "explain"}) {
    expect_error(1, std::string(command) + " --data x3.npy --model m.safetensors", {"x3.npy", "features", "2", "3"});
  }
  folder.file("bad.csv", "1,2,3,a\n1,2,b\n");
  expect_error(1, train_csv, {"bad.csv, line 2", "4", "3"});
  folder.file("bad.csv", "1,2,3,a\n3,2,1,b\n");
  expect_error(1, std::string(train_csv) + "--features 2", {"bad.csv", "2 features", "4 fields"});
}

TEST_F(Errors, LabelsOutOfRange) {
  expect_error(1, std::string(train) + "--classes 2", {"y.npy", "sequence 2", "one of 0, 1", "'2'"});
  folder.file("y.txt", "-1\n0\n1\n");
  heed::write_npy(folder / "x3.npy", heed::Tensor<float, 3>({3, 2, 2}));
  expect_error(1, "train --data x3.npy --labels y.txt --classes 3 --model new.safetensors",
               {"y.txt", "sequence 0", "'-1'"});
  expect_error(1, std::string(train) + "--test x3.npy --test-labels y.txt", {"y.txt", "sequence 0", "'-1'"});
  expect_error(1, "evaluate --model m.safetensors --data x3.npy --labels y.txt", {"y.txt", "sequence 0", "'-1'"});
  expect_error(1, "train --init m.safetensors --data x3.npy --labels y.txt --model new.safetensors", {"y.txt", "'-1'"});
  folder.file("y.txt", "0\n0.5\n1\n");
  expect_error(1, "train --data x3.npy --labels y.txt --model new.safetensors", {"y.txt, line 2", "0.5"});
}

TEST_F(Errors, NumbersThatAreNotFinite) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    write_npy("bad.npy", "y.npy", value);
    const std::vector<std::string> place = {"bad.npy", "sequence 23", "step 5", "feature 1", "not finite"};
    expect_error(1, "train --data bad.npy --labels y.npy --model new.safetensors", place);
    expect_error(1, std::string(train) + "--test bad.npy --test-labels y.npy", place);
    expect_error(1, "evaluate --model m.safetensors --data bad.npy --labels y.npy", place);
    expect_error(1, "predict --model m.safetensors --data bad.npy --output new.npy", place);
    expect_error(1, "explain --model m.safetensors --data bad.npy --output new.npy", place);
  }
  folder.file("bad.csv", "1,2,a\n1,nan,b\n");
  expect_error(1, train_csv, {"bad.csv, line 2, column 3", "not finite"});
  folder.file("bad.csv", "1,2,a\n1,?,b\n");
  expect_error(1, train_csv, {"bad.csv, line 2, column 3", "not a number"});
  folder.file("bad.ts", "@univariate true\n@classLabel true a b\n@data\n1,2:a\n1,?:b\n");
  expect_error(1, "train --data bad.ts --model new.safetensors", {"bad.ts, line 5, column 3", "missing value"});
}

TEST_F(Errors, EmptyData) {
  heed::write_npy(folder / "none.npy", heed::Tensor<float, 3>({0, 6, 2}));
  heed::write_npy(folder / "short.npy", heed::Tensor<float, 3>({24, 0, 2}));
  heed::write_npy(folder / "thin.npy", heed::Tensor<float, 3>({24, 6, 0}));
  for (const std::string name : {"none.npy", "short.npy", "thin.npy"}) {
    expect_error(1, "train --data " + name + " --labels y.npy --model new.safetensors", {name, "no data"});
    expect_error(1, "predict --model m.safetensors --output new.npy --data " + name, {name, "no data"});
  }
  folder.file("bad.csv", "");
  expect_error(1, train_csv, {"bad.csv", "no data"});
  folder.file("bad.ts", "@univariate true\n@classLabel true a b\n@data\n");
  expect_error(1, "train --data bad.ts --model new.safetensors", {"bad.ts", "no data"});
}

TEST_F(Errors, OptionsOfTheOtherKindOfModel) {
  write_text();
  output_of("train --text t.txt --epochs 1 --quiet --model words.safetensors");
  for (const std::string command : {"predict", "explain"}) {
    expect_error(1, command + " --data x.npy --model m.safetensors --labelled",
                 {"--labelled", "text", "m.safetensors"});
    expect_error(1, command + " --data t.txt --model words.safetensors --steps 3", {"--steps", "numbers", "words"});
    expect_error(1, command + " --data t.txt --model words.safetensors --features 3", {"--features", "numbers"});
    expect_error(1, command + " --data x.npy --model m.safetensors --embedding 3", {"--embedding", "text"});
  }
  expect_error(1, "evaluate --data t.txt --labels y.npy --model words.safetensors", {"--labels", "numbers"});
  expect_error(1, "inspect --embedding 3 words.safetensors", {"--embedding 3 contradicts words.safetensors", "32"});
  expect_error(1, std::string(train) + "--init words.safetensors", {"words.safetensors", "TextClassifier"});
  expect_error(1, "train --text t.txt --init m.safetensors", {"m.safetensors", "SequenceClassifier"});
  expect_error(1, "train --text t.txt --init words.safetensors --lower", {"--lower contradicts words.safetensors"});
}

TEST_F(Errors, FaultyText) {
  const std::string text = "train --text bad.txt --epochs 1 --model new.safetensors ";
  folder.file("bad.txt", "a one two\nb\n");
  expect_error(1, text, {"bad.txt, line 2", "a sentence without words"});
  folder.file("bad.txt", "\n \n");
  expect_error(1, text, {"bad.txt", "no sentences"});
  folder.file("bad.txt", "a one two\na three\n");
  expect_error(1, text, {"bad.txt", "'a'", "--classes"});
  folder.file("bad.txt", "a one two\nb three\n");
  expect_error(1, text + "--min-count 2", {"bad.txt", "--min-count 2"});
  expect_error(1, text + "--test absent.txt", {"absent.txt", "No such file"});
  folder.file("other.txt", "c one\n");
  expect_error(1, text + "--test other.txt", {"other.txt", "sequence 0", "'c'"});
  expect_error(1, "train --text absent.txt --model new.safetensors", {"absent.txt", "No such file"});
}

TEST_F(Errors, TextModelsWithoutTheirWords) {
  write_raw_model("bare.safetensors", R"({"embedding.weight":{"dtype":"F32","shape":[4,2],"data_offsets":[0,32]}})",
                  32);
  expect_error(1, "inspect bare.safetensors", {"bare.safetensors", "do not determine"},
               "tensors\n  embedding.weight                   F32             (4, 2)          8\n");
}

TEST_F(Errors, ValidationThatLeavesNothing) {
  folder.file("two.csv", "1,2,a\n3,4,b\n");
  expect_error(1, "train --quiet --data two.csv --validation 0.1 --model new.safetensors",
               {"validation leaves nothing"});
}

TEST_F(Errors, OneClassAlone) {
  folder.file("bad.csv", "1,2,a\n3,4,a\n");
  expect_error(1, train_csv, {"bad.csv", "'a'", "--classes"});
}

TEST_F(Errors, TruncatedAndPaddedFiles) {
  const std::string x = text("x.npy"), m = text("m.safetensors");
  for (const std::string& content : {x.substr(0, x.size() - 1), x + '\0', x.substr(0, 40), std::string()}) {
    folder.file("bad.npy", content);
    expect_error(1, "train --data bad.npy --labels y.npy --model new.safetensors", {"bad.npy"});
  }
  for (const std::string& content : {m.substr(0, m.size() - 1), m + '\0', m.substr(0, 40), std::string()}) {
    folder.file("bad.safetensors", content);
    expect_error(1, "inspect bad.safetensors", {"bad.safetensors"});
    expect_error(1, std::string(train) + "--init bad.safetensors", {"bad.safetensors"});
    expect_error(1, "predict --data x.npy --output new.npy --model bad.safetensors", {"bad.safetensors"});
  }
}

TEST_F(Errors, HeadersThatPromiseMoreThanTheFileHolds) {
  write_raw_npy("bad.npy", "(1000000000, 6, 2)", 48);
  expect_error(1, "train --data bad.npy --labels y.npy --model new.safetensors", {"bad.npy"});
  write_raw_model("bad.safetensors",
                  R"({"fc1.bias":{"dtype":"F32","shape":[16000000000],"data_offsets":[0,64000000000]}})", 8);
  expect_error(1, "inspect bad.safetensors", {"bad.safetensors", "fc1.bias"});
}

TEST_F(Errors, SizesThatOverflow) {
  write_raw_npy("bad.npy", "(4611686018427387904, 4, 2)", 48);
  expect_error(1, "train --data bad.npy --labels y.npy --model new.safetensors", {"bad.npy"});
  write_raw_model("bad.safetensors",
                  R"({"fc1.bias":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})");
  expect_error(1, "inspect bad.safetensors", {"bad.safetensors", "fc1.bias"});
  const std::string start =
      R"({"__metadata__":{"format":"heed","format_version":"1","architecture":"SequenceClassifier",)";
  for (const char* size : {"100000", "4000000000", "9000000000000000000"}) {  // far beyond what the file holds
    write_raw_model(
        "bad.safetensors",
        start + R"("attention":"pool","classes":"2","features":"2","dense":"2","hidden":")" + size + "\"}}");
    expect_error(1, "inspect bad.safetensors", {"bad.safetensors"});
  }
}

TEST_F(Errors, ModelsOfAnotherArchitecture) {
  write_raw_model("other.safetensors",
                  R"({"__metadata__":{"format":"heed","format_version":"1","architecture":"Tagger"}})");
  write_raw_model("torch.safetensors", R"({"conv.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}})", 4);
  for (const char* command :
       {"inspect ", "predict --data x.npy --output new.npy --model ", "evaluate --data x.npy --labels y.npy --model ",
        "explain --data x.npy --model ", "train --data x.npy --labels y.npy --model new.safetensors --init "}) {
    expect_error(1, std::string(command) + "other.safetensors",
                 {"other.safetensors", "another architecture", "Tagger"});
    expect_error(1, std::string(command) + "torch.safetensors", {"torch.safetensors", "do not determine"},
                 std::string(command) != "inspect "
                     ? ""
                     : "tensors\n  conv.weight                        F32             (1, 1)          1\n");
  }
}

TEST_F(Errors, OutputsThatCannotBeWritten) {
  const std::string data = "train --data x.npy --labels y.npy --epochs 1000000000 ";  // fails at once, or never ends
  for (const std::string path : {"absent/new", ".", "x.npy/new"}) {
    expect_error(1, data + "--model " + path, {path});
    expect_error(1, data + "--history " + path, {path});
    expect_error(1, data + "--log " + (path == "." ? "absent/new" : path) + ".csv", {path == "." ? "absent" : path});
    expect_error(1, data + "--checkpoint " + path, {path});
    expect_error(1, data + "--model new.safetensors --history " + path, {path});
  }
  folder.file("read.csv", "1,2,a\n2,1,b\n");
  expect_error(1, "train --data read.csv --epochs 1000000000 --history read.csv", {"read.csv: this file is read"});
  folder.file("labels", "a\nb\n");
  expect_error(1, "train --data x.npy --labels labels --epochs 1000000000 --model labels",
               {"labels: this file is read"});
  expect_error(1, data + "--model same --history same", {"same"});
  expect_error(1, data + "--history same.csv --log ./same.csv", {"same.csv"});
  for (const std::string command : {"predict", "explain"}) {
    const std::string on = command + " --data x.npy --model m.safetensors --output ";
    expect_error(1, on + "absent/new.npy", {"absent/new.npy"});
    expect_error(1, on + "x.npy", {"x.npy", "read"});
  }
}

TEST_F(Errors, FilesOfTheArchivesSayWhatToDo) {
  const std::string numbers = "@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute c ";
  folder.file("number.arff", numbers + "numeric\n@data\n1,2,0.5\n2,1,1.5\n");
  expect_error(1, "train --data number.arff --model new.safetensors",
               {"number.arff: no labels", "--task regression for the last attribute"});
  folder.file("id.arff", "@relation r\n@attribute id numeric\n@attribute b numeric\n@attribute c {u,v}\n@data\n" +
                             std::string("3,2,u\n1,1,v\n2,5,u\n"));
  expect_error(1, "train --data id.arff --model new.safetensors",
               {"id.arff: an index column in front", "remove the first attribute", "'id'"});
  folder.file("times.ts", "@timeStamps true\n@classLabel true u v\n@data\n(0,1),(1,2):u\n(0,2),(1,1):v\n");
  expect_error(1, "train --data times.ts --model new.safetensors",
               {"times.ts, line 1", "time stamps are not supported", "its --sequence-column and its --time-column"});
  folder.file("missing.ts", "@targetLabel true\n@data\n1,2:?\n2,1:?\n");
  expect_error(1, "train --data missing.ts --model new.safetensors", {"missing.ts, line 3", "missing target", "'?'"});
  const std::string kinds = "the end of the name to tell the format";
  folder.file("a.tsf", "# Dataset\n@relation r\n@attribute series_name string\n@data\nT1:1,2,3\n");
  expect_error(1, "train --data a.tsf --model new.safetensors", {"a.tsf: not a table", ".tsf", kinds, "'@relation r'"});
  folder.file("number.txt", text("number.arff"));
  expect_error(1, "predict --data number.txt --model m.safetensors", {"number.txt: not a table", ".arff", kinds});
  folder.file("d.json", "[[1, 2],\n [3, 4]]\n");
  expect_error(1, "train --data d.json --model new.safetensors", {"d.json: not a table", "JSON", kinds});
}

TEST_F(Errors, HeadsThatDoNotDivideHidden) {
  expect_error(1, std::string(train) + "--attention multihead --heads 5", {"--heads 5", "--hidden 32"});
  expect_error(1, std::string(train) + "--attention multihead --hidden 33", {"--heads 2", "--hidden 33"});
  expect_error(1, std::string(train) + "--attention multihead --heads 4 --hidden 9 --bidirectional",
               {"--heads 4", "twice --hidden 9"});
}

TEST_F(Errors, NothingToExplainWithoutAttention) {
  output_of("train --data x.npy --labels y.npy --epochs 1 --quiet --attention none --model none.safetensors");
  expect_error(1, "explain --data x.npy --model none.safetensors", {"none.safetensors", "no attention"});
}

TEST_F(Errors, TheBuiltInTaskHasFiveFeaturesAndTenClasses) {
  expect_error(1, "train --features 3 --model new.safetensors", {"built-in task", "3", "5"});
  expect_error(1, "train --classes 9 --model new.safetensors", {"built-in task", "'9'"});
  expect_error(1, "train --init m.safetensors --model new.safetensors", {"built-in task", "2", "5"});
}

}  // namespace errors_test
