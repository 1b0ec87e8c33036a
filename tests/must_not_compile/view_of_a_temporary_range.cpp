// expected: heed: this would be a view of a temporary
#include <vector>

#include "heed/core/tensor.hpp"

int main() {
  const auto v = heed::view(std::vector<float>(6), {2, 3});
  return static_cast<int>(v.size());
}
