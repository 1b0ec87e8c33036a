#include <heed/heed.hpp>
#include <heed/io/safetensors.hpp>

#include <cstdint>
#include <vector>

int main() {
#ifndef HEED_COMPILED
#error "heed::compiled does not say that it is used"
#endif
  heed::Tensor<float, 3> x({64, 4, 2});
  std::vector<std::int32_t> labels;
  for (heed::Index i = 0; i < 64; ++i) {
    labels.push_back(static_cast<std::int32_t>(i % 2));
    x(i, 3, 1) = i % 2 ? 1.0F : -1.0F;
  }
  heed::SequenceClassifier<float> model({.features = 2, .classes = 2, .hidden = 8});
  const heed::History history = heed::fit(model, x, labels, {.epochs = 60, .learning_rate = 0.02});
  heed::save(model, "training.safetensors");
  const auto loaded = heed::load<heed::SequenceClassifier<float>>("training.safetensors");
  heed::Predictor predictor(loaded);
  const bool right = predictor(x[0]).label == 0 && predictor(x[1]).label == 1;
  return history.epochs.back().loss < history.epochs.front().loss && right ? 0 : 1;
}
