// expected: heed: x is \(n, steps, features\), which this does not say
#include "heed/models/sequence_classifier.hpp"
#include "heed/train/fit.hpp"

int main() {
  heed::SequenceClassifier<float> model({.features = 1, .classes = 2});
  heed::Adam<heed::SequenceClassifier<float>> adam(model, {});
  const std::vector<float> x(40);
  const std::vector<int> labels(8);
  heed::fit(model, x, labels, adam, {.epochs = 1});
}
