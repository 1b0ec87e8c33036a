#pragma once

/// @file
/// A block of a transformer decoder.

#include "heed/core/attention_mask.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/sublayer.hpp"
#include "heed/layers/feed_forward.hpp"
#include "heed/layers/layer_norm.hpp"
#include "heed/layers/multi_head_attention.hpp"

namespace heed::inline HEED_ABI {

/// Options of `TransformerDecoderBlock`.
struct TransformerDecoderBlockOptions {
  Index d_model = 0, num_heads = 1;
  Index dim_feedforward = 2048;
  double dropout = 0.1;
  FeedForwardActivation activation = FeedForwardActivation::relu;
  NormPlacement norm = NormPlacement::post;
  double layer_norm_eps = 1e-5;
  bool causal = true;     ///< the self attention
  Index memory_size = 0;  ///< features of the memory; 0: d_model
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Causal self attention, attention to a memory, then two dense layers, each with a residual connection (Vaswani et al.
/// 2017; torch.nn.TransformerDecoderLayer, with its parameter names and initialisation). Maps (steps, d_model) and a
/// memory (memory steps, memory_size) to (steps, d_model). With normalisation after each sublayer:
///
///     g = norm1(x + dropout(self_attn(x))),  h = norm2(g + dropout(multihead_attn(g, memory))),
///     y = norm3(h + dropout(linear2(dropout(f(linear1(h))))))
///
/// `NormPlacement` can move the normalisation before each sublayer or switch it off. Past a sequence's end y is 0.
template <class S>
struct TransformerDecoderBlock {
  using Scalar = S;
  using Input = S;
  using Options = TransformerDecoderBlockOptions;
  struct Cache {
    typename MultiHeadAttention<S>::Cache self_attn, multihead_attn;
    typename FeedForward<S>::Cache feed_forward;
    typename detail::Sublayer<S>::Cache first, second, third;
    TileBuffer<S> self, hidden;  // g, h
  };

  MultiHeadAttention<S> self_attn, multihead_attn;
  FeedForward<S> feed_forward;       ///< linear1, linear2
  LayerNorm<S> norm1, norm2, norm3;  ///< empty if switched off
  NormPlacement norm = NormPlacement::post;
  double dropout = 0;

  TransformerDecoderBlock() = default;
  /// Throws if a size is not positive, if the heads do not divide the features, or if an option is out of range.
  explicit TransformerDecoderBlock(Options o);

  /// Initialises each part as it initialises itself.
  void initialize(Key key);

  Shape output_shape(Shape x, Shape memory) const {
    return multihead_attn.output_shape(self_attn.output_shape(x), memory);
  }

  /// The attention weights to the memory in the last forward pass, as `MultiHeadAttention` gives them.
  static Tile<const S> weights(const Cache& cache) { return MultiHeadAttention<S>::weights(cache.multihead_attn); }
  static void keep_weights(Cache& cache) { MultiHeadAttention<S>::keep_weights(cache.multihead_attn); }

  /// A mask (true: attend) is (steps, memory steps) for all sequences, or one such matrix for each. It must stay until
  /// the backward pass is over.
  void forward(Tile<const S> x, Tile<const S> memory, Tile<S> y, Cache& cache, const Pass& pass,
               AttentionMask memory_mask = {}) const;

  void backward(Tile<const S> x, Tile<const S> memory, Tile<const S> y, Tile<const S> dy, Into<S> dx, Into<S> dmemory,
                Cache& cache, TransformerDecoderBlock& grad, const Pass& pass) const;

  static void visit(auto&& f, auto&... blocks) {
    f("self_attn", blocks.self_attn...);
    f("multihead_attn", blocks.multihead_attn...);
    f("linear1", blocks.feed_forward.linear1...);
    f("linear2", blocks.feed_forward.linear2...);
    f("norm1", blocks.norm1...);
    f("norm2", blocks.norm2...);
    f("norm3", blocks.norm3...);
  }

 private:
  detail::Sublayer<S> first() const { return {norm, norm1, dropout}; }
  detail::Sublayer<S> second() const { return {norm, norm2, dropout}; }
  detail::Sublayer<S> third() const { return {norm, norm3, dropout}; }
};

template <class S>
TransformerDecoderBlock<S>::TransformerDecoderBlock(Options o)
    : self_attn({.embed_dim = o.d_model, .num_heads = o.num_heads, .dropout = o.dropout, .causal = o.causal}),
      multihead_attn({.embed_dim = o.d_model,
                      .num_heads = o.num_heads,
                      .kdim = o.memory_size,
                      .vdim = o.memory_size,
                      .dropout = o.dropout}),
      feed_forward({o.d_model, o.dim_feedforward, o.activation, o.dropout}),
      norm(o.norm),
      dropout(o.dropout) {
  check_choice(norm, "norm", "TransformerDecoderBlock");
  if (norm != NormPlacement::none) norm1 = norm2 = norm3 = LayerNorm<S>({o.d_model, o.layer_norm_eps});
  initialize({});
}

template <class S>
void TransformerDecoderBlock<S>::initialize(Key key) {
  self_attn.initialize(key.child(0));
  multihead_attn.initialize(key.child(1));
  feed_forward.initialize(key.child(2));
  for (LayerNorm<S>* n : {&norm1, &norm2, &norm3}) n->initialize(key);
}

template <class S>
void TransformerDecoderBlock<S>::forward(Tile<const S> x, Tile<const S> memory, Tile<S> y, Cache& cache,
                                         const Pass& pass, AttentionMask memory_mask) const {
  const Tile<S> g = cache.self.take(x.shape(), x.lanes, x.lengths);
  const Tile<S> h = cache.hidden.take(x.shape(), x.lanes, x.lengths);
  first().forward(x, g, cache.first, pass.at(1),
                  [&](Tile<const S> in, Tile<S> out) { self_attn.forward(in, out, cache.self_attn, pass.at(0)); });
  second().forward(g, h, cache.second, pass.at(3), [&](Tile<const S> in, Tile<S> out) {
    multihead_attn.forward(in, memory, out, cache.multihead_attn, pass.at(2), memory_mask);
  });
  third().forward(h, y, cache.third, pass.at(5), [&](Tile<const S> in, Tile<S> out) {
    feed_forward.forward(in, out, cache.feed_forward, pass.at(4));
  });
  zero_past_end(y, x.lengths);
}

template <class S>
void TransformerDecoderBlock<S>::backward(Tile<const S> x, Tile<const S> memory, Tile<const S> y, Tile<const S> dy,
                                          Into<S> dx, Into<S> dmemory, Cache& cache, TransformerDecoderBlock& grad,
                                          const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> g = cache.self.view().with_lengths(x.lengths);
  const Tile<const S> h = cache.hidden.view().with_lengths(x.lengths);
  const Tile<S> dg = pass.scratch.like(g), dh = pass.scratch.like(h);
  const Tile<const S> d = valid_steps(dy, x.lengths, pass.scratch);
  third().backward(h, y, d, into(dh), cache.third, grad.norm3, pass.at(5),
                   [&](Tile<const S> in, Tile<const S> dout, Into<S> din) {
                     feed_forward.backward(in, {}, dout, din, cache.feed_forward, grad.feed_forward, pass.at(4));
                   });
  second().backward(g, h, dh, into(dg), cache.second, grad.norm2, pass.at(3),
                    [&](Tile<const S> in, Tile<const S> dout, Into<S> din) {
                      multihead_attn.backward(in, memory, {}, dout, din, dmemory, cache.multihead_attn,
                                              grad.multihead_attn, pass.at(2));
                    });
  first().backward(x, g, dg, dx, cache.first, grad.norm1, pass.at(1),
                   [&](Tile<const S> in, Tile<const S> dout, Into<S> din) {
                     self_attn.backward(in, {}, dout, din, cache.self_attn, grad.self_attn, pass.at(0));
                   });
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::TransformerDecoderBlock)
