// Each layer forward and backward on one tile, float: 64 lanes, and one lane; ten steps of 32 features, and of 128.

#include <benchmark/benchmark.h>

#include <string>

#include "heed/layers/activations.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/testing/layer_run.hpp"
#include "support/flops.hpp"
#include "support/machine.hpp"

namespace {

using bench::Flops;
using heed::Index;
using heed::testing::LayerRun;

constexpr Index steps = 10;

// `products` of one sequence: none where a layer is pointwise
template <class L>
void add(const std::string& name, Index size, const L& layer, Flops products = {}) {
  for (const bool back : {false, true}) {
    const std::string full = name + "/size:" + std::to_string(size) + (back ? "/forward and backward" : "/forward");
    const double flop = products.forward + (back ? products.backward : 0);
    benchmark::RegisterBenchmark(full.c_str(),
                                 [=](benchmark::State& state) {
                                   LayerRun<L> run(layer, {steps, size}, state.range(0));
                                   run.randomize(heed::Key{1});
                                   const double begin = bench::seconds();
                                   for (auto _ : state) {
                                     run.forward();
                                     if (back) run.backward(heed::testing::Sink::into, false);
                                     benchmark::DoNotOptimize(run.y.data());
                                   }
                                   const double time = bench::seconds() - begin;
                                   const auto sequences = static_cast<double>(state.iterations() * state.range(0));
                                   state.SetItemsProcessed(state.iterations() * state.range(0));
                                   if (flop > 0) bench::report_flops<float>(state, flop * sequences, time);
                                 })
        ->ArgName("lanes")
        ->Arg(64)
        ->Arg(1)
        ->Unit(benchmark::kMicrosecond);
  }
}

void add_layers(Index size) {
  const auto s = static_cast<double>(size), T = static_cast<double>(steps);
  const Flops projection = bench::dense(s, s, T), scores = bench::attend(T, T, s), pool = bench::attend(1, T, s);
  add("Dense", size, heed::Dense<float>({.in_features = size, .out_features = size}), projection);
  add("Lstm", size, heed::Lstm<float>({.input_size = size, .hidden_size = size}), bench::lstm(s, s, T, true));
  add("AttentionPool", size, heed::AttentionPool<float>({.features = size}), pool);
  add("AdditiveAttention", size,
      heed::testing::QueryAndMemory<heed::AdditiveAttention<float>>{
          heed::AdditiveAttention<float>({.query_size = size, .memory_size = size})},
      bench::dense(s, s, T) + bench::attend(1, T - 1, s));  // the first step asks the others
  add("DotAttention", size, heed::DotAttention<float>({.query_size = size, .memory_size = size, .output_size = size}),
      bench::dense(s, 3 * s, T) + scores);
  add("MultiHeadAttention", size, heed::MultiHeadAttention<float>({.embed_dim = size, .num_heads = 2}),
      bench::dense(s, 4 * s, T) + scores);
  add("Relu", size, heed::Relu<float>());
  add("Tanh", size, heed::Tanh<float>());
  add("Sigmoid", size, heed::Sigmoid<float>());
  add("Gelu", size, heed::Gelu<float>());
  add("Softmax", size, heed::Softmax<float>());
  add("LastPool", size, heed::LastPool<float>());
  add("MeanPool", size, heed::MeanPool<float>());
  add("MaxPool", size, heed::MaxPool<float>());
}

const bool registered = [] {
  bench::describe_machine();
  add_layers(32);
  add_layers(128);
  return true;
}();

}  // namespace
