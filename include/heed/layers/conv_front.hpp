#pragma once

/// @file
/// Convolutions over time, one block on another: what stands in front of a recurrent layer or a pool.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/error.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/conv1d.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/group_norm.hpp"
#include "heed/layers/layer_norm.hpp"
#include "heed/options/named_enum.hpp"
#include "heed/options/size_list.hpp"

namespace heed::inline HEED_ABI {

/// What a block of a convolution is normalised over: `step`, the features of each step (`LayerNorm`); `sequence`, all
/// features and valid steps of a sequence (`GroupNorm` of one group), which keeps how steps compare in size.
enum class ConvNorm { step, sequence };
constexpr std::array<std::string_view, 2> names_of(ConvNorm) { return {"step", "sequence"}; }

struct ConvBlockOptions {
  Index in_channels = 0, out_channels = 0;
  Index kernel_size = 3;
  bool causal = false;  ///< a step sees those before alone; otherwise as many on both sides ("same")
  bool residual = false;
  ConvNorm norm = ConvNorm::step;
  double dropout = 0;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y = dropout(relu(norm(conv(x)))): (steps, in_channels) to (steps,
/// out_channels). With `residual`, y = dropout(relu(norm(conv(x)) + x)), and where the channels differ x goes through a
/// convolution of width 1. Past a sequence's end y is 0.
template <class S>
struct ConvBlock {
  using Scalar = S;
  using Input = S;
  using Options = ConvBlockOptions;
  struct Cache {
    typename Conv1d<S>::Cache conv, shortcut;
    typename LayerNorm<S>::Cache norm;
    typename GroupNorm<S>::Cache sequence_norm;
    typename Dropout<S>::Cache dropout;
    TileBuffer<S> convolved, beside;
  };

  Conv1d<S> conv;
  LayerNorm<S> norm;           ///< empty for `sequence`
  GroupNorm<S> sequence_norm;  ///< empty for `step`
  Conv1d<S> shortcut;          ///< empty unless `residual` changes the channels
  bool residual = false;
  double dropout = 0;

  ConvBlock() = default;
  /// Throws where a size is not positive, or the dropout not in [0, 1).
  HEED_COLD explicit ConvBlock(Options o);

  /// Each layer as PyTorch starts it.
  HEED_COLD void initialize(Key key);

  Index in_channels() const { return conv.in_channels(); }
  Index out_channels() const { return conv.out_channels(); }
  Shape output_shape(Shape x) const { return conv.output_shape(x); }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, ConvBlock& grad,
                const Pass& pass) const;
  static constexpr bool backward_reads_output = true;

  /// Remembers what its convolution does. Throws unless causal and normalised step by step.
  Index prepare_stream(Shape x, Cache& cache) const {
    require(!over_sequence(), [] {
      return Fault{"the norm of a sequence changes at all steps with each new one", "ConvBlock",
                   "norm step in a stream", "sequence"};
    });
    return conv.prepare_stream(x, cache.conv);
  }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  static void visit(auto&& f, auto&... blocks) {
    f("conv", blocks.conv...);
    f("norm", blocks.norm...);
    f("norm", blocks.sequence_norm...);
    f("shortcut", blocks.shortcut...);
  }

 private:
  bool over_sequence() const { return sequence_norm.weight.size() > 0; }
  bool projects() const { return shortcut.weight.size() > 0; }
  // from the convolution's output to y
  void finish(Tile<const S> x, Tile<const S> convolved, Tile<S> y, Cache& cache, const Pass& pass) const;
  Dropout<S> dropout_layer() const {
    Dropout<S> layer;
    layer.rate = dropout;
    return layer;
  }
};

template <class S>
ConvBlock<S>::ConvBlock(Options o) : residual(o.residual), dropout(o.dropout) {
  check_dropout_rate(o.dropout, "ConvBlock", "dropout");
  conv = Conv1d<S>({.in_channels = o.in_channels,
                    .out_channels = o.out_channels,
                    .kernel_size = o.kernel_size,
                    .padding = o.causal ? ConvPadding::causal : ConvPadding::same});
  if (o.norm == ConvNorm::step) {
    norm = LayerNorm<S>({.features = o.out_channels});
  } else {
    sequence_norm = GroupNorm<S>({.groups = 1, .features = o.out_channels});
  }
  if (o.residual && o.in_channels != o.out_channels) {
    shortcut = Conv1d<S>({.in_channels = o.in_channels, .out_channels = o.out_channels, .kernel_size = 1});
  }
  initialize({});
}

template <class S>
void ConvBlock<S>::initialize(Key key) {
  conv.initialize(key.child(0));
  norm.initialize(key);
  sequence_norm.initialize(key);
  if (projects()) shortcut.initialize(key.child(1));
}

template <class S>
void ConvBlock<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  const Tile<S> convolved = cache.convolved.take(y.shape(), x.lanes, x.lengths);
  conv.forward(x, convolved, cache.conv, pass);
  finish(x, convolved, y, cache, pass);
}

template <class S>
void ConvBlock<S>::finish(Tile<const S> x, Tile<const S> convolved, Tile<S> y, Cache& cache, const Pass& pass) const {
  if (over_sequence()) {
    sequence_norm.forward(convolved, y, cache.sequence_norm, pass);
  } else {
    norm.forward(convolved, y, cache.norm, pass);
  }
  if (projects()) {
    const Tile<S> beside = cache.beside.take(y.shape(), x.lanes, x.lengths);
    shortcut.forward(x, beside, cache.shortcut, pass);
    add(Tile<const S>(beside), y);
  } else if (residual) {
    add(x, y);
  }
  if (residual) zero_past_end(y, x.lengths);
  typename Relu<S>::Cache none;
  Relu<S>().forward(y, y, none, pass);
  dropout_layer().forward(y, y, cache.dropout, pass);
}

template <class S>
void ConvBlock<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                            ConvBlock& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> convolved = cache.convolved.view().with_lengths(x.lengths);
  const Tile<S> dsum = pass.scratch.like(convolved), dconvolved = pass.scratch.like(convolved);
  Dropout<S> no_gradient;
  Relu<S> nothing;
  typename Relu<S>::Cache none;
  dropout_layer().backward(y, y, dy, into(dsum), cache.dropout, no_gradient, pass);
  nothing.backward(y, y, dsum, into(dsum), none, nothing,
                   pass);  // a number that was dropped has no gradient either way
  if (over_sequence()) {
    sequence_norm.backward(convolved, {}, dsum, into(dconvolved), cache.sequence_norm, grad.sequence_norm, pass);
  } else {
    norm.backward(convolved, {}, dsum, into(dconvolved), cache.norm, grad.norm, pass);
  }
  conv.backward(x, convolved, dconvolved, dx, cache.conv, grad.conv, pass);
  if (!residual) return;
  Tile<S> beside = dsum;
  if (projects()) {
    beside = pass.scratch.like(x);
    shortcut.backward(x, {}, dsum, into_if(bool(dx), beside), cache.shortcut, grad.shortcut, pass);
  }
  if (dx) add(Tile<const S>(beside), dx.tile);
}

template <class S>
void ConvBlock<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                               const Pass& pass) const {
  const Tile<S> convolved = cache.convolved.take(y.shape(), 1);
  conv.stream_step(x, convolved, memory, cache.conv, pass);
  finish(x, convolved, y, cache, pass);
}

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

struct ConvFrontOptions {
  Index in_channels = 0;
  SizeList kernels = {};     ///< a block each
  SizeList channels = {64};  ///< of each block, or one number for all
  bool causal = false;
  bool residual = false;
  ConvNorm norm = ConvNorm::step;
  double dropout = 0;  ///< of every block's output
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// `ConvBlock`s, one on another, a kernel each: (steps, in_channels) to (steps, channels of the last). The start of
/// `ConvFront<S>({.in_channels = 2, .kernels = {8, 5, 3}})` is that of a fully convolutional network (Wang et al. 2017)
/// with layer normalisation. Children are named 0, 1, ..., as in torch.nn.Sequential.
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
  /// Throws where there are no kernels, the numbers of kernels and channels do not go together, and as a block does.
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

  /// Remembers what its convolutions do. Throws unless causal and normalised step by step.
  HEED_COLD Index prepare_stream(Shape x, Cache& cache) const;
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  static void visit(auto&& f, auto& first, auto&... rest) {
    for (std::size_t i = 0; i < first.blocks.size(); ++i) f(i, first.blocks[i], rest.blocks[i]...);
  }

 private:
  // f(block, its number, its input, its output) in turn
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
  std::size_t lowest = 0;  // further down nobody wants a gradient
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

HEED_COMPILED_TYPE(struct heed::ConvBlock)
HEED_COMPILED_TYPE(struct heed::ConvFront)
