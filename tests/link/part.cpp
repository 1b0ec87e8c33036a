// Compiled once for each instruction set; HEED_PART is the namespace of its functions in this one.
#include "part.hpp"

#include <cstdint>
#include <span>
#include <typeinfo>

#include "heed/io/safetensors.hpp"

namespace HEED_PART {

// Trains a classifier for a few epochs on two threads; its probabilities for a sequence, and the length of an error.
Part compute() {
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

void throw_error() { heed::TensorView<float, 1>(nullptr, {1}); }

void throw_mismatch() { throw heed::TensorMismatch({"other tensors"}, {{"rnn", "lstm"}}); }

heed::Shape with_steps(heed::Shape shape, heed::Index steps) { return {steps, shape.features}; }

heed::TensorView<const float, 3> first_half(heed::TensorView<const float, 3> x) {
  return {x.data(), {x.extent(0) / 2, x.extent(1), x.extent(2)}};
}

heed::Tensor<float, 3> copy_of(heed::TensorView<const float, 3> x) { return {x.extents(), {x.begin(), x.end()}}; }

std::vector<std::int32_t> labels_of(heed::LabelsView labels) { return {labels.begin(), labels.end()}; }

heed::Metadata metadata_of(const heed::SequenceClassifierOptions& options) { return heed::to_metadata(options); }

heed::SequenceClassifierOptions options_of(const heed::Metadata& metadata) {
  return heed::from_metadata<heed::SequenceClassifierOptions>(metadata);
}

heed::History train(const heed::SequenceClassifierOptions& options, heed::LabelledSequences<float> data,
                    const heed::FitOptions& fit_options) {
  heed::SequenceClassifier<float> model(options);
  return heed::fit(model, data, fit_options);
}

}  // namespace HEED_PART
