/// Trains a classifier of short sequences on synthetic data, saves it, loads it and uses it.

#include <cstdio>
#include <vector>

// What this program uses. "heed/heed.hpp" has all models and layers, and costs the compiler a second more.
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/train/fit.hpp"

int main() {
  // 600 sequences of 10 steps and 5 features; the class is the feature whose wave comes first
  const heed::Index n = 600, steps = 10, features = 5;
  std::vector<float> x(static_cast<std::size_t>(n * steps * features));
  std::vector<std::int32_t> labels(static_cast<std::size_t>(n));
  const auto sequences = heed::view(x, {n, steps, features});
  const heed::Key random{7};
  for (heed::Index i = 0; i < n; ++i) {
    const heed::Key key = random.child(static_cast<std::uint64_t>(i));
    const auto first = static_cast<heed::Index>(key.below(0, features));
    labels[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(first);
    for (heed::Index t = 0; t < steps; ++t) {
      for (heed::Index f = 0; f < features; ++f) {
        const bool up = f == first ? t >= 2 : t >= 5;
        const double noise = key.normal(static_cast<std::uint64_t>(1 + t * features + f));
        sequences(i, t, f) = static_cast<float>((up ? 1.0 : 0.0) + 0.5 * noise);
      }
    }
  }

  heed::SequenceClassifier<float> model({.features = features, .classes = features});
  const heed::History history = heed::fit(model, sequences, labels, {.epochs = 100, .learning_rate = 0.01});
  std::printf("loss %.3f to %.3f in %.2f s, accuracy %.3f\n", history.epochs.front().loss, history.epochs.back().loss,
              history.epochs.back().seconds, history.epochs.back().accuracy);

  heed::save(model, "quickstart.safetensors");  // loads in PyTorch as it is
  const auto loaded = heed::load<heed::SequenceClassifier<float>>("quickstart.safetensors");

  heed::Predictor predictor(loaded);
  const auto answer = predictor(sequences[0]);  // no allocation once warm: microseconds
  std::printf("sequence 0: class %d with probability %.3f, in truth %d\n", static_cast<int>(answer.label),
              static_cast<double>(answer.probabilities[static_cast<std::size_t>(answer.label)]), labels[0]);
}
