// Each layer forward and backward on one tile, float: 64 lanes, and one lane; ten steps of 32 features, and of 128.
// Convolutions over 100 steps of 64 channels, 5 wide, also depthwise, and of 9 channels of data, 8 wide. Convolutions
// 3 x 3 over images of 8 x 8, and of half that; an image of one channel is data.

#include <benchmark/benchmark.h>

#include <string>

#include "heed/layers/activations.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/conv1d.hpp"
#include "heed/layers/conv2d.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dot_attention.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/max_pool2d.hpp"
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

// `products` of one sequence: none where a layer is pointwise. Data has no gradient.
template <class L>
void add(const std::string& name, heed::Shape shape, const L& layer, Flops products = {}, bool data = false) {
  const auto sink = data ? heed::testing::Sink::nowhere : heed::testing::Sink::into;
  for (const bool back : {false, true}) {
    const std::string full = name + (back ? "/forward and backward" : "/forward");
    const double flop = products.forward + (back ? products.backward : 0);
    benchmark::RegisterBenchmark(full.c_str(),
                                 [=](benchmark::State& state) {
                                   LayerRun<L> run(layer, shape, state.range(0));
                                   run.randomize(heed::Key{1});
                                   const double begin = bench::seconds();
                                   for (auto _ : state) {
                                     run.forward();
                                     if (back) run.backward(sink, false);
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

void add_series(Index channels, Index kernel_size, Index groups = 1) {
  constexpr Index length = 100, outputs = 64;
  const heed::Conv1d<float> conv(
      {.in_channels = channels, .out_channels = outputs, .kernel_size = kernel_size, .groups = groups});
  const auto sees = static_cast<double>(channels / groups * kernel_size);
  const bool data = channels < outputs;
  std::string name = "Conv1d/" + std::to_string(channels) + " to " + std::to_string(outputs);
  name += "/width:" + std::to_string(kernel_size);
  if (groups > 1) name += "/groups:" + std::to_string(groups);
  add(name, {length, channels}, conv, bench::dense(sees, outputs, static_cast<double>(length), !data), data);
}

void add_images(Index side, Index channels, Index outputs) {
  const heed::Conv2d<float> conv({.in_channels = channels,
                                  .out_channels = outputs,
                                  .height = side,
                                  .width = side,
                                  .kernel_size = 3,
                                  .padding = 1});
  // multiply-adds with pixels of the image alone: a row or column of the kernel meets side or side - 1 of an axis
  const auto meets = static_cast<double>(3 * side - 2);
  const std::string pixels = std::to_string(side);
  std::string of = "/";
  of.append(pixels).append("x").append(pixels).append("x").append(std::to_string(channels));
  const heed::Shape shape{1, conv.in_image().size()};
  const bool data = channels == 1;
  add("Conv2d" + of + " to " + std::to_string(outputs), shape, conv,
      bench::dense(static_cast<double>(channels), static_cast<double>(outputs), meets * meets, !data), data);
  add("MaxPool2d" + of, shape,
      heed::MaxPool2d<float>({.channels = channels, .height = side, .width = side, .kernel_size = 2}));
}

void add_layers(Index size) {
  const auto add = [size](const char* name, const auto& layer, Flops products = {}) {
    ::add(name + ("/size:" + std::to_string(size)), {steps, size}, layer, products);
  };
  const auto s = static_cast<double>(size), T = static_cast<double>(steps);
  const Flops projection = bench::dense(s, s, T), scores = bench::attend(T, T, s), pool = bench::attend(1, T, s);
  add("Dense", heed::Dense<float>({.in_features = size, .out_features = size}), projection);
  add("Lstm", heed::Lstm<float>({.input_size = size, .hidden_size = size}), bench::lstm(s, s, T, true));
  add("AttentionPool", heed::AttentionPool<float>({.features = size}), pool);
  add("AdditiveAttention",
      heed::testing::QueryAndMemory<heed::AdditiveAttention<float>>{
          heed::AdditiveAttention<float>({.query_size = size, .memory_size = size})},
      bench::dense(s, s, T) + bench::attend(1, T - 1, s));  // the first step asks the others
  add("DotAttention", heed::DotAttention<float>({.query_size = size, .memory_size = size, .output_size = size}),
      bench::dense(s, 3 * s, T) + scores);
  add("MultiHeadAttention", heed::MultiHeadAttention<float>({.embed_dim = size, .num_heads = 2}),
      bench::dense(s, 4 * s, T) + scores);
  add("Relu", heed::Relu<float>());
  add("Tanh", heed::Tanh<float>());
  add("Sigmoid", heed::Sigmoid<float>());
  add("Gelu", heed::Gelu<float>());
  add("Softmax", heed::Softmax<float>());
  add("LastPool", heed::LastPool<float>());
  add("MeanPool", heed::MeanPool<float>());
  add("MaxPool", heed::MaxPool<float>());
}

const bool registered = [] {
  bench::describe_machine();
  add_layers(32);
  add_layers(128);
  add_series(64, 5);
  add_series(64, 5, 64);
  add_series(9, 8);
  for (const Index channels : {1, 16, 32}) add_images(8, channels, 32);
  add_images(4, 32, 64);
  return true;
}();

}  // namespace
