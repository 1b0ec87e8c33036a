// expected: heed: a layer needs `heed::Shape output_shape
#include "heed/train/fit.hpp"

struct Half {
  using Scalar = float;
  using Input = float;
  struct Cache {};
  static void visit(auto&&, auto&...) {}
};

int main() {
  Half model;
  const std::vector<float> x(40);
  const std::vector<int> labels(8);
  heed::fit(model, heed::view(x, {8, 5, 1}), labels);
}
