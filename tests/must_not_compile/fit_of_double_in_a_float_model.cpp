// expected: heed: this model takes float and x holds others: convert x
#include "heed/models/sequence_classifier.hpp"
#include "heed/train/fit.hpp"

int main() {
  heed::SequenceClassifier<float> model({.features = 1, .classes = 2});
  const std::vector<double> x(40);
  const std::vector<long> labels(8);
  heed::fit(model, heed::view(x, {8, 5, 1}), labels, {.epochs = 1});
}
