// The same, trained.
#include "heed/train/fit.hpp"

#include <cstdint>
#include <vector>

#include "heed/infer/predictor.hpp"
#include "sequential.hpp"

int main() {
  auto model = sequential();
  const heed::Tensor<float, 3> x({100, 10, 5});
  const std::vector<std::int32_t> labels(100);
  heed::fit(model, x, labels, {.epochs = 3});
  heed::Predictor predictor(model);
  return static_cast<int>(predictor(x[0]).label);
}
