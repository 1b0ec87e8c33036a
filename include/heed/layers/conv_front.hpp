#pragma once

/// @file
/// A stack of convolution blocks in front of a recurrent layer or a pooling.

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/conv_block.hpp"
#include "heed/options/size_list.hpp"

namespace heed::inline HEED_ABI {

/// Options of `ConvFront`.
struct ConvFrontOptions {
  Index in_channels = 0;
  SizeList kernels = {};     ///< one block for each
  SizeList channels = {64};  ///< of each block, or one number for all
  bool causal = false;
  bool residual = false;
  ConvNorm norm = ConvNorm::step;
  double dropout = 0;  ///< of each block's output
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// A stack of `ConvBlock`s, one for each kernel size: maps (steps, in_channels) to (steps, channels of the last block).
/// `ConvFront<S>({.in_channels = 2, .kernels = {8, 5, 3}})` starts as a fully convolutional network (Wang et al. 2017)
/// does, with layer normalisation. The blocks are named 0, 1, ..., as in torch.nn.Sequential.
template <class S>
struct ConvFront {
  using Scalar = S;
  using Input = S;
  static constexpr bool backward_reads_output = true;
  using Options = ConvFrontOptions;
  struct Cache {
    std::vector<typename ConvBlock<S>::Cache> blocks;
    std::vector<TileBuffer<S>> outputs;  // of all but the last
  };

  std::vector<ConvBlock<S>> blocks;

  ConvFront() = default;
  /// Throws if there are no kernels, if the numbers of kernels and channels do not match, and as `ConvBlock` does.
  HEED_COLD explicit ConvFront(Options o);

  void initialize(Key key) {
    for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i].initialize(key.child(i));
  }

  bool reads_distances() const {
    return std::any_of(blocks.begin(), blocks.end(), [](const auto& block) { return block.conv.reads_distances(); });
  }
  bool empty() const { return blocks.empty(); }
  Index in_channels() const { return blocks.empty() ? 0 : blocks.front().in_channels(); }
  Index out_channels() const { return blocks.empty() ? 0 : blocks.back().out_channels(); }
  Shape output_shape(Shape x) const {
    for (const ConvBlock<S>& block : blocks) x = block.output_shape(x);
    return x;
  }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, ConvFront& grad,
                const Pass& pass) const;

  /// A stream remembers what its convolutions remember. Throws unless causal and normalised step by step.
  HEED_COLD Index prepare_stream(Shape x, Cache& cache) const;
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  static void visit(auto&& f, auto& first, auto&... rest) {
    for (std::size_t i = 0; i < first.blocks.size(); ++i) f(i, first.blocks[i], rest.blocks[i]...);
  }

 private:
  // calls f(block, index, input, output) in turn
  template <class F>
  void each(Tile<const S> x, Tile<S> y, Cache& cache, F&& f) const {
    cache.blocks.resize(blocks.size());
    cache.outputs.resize(blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const bool last = i + 1 == blocks.size();
      const Tile<S> out = last ? y : cache.outputs[i].take({x.steps, blocks[i].out_channels()}, x.lanes, x.lengths);
      f(i, x, out);
      x = out;
    }
  }
};

template <class S>
ConvFront<S>::ConvFront(Options o) {
  require(!o.kernels.empty(),
          [] { return Fault{"there are no convolutions", "ConvFront", "a kernel or more", "none"}; });
  require(o.channels.size() == 1 || o.channels.size() == o.kernels.size(), [&] {
    return Fault{"kernels and channels differ in number", "ConvFront",
                 "channels for all or for each of " + text_of(o.kernels.size()), to_text(o.channels)};
  });
  for (Index i = 0; i < o.kernels.size(); ++i) {
    const Index out = o.channels[std::min(i, o.channels.size() - 1)];
    blocks.emplace_back(typename ConvBlock<S>::Options{.in_channels = i ? out_channels() : o.in_channels,
                                                       .out_channels = out,
                                                       .kernel_size = o.kernels[i],
                                                       .causal = o.causal,
                                                       .residual = o.residual,
                                                       .norm = o.norm,
                                                       .dropout = o.dropout});
  }
  initialize({});
}

template <class S>
void ConvFront<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  each(x, y, cache,
       [&](std::size_t i, Tile<const S> in, Tile<S> out) { blocks[i].forward(in, out, cache.blocks[i], pass.at(i)); });
}

template <class S>
void ConvFront<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                            ConvFront& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  std::size_t lowest = 0;  // no block below needs a gradient
  while (!dx && lowest < blocks.size() && !wants_gradient(grad.blocks[lowest])) ++lowest;
  Tile<const S> d = dy;
  for (std::size_t i = blocks.size(); i-- > lowest;) {
    const Tile<const S> in = i > 0 ? cache.outputs[i - 1].view().with_lengths(x.lengths) : x;
    const Tile<const S> out = i + 1 < blocks.size() ? cache.outputs[i].view().with_lengths(x.lengths) : y;
    const Tile<S> din = i > lowest ? pass.scratch.like(in) : Tile<S>();
    blocks[i].backward(in, out, d, i > 0 ? into_if(i > lowest, din) : dx, cache.blocks[i], grad.blocks[i], pass.at(i));
    d = din;
  }
}

template <class S>
Index ConvFront<S>::prepare_stream(Shape x, Cache& cache) const {
  cache.blocks.resize(blocks.size());
  Index total = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    total += blocks[i].prepare_stream(x, cache.blocks[i]);
    x.features = blocks[i].out_channels();
  }
  return total;
}

template <class S>
void ConvFront<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                               const Pass& pass) const {
  each(x, y, cache, [&](std::size_t i, Tile<const S> in, Tile<S> out) {
    blocks[i].stream_step(in, out, memory, cache.blocks[i], pass.at(i));
  });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::ConvFront)
