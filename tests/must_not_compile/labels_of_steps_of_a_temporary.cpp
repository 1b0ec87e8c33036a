// expected: heed: this would be a view of a temporary
#include <vector>

#include "heed/core/labels_view.hpp"

int main() {
  const heed::LabelsView labels(std::vector<std::int32_t>{0, 1}, 2);
  return static_cast<int>(labels.size());
}
