// expected: heed: this would be a view of a temporary
#include "heed/core/tensor.hpp"

heed::Tensor<float, 2> two() { return heed::Tensor<float, 2>({1, 2}); }

int main() {
  const heed::TensorView<const float, 2> v = two();
  return static_cast<int>(v.size());
}
