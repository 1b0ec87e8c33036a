// Compiled once for each instruction set; HEED_PART and HEED_THROWING_PART are the names of its functions in this one.
#include "part.hpp"

#include <cstdint>
#include <span>
#include <typeinfo>

#include "heed/heed.hpp"

// Trains a classifier for a few epochs on two threads; its probabilities for a sequence, and the length of an error.
Part HEED_PART() {
  constexpr heed::Index sequences = 100, steps = 6, features = 3;
  heed::Tensor<float, 3> x({sequences, steps, features});
  std::vector<std::int32_t> labels;
  for (heed::Index i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<float>(heed::Key{1}.normal(static_cast<std::uint64_t>(i)));
  for (heed::Index i = 0; i < sequences; ++i) labels.push_back(x(i, 0, 0) > 0 ? 1 : 0);

  heed::SequenceClassifier<float> model({.features = features, .classes = 2});
  heed::fit(model, x, labels, {.epochs = 5, .learning_rate = 0.01, .threads = 2});
  heed::Predictor predictor(model);
  const std::span<const float> probabilities = predictor(x[0]).probabilities;
  std::vector<double> numbers(probabilities.begin(), probabilities.end());

  try {
    heed::TensorView<float, 1>(nullptr, {1});
  } catch (const heed::Error& error) {
    numbers.push_back(static_cast<double>(error.fault().what.size()));
  }
  return {typeid(model).name(), numbers};
}

void HEED_THROWING_PART() { heed::TensorView<float, 1>(nullptr, {1}); }
