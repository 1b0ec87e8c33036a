// The seeds' training case: 10,000 sequences of ten steps and five features, hidden 32, full batch, Adam, float.
// The time is that of a whole epoch.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "heed/models/sequence_classifier.hpp"
#include "heed/train/fit.hpp"

namespace {

using heed::Attention;
using Model = heed::SequenceClassifier<float>;

constexpr heed::Index sequences = 10000, steps = 10, features = 5, classes = 10;
constexpr double gflop_of_pool = 2.71;  // nominal: forward and backward of all products, an epoch

void train(benchmark::State& state, Attention attention) {
  const heed::Key key{1};
  heed::Tensor<float, 3> x({sequences, steps, features});
  std::vector<std::int32_t> labels(sequences);
  std::uint64_t draw = 0;
  for (float& v : x) v = static_cast<float>(key.normal(draw++));
  for (std::int32_t& y : labels) y = static_cast<std::int32_t>(key.below(draw++, classes));

  Model model({.features = features, .classes = classes, .attention = attention});
  constexpr int measured = 5;
  const heed::FitOptions options{
      .epochs = 1 + measured, .learning_rate = 0.01, .threads = static_cast<int>(state.range(0))};
  double seconds = 0;
  for (auto _ : state) {
    const heed::History history = heed::fit(model, x.view(), labels, options);
    const double epoch = (history.epochs.back().seconds - history.epochs.front().seconds) / measured;  // warm ones
    state.SetIterationTime(epoch);
    seconds += epoch;
  }
  const double epochs = static_cast<double>(state.iterations());
  state.counters["sequences/s"] = sequences * epochs / seconds;
  if (attention == Attention::pool) state.counters["GFLOP/s"] = gflop_of_pool * epochs / seconds;
}

const bool registered = [] {
  for (const Attention attention : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    benchmark::RegisterBenchmark(("epoch/" + std::string(to_text(attention))).c_str(), train, attention)
        ->ArgName("threads")
        ->Arg(1)
        ->Arg(2)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond)
        ->Iterations(3);
  }
  return true;
}();

}  // namespace
