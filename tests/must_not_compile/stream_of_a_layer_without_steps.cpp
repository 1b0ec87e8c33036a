// expected: a layer of this model cannot run a step at a time
#include "heed/compose/sequential.hpp"
#include "heed/infer/stream.hpp"
#include "heed/layers/dense.hpp"

// neither `stepwise` nor `prepare_stream` and `stream_step`
struct Backwards {
  using Scalar = float;
  using Input = float;
  struct Cache {};
  heed::Shape output_shape(heed::Shape x) const { return x; }
  void forward(heed::Tile<const float>, heed::Tile<float>, Cache&, const heed::Pass&) const {}
  static void visit(auto&&, auto&...) {}
};

int main() {
  const heed::Sequential model(heed::Dense<float>({1, 1}), Backwards());
  heed::Stream stream(model, {.features = 1});
  return static_cast<int>(stream.steps());
}
