// A layer that allocates in a call of a real-time thread, which the sanitizer must report: planted step, planted predict.

#include <cstdio>
#include <string_view>
#include <vector>

#include "heed/compose/sequential.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/dense.hpp"

namespace {

/// Allocates in a pass once it is armed.
struct Planted : heed::Relu<float> {
  static inline bool armed = false;
  void forward(heed::Tile<const float> x, heed::Tile<float> y, Cache& cache, const heed::Pass& pass) const {
    const std::vector<float> copy(x.data, x.data + (armed ? x.size() : 0));
    heed::Relu<float>::forward(armed ? heed::Tile<const float>(copy.data(), x.shape(), 1) : x, y, cache, pass);
  }
};

}  // namespace

int main(int count, char** arguments) {
  const std::string_view where = count > 1 ? arguments[1] : "";
  const heed::Sequential model(Planted(), heed::Dense<float>({3, 2}));
  heed::Stream stream(model, {.features = 3});
  heed::Predictor predictor(model, {.max_steps = 1, .features = 3});
  const float x[] = {1, 2, 3};
  Planted::armed = true;
  const bool answered = where == "step" ? bool(stream.try_step(x)) : bool(predictor.try_predict(x, 1, 3));
  std::printf("an allocation was not reported: %d\n", answered);
}
