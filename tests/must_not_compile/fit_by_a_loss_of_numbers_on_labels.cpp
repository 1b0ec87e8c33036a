// expected: heed: this loss compares with numbers, and y holds integers
#include "heed/losses/huber.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/train/fit.hpp"

int main() {
  heed::SequenceClassifier<float> model({.features = 1, .classes = 2});
  const std::vector<float> x(40);
  const std::vector<int> labels(8);
  heed::fit(model, heed::view(x, {8, 5, 1}), labels, heed::Huber<float>());
}
