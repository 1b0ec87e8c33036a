// Epochs of the sequence classifier, full batch, with Adam, float: the small case (10,000 sequences of ten steps and
// five features, hidden 32), and from there one size after another grows. The time is that of a warm epoch.
//
//   training --benchmark_filter=epoch/pool       one attention
//   training --benchmark_filter=threads:2        see --help

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "heed/models/sequence_classifier.hpp"
#include "heed/train/fit.hpp"
#include "support/flops.hpp"
#include "support/machine.hpp"

namespace {

using heed::Attention;
using heed::Index;
using Model = heed::SequenceClassifier<float>;

constexpr Index features = 5, classes = 10;

struct Case {
  Index sequences = 10'000, steps = 10, hidden = 32, width = 0, batch = 0;
  int threads = 1;
};

void train(benchmark::State& state, Attention attention, Case c) {
  const heed::Key key{1};
  heed::Tensor<float, 3> x({c.sequences, c.steps, features});
  std::vector<std::int32_t> labels(static_cast<std::size_t>(c.sequences));
  std::uint64_t draw = 0;
  for (float& v : x) v = static_cast<float>(key.uniform(draw++, -1, 1));
  for (std::int32_t& y : labels) y = static_cast<std::int32_t>(key.below(draw++, classes));

  Model model({.features = features, .classes = classes, .hidden = c.hidden, .attention = attention});
  const double flop = bench::classifier(model.options, c.steps).training() * static_cast<double>(c.sequences);
  constexpr double enough = 40e9;  // a case takes some seconds at most
  const int measured = static_cast<int>(std::clamp(enough / flop, 1.0, 10.0));
  const heed::FitOptions options{.epochs = 1 + measured,
                                 .learning_rate = 0.01,
                                 .batch_size = c.batch,
                                 .threads = c.threads,
                                 .tile_width = c.width};
  double seconds = 0;
  for (auto _ : state) {
    const heed::History history = heed::fit(model, x.view(), labels, options);
    const double epoch = (history.epochs.back().seconds - history.epochs.front().seconds) / measured;
    state.SetIterationTime(epoch);
    seconds += epoch;
  }
  const auto epochs = static_cast<double>(state.iterations());
  // what does not grow with the sequence: long ones must not decay into denormal numbers
  state.counters["ns/step"] = 1e9 * seconds / (epochs * static_cast<double>(c.sequences * c.steps));
  state.counters["sequences/s"] = static_cast<double>(c.sequences) * epochs / seconds;
  bench::report_flops<float>(state, flop * epochs, seconds, c.threads);
}

void add(Attention attention, const std::string& what, Case c) {
  const std::string name = "epoch/" + std::string(to_text(attention)) + '/' + what;
  benchmark::RegisterBenchmark(name.c_str(), train, attention, c)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond)
      ->Iterations(1)
      ->Repetitions(3)
      ->ReportAggregatesOnly();
}

// so many sequences that an epoch takes as long as with 10,000 of the small case, a tile at least
Index affordable(Index steps, Index hidden) {
  return std::clamp<Index>(320'000'000 / (steps * hidden * (hidden + 5)), 64, 10'000);
}

const bool registered = [] {
  bench::describe_machine();
  for (const Attention attention : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    for (const int threads : {1, 2}) add(attention, "threads:" + std::to_string(threads), {.threads = threads});
    for (const Index n : {100, 1'000, 10'000, 100'000, 1'000'000}) {
      add(attention, "sequences:" + std::to_string(n), {.sequences = n});
    }
    for (const Index hidden : {8, 16, 32, 64, 128, 256, 512}) {
      add(attention, "hidden:" + std::to_string(hidden), {.sequences = affordable(10, hidden), .hidden = hidden});
    }
    for (const Index steps : {5, 10, 20, 50, 100, 200, 300, 500, 1'000, 3'000}) {
      add(attention, "steps:" + std::to_string(steps), {.sequences = affordable(steps, 32), .steps = steps});
    }
    for (const Index batch : {32, 256}) add(attention, "batch:" + std::to_string(batch), {.batch = batch});
  }
  for (const Index hidden : {32, 128}) {
    for (const Index steps : {10, 100}) {
      for (const Index width : {16, 32, 48, 64, 80, 96, 128}) {
        const std::string what = "hidden:" + std::to_string(hidden) + "/steps:" + std::to_string(steps);
        add(Attention::pool, what + "/width:" + std::to_string(width),
            {.sequences = std::max<Index>(affordable(steps, hidden), 768),
             .steps = steps,
             .hidden = hidden,
             .width = width});
      }
    }
  }
  return true;
}();

}  // namespace
