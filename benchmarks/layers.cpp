// Each layer forward and backward on one tile of ten steps and 32 features, float: 64 lanes, and one lane.

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

namespace {

using heed::Index;
using heed::testing::LayerRun;

constexpr Index steps = 10, size = 32;

template <class L>
void add(const std::string& name, const L& layer) {
  for (const bool back : {false, true}) {
    benchmark::RegisterBenchmark((name + (back ? "/forward and backward" : "/forward")).c_str(),
                                 [layer, back](benchmark::State& state) {
                                   LayerRun<L> run(layer, {steps, size}, state.range(0));
                                   run.randomize(heed::Key{1});
                                   for (auto _ : state) {
                                     run.forward();
                                     if (back) run.backward(heed::testing::Sink::into, false);
                                     benchmark::DoNotOptimize(run.y.data());
                                   }
                                   state.SetItemsProcessed(state.iterations() * state.range(0));
                                 })
        ->ArgName("lanes")
        ->Arg(64)
        ->Arg(1)
        ->Unit(benchmark::kMicrosecond);
  }
}

const bool registered = [] {
  add("Dense", heed::Dense<float>({.in_features = size, .out_features = size}));
  add("Relu", heed::Relu<float>());
  add("Tanh", heed::Tanh<float>());
  add("Sigmoid", heed::Sigmoid<float>());
  add("Gelu", heed::Gelu<float>());
  add("Softmax", heed::Softmax<float>());
  add("Lstm", heed::Lstm<float>({.input_size = size, .hidden_size = size}));
  add("AttentionPool", heed::AttentionPool<float>({.features = size}));
  add("AdditiveAttention", heed::testing::QueryAndMemory<heed::AdditiveAttention<float>>{
                               heed::AdditiveAttention<float>({.query_size = size, .memory_size = size})});
  add("DotAttention", heed::DotAttention<float>({.query_size = size, .memory_size = size, .output_size = size}));
  add("MultiHeadAttention", heed::MultiHeadAttention<float>({.embed_dim = size, .num_heads = 2}));
  add("LastPool", heed::LastPool<float>());
  add("MeanPool", heed::MeanPool<float>());
  add("MaxPool", heed::MaxPool<float>());
  return true;
}();

}  // namespace
