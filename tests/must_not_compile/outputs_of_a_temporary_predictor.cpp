// expected: heed: this would be a view of a temporary
#include "heed/infer/predictor.hpp"
#include "heed/layers/dense.hpp"

int main() {
  const heed::Dense<float> model({1, 1});
  const float x = 0;
  const auto outputs = heed::Predictor(model).outputs(heed::view(&x, {1, 1}));
  return static_cast<int>(outputs.size());
}
