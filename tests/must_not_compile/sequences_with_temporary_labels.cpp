// expected: heed: this would be a view of a temporary
#include <vector>

#include "heed/core/labelled_sequences.hpp"

int main() {
  heed::Tensor<float, 3> x({2, 1, 1});
  const heed::LabelledSequences<float> data{x, std::vector<std::int32_t>{0, 1}};
  return static_cast<int>(data.count());
}
