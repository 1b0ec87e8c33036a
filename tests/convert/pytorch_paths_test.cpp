// A source without heed/convert/pytorch.hpp, in a program where another source has it: a path means the same in both.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "heed/io/safetensors_load.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/models/sequence_classifier.hpp"

namespace pytorch_paths_test {

TEST(PyTorchPaths, AreReadInEverySourceOfTheProgram) {
  const std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path() / "data" / "models";
  const auto model = heed::load<heed::SequenceClassifier<float>>(folder / "attention_model.pt");
  EXPECT_GT(model.options.features, 0);
  const std::string name = (folder / "attention_model.pt").string();
  auto other = model;
  heed::load_weights(other, name);
  EXPECT_EQ(heed::load(model, name.c_str()).options, model.options);
}

}  // namespace pytorch_paths_test
