#pragma once

/// @file
/// The attention-based classifier of sequences.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
#include "heed/layers/any_cell.hpp"
#include "heed/layers/any_pool.hpp"
#include "heed/layers/conv_front.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/last_value.hpp"
#include "heed/layers/recurrent.hpp"
#include "heed/layers/standardize.hpp"
#include "heed/models/classifier_tensors.hpp"
#include "heed/models/detail/dense_head.hpp"
#include "heed/models/detail/series_input.hpp"
#include "heed/models/sequence_classifier_options.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {

/// LSTM > attention > Dense > ReLU > Dense: maps (steps, features) to (1, classes) logits. Options choose a GRU or
/// simple RNN, several layers, both directions, dropout, or a single Dense at the end.
///
/// Between the recurrent layers and the dense layers stands `AnyPool`: a kind of attention, the last state, or the mean
/// or maximum over time.
///
/// With `kernels`, a `ConvFront` of convolutions comes first. With `cell` none there is no recurrent part: `{.kernels =
/// {8, 5, 3}, .dense = 0, .attention = Attention::meanmax, .cell = CellKind::none}`.
///
/// For both directions, the last state consists of the final states: forward after the last step, backward after the
/// first. With `last_state` step it is the output at the last step.
///
/// `standardize`, if set, standardises the input first. Before it, `last_value`, if set, makes a forecast one of changes.
/// `labels` are the names of the classes. The parameters are named as in a PyTorch module with members `front` (blocks of
/// `conv` and `norm`), `lstm` (or `gru`, `rnn`), `attention`, `fc1`, `fc2`; a single Dense is `fc`.
template <class S>
struct SequenceClassifier {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = SequenceClassifierOptions;
  static constexpr std::string_view architecture = "SequenceClassifier";

  Options options;
  ConvFront<S> front;               ///< empty without kernels
  Recurrent<AnyCell<S>> recurrent;  ///< empty if the cell is none
  AnyPool<S> pool;
  Dense<S> fc1, fc2;  ///< with `dense` 0 only fc2
  Relu<S> relu;
  Dropout<S> dropout;

  LastValue<S> last_value;                   ///< of forecasts; off at the start
  Standardize<S> standardize;                ///< of the input; not trained; off at the start
  std::vector<std::string> labels;           ///< names of the classes, in order; empty: 0, 1, ...
  OutputKind outputs = OutputKind::classes;  ///< set by the loss that trains the model

  struct Cache {
    typename detail::SeriesInput<S>::Cache input;
    typename ConvFront<S>::Cache front;
    typename Recurrent<AnyCell<S>>::Cache recurrent;
    typename AnyPool<S>::Cache pool;
    typename detail::DenseHead<S>::Cache head;
    TileBuffer<S> convolved, states, pooled;
  };

  SequenceClassifier() = default;
  /// Throws if a size is not positive, if the dropout is not in [0, 1), if the heads do not divide the outputs of the
  /// recurrent part (the hidden size; for both directions twice that), and as `options.check()` does.
  HEED_COLD explicit SequenceClassifier(Options o);

  /// Initialises each layer as PyTorch does.
  HEED_COLD void initialize(Key key);

  /// Features of a step.
  Index input_size() const { return options.features; }

  bool reads_distances() const { return front.reads_distances(); }
  Shape output_shape(Shape x) const;

  /// As `AnyPool::weights`. Throws if the model has no attention. For `multihead`, also throws if
  /// `keep_attention_weights` was not called before that pass.
  Tile<const S> attention_weights(const Cache& cache) const;
  /// The following forward passes compute and keep all attention weights, needed or not. The results stay the same.
  static void keep_attention_weights(Cache& cache) { AnyPool<S>::keep_weights(cache.pool); }

  void forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  /// A stream remembers the state, and what `pool` remembers; for `multihead` and `additive`, the states of all steps.
  /// Throws with both directions, with convolutions that are not causal, and for the mean of multi-head attention: with
  /// these, a new step would change what earlier steps see.
  Index prepare_stream(Shape x, Cache& cache) const;
  void stream_step(Tile<const S> x, Tile<S> logits, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx, Cache& cache,
                SequenceClassifier& grad, const Pass& pass) const;

  static void visit(auto&& f, auto& first, auto&... rest) {
    f("front", first.front, rest.front...);
    f(to_text(first.options.cell), first.recurrent, rest.recurrent...);
    visit_head(f, first.options.dense == 0 ? "fc" : "fc2", first, rest...);
  }
  static void visit_head(auto&& f, const char* last, auto&... models) {
    f("attention", models.pool...);
    f("fc1", models.fc1...);
    f(last, models.fc2...);
  }

  // ---- files

  static Options options_from(std::span<const TensorShape> tensors) { return options_from_tensors(tensors); }
  static std::vector<Rename> renames_from(std::span<const TensorShape> tensors) { return classifier_renames(tensors); }
  static void extras(auto&& f, auto& model) {
    f("labels", model.labels, model.options.classes);
    detail::SeriesInput<S>::extras(f, model);
  }

 private:
  // the input of the recurrent part
  Tile<const S> prepared(Tile<const S> x, Cache& cache, const Pass& pass) const;
  detail::SeriesInput<S> input() const { return {last_value, standardize}; }
  detail::DenseHead<S> head() const { return {dropout, fc1, relu, fc2}; }
  /// Features of a state.
  Index width() const { return recurs() ? recurrent.output_size() : features_read(); }
  /// Features of the input of the recurrent part.
  Index features_read() const { return convolves() ? front.out_channels() : options.features; }
  bool convolves() const { return !front.empty(); }
  bool recurs() const { return options.cell != CellKind::none; }
};

template <class S>
SequenceClassifier<S>::SequenceClassifier(Options o) try
    : options(heed::check(o, architecture)), dropout({.rate = o.dropout}) {
  if (!o.kernels.empty()) {
    front = ConvFront<S>({.in_channels = o.features,
                          .kernels = o.kernels,
                          .channels = o.channels,
                          .causal = o.causal,
                          .residual = o.residual,
                          .norm = o.norm,
                          .dropout = o.dropout});
  }
  if (recurs()) {
    recurrent = Recurrent<AnyCell<S>>({.input_size = features_read(),
                                       .hidden_size = o.hidden,
                                       .num_layers = o.layers,
                                       .bidirectional = o.bidirectional,
                                       .dropout = o.dropout,
                                       .kind = o.cell});
  }
  pool = AnyPool<S>({.features = width(),
                     .kind = o.attention,
                     .heads = o.heads,
                     .pooling = o.pooling,
                     .both_ends = o.bidirectional && o.last_state == LastState::final});
  const Index pooled = pool.output_size(width());
  if (o.dense != 0) fc1 = Dense<S>({.in_features = pooled, .out_features = o.dense});
  fc2 = Dense<S>({.in_features = o.dense == 0 ? pooled : o.dense, .out_features = o.classes});
  initialize(Key{o.seed});
} catch (const Error&) {
  detail::rethrow_inside(architecture);
}

template <class S>
void SequenceClassifier<S>::initialize(Key key) {
  recurrent.initialize(key.child(0));
  pool.initialize(key.child(1));
  if (options.dense != 0) fc1.initialize(key.child(2));
  fc2.initialize(key.child(3));
  front.initialize(key.child(4));
}

template <class S>
Shape SequenceClassifier<S>::output_shape(Shape x) const {
  require(x.features == options.features, [&] {
    return Fault{"wrong number of features", "SequenceClassifier", text_of(options.features), text_of(x.features)};
  });
  input().check(x.features, options.classes);
  return {1, options.classes};
}

template <class S>
Tile<const S> SequenceClassifier<S>::attention_weights(const Cache& cache) const {
  require(attends(options.attention), [] { return Fault{"the model has no attention", "SequenceClassifier", {}, {}}; });
  require(options.attention != Attention::multihead || cache.pool.multihead.keep_weights, [] {
    return Fault{"keep_attention_weights must be called before the forward pass", "SequenceClassifier", {}, {}};
  });
  return pool.weights(cache.pool);
}

template <class S>
void SequenceClassifier<S>::forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  const Tile<const S> read = prepared(x, cache, pass);
  Tile<const S> states = read;
  if (recurs()) {
    const Tile<S> to = cache.states.take({x.steps, width()}, x.lanes, x.lengths);
    recurrent.forward(read, to, cache.recurrent, pass.at(0));
    states = to;
  }
  const Tile<S> pooled = cache.pooled.take({1, pool.output_size(width())}, x.lanes);
  pool.forward(states, pooled, cache.pool, pass);
  head().forward(pooled, logits, cache.head, pass);
  input().finish(logits, cache.input);
}

template <class S>
Tile<const S> SequenceClassifier<S>::prepared(Tile<const S> x, Cache& cache, const Pass& pass) const {
  x = input().forward(x, cache.input, pass);
  if (!convolves()) return x;
  const Tile<S> convolved = cache.convolved.take({x.steps, features_read()}, x.lanes, x.lengths);
  front.forward(x, convolved, cache.front, pass.at(2));
  return convolved;
}

template <class S>
Index SequenceClassifier<S>::prepare_stream(Shape x, Cache& cache) const {
  return detail::inside(architecture, [&] {
    if (last_value.active()) last_value.prepare_stream(x, cache.input.last_value);
    const Index of_front = front.prepare_stream(x, cache.front);
    const Index of_states = recurs() ? recurrent.prepare_stream({x.steps, features_read()}, cache.recurrent) : 0;
    return of_front + of_states + pool.prepare_stream({x.steps, width()}, cache.pool);
  });
}

template <class S>
void SequenceClassifier<S>::stream_step(Tile<const S> x, Tile<S> logits, StreamMemory<S>& memory, Cache& cache,
                                        const Pass& pass) const {
  x = input().forward(x, cache.input, pass);
  if (convolves()) {
    const Tile<S> convolved = cache.convolved.take({1, features_read()}, 1);
    front.stream_step(x, convolved, memory, cache.front, pass.at(2));
    x = convolved;
  }
  if (recurs()) {
    const Tile<S> state = cache.states.take({1, width()}, 1);
    recurrent.stream_step(x, state, memory, cache.recurrent, pass.at(0));
    x = state;
  }
  const Tile<S> pooled = cache.pooled.take({1, pool.output_size(width())}, 1);
  pool.stream_step(x, pooled, memory, cache.pool, pass);
  head().forward(pooled, logits, cache.head, pass);
}

template <class S>
void SequenceClassifier<S>::backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx,
                                     Cache& cache, SequenceClassifier& grad, const Pass& pass) const {
  const Tile<const S> in = input().view(x, cache.input);
  const Tile<const S> read = convolves() ? cache.convolved.view() : in;
  const Tile<const S> states = recurs() ? cache.states.view() : read, pooled = cache.pooled.view();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dpooled = pass.scratch.like(pooled);
  // how far back gradients are wanted, and where they go: a missing part passes them on
  const bool to_read = dx || wants_gradient(grad.front);
  const bool to_states = to_read || wants_gradient(grad.recurrent);
  const Into<S> din = input().gradient(x, dx, pass);
  const Into<S> dread = convolves() ? into_if(to_read, pass.scratch.like(read)) : din;
  const Into<S> dstates = recurs() ? into_if(to_states, pass.scratch.like(states)) : dread;
  const bool to_pooled = to_states || wants_gradient(grad.pool);

  head().backward(pooled, logits, dlogits, into_if(to_pooled, dpooled), cache.head, grad, pass);
  if (!to_pooled) return;
  pool.backward(states, pooled, dpooled, dstates, cache.pool, grad.pool, pass);
  if (recurs() && to_states) {
    recurrent.backward(read, states, dstates.tile, dread, cache.recurrent, grad.recurrent, pass.at(0));
  }
  if (convolves() && to_read) {
    front.backward(in, read, dread.tile, din, cache.front, grad.front, pass.at(2));
  }
  input().backward(x, din.tile, dlogits, dx, cache.input, pass);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::SequenceClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::SequenceClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::SequenceClassifier)
