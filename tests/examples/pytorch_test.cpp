// Model files that torch.save of PyTorch wrote. tests/reference/write_torch_files.py makes them.

#include <filesystem>
#include <string>
#include <vector>

#include "program.hpp"

namespace pytorch_test {

using namespace classifier_test;

class PyTorchFiles : public Classifier {
 protected:
  void SetUp() override {
    folder.file("d.csv", "0.1,0.2,0.3,0.4,0\n-0.1,0.2,0.5,0.4,1\n0.1,0.7,0.3,-0.4,1\n");
    folder.file("wide.csv", "0.1,0.2,0.3,0.4,0.5,0\n-0.1,0.2,0.5,0.4,-0.3,1\n");
  }
  static std::string file(const std::string& name) {
    return (std::filesystem::path(__FILE__).parent_path().parent_path() / "convert" / "data" / name).string();
  }
  void expect_error(const std::string& command, const std::vector<std::string>& parts) const {
    const Result result = run(command);
    EXPECT_EQ(result.code, 1) << command;
    for (const std::string& part : parts) EXPECT_NE(result.err.find(part), std::string::npos) << command << result.err;
  }
  std::string logits(const std::string& data, const std::string& arguments) const {
    return output_of("predict --logits --data " + data + " --model " + arguments);
  }
};

const std::string renamed = " --rename rnn=lstm --rename head=fc";

TEST_F(PyTorchFiles, PredictAsSafetensorsDo) {
  for (const std::string version : {"torch1/", "torch2/"}) {
    EXPECT_EQ(logits("wide.csv --steps 1", file(version + "attention.pt")),
              logits("wide.csv --steps 1", file("attention.safetensors")));
    EXPECT_EQ(logits("d.csv --steps 2", file(version + "legacy.pt") + renamed),
              logits("d.csv --steps 2", file("named.safetensors") + renamed));
  }
}

TEST_F(PyTorchFiles, OnePartOfACheckpointIsTheModel) {
  const std::string checkpoint = file("torch2/checkpoint.pt"), options = " --prefix model_state_dict" + renamed;
  EXPECT_EQ(logits("d.csv --steps 2", checkpoint + options),
            logits("d.csv --steps 2", file("named.safetensors") + renamed));
  for (const std::string command :
       {"predict --steps 2 --data d.csv --model ", "inspect ", "train --quiet --epochs 1 --data d.csv --init "}) {
    const Result result = run(command + checkpoint);
    EXPECT_EQ(result.code, 1) << command;
    EXPECT_NE(result.err.find("try" + options), std::string::npos) << command << result.err;
    EXPECT_EQ(run(command + checkpoint + options).code, 0) << command;
  }
}

TEST_F(PyTorchFiles, TrainingStartsFromThem) {
  output_of("train --quiet --epochs 1 --learning-rate 1e-30 --data wide.csv --model m.safetensors --init " +
            file("torch1/attention.pt"));
  EXPECT_EQ(logits("wide.csv --steps 1", "m.safetensors"), logits("wide.csv --steps 1", file("attention.safetensors")));
}

TEST_F(PyTorchFiles, InspectListsTheTensorsOfAnyFile) {
  EXPECT_TRUE(has_line(output_of("inspect " + file("torch2/attention.pt")), "lstm.weight_hh_l0 F32 (16, 4) 64"));
  const Result other = run("inspect " + file("torch2/encoder.pt"));
  EXPECT_EQ(other.code, 1);
  EXPECT_TRUE(has_line(other.out, "layers.0.linear1.weight F32 (6, 4) 24")) << other.out;
  EXPECT_TRUE(has_line(run("inspect " + file("encoder.safetensors")).out, "layers.0.linear1.weight F32 (6, 4) 24"));
}

TEST_F(PyTorchFiles, WhatIsNoStateDictIsAnError) {
  expect_error("inspect " + file("torch2/module.pt"), {"module.pt", "torch.nn.modules.linear.Linear", "state_dict()"});
  expect_error("predict --data d.csv --steps 2 --model " + file("torch2/script.pt"), {"script.pt", "TorchScript"});
}

TEST_F(PyTorchFiles, CompressedOnesNeedLibzip) {
  const std::string compressed =
      "predict --logits --data d.csv --steps 2 --model " + file("torch2/compressed.pt") + renamed;
#ifdef HEED_CLASSIFIER_ZIP
  EXPECT_EQ(output_of(compressed), logits("d.csv --steps 2", file("named.safetensors") + renamed));
#else
  expect_error(compressed, {"compressed.pt", "libzip", "component zip"});
#endif
}

}  // namespace pytorch_test
