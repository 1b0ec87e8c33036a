// expected: heed: a layer lists its weights: `static void visit
#include "heed/compose/sequential.hpp"
#include "heed/layers/dense.hpp"

struct Half {
  using Scalar = float;
  using Input = float;
  struct Cache {};
  heed::Shape output_shape(heed::Shape x) const { return x; }
  void forward(heed::Tile<const float>, heed::Tile<float>, Cache&, const heed::Pass&) const {}
};

int main() { heed::Sequential model(heed::Dense<float>(), Half{}); }
