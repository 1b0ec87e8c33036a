#pragma once

/// @file
/// Action values from self attention over the last observations.

#include <cstdint>
#include <string_view>

#include "heed/compose/sequential.hpp"
#include "heed/core/any_model.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/any_positions.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ABI {

/// Options of `AttentionQNetwork`.
struct AttentionQNetworkOptions {
  Index features = 0, actions = 0;  ///< numbers of an observation; actions to choose from
  Index hidden = 64, num_heads = 4;
  PositionKind positions = PositionKind::none;  ///< none: the order of the earlier observations has no effect
  Index steps = 8;         ///< the number of last observations that it sees; the maximum for `learned` positions
  std::uint64_t seed = 0;  ///< of the initial weights; not stored in files

  static void fields(auto&& f, auto&... o) {
    constexpr Range size = Range::to(1 << 24);
    f({.name = "features", .range = size, .flag = ""}, o.features...);
    f({.name = "actions", .range = size, .flag = ""}, o.actions...);
    f({"hidden", "Features inside", size}, o.hidden...);
    f({.name = "num_heads", .meaning = "Of attention", .range = size, .flag = "heads"}, o.num_heads...);
    f({.name = "positions", .meaning = "How the time of an observation is encoded", .except = "relative"},
      o.positions...);
    f({.name = "steps", .meaning = "Number of last observations that it sees", .range = size, .flag = "window"},
      o.steps...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The values of all actions after the last of the observations x_0 .. x_n:
///
///     e_t = ReLU(W x_t + b) + p_t,  a = multi-head attention of e_n to e_0 .. e_n,  Q = W_2 ReLU(W_1 a + b_1) + b_2
///
/// Maps (steps, features) to (1, actions). This is self attention over all steps of which only the last output is used.
/// The parameters are named as in a PyTorch module with the members `state_encoder` (an nn.Sequential of Linear and
/// ReLU), `positions` (an nn.Embedding), `attention` (an nn.MultiheadAttention) and `q_value` (an nn.Sequential of
/// Linear, ReLU, Linear).
template <class S>
struct AttentionQNetwork {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = AttentionQNetworkOptions;
  static constexpr std::string_view architecture = "AttentionQNetwork";
  static constexpr OutputKind outputs = OutputKind::numbers;
  using Encoder = Sequential<Dense<S>, Relu<S>>;
  using Head = Sequential<Dense<S>, Relu<S>, Dense<S>>;

  Options options;
  Encoder state_encoder;
  AnyPositions<S> positions;
  LastPool<S> newest;
  MultiHeadAttention<S> attention;
  Head q_value;

  struct Cache {
    typename Encoder::Cache state_encoder;
    typename AnyPositions<S>::Cache positions;
    typename LastPool<S>::Cache newest;
    typename MultiHeadAttention<S>::Cache attention;
    typename Head::Cache q_value;
    TileBuffer<S> encoded, placed;  // (steps, hidden)
    TileBuffer<S> last, attended;   // (1, hidden)
  };

  AttentionQNetwork() = default;
  /// Throws if an option is out of range, and as its parts do.
  explicit AttentionQNetwork(Options o);

  /// Initialises each part as it initialises itself.
  void initialize(Key key);

  /// Features of a step.
  Index input_size() const { return options.features; }

  bool reads_distances() const { return positions.reads_distances(); }
  Shape output_shape(Shape x) const {
    detail::inside(architecture, [&] { return positions.output_shape(state_encoder.output_shape(x)); });
    return {1, options.actions};
  }

  /// The attention weights of the last observation in the last forward pass: (heads, steps), a view of the cache.
  Tile<const S> attention_weights(const Cache& cache) const { return attention.weights(cache.attention); }
  void keep_attention_weights(Cache& cache) const { attention.keep_weights(cache.attention); }

  void forward(Tile<const S> x, Tile<S> q, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> q, Tile<const S> dq, Into<S> dx, Cache& cache, AttentionQNetwork& grad,
                const Pass& pass) const;

  // ---- streams: over all observations so far, not a window of them

  /// A stream remembers the keys and values of all steps.
  Index prepare_stream(Shape x, Cache& cache) const {
    const Shape states{x.steps, options.hidden};
    return positions.prepare_stream(states, cache.positions) + attention.stream_size(states);
  }
  void stream_step(Tile<const S> x, Tile<S> q, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  static void visit(auto&& f, auto&... models) {
    f("state_encoder", models.state_encoder...);
    f("positions", models.positions...);
    f("attention", models.attention...);
    f("q_value", models.q_value...);
  }
};

template <class S>
AttentionQNetwork<S>::AttentionQNetwork(Options o) try
    : options(check(o, architecture)),
      state_encoder(Dense<S>({.in_features = o.features, .out_features = o.hidden}), Relu<S>()),
      positions({o.positions, o.steps, o.hidden}),
      attention({.embed_dim = o.hidden, .num_heads = o.num_heads}),
      q_value(Dense<S>({o.hidden, o.hidden}), Relu<S>(), Dense<S>({o.hidden, o.actions})) {
  initialize(Key{o.seed});
} catch (const Error&) {
  detail::rethrow_inside(architecture);
}

template <class S>
void AttentionQNetwork<S>::initialize(Key key) {
  state_encoder.initialize(key.child(0));
  positions.initialize(key.child(1));
  attention.initialize(key.child(2));
  q_value.initialize(key.child(3));
}

template <class S>
void AttentionQNetwork<S>::forward(Tile<const S> x, Tile<S> q, Cache& cache, const Pass& pass) const {
  const Shape states{x.steps, options.hidden}, one{1, options.hidden};
  const Tile<S> encoded = cache.encoded.take(states, x.lanes, x.lengths);
  const Tile<S> placed = cache.placed.take(states, x.lanes, x.lengths);
  const Tile<S> last = cache.last.take(one, x.lanes), attended = cache.attended.take(one, x.lanes);
  state_encoder.forward(x, encoded, cache.state_encoder, pass);
  positions.forward(encoded, placed, cache.positions, pass);
  newest.forward(placed, last, cache.newest, pass);
  attention.forward(last, placed, attended, cache.attention, pass);
  q_value.forward(attended, q, cache.q_value, pass);
}

template <class S>
void AttentionQNetwork<S>::backward(Tile<const S> x, Tile<const S> q, Tile<const S> dq, Into<S> dx, Cache& cache,
                                    AttentionQNetwork& grad, const Pass& pass) const {
  const Tile<const S> encoded = cache.encoded.view(), placed = cache.placed.view();
  const Tile<const S> last = cache.last.view(), attended = cache.attended.view();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dattended = pass.scratch.like(attended), dlast = pass.scratch.like(last);
  const Tile<S> dplaced = pass.scratch.like(placed), dencoded = pass.scratch.like(encoded);
  const bool to_encoded = dx || wants_gradient(grad.state_encoder);
  const bool to_placed = to_encoded || wants_gradient(grad.positions);
  const bool to_attended = to_placed || wants_gradient(grad.attention);
  q_value.backward(attended, q, dq, into_if(to_attended, dattended), cache.q_value, grad.q_value, pass);
  if (!to_attended) return;
  attention.backward(last, placed, attended, dattended, into_if(to_placed, dlast), into_if(to_placed, dplaced),
                     cache.attention, grad.attention, pass);
  if (!to_placed) return;
  newest.backward(placed, last, dlast, onto(dplaced), cache.newest, grad.newest, pass);
  positions.backward(encoded, placed, dplaced, into_if(to_encoded, dencoded), cache.positions, grad.positions, pass);
  if (!to_encoded) return;
  state_encoder.backward(x, encoded, dencoded, dx, cache.state_encoder, grad.state_encoder, pass);
}

template <class S>
void AttentionQNetwork<S>::stream_step(Tile<const S> x, Tile<S> q, StreamMemory<S>& memory, Cache& cache,
                                       const Pass& pass) const {
  const Shape one{1, options.hidden};
  const Tile<S> encoded = cache.encoded.take(one, 1), placed = cache.placed.take(one, 1);
  const Tile<S> attended = cache.attended.take(one, 1);
  state_encoder.forward(x, encoded, cache.state_encoder, pass);
  positions.stream_step(encoded, placed, memory, cache.positions, pass);
  attention.stream_step(placed, attended, memory, cache.attention, pass);
  q_value.forward(attended, q, cache.q_value, pass);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::AttentionQNetwork)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::AttentionQNetwork)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::AttentionQNetwork)
