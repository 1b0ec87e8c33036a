// expected: heed: this would be a view of a temporary
#include "heed/core/labelled_sequences.hpp"

int main() {
  heed::Tensor<float, 3> x({2, 1, 1});
  const heed::TargetSequences<float> data{x, heed::Tensor<float, 2>({2, 1})};
  return static_cast<int>(data.count());
}
