// expected: heed: a view is of numbers in one block of memory
#include <vector>

#include "heed/core/tensor.hpp"

int main() {
  const std::vector<std::vector<float>> x(40, std::vector<float>(5));
  return static_cast<int>(heed::view(x, {4, 10, 5}).size());
}
