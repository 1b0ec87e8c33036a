// The model of examples/custom_model.cpp: its options stand in its file and on its command line.

#include "example.hpp"
#include "heed/io/safetensors_file.hpp"

namespace custom_model_test {

using namespace classifier_test;

struct CustomModel : Example {
  CustomModel() : Example("custom_model") {}
};

TEST_F(CustomModel, IsTrainedSavedAndLoaded) {
  const std::string out = succeeds("--hidden 8 --reading both --threads 1 --model m.safetensors");
  EXPECT_TRUE(has_line(out, "features 3, classes 2, hidden 8, reading both")) << out;
  EXPECT_GT(number_after(out, "test accuracy "), 0.9) << out;
  EXPECT_EQ(succeeds("--use --model m.safetensors"), out);
  const heed::Metadata m = heed::SafetensorsFile(folder / "m.safetensors").metadata();
  EXPECT_EQ(m.at("architecture"), "SumModel");
  EXPECT_EQ(m.at("reading"), "both");
  EXPECT_EQ(m.at("labels"), "below\nabove\n");
}

TEST_F(CustomModel, BadInputIsOneClearMessage) {
  fails("--hidden 1025", 2, "--hidden: out of range (expected 1 to 1024, got 1025)");
  fails("--reading backward", 2, "--reading: wrong value (expected one of forward, both, got \"backward\")");
  fails("--use", 2, "--model");
  fails("--use --model none.safetensors", 1, "none.safetensors");
}

}  // namespace custom_model_test
