/// Transfer learning: weights learnt from much data help a model that has little. Loads weights, freezes by name,
/// replaces the head, then trains all parts at different rates.
///
///     fine_tune

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "heed/heed.hpp"
#include "heed/io/safetensors.hpp"

using heed::Index;
using Model = heed::SequenceClassifier<float>;

/// Noisy waves with a random phase; the class is the wave length.
struct Waves {
  heed::Tensor<float, 3> x;
  std::vector<std::int32_t> labels;

  Waves(Index count, const std::vector<double>& lengths, heed::Key key) : x({count, 24, 1}) {
    for (Index i = 0; i < count; ++i) {
      const Index label = i % static_cast<Index>(lengths.size());
      const heed::Key own = key.child(static_cast<std::uint64_t>(i));
      const double begin = own.uniform(0) * 10;
      for (Index t = 0; t < 24; ++t) {
        const double wave =
            std::sin(begin + 6.2832 * static_cast<double>(t) / lengths[static_cast<std::size_t>(label)]);
        x(i, t, 0) = static_cast<float>(wave + 0.2 * own.normal(static_cast<std::uint64_t>(t + 1)));
      }
      labels.push_back(static_cast<std::int32_t>(label));
    }
  }
  heed::LabelledSequences<float> view() const { return {x.view(), labels}; }
};

void report(const char* what, const Model& model, const Waves& test) {
  std::printf("%-45s test accuracy %.3f\n", what, heed::evaluate(model, test.view()).accuracy);
}

int main() {
  const heed::SequenceClassifierOptions eight{.features = 1, .classes = 8};
  heed::SequenceClassifierOptions three = eight;
  three.classes = 3;

  // much data of eight classes
  const Waves much(4000, {3, 4, 5, 6.5, 8, 10, 13, 17}, heed::Key{1});
  Model trained(eight);
  trained.initialize(heed::Key{1});
  heed::fit(trained, much.view(), {.epochs = 15, .learning_rate = 0.01, .batch_size = 64});
  heed::save(trained, "waves.safetensors");

  // little data of three others
  const std::vector<double> lengths{4.5, 7, 11};
  const Waves little(18, lengths, heed::Key{2}), test(900, lengths, heed::Key{3});
  Model fresh(three);
  fresh.initialize(heed::Key{4});
  Model scratch = fresh;
  heed::fit(scratch, little.view(), {.epochs = 60, .learning_rate = 0.01});
  report("from scratch:", scratch, test);

  // 1. Load what fits. The head of eight classes does not fit and keeps its initial weights.
  Model tuned = fresh;
  const heed::LoadedWeights loaded = heed::load_weights(tuned, "waves.safetensors", {.partial = true});
  for (const std::string& name : loaded.kept) std::printf("not in the file, or of another shape: %s\n", name.c_str());

  // 2. Train only the head. No backward pass runs through the LSTM.
  heed::fit(tuned, little.view(), {.epochs = 60, .learning_rate = 0.02, .frozen = {"lstm", "attention", "fc1"}});
  report("another head on frozen layers:", tuned, test);

  // 3. Train everything, the loaded layers more slowly.
  heed::Adam<Model> adam(tuned, {.learning_rate = 0.01, .rates = {{"lstm", 0.1}, {"attention", 0.1}, {"fc1", 0.5}}});
  heed::fit(tuned, little.view(), adam, {.epochs = 60});
  report("then all layers, the loaded ones more slowly:", tuned, test);
}
