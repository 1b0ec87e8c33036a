// What a step of a long sequence costs, in times of a step of a sequence of ten: layers alone on a tile of 64 lanes and
// 32 features, forward and backward, and epochs of the sequence classifier. Long and short ones are measured in turns; a
// ratio is that of the medians of CPU time. A row over its limit is an error. The limits stand about a sixth above what
// was measured.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/layers/general_attention.hpp"
#include "heed/layers/gru.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/mean_max_pool.hpp"
#include "heed/layers/multi_head_pool.hpp"
#include "heed/layers/query_pool.hpp"
#include "heed/layers/rnn.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/train/fit.hpp"
#include "support/machine.hpp"

namespace {

using heed::Attention;
using heed::CellKind;
using heed::Index;

constexpr Index few = 10, size = 32, lanes = 64;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// `seconds(steps)`: of one step of one sequence
template <class F>
void compare(benchmark::State& state, Index steps, double limit, int rounds, F&& seconds) {
  std::vector<double> base, time;
  for (auto _ : state) {
    for (int round = 0; round < rounds; ++round) {
      base.push_back(seconds(few));
      time.push_back(seconds(steps));
    }
    state.SetIterationTime(median(time));
  }
  const double ratio = median(time) / median(base);
  state.counters["ns/step"] = 1e9 * median(time);
  state.counters["ratio"] = ratio;
  state.counters["limit"] = limit;
  if (ratio > limit) state.SkipWithError("a long sequence costs too much a step");
}

template <class F>
void add(const std::string& name, Index steps, F&& run) {
  benchmark::RegisterBenchmark((name + "/steps:" + std::to_string(steps)).c_str(), run)->UseManualTime()->Iterations(1);
}

// a layer on memory of heed's own
template <class L>
struct Work {
  L layer, gradient;
  heed::TileBuffer<float> x, y, dy, dx;
  typename L::Cache cache;
  heed::Scratch scratch;

  Work(const L& l, Index steps) : layer(l), gradient(l) {
    const heed::Shape in{steps, size}, out = layer.output_shape(in);
    set_zero(gradient);
    x.take(in, lanes);
    dx.take(in, lanes);
    y.take(out, lanes);
    dy.take(out, lanes);
    std::uint64_t i = 0;
    for (const heed::Tile<float>& tile : {x.tile(), dy.tile()}) {
      std::generate_n(tile.data, tile.size(), [&] { return static_cast<float>(heed::Key{1}.uniform(i++, -1, 1)); });
    }
  }
  void operator()() {
    const heed::Pass pass{scratch};
    layer.forward(x.view(), y.tile(), cache, pass);
    layer.backward(x.view(), y.view(), dy.view(), into(dx.tile()), cache, gradient, pass);
    benchmark::DoNotOptimize(dx.tile().data);
  }
};

template <class L>
void add_layer(const std::string& name, const L& layer, double limit) {
  for (const Index steps : {300, 1'000, 3'000}) {
    add("layer/" + name, steps, [=](benchmark::State& state) {
      const heed::FlushDenormals flush;
      Work<L> shorter(layer, few), longer(layer, steps);
      const auto seconds = [&](Index of) {
        const Index passes = std::max<Index>(6'000 / of, 1);
        Work<L>& work = of == few ? shorter : longer;
        const double begin = cpu_seconds();
        for (Index i = 0; i < passes; ++i) work();
        return (cpu_seconds() - begin) / static_cast<double>(passes * of * lanes);
      };
      seconds(few);
      seconds(steps);  // warm
      compare(state, steps, limit, 15, seconds);
    });
  }
}

double seconds_of_fit(CellKind cell, Attention attention, Index steps) {
  constexpr int epochs = 3;
  const Index n = std::clamp<Index>(128'000 / steps / 64 * 64, 64, 6'400);  // tiles without padding
  heed::Tensor<float, 3> x({n, steps, 5});
  std::vector<std::int32_t> labels(static_cast<std::size_t>(n));
  std::uint64_t draw = 0;
  const heed::Key key{1};
  for (float& v : x) v = static_cast<float>(key.uniform(draw++, -1, 1));
  for (std::int32_t& label : labels) label = static_cast<std::int32_t>(key.below(draw++, 10));
  heed::SequenceClassifier<float> model(
      {.features = 5, .classes = 10, .hidden = size, .attention = attention, .cell = cell});
  std::vector<double> ends;
  heed::FitOptions options{.epochs = 1 + epochs, .learning_rate = 0.01, .threads = 1};
  options.callbacks.push_back([&](const heed::EpochRecord&) {
    ends.push_back(cpu_seconds());
    return true;
  });
  heed::fit(model, x.view(), labels, options);
  return (ends.back() - ends.front()) / static_cast<double>(epochs * n * steps);
}

void add_model(CellKind cell, Attention attention, double limit) {
  const std::string name = "epoch/" + std::string(to_text(cell)) + '/' + std::string(to_text(attention));
  for (const Index steps : {300, 1'000, 3'000}) {
    add(name, steps, [=](benchmark::State& state) {
      compare(state, steps, limit, 5, [&](Index of) { return seconds_of_fit(cell, attention, of); });
    });
  }
}

const bool registered = [] {
  using heed::QueryPool;
  bench::describe_machine();
  add_layer("Lstm", heed::Lstm<float>({.input_size = size, .hidden_size = size}), 1.45);
  add_layer("Gru", heed::Gru<float>({.input_size = size, .hidden_size = size}), 1.45);
  add_layer("Rnn", heed::Rnn<float>({.input_size = size, .hidden_size = size}), 1.7);
  add_layer("AttentionPool", heed::AttentionPool<float>({.features = size}), 3.3);
  add_layer("Additive",
            QueryPool<heed::AdditiveAttention<float>>(
                heed::AdditiveAttention<float>::Options{.query_size = size, .memory_size = size}),
            1.55);
  add_layer("Dot",
            QueryPool<heed::DotAttention<float>>(
                heed::DotAttention<float>::Options{.query_size = size, .memory_size = size, .output_size = size}),
            1.55);
  add_layer("General",
            QueryPool<heed::GeneralAttention<float>>(
                heed::GeneralAttention<float>::Options{.query_size = size, .memory_size = size}),
            1.95);
  add_layer("MultiHeadPool", heed::MultiHeadPool<float>({.features = size}), 1.5);
  add_layer("MeanPool", heed::MeanPool<float>(), 4.25);
  add_layer("MaxPool", heed::MaxPool<float>(), 4.2);
  for (const CellKind cell : {CellKind::lstm, CellKind::gru, CellKind::rnn}) {
    for (const Attention attention :
         {Attention::none, Attention::pool, Attention::additive, Attention::multihead, Attention::meanmax}) {
      add_model(cell, attention, cell == CellKind::rnn ? 1.75 : 1.55);
    }
  }
  return true;
}();

}  // namespace
