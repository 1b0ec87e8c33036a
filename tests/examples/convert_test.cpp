// classifier convert, and the self-test of the files that the trainer writes.

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "heed/files/file.hpp"
#include "program.hpp"

namespace convert_test {

using namespace classifier_test;

class Convert : public Classifier {
 protected:
  void SetUp() override {
    folder.file("d.csv", "0.1,0.2,0.3,0.4,0\n-0.1,0.2,0.5,0.4,1\n0.1,0.7,0.3,-0.4,1\n");
    write_text();
  }
  static std::string file(const std::string& name) {
    return (std::filesystem::path(__FILE__).parent_path().parent_path() / "convert" / "data" / name).string();
  }
  void train(const std::string& arguments) const { output_of("train --quiet --model m.safetensors " + arguments); }
  std::vector<std::byte> bytes(const std::string& name) const { return heed::read_file(folder / name); }
  void expect_error(const std::string& command, const std::vector<std::string>& parts) const {
    const Result result = run(command);
    EXPECT_EQ(result.code, 1) << command;
    EXPECT_EQ(result.out, "") << command;
    for (const std::string& part : parts) EXPECT_NE(result.err.find(part), std::string::npos) << command << result.err;
  }
};

const std::string renamed = " --rename rnn=lstm --rename head=fc";

TEST_F(Convert, PyTorchFilesBecomeModelsThatAnswerAlike) {
  output_of("convert " + file("torch2/named.pt") + " n.safetensors" + renamed);
  EXPECT_EQ(output_of("predict --logits --steps 2 --data d.csv --model n.safetensors"),
            output_of("predict --logits --steps 2 --data d.csv --model " + file("named.safetensors") + renamed));
  output_of("convert " + file("torch1/checkpoint.pt") + " c.safetensors --prefix model_state_dict" + renamed);
  EXPECT_EQ(bytes("c.safetensors"), bytes("n.safetensors"));
  output_of("convert " + file("models/lightning.pt") + " l.safetensors --prefix state_dict" + renamed);
  EXPECT_EQ(bytes("l.safetensors"), bytes("n.safetensors"));
  EXPECT_TRUE(has_line(output_of("inspect n.safetensors"), "parameters 92"));
}

TEST_F(Convert, ModelsOfTheTrainerStayWhatTheyAre) {
  for (const std::string arguments : {"--data d.csv --features 2 --epochs 1 --ensemble 2",
                                      "--data d.csv --recipe rocket --num-features 84", "--text t.txt --epochs 1"}) {
    train(arguments);
    output_of("convert m.safetensors copy.safetensors");
    EXPECT_EQ(bytes("copy.safetensors"), bytes("m.safetensors")) << arguments;
  }
}

TEST_F(Convert, ModelsOfKerasBecomeModelsOfHeed) {
  output_of("convert " + file("keras/seed_attention.keras") + " k.safetensors");
  output_of("import --keras " + file("keras/seed_attention.keras") + " --model i.safetensors");
  EXPECT_EQ(bytes("k.safetensors"), bytes("i.safetensors"));
  const std::string shown = output_of("inspect " + file("keras/seed_attention.keras"));
  EXPECT_TRUE(has_line(shown, "SequenceClassifier")) << shown;
  output_of("convert " + file("keras/attentions.keras") + " chain.safetensors");
  EXPECT_TRUE(has_line(output_of("inspect chain.safetensors"), "Chain"));
  EXPECT_TRUE(has_line(output_of("inspect " + file("keras/attentions.keras")), "Chain"));
}

TEST_F(Convert, ModelsOfRTNeuralBecomeChainsAndBack) {
  for (const std::string name : {"lstm", "gru", "conv", "module"}) {
    output_of("convert " + file("rtneural/" + name + ".json") + " c.safetensors");
    output_of("convert c.safetensors back.json");
    output_of("convert back.json again.safetensors");
    output_of("convert again.safetensors once_more.json");
    EXPECT_EQ(bytes("once_more.json"), bytes("back.json")) << name;
    EXPECT_TRUE(has_line(output_of("inspect back.json"), "Chain")) << name;
  }
}

TEST_F(Convert, RecurrentClassifiersRunInRTNeural) {
  for (const std::string cell : {"lstm", "gru"}) {
    train("--data d.csv --features 2 --epochs 1 --attention none --standardize --cell " + cell);
    output_of("convert m.safetensors m.json");
    const std::string shown = output_of("inspect m.json");
    EXPECT_NE(shown.find(cell + " hidden_size=32"), std::string::npos) << shown;
    EXPECT_NE(shown.find("scale_shift"), std::string::npos) << shown;
  }
  train("--data d.csv --features 2 --epochs 1");
  expect_error("convert m.safetensors a.json", {"RTNeural cannot run this model, which has attention"});
  train("--text t.txt --epochs 1");
  expect_error("convert m.safetensors a.json", {"RTNeural cannot run this model, which has words"});
}

TEST_F(Convert, OnnxFilesAreThoseOfExport) {
  train("--data d.csv --features 2 --epochs 1");
  const Result result = run("convert m.safetensors m.onnx --lengths");
  if (result.err.find("without the component onnx") != std::string::npos) GTEST_SKIP() << "no protozero";
  output_of("export --model m.safetensors --onnx e.onnx --lengths");
  EXPECT_EQ(bytes("m.onnx"), bytes("e.onnx"));
  const std::string shown = output_of("inspect m.onnx");
  EXPECT_TRUE(has_line(shown, "inputs sequences lengths")) << shown;
  EXPECT_EQ(shown.find("self_test"), std::string::npos) << shown;
  expect_error("inspect words.onnx", {"words.onnx"});
  folder.file("words.onnx", "yes good film");
  expect_error("inspect words.onnx", {"words.onnx", "no ONNX file"});
  output_of("convert " + file("rtneural/lstm.json") + " r.onnx");
  EXPECT_NE(output_of("inspect r.onnx").find("Chain"), std::string::npos);
}

TEST_F(Convert, WhatMakesNoSenseIsOneError) {
  train("--data d.csv --epochs 1");
  expect_error("convert m.safetensors m.tflite",
               {"m.tflite: the name says no format of models", "to write .safetensors, .onnx, .json", "got .tflite"});
  expect_error("convert m.safetensors m", {"m: the name says no format of models", "got no extension"});
  expect_error("convert m.safetensors m.pt", {"m.pt: models of PyTorch are not written", "got .pt"});
  expect_error("convert m.onnx o.safetensors", {"m.onnx: models of ONNX are not read", "got .onnx"});
  expect_error("convert m.safetensors o.safetensors --lengths", {"--lengths is for ONNX files"});
  expect_error("convert m.safetensors ./m.safetensors", {"this file is read, it must not be written"});
  expect_error("convert m.safetensors absent/o.safetensors", {"absent/o.safetensors"});
  expect_error("convert absent.safetensors o.safetensors", {"absent.safetensors"});
  expect_error("convert d.csv o.safetensors", {"d.csv: the name says no format of models"});
  expect_error("convert " + file("encoder.safetensors") + " o.safetensors", {"encoder.safetensors"});
  EXPECT_FALSE(std::filesystem::exists(folder / "o.safetensors"));
}

TEST_F(Convert, DamagedWeightsAreFoundAndTheCheckCanBeLeftOut) {
  train("--data d.csv --features 2 --epochs 1");
  std::vector<std::byte> damaged = bytes("m.safetensors");
  damaged[damaged.size() - 1] ^= std::byte{0x08};  // a number of the last bias, 2^16 times larger or smaller
  heed::write_file(folder / "damaged.safetensors", {damaged});
  for (const std::string command :
       {"predict --data d.csv --steps 2 --model damaged.safetensors", "inspect damaged.safetensors",
        "convert damaged.safetensors o.safetensors", "evaluate --data d.csv --model damaged.safetensors"}) {
    expect_error(command, {"damaged.safetensors", "self-test, output"});
    EXPECT_EQ(run(command + " --no-self-test").code, 0) << command;
  }
}

}  // namespace convert_test
