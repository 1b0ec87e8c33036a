// expected: heed: this would be a view of a temporary
#include <vector>

#include "heed/core/labelled_sequences.hpp"

int main() {
  heed::Tensor<float, 3> x({2, 1, 1});
  std::vector<std::int32_t> labels{0, 1};
  const heed::LabelledSequences<float> data{x, labels, std::vector<std::int32_t>{1, 1}};
  return static_cast<int>(data.count());
}
