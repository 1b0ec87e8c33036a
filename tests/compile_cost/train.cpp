// All of heed, and a model that is trained.
#include <cstdint>
#include <vector>

#include "heed/heed.hpp"

int main() {
  const heed::Tensor<float, 3> x({100, 10, 5});
  const std::vector<std::int32_t> labels(100);
  const auto model = heed::train<heed::SequenceClassifier<float>>(x.view(), labels, 10);
  return static_cast<int>(heed::predict(model, x.view())(0, 0));
}
