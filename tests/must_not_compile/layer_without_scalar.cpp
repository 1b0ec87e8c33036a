// expected: heed: a layer needs `using Scalar = float;`
#include "heed/compose/residual.hpp"

struct Half {
  using Input = float;
  struct Cache {};
  static void visit(auto&&, auto&...) {}
};

int main() { heed::Residual<Half> model; }
