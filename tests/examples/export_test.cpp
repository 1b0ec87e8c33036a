// classifier export.

#include <string>

#include "program.hpp"

namespace export_test {

using namespace classifier_test;

class Export : public Classifier {
 protected:
  void SetUp() override {
    Classifier::SetUp();
#ifndef HEED_CLASSIFIER_ONNX
    GTEST_SKIP() << "the trainer was built without protozero";
#endif
  }
};

TEST_F(Export, WritesTheModelWithItsLabels) {
  write_csv();
  output_of("train --epochs 2 --quiet --model m.safetensors --data d.csv");
  EXPECT_EQ(output_of("export --model m.safetensors --onnx m.onnx"), "");
  output_of("export --model m.safetensors --onnx ragged.onnx --lengths");
  const std::string full = text("m.onnx"), ragged = text("ragged.onnx");
  for (const char* part : {"probabilities", "logits", "sequences", "rises", "heed_version", "SequenceClassifier"}) {
    EXPECT_NE(full.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(full.find("lengths"), std::string::npos);
  EXPECT_NE(ragged.find("lengths"), std::string::npos);
}

TEST_F(Export, WritesAnEnsemble) {
  write_npy();
  output_of("train --epochs 2 --ensemble 2 --quiet --model m.safetensors --data x.npy --labels y.npy");
  output_of("export --model m.safetensors --onnx m.onnx");
  EXPECT_NE(text("m.onnx").find("member.1."), std::string::npos);
}

TEST_F(Export, RefusesWhatItCannotWrite) {
  write_npy();
  output_of("train --recipe rocket --num-features 84 --quiet --model r.safetensors --data x.npy --labels y.npy");
  const Result rocket = run("export --model r.safetensors --onnx r.onnx");
  EXPECT_EQ(rocket.code, 1);
  EXPECT_NE(rocket.err.find("Rocket cannot be exported to ONNX"), std::string::npos) << rocket.err;
  EXPECT_FALSE(fs::exists(folder / "r.onnx"));
  const Result same = run("export --model r.safetensors --onnx r.safetensors");
  EXPECT_NE(same.err.find("this file is read, it must not be written"), std::string::npos) << same.err;
  EXPECT_EQ(run("export --model r.safetensors").code, 2);
  EXPECT_EQ(run("export --model none.safetensors --onnx m.onnx").code, 1);
}

}  // namespace export_test
