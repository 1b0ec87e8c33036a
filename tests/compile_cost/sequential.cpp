// Layers that a user puts together, and a predictor.
#include "sequential.hpp"

#include "heed/infer/predictor.hpp"

int main() {
  const auto model = sequential();
  const heed::Tensor<float, 3> x({100, 10, 5});
  heed::Predictor predictor(model);
  return static_cast<int>(predictor(x[0]).label);
}
