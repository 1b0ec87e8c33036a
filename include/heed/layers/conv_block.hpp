#pragma once

/// @file
/// One block of a convolutional network over time: convolution, normalisation, activation, dropout.

#include <array>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/error.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/conv1d.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/group_norm.hpp"
#include "heed/layers/layer_norm.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

/// What a convolution block normalises over. `step`: the features of each step (`LayerNorm`). `sequence`: all features
/// and valid steps of a sequence (`GroupNorm` with one group), which keeps the relative sizes of the steps.
enum class ConvNorm { step, sequence };
constexpr std::array<std::string_view, 2> names_of(ConvNorm) { return {"step", "sequence"}; }

/// Options of `ConvBlock`.
struct ConvBlockOptions {
  Index in_channels = 0, out_channels = 0;
  Index kernel_size = 3;
  bool causal = false;  ///< each step sees only earlier steps and itself; otherwise as many on both sides ("same")
  bool residual = false;
  ConvNorm norm = ConvNorm::step;
  double dropout = 0;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y = dropout(relu(norm(conv(x)))): maps (steps, in_channels) to (steps, out_channels). With `residual`, y =
/// dropout(relu(norm(conv(x)) + x)); if the numbers of channels differ, x goes through a convolution of width 1. Past a
/// sequence's end y is 0.
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
  /// Throws if a size is not positive, or if the dropout is not in [0, 1).
  HEED_COLD explicit ConvBlock(Options o);

  /// Initialises each layer as PyTorch does.
  HEED_COLD void initialize(Key key);

  Index in_channels() const { return conv.in_channels(); }
  Index out_channels() const { return conv.out_channels(); }
  Shape output_shape(Shape x) const { return conv.output_shape(x); }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, ConvBlock& grad,
                const Pass& pass) const;
  static constexpr bool backward_reads_output = true;

  /// A stream remembers what its convolution remembers. Throws unless causal and normalised step by step.
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
  // computes y from the convolution's output
  void finish(Tile<const S> x, Tile<const S> convolved, Tile<S> y, Cache& cache, const Pass& pass) const;
  Dropout<S> dropout_layer() const {
    Dropout<S> layer;
    layer.rate = dropout;
    return layer;
  }
};

template <class S>
ConvBlock<S>::ConvBlock(Options o) : residual(o.residual), dropout(o.dropout) {
  check_choice(o.norm, "norm", "ConvBlock");
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
                   pass);  // a dropped number has no gradient in either case
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

HEED_COMPILED_TYPE(struct heed::ConvBlock)
