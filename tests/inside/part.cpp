// A program's part that uses heed: HEED_PART is the name of its function. It is a plugin, and it is compiled for two
// versions of heed.

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "heed/compose/sequential.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dense.hpp"
#include "heed/train/fit.hpp"

/// Trains a classifier on two threads and predicts. Writes the probabilities of two classes to `out`. Also catches an
/// error of its own. The number of the version, or -1.
extern "C" int HEED_PART(double* out) {
  using heed::Index;
  constexpr Index sequences = 100, steps = 6, features = 3;
  heed::Tensor<float, 3> x({sequences, steps, features});
  std::vector<std::int32_t> labels;
  for (Index i = 0; i < x.size(); ++i) {
    x.data()[i] = static_cast<float>(heed::Key{1}.normal(static_cast<std::uint64_t>(i)));
  }
  for (Index i = 0; i < sequences; ++i) labels.push_back(x(i, 0, 0) > 0 ? 1 : 0);

  heed::Sequential model(heed::AttentionPool<float>({.features = features}),
                         heed::Dense<float>({.in_features = features, .out_features = 2}));
  model.initialize({1});
  heed::fit(model, x.view(), labels, {.epochs = 5, .learning_rate = 0.01, .threads = 2});
  heed::Predictor predictor(model);
  const std::span<const float> p = predictor(x[0]).probabilities;
  out[0] = static_cast<double>(p[0]);
  out[1] = static_cast<double>(p[1]);

  try {
    heed::TensorView<float, 1>(nullptr, {1});
  } catch (const heed::Error& error) {
    return std::strlen(error.what()) > 0 ? HEED_VERSION_MAJOR * 1000 + HEED_VERSION_MINOR : -1;
  }
  return -1;
}
