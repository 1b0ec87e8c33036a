// expected: heed: a parameter, or a layer, of another type than the Scalar
#include "heed/core/concepts.hpp"
#include "heed/core/parameter.hpp"

struct Gain {
  using Scalar = float;
  using Input = float;
  struct Cache {};
  heed::Vector<double> gain{3};
  heed::Shape output_shape(heed::Shape x) const { return x; }
  void forward(heed::Tile<const float>, heed::Tile<float>, Cache&, const heed::Pass&) const {}
  void backward(heed::Tile<const float>, heed::Tile<const float>, heed::Tile<const float>, heed::Into<float>, Cache&,
                Gain&, const heed::Pass&) const {}
  static void visit(auto&& f, auto&... layers) { f("gain", layers.gain...); }
};

int main() { return static_cast<int>(heed::parameter_count(Gain())); }
