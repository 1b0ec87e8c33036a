// expected: heed: this would be a view of a temporary
#include <vector>

#include "heed/core/labelled_sequences.hpp"

int main() {
  std::vector<std::int32_t> labels{0, 1};
  const heed::LabelledSequences<float> data{heed::Tensor<float, 3>({2, 1, 1}), labels};
  return static_cast<int>(data.count());
}
