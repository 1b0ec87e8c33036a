// expected: heed: this would be a view of a temporary
#include "heed/core/tensor.hpp"

int main() {
  const heed::TensorView<const float, 2> v = heed::Tensor<float, 2>({1, 2});
  return static_cast<int>(v.size());
}
