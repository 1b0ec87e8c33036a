// expected: heed: this would be a view of a temporary
#include "heed/data/labelled.hpp"

int main() {
  const auto data = heed::Labelled<float>().view();
  return static_cast<int>(data.count());
}
