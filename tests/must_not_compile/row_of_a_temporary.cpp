// expected: heed: this would be a view of a temporary
#include "heed/core/tensor.hpp"

int main() {
  const auto row = heed::Tensor<float, 2>({1, 2})[0];
  return static_cast<int>(row.size());
}
