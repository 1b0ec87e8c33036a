// expected: heed: a parameter, or a layer, of another type than the Scalar
#include "heed/compose/sequential.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/parameters.hpp"
#include "heed/layers/dense.hpp"

struct Gain {
  using Scalar = double;
  using Input = double;
  struct Cache {};
  heed::Matrix<float> gain{3, 2};
  heed::Shape output_shape(heed::Shape x) const { return x; }
  void forward(heed::Tile<const double>, heed::Tile<double>, Cache&, const heed::Pass&) const {}
  void backward(heed::Tile<const double>, heed::Tile<const double>, heed::Tile<const double>, heed::Into<double>,
                Cache&, Gain&, const heed::Pass&) const {}
  static void visit(auto&& f, auto&... layers) { f("gain", layers.gain...); }
};

int main() {
  heed::Sequential model(heed::Dense<double>({1, 1}), Gain());
  return static_cast<int>(heed::Parameters<double>(model).count());
}
