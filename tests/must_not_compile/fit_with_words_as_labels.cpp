// expected: heed: y is no array of numbers: words become labels
#include <string>
#include <vector>

#include "heed/models/sequence_classifier.hpp"
#include "heed/train/fit.hpp"

int main() {
  heed::SequenceClassifier<float> model({.features = 1, .classes = 2});
  const heed::Tensor<float, 3> x({8, 5, 1});
  const std::vector<std::string> labels(8, "up");
  heed::fit(model, x, labels, {.epochs = 1});
}
