#include <heed/convert/onnx.hpp>
#include <heed/heed.hpp>

#include <filesystem>

int main() {
  const heed::SequenceClassifier<float> model({.features = 3, .classes = 2, .hidden = 4});
  heed::save_onnx(model, "model.onnx");
  heed::save_onnx(model, "ragged.onnx", {.lengths = true});
  return std::filesystem::file_size("model.onnx") < std::filesystem::file_size("ragged.onnx") ? 0 : 1;
}
