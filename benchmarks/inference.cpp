// Prediction with the classifier as it is by default: ten steps of five features, hidden 32, float. One sequence at a
// time from memory to probabilities, with the spread of single calls, and batches of 1,024.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "heed/compose/chain.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "support/flops.hpp"
#include "support/machine.hpp"

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

double flop_of(const Model& model) { return bench::classifier_forward(model.options, steps); }

void one_sequence(benchmark::State& state, Attention attention) {
  const Model model({.features = features, .classes = classes, .attention = attention});
  const heed::Tensor<float, 3> x = random_sequences();
  heed::Predictor predictor(model);
  heed::Index i = 0;
  const double begin = bench::seconds();
  for (auto _ : state) {
    benchmark::DoNotOptimize(predictor(x[i]).label);
    i = (i + 1) % batch;
  }
  const double calls = static_cast<double>(state.iterations());
  bench::report_flops<float>(state, flop_of(model) * calls, bench::seconds() - begin);
}

// A step of a stream, to logits. Attention to all steps: sequences of 100.
void one_step(benchmark::State& state, Attention attention) {
  const Model model({.features = features, .classes = classes, .attention = attention});
  const heed::Tensor<float, 3> x = random_sequences();
  const bool remembers_all = attention == Attention::multihead || attention == Attention::additive;
  heed::Stream stream(model, {.max_steps = remembers_all ? 100 : 0});
  heed::Index i = 0;
  for (auto _ : state) {
    if (stream.steps() == stream.max_steps() && remembers_all) stream.reset();
    benchmark::DoNotOptimize(stream.step(x.data() + i * features, features).data());
    i = (i + 1) % (batch * steps);
  }
}

// Calls timed one by one, from the second half of them.
void spread(benchmark::State& state, Attention attention) {
  const Model model({.features = features, .classes = classes, .attention = attention});
  const heed::Tensor<float, 3> x = random_sequences();
  heed::Predictor predictor(model);
  constexpr std::size_t calls = 200'000;
  std::vector<double> times(calls);
  for (auto _ : state) {
    for (std::size_t i = 0; i < calls; ++i) {
      const double begin = bench::seconds();
      benchmark::DoNotOptimize(predictor(x[static_cast<heed::Index>(i % batch)]).label);
      times[i] = bench::seconds() - begin;
    }
    const auto warm = times.begin() + calls / 2;
    std::sort(warm, times.end());
    const auto at = [&](double share) { return warm[static_cast<std::ptrdiff_t>(share * (calls / 2 - 1))]; };
    state.SetIterationTime(at(0.5));
    state.counters["99%"] = at(0.99) / at(0.5);  // in medians
    state.counters["99.9%"] = at(0.999) / at(0.5);
  }
}

void many_sequences(benchmark::State& state, Attention attention) {
  const Model model({.features = features, .classes = classes, .attention = attention});
  const heed::Tensor<float, 3> x = random_sequences();
  heed::Tensor<float, 2> probabilities({batch, classes});
  heed::Predictor predictor(model);
  const double begin = bench::seconds();
  for (auto _ : state) {
    predictor(x, probabilities.view());
    benchmark::DoNotOptimize(probabilities.data());
  }
  state.SetItemsProcessed(state.iterations() * batch);
  const double sequences = static_cast<double>(state.iterations() * batch);
  bench::report_flops<float>(state, flop_of(model) * sequences, bench::seconds() - begin);
}

// The layers of a classifier composed by hand: as a `Sequential`, and as a `Chain` that is composed at run time.
struct Parts {
  heed::Lstm<float> lstm{{.input_size = features, .hidden_size = 32}};
  heed::AttentionPool<float> pool{{.features = 32}};
  heed::Dense<float> dense{{.in_features = 32, .out_features = 16}},
      output{{.in_features = 16, .out_features = classes}};

  auto sequential() const { return heed::Sequential(lstm, pool, dense, heed::Relu<float>(), output); }
  heed::Chain<float> chain() const { return heed::Chain<float>({lstm, pool, dense, heed::Relu<float>(), output}); }
};

template <class Composed>
void one_sequence_of(benchmark::State& state, const Composed& model) {
  const heed::Tensor<float, 3> x = random_sequences();
  heed::Predictor predictor(model);
  heed::Index i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(predictor(x[i]).label);
    i = (i + 1) % batch;
  }
}
template <class Composed>
void one_step_of(benchmark::State& state, const Composed& model) {
  const heed::Tensor<float, 3> x = random_sequences();
  heed::Stream stream(model);
  heed::Index i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(stream.step(x.data() + i * features, features).data());
    i = (i + 1) % (batch * steps);
  }
}

const bool registered = [] {
  bench::describe_machine();
  const auto add = [](const std::string& name, auto run, Attention attention) {
    return benchmark::RegisterBenchmark((name + '/' + std::string(to_text(attention))).c_str(), run, attention)
        ->Unit(benchmark::kMicrosecond);
  };
  for (const Attention attention : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    add("one sequence", one_sequence, attention);
    add("one step of a stream", one_step, attention);
    add("one sequence, spread", spread, attention)->UseManualTime()->Iterations(5);
    add("batch of 1024", many_sequences, attention);
  }
  const auto compose = [](const std::string& name, auto run) {
    benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMicrosecond);
  };
  compose("one sequence/Sequential", [](auto& state) { one_sequence_of(state, Parts().sequential()); });
  compose("one sequence/Chain", [](auto& state) { one_sequence_of(state, Parts().chain()); });
  compose("one step of a stream/Sequential", [](auto& state) { one_step_of(state, Parts().sequential()); });
  compose("one step of a stream/Chain", [](auto& state) { one_step_of(state, Parts().chain()); });
  return true;
}();

}  // namespace
