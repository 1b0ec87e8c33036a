#pragma once

/// @file
/// A block of a transformer encoder.

#include "heed/core/attention_mask.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/sublayer.hpp"
#include "heed/layers/feed_forward.hpp"
#include "heed/layers/layer_norm.hpp"
#include "heed/layers/multi_head_attention.hpp"

namespace heed::inline HEED_ABI {

/// Options of `TransformerEncoderBlock`.
struct TransformerEncoderBlockOptions {
  Index d_model = 0, num_heads = 1;
  Index dim_feedforward = 2048;
  double dropout = 0.1;
  FeedForwardActivation activation = FeedForwardActivation::relu;
  NormPlacement norm = NormPlacement::post;
  double layer_norm_eps = 1e-5;
  bool causal = false;
  Index relative_positions = 0;                     ///< see `MultiHeadAttention`
  bool locality = false;                            ///< see `MultiHeadAttention`
  RelativeBias relative_bias = RelativeBias::none;  ///< see `MultiHeadAttention`
  Index bias_distance = 0;                          ///< see `MultiHeadAttention`
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Self attention, then two dense layers, each with a residual connection (Vaswani et al. 2017;
/// torch.nn.TransformerEncoderLayer, with its parameter names and initialisation). Maps (steps, d_model) to the same
/// shape. With normalisation after each sublayer:
///
///     h = norm1(x + dropout(self_attn(x))),  y = norm2(h + dropout(linear2(dropout(f(linear1(h))))))
///
/// `NormPlacement` can move the normalisation before each sublayer or switch it off. Past a sequence's end y is 0. A
/// causal block, in which each step sees itself and the steps before it, is a decoder block without a memory.
template <class S>
struct TransformerEncoderBlock {
  using Scalar = S;
  using Input = S;
  using Options = TransformerEncoderBlockOptions;
  struct Cache {
    typename MultiHeadAttention<S>::Cache self_attn;
    typename FeedForward<S>::Cache feed_forward;
    typename detail::Sublayer<S>::Cache first, second;
    TileBuffer<S> hidden;  // h
  };

  MultiHeadAttention<S> self_attn;
  FeedForward<S> feed_forward;  ///< linear1, linear2
  LayerNorm<S> norm1, norm2;    ///< empty if switched off
  NormPlacement norm = NormPlacement::post;
  double dropout = 0;

  TransformerEncoderBlock() = default;
  /// Throws if a size is not positive, if the heads do not divide the features, or if an option is out of range.
  explicit TransformerEncoderBlock(Options o);

  /// Initialises each part as it initialises itself.
  void initialize(Key key);

  bool reads_distances() const { return self_attn.reads_distances(); }
  Shape output_shape(Shape x) const { return self_attn.output_shape(x); }

  /// The attention weights of the last forward pass, as `MultiHeadAttention` gives and keeps them.
  static Tile<const S> weights(const Cache& cache) { return MultiHeadAttention<S>::weights(cache.self_attn); }
  static void keep_weights(Cache& cache) { MultiHeadAttention<S>::keep_weights(cache.self_attn); }

  /// A mask (true: attend) is (steps, steps) for all sequences, or one such matrix for each; so are scores to add. Both
  /// must stay until the backward pass is over.
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, AttentionMask mask = {},
               AttentionScores<S> scores = {}) const;

  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                TransformerEncoderBlock& grad, const Pass& pass) const;

  /// A stream remembers what its attention remembers. Throws unless causal.
  Index prepare_stream(Shape x, Cache& cache) const { return self_attn.prepare_stream(x, cache.self_attn); }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  static void visit(auto&& f, auto&... blocks) {
    f("self_attn", blocks.self_attn...);
    f("linear1", blocks.feed_forward.linear1...);
    f("linear2", blocks.feed_forward.linear2...);
    f("norm1", blocks.norm1...);
    f("norm2", blocks.norm2...);
  }

 private:
  detail::Sublayer<S> first() const { return {norm, norm1, dropout}; }
  detail::Sublayer<S> second() const { return {norm, norm2, dropout}; }
};

template <class S>
TransformerEncoderBlock<S>::TransformerEncoderBlock(Options o)
    : self_attn({.embed_dim = o.d_model,
                 .num_heads = o.num_heads,
                 .dropout = o.dropout,
                 .causal = o.causal,
                 .relative_positions = o.relative_positions,
                 .locality = o.locality,
                 .relative_bias = o.relative_bias,
                 .bias_distance = o.bias_distance}),
      feed_forward({o.d_model, o.dim_feedforward, o.activation, o.dropout}),
      norm(o.norm),
      dropout(o.dropout) {
  check_choice(norm, "norm", "TransformerEncoderBlock");
  if (norm != NormPlacement::none) norm1 = norm2 = LayerNorm<S>({o.d_model, o.layer_norm_eps});
  initialize({});
}

template <class S>
void TransformerEncoderBlock<S>::initialize(Key key) {
  self_attn.initialize(key.child(0));
  feed_forward.initialize(key.child(1));
  norm1.initialize(key);
  norm2.initialize(key);
}

template <class S>
void TransformerEncoderBlock<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, AttentionMask mask,
                                         AttentionScores<S> scores) const {
  const Tile<S> h = cache.hidden.take(x.shape(), x.lanes, x.lengths);
  first().forward(x, h, cache.first, pass.at(1), [&](Tile<const S> in, Tile<S> out) {
    self_attn.forward(in, out, cache.self_attn, pass.at(0), mask, scores);
  });
  second().forward(h, y, cache.second, pass.at(3), [&](Tile<const S> in, Tile<S> out) {
    feed_forward.forward(in, out, cache.feed_forward, pass.at(2));
  });
  zero_past_end(y, x.lengths);
}

template <class S>
void TransformerEncoderBlock<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                                          TransformerEncoderBlock& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> h = cache.hidden.view().with_lengths(x.lengths);
  const Tile<S> dh = pass.scratch.like(h);
  const Tile<const S> d = valid_steps(dy, x.lengths, pass.scratch);
  second().backward(h, y, d, into(dh), cache.second, grad.norm2, pass.at(3),
                    [&](Tile<const S> in, Tile<const S> dout, Into<S> din) {
                      feed_forward.backward(in, {}, dout, din, cache.feed_forward, grad.feed_forward, pass.at(2));
                    });
  first().backward(x, h, dh, dx, cache.first, grad.norm1, pass.at(1),
                   [&](Tile<const S> in, Tile<const S> dout, Into<S> din) {
                     self_attn.backward(in, {}, dout, din, cache.self_attn, grad.self_attn, pass.at(0));
                   });
}

template <class S>
void TransformerEncoderBlock<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                                             const Pass& pass) const {
  const Tile<S> h = cache.hidden.take(x.shape(), x.lanes);
  first().forward(x, h, cache.first, pass.at(1), [&](Tile<const S> in, Tile<S> out) {
    self_attn.stream_step(in, out, memory, cache.self_attn, pass.at(0));
  });
  second().forward(h, y, cache.second, pass.at(3), [&](Tile<const S> in, Tile<S> out) {
    feed_forward.forward(in, out, cache.feed_forward, pass.at(2));
  });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::TransformerEncoderBlock)
