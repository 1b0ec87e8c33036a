// Prediction with the seeds' classifier: ten steps of five features, hidden 32, float. One sequence at a time, from
// memory to probabilities, and batches of 1,024.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "heed/infer/predictor.hpp"
#include "heed/models/sequence_classifier.hpp"

namespace {

using heed::Attention;
using Model = heed::SequenceClassifier<float>;

constexpr heed::Index batch = 1024, steps = 10, features = 5, classes = 10;

heed::Tensor<float, 3> random_sequences() {
  heed::Tensor<float, 3> x({batch, steps, features});
  std::uint64_t draw = 0;
  for (float& v : x) v = static_cast<float>(heed::Key{1}.normal(draw++));
  return x;
}

void one_sequence(benchmark::State& state, Attention attention) {
  const Model model({.features = features, .classes = classes, .attention = attention});
  const heed::Tensor<float, 3> x = random_sequences();
  heed::Predictor predictor(model);
  heed::Index i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(predictor(x[i]).label);
    i = (i + 1) % batch;
  }
}

void many_sequences(benchmark::State& state, Attention attention) {
  const Model model({.features = features, .classes = classes, .attention = attention});
  const heed::Tensor<float, 3> x = random_sequences();
  heed::Tensor<float, 2> probabilities({batch, classes});
  heed::Predictor predictor(model);
  for (auto _ : state) {
    predictor(x, probabilities.view());
    benchmark::DoNotOptimize(probabilities.data());
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

const bool registered = [] {
  for (const Attention attention : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    const std::string name(to_text(attention));
    benchmark::RegisterBenchmark(("one sequence/" + name).c_str(), one_sequence, attention)
        ->Unit(benchmark::kMicrosecond);
    benchmark::RegisterBenchmark(("batch of 1024/" + name).c_str(), many_sequences, attention)
        ->Unit(benchmark::kMicrosecond);
  }
  return true;
}();

}  // namespace
