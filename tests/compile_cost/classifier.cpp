// The model that most users begin with, trained.
#include <cstdint>
#include <vector>

#include "heed/infer/predictor.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/train/fit.hpp"

int main() {
  heed::SequenceClassifier<float> model({.features = 5, .classes = 10});
  const heed::Tensor<float, 3> x({100, 10, 5});
  const std::vector<std::int32_t> labels(100);
  heed::fit(model, x, labels, {.epochs = 3});
  heed::Predictor predictor(model);
  return static_cast<int>(predictor(x[0]).label);
}
