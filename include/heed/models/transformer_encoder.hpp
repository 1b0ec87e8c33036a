#pragma once

/// @file
/// The common part of transformers: positions, then a stack of encoder blocks.

#include <optional>
#include <string>

#include "heed/compose/repeat.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/error.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/any_positions.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/layer_norm.hpp"
#include "heed/layers/transformer_encoder_block.hpp"
#include "heed/options/fields.hpp"

namespace heed::inline HEED_ABI {

/// Options of `TransformerEncoder`, and of the transformers in models.
struct TransformerOptions {
  Index d_model = 64, num_heads = 4;
  Index num_layers = 2, dim_feedforward = 128;
  double dropout = 0.1;
  NormPlacement norm = NormPlacement::pre;
  FeedForwardActivation activation = FeedForwardActivation::relu;
  PositionKind positions = PositionKind::sinusoidal;
  Index max_steps = 0;    ///< the most steps for `learned` positions; for `tape` the length they are scaled to
  Index distance = 16;    ///< of `relative` positions: the largest distance with its own representation
  bool locality = false;  ///< of the attention, for small data; see `MultiHeadAttention`
  /// in addition to positions of any kind; ConvTran has `tape` and `erpe`
  RelativeBias relative_bias = RelativeBias::none;
  Index bias_distance = 128;  ///< of `erpe`: the largest offset with its own scalar

  static void fields(auto&& f, auto&... o) {
    constexpr Range size = Range::to(1 << 20);
    f({.name = "d_model", .meaning = "Features inside", .range = size, .flag = "size"}, o.d_model...);
    f({.name = "num_heads", .meaning = "Heads of attention", .range = size, .flag = "heads"}, o.num_heads...);
    f({.name = "num_layers", .meaning = "Blocks", .range = Range::to(1 << 16), .flag = "layers"}, o.num_layers...);
    f({.name = "dim_feedforward", .meaning = "Hidden units of a block", .range = size, .flag = "feedforward"},
      o.dim_feedforward...);
    f({"dropout", "In training", Range::share()}, o.dropout...);
    f({"norm", "Where a block normalises"}, o.norm...);
    f({"activation", "Of a block's hidden units"}, o.activation...);
    f({"positions", "How the position of a step is encoded"}, o.positions...);
    f({.name = "max_steps", .when = {"positions", "learned|tape"}, .flag = ""}, o.max_steps...);
    f({"distance", "Largest distance of relative positions", size, {"positions", "relative"}}, o.distance...);
    f({.name = "locality", .meaning = "Learnt temperatures, and no step attends to itself", .optional = true},
      o.locality...);
    f({.name = "relative_bias", .meaning = "What attention adds for a distance", .optional = true}, o.relative_bias...);
    f({"bias_distance", "Largest offset of erpe", size, {"relative_bias", "erpe"}}, o.bias_distance...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// positions > dropout > `TransformerEncoderBlock`s > a final LayerNorm (with `pre`): maps (steps, d_model) to the same
/// shape. With `causal` each step sees earlier steps and itself. The parameters are named as in a PyTorch module with
/// the members `positions` (an nn.Embedding) and `encoder` (an nn.TransformerEncoder). Past a sequence's end y is 0.
template <class S>
struct TransformerEncoder {
  using Scalar = S;
  using Input = S;
  using Options = TransformerOptions;
  using Block = TransformerEncoderBlock<S>;
  using Blocks = Repeat<Block, LayerNorm<S>>;
  struct Cache {
    typename AnyPositions<S>::Cache positions;
    typename Dropout<S>::Cache dropout;
    typename Blocks::Cache blocks;
    TileBuffer<S> placed;
  };

  AnyPositions<S> positions;
  Dropout<S> dropout;
  Blocks blocks;

  TransformerEncoder() = default;
  /// Throws as `check` and its parts do.
  explicit TransformerEncoder(const Options& o, bool causal = false);

  /// Initialises each block as PyTorch does; learned positions N(0, 0.02^2), as in GPT-2 and BERT.
  void initialize(Key key);

  Index d_model() const { return blocks.layers.front().self_attn.embed_dim(); }

  bool reads_distances() const { return positions.reads_distances() || blocks.reads_distances(); }
  Shape output_shape(Shape x) const {
    return detail::inside("TransformerEncoder", [&] { return blocks.output_shape(positions.output_shape(x)); });
  }

  /// The attention weights of block `block` in the last forward pass: (heads steps, steps), head by head, one row per
  /// query. Throws if there are many of them and `keep_weights` was not called before that pass.
  static Tile<const S> weights(const Cache& cache, Index block);
  void keep_weights(Cache& cache) const {
    cache.blocks.layers.resize(blocks.layers.size());
    for (auto& block : cache.blocks.layers) Block::keep_weights(block);
  }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, TransformerEncoder& grad,
                const Pass& pass) const;

  /// A stream remembers the keys and values of all steps. Throws unless causal.
  Index prepare_stream(Shape x, Cache& cache) const {
    return positions.prepare_stream(x, cache.positions) + blocks.prepare_stream(x, cache.blocks);
  }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  static void visit(auto&& f, auto&... models) {
    f("positions", models.positions...);
    f("encoder", models.blocks...);
  }

 private:
  bool drops(const Pass& pass) const { return DropoutMask::active(dropout.rate, pass); }
};

template <class S>
TransformerEncoder<S>::TransformerEncoder(const Options& o, bool causal)
    : positions({check(o, "TransformerEncoder").positions, o.max_steps, o.d_model}), dropout({o.dropout}) {
  const bool relative = o.positions == PositionKind::relative;
  const typename Block::Options block{.d_model = o.d_model,
                                      .num_heads = o.num_heads,
                                      .dim_feedforward = o.dim_feedforward,
                                      .dropout = o.dropout,
                                      .activation = o.activation,
                                      .norm = o.norm,
                                      .causal = causal,
                                      .relative_positions = relative ? o.distance : 0,
                                      .locality = o.locality,
                                      .relative_bias = o.relative_bias,
                                      .bias_distance = o.relative_bias == RelativeBias::erpe ? o.bias_distance : 0};
  std::optional<LayerNorm<S>> last;
  if (o.norm == NormPlacement::pre) last.emplace(typename LayerNorm<S>::Options{o.d_model});
  blocks = Blocks(o.num_layers, block, std::move(last));
  initialize({});
}

template <class S>
void TransformerEncoder<S>::initialize(Key key) {
  positions.initialize(key.child(0));
  if (positions.kind == PositionKind::learned) {
    for (S& v : positions.table.weight) v *= S(0.02);
  }
  blocks.initialize(key.child(1));
}

template <class S>
Tile<const S> TransformerEncoder<S>::weights(const Cache& cache, Index block) {
  require(block >= 0 && block < static_cast<Index>(cache.blocks.layers.size()), [&] {
    return Fault{"no such block", "TransformerEncoder",
                 "0 to " + std::to_string(static_cast<Index>(cache.blocks.layers.size()) - 1), std::to_string(block)};
  });
  return Block::weights(cache.blocks.layers[static_cast<std::size_t>(block)]);
}

template <class S>
void TransformerEncoder<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  const Tile<S> placed = cache.placed.take(x.shape(), x.lanes, x.lengths);
  positions.forward(x, placed, cache.positions, pass);
  if (drops(pass)) dropout.forward(placed, placed, cache.dropout, pass.at(0));
  blocks.forward(placed, y, cache.blocks, pass.at(1));
}

template <class S>
void TransformerEncoder<S>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                                     TransformerEncoder& grad, const Pass& pass) const {
  const Tile<const S> placed = cache.placed.view();
  const Scratch::Mark mark(pass.scratch);
  const bool further = dx || wants_gradient(grad.positions);
  const Tile<S> d = further ? pass.scratch.like(placed) : Tile<S>();
  blocks.backward(placed, y, dy, into(d), cache.blocks, grad.blocks, pass.at(1));
  if (!further) return;
  if (drops(pass)) dropout.backward(placed, placed, d, into(d), cache.dropout, grad.dropout, pass.at(0));
  positions.backward(x, placed, d, dx, cache.positions, grad.positions, pass);
}

template <class S>
void TransformerEncoder<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                                        const Pass& pass) const {
  const Tile<S> placed = cache.placed.take(x.shape(), 1);
  positions.stream_step(x, placed, memory, cache.positions, pass);
  blocks.stream_step(placed, y, memory, cache.blocks, pass.at(1));
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::TransformerEncoder)
