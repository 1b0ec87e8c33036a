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
#include "heed/core/lengths.hpp"
#include "heed/core/output_kind.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/activations.hpp"
#include "heed/layers/additive_attention.hpp"
#include "heed/layers/any_cell.hpp"
#include "heed/layers/attention_pool.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/dropout.hpp"
#include "heed/layers/multi_head_attention.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/layers/recurrent.hpp"
#include "heed/layers/standardize.hpp"
#include "heed/models/sequence_classifier_options.hpp"

namespace heed::inline HEED_ISA {

/// LSTM > attention > Dense > ReLU > Dense: (steps, features) to (1, classes) logits. GRU or simple RNN instead of
/// LSTM, any number of layers, both directions, dropout, and a single Dense in the end by the options.
///
/// | attention   | what stands between the recurrent layers' outputs and the dense layers          |
/// |-------------|---------------------------------------------------------------------------------|
/// | `pool`      | `AttentionPool`                                                                 |
/// | `multihead` | `MultiHeadAttention` of the states to themselves, then their last step or mean  |
/// | `additive`  | `AdditiveAttention`: the last valid state asks, all states answer               |
/// | `none`      | the last valid state                                                            |
///
/// In both directions the last state is the final state of each, forward after the last step and backward after the
/// first; or, with `last_state` step, the outputs of the last step.
///
/// In front of it stands, where given, a standardisation of the input; `labels` are the classes' names. Parameters have
/// the names of the PyTorch module with members `lstm` (or `gru`, `rnn`), `attention`, `fc1`, `fc2`; a single Dense is
/// `fc`.
template <class S>
struct SequenceClassifier {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = SequenceClassifierOptions;
  static constexpr std::string_view architecture = "SequenceClassifier";

  Options options;
  Recurrent<AnyCell<S>> recurrent;
  AttentionPool<S> pool;
  MultiHeadAttention<S> multihead;
  AdditiveAttention<S> additive;
  Dense<S> fc1, fc2;  ///< `dense` 0: fc2 alone
  Relu<S> relu;
  Dropout<S> dropout;
  LastPool<S> last;
  MeanPool<S> mean;

  Standardize<S> standardize;                ///< of the input; not trained; switched off at the start
  std::vector<std::string> labels;           ///< the classes' names, in order; empty: 0, 1, ...
  OutputKind outputs = OutputKind::classes;  ///< the loss that the model is trained with says it

  struct Cache {
    typename Standardize<S>::Cache standardize;
    typename Recurrent<AnyCell<S>>::Cache recurrent;
    typename AttentionPool<S>::Cache pool;
    typename MultiHeadAttention<S>::Cache multihead;
    typename AdditiveAttention<S>::Cache additive;
    typename Dense<S>::Cache dense;
    typename Relu<S>::Cache relu;
    typename Dropout<S>::Cache dropout;
    typename LastPool<S>::Cache last;
    typename MeanPool<S>::Cache mean;
    TileBuffer<S> input, states, attended, query, queries, pooled, kept, hidden, active;
    bool keep_weights = false;
  };

  SequenceClassifier() = default;
  /// Throws where a size is not positive, the dropout is not in [0, 1), or the heads do not divide the outputs of the
  /// recurrent part: the hidden size, twice in both directions.
  HEED_COLD explicit SequenceClassifier(Options o);

  /// Each layer as PyTorch starts it.
  HEED_COLD void initialize(Key key);

  /// Features of a step.
  Index input_size() const { return recurrent.input_size(); }

  Shape output_shape(Shape x) const;

  /// The attention weights of the last forward pass, a view of the cache: (steps, 1), or for `multihead` (heads steps,
  /// steps), head by head, a row a query. Throws where the model has no attention, and for `multihead` where
  /// `keep_attention_weights` was not called before that pass.
  Tile<const S> attention_weights(const Cache& cache) const;
  /// From the next forward pass on all attention weights are computed and kept, needed or not. The results stay the
  /// same.
  static void keep_attention_weights(Cache& cache) {
    cache.keep_weights = true;
    MultiHeadAttention<S>::keep_weights(cache.multihead);
  }

  void forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const;

  /// Remembers the state, and what `pool` does, or for `multihead` and `additive` all steps' states. Throws with both
  /// directions and for the mean of multi-head attention: each new step would change what all steps before it see.
  Index prepare_stream(Shape x, Cache& cache) const;
  void stream_step(Tile<const S> x, Tile<S> logits, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx, Cache& cache,
                SequenceClassifier& grad, const Pass& pass) const;

  // the three attentions share a name: all but one have no elements
  static void visit(auto&& f, auto& first, auto&... rest) {
    f(to_text(first.options.cell), first.recurrent, rest.recurrent...);
    visit_head(f, first.options.dense == 0 ? "fc" : "fc2", first, rest...);
  }
  static void visit_head(auto&& f, const char* last, auto&... models) {
    f("attention", models.pool...);
    f("attention", models.multihead...);
    f("attention", models.additive...);
    f("fc1", models.fc1...);
    f(last, models.fc2...);
  }

  // ---- files

  static Options options_from(std::span<const TensorShape> tensors) { return options_from_tensors(tensors); }
  static std::vector<Rename> renames_from(std::span<const TensorShape> tensors) { return classifier_renames(tensors); }
  static void extras(auto&& f, auto& model) {
    f("labels", model.labels, model.options.classes);
    f("standardize", model.standardize, model.options.features);
  }

 private:
  // the dense layers
  void classify(Tile<const S> pooled, Tile<S> logits, Cache& cache, const Pass& pass) const;
  /// Features of a state.
  Index width() const { return recurrent.output_size(); }
  bool drops(const Pass& pass) const { return DropoutMask::active(options.dropout, pass); }
  // Of the attended states the last one alone is used, so it alone is computed, unless somebody wants all weights.
  bool asks_last_only(const Cache& cache) const { return options.pooling == Pooling::last && !cache.keep_weights; }
  // Where all are computed, the query at the last step is the last state all the same.
  bool replaces_last_query() const { return options.pooling == Pooling::last && last.both_ends; }
  Tile<const S> queries(Tile<const S> states, Cache& cache, const Pass& pass) const;
  // (1, steps) as (steps, 1): the same numbers
  static Tile<const S> transposed(Tile<const S> a) { return Tile<const S>(a.data, {a.features, 1}, a.lanes); }
};

template <class S>
SequenceClassifier<S>::SequenceClassifier(Options o)
    : options(check(o, architecture)),
      recurrent({.input_size = o.features,
                 .hidden_size = o.hidden,
                 .num_layers = o.layers,
                 .bidirectional = o.bidirectional,
                 .dropout = o.dropout,
                 .kind = o.cell}),
      fc2({.in_features = o.dense == 0 ? width() : o.dense, .out_features = o.classes}),
      dropout({.rate = o.dropout}),
      last({.both_ends = o.bidirectional && o.last_state == LastState::final}) {
  if (o.dense != 0) fc1 = Dense<S>({.in_features = width(), .out_features = o.dense});
  switch (o.attention) {
    case Attention::pool:
      pool = AttentionPool<S>({.features = width()});
      break;
    case Attention::multihead:
      multihead = MultiHeadAttention<S>({.embed_dim = width(), .num_heads = o.heads});
      break;
    case Attention::additive:
      additive = AdditiveAttention<S>({.query_size = width(), .memory_size = width()});
      break;
    case Attention::none:
      break;
  }
  initialize({});
}

template <class S>
void SequenceClassifier<S>::initialize(Key key) {
  recurrent.initialize(key.child(0));
  switch (options.attention) {
    case Attention::pool:
      pool.initialize(key.child(1));
      break;
    case Attention::multihead:
      multihead.initialize(key.child(1));
      break;
    case Attention::additive:
      additive.initialize(key.child(1));
      break;
    case Attention::none:
      break;
  }
  if (options.dense != 0) fc1.initialize(key.child(2));
  fc2.initialize(key.child(3));
}

template <class S>
Shape SequenceClassifier<S>::output_shape(Shape x) const {
  recurrent.output_shape(x);
  if (standardize.active()) standardize.output_shape(x);
  return {1, options.classes};
}

template <class S>
Tile<const S> SequenceClassifier<S>::attention_weights(const Cache& cache) const {
  require(options.attention != Attention::none, [] {
    return Fault{"the model has no attention", "SequenceClassifier", {}, {}};
  });
  require(options.attention != Attention::multihead || cache.keep_weights, [] {
    return Fault{"keep_attention_weights must be called before the forward pass", "SequenceClassifier", {}, {}};
  });
  return options.attention == Attention::pool        ? AttentionPool<S>::weights(cache.pool)
         : options.attention == Attention::multihead ? MultiHeadAttention<S>::weights(cache.multihead)
                                                     : transposed(AdditiveAttention<S>::weights(cache.additive));
}

template <class S>
void SequenceClassifier<S>::forward(Tile<const S> x, Tile<S> logits, Cache& cache, const Pass& pass) const {
  const Index L = x.lanes;
  const Shape one{1, width()};
  if (standardize.active()) {
    const Tile<S> input = cache.input.take(x.shape(), L, x.lengths);
    standardize.forward(x, input, cache.standardize, pass);
    x = input;
  }
  const Tile<S> states = cache.states.take(recurrent.output_shape(x.shape()), L, x.lengths);
  const Tile<S> pooled = cache.pooled.take(one, L);

  recurrent.forward(x, states, cache.recurrent, pass.at(0));
  switch (options.attention) {
    case Attention::pool:
      pool.forward(states, pooled, cache.pool, pass);
      break;
    case Attention::multihead: {
      if (asks_last_only(cache)) {
        const Tile<S> query = cache.query.take(one, L);
        last.forward(states, query, cache.last, pass);
        multihead.forward(query, states, pooled, cache.multihead, pass);
        break;
      }
      const Tile<S> attended = cache.attended.take(states.shape(), L, x.lengths);
      if (replaces_last_query()) {
        multihead.forward(queries(states, cache, pass), states, attended, cache.multihead, pass);
      } else {
        multihead.forward(states, attended, cache.multihead, pass);
      }
      if (options.pooling == Pooling::last) {
        take_last(states, Tile<const S>(attended), Tile<const S>(), pooled);
      } else {
        mean.forward(attended, pooled, cache.mean, pass);
      }
      break;
    }
    case Attention::additive: {
      const Tile<S> query = cache.query.take(one, L);
      last.forward(states, query, cache.last, pass);
      additive.forward(query, states, pooled, cache.additive, pass);
      break;
    }
    case Attention::none:
      last.forward(states, pooled, cache.last, pass);
      break;
  }
  classify(pooled, logits, cache, pass);
}

template <class S>
Tile<const S> SequenceClassifier<S>::queries(Tile<const S> states, Cache& cache, const Pass& pass) const {
  const Tile<S> all = cache.queries.take(states.shape(), states.lanes, states.lengths);
  const Tile<S> query = cache.query.take({1, width()}, states.lanes);
  last.forward(states, query, cache.last, pass);
  copy(states, all);
  for (Index f = 0; f < all.features; ++f) {
    for (Index l = 0; l < all.lanes; ++l) {
      if (states.length(l) > 0) all.at(states.length(l) - 1, f)[l] = query.at(0, f)[l];
    }
  }
  return all;
}

template <class S>
Index SequenceClassifier<S>::prepare_stream(Shape x, Cache& cache) const {
  const Shape states{x.steps, width()};
  const Index of_states = recurrent.prepare_stream(x, cache.recurrent);
  require(options.attention != Attention::multihead || options.pooling == Pooling::last, [] {
    return Fault{"the mean of multi-head attention changes at all steps with each new one", "SequenceClassifier",
                 "pooling last in a stream", "mean"};
  });
  return of_states + (options.attention == Attention::pool        ? pool.prepare_stream(states, cache.pool)
                      : options.attention == Attention::multihead ? multihead.stream_size(states)
                      : options.attention == Attention::additive  ? additive.stream_size(states)
                                                                  : 0);
}

template <class S>
void SequenceClassifier<S>::stream_step(Tile<const S> x, Tile<S> logits, StreamMemory<S>& memory, Cache& cache,
                                        const Pass& pass) const {
  if (standardize.active()) {
    const Tile<S> input = cache.input.take(x.shape(), 1);
    standardize.forward(x, input, cache.standardize, pass);
    x = input;
  }
  const Tile<S> state = cache.states.take({1, width()}, 1), pooled = cache.pooled.take({1, width()}, 1);
  recurrent.stream_step(x, state, memory, cache.recurrent, pass.at(0));
  switch (options.attention) {
    case Attention::pool:
      pool.stream_step(state, pooled, memory, cache.pool, pass);
      break;
    case Attention::multihead:
      multihead.stream_step(state, pooled, memory, cache.multihead, pass);
      break;
    case Attention::additive:
      additive.stream_step(state, pooled, memory, cache.additive, pass);
      break;
    case Attention::none:
      return classify(state, logits, cache, pass);
  }
  classify(pooled, logits, cache, pass);
}

template <class S>
void SequenceClassifier<S>::backward(Tile<const S> x, Tile<const S> logits, Tile<const S> dlogits, Into<S> dx,
                                     Cache& cache, SequenceClassifier& grad, const Pass& pass) const {
  const Tile<const S> input = standardize.active() ? cache.input.view() : x;
  const Tile<const S> states = cache.states.view(), pooled = cache.pooled.view();
  const Tile<const S> kept = drops(pass) ? cache.kept.view() : pooled;
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dpooled = pass.scratch.like(pooled), dstates = pass.scratch.like(states);

  if (options.dense == 0) {
    fc2.backward(kept, logits, dlogits, into(dpooled), cache.dense, grad.fc2, pass);
  } else {
    const Tile<const S> hidden = cache.hidden.view(), active = cache.active.view();
    const Tile<S> dactive = pass.scratch.like(active), dhidden = pass.scratch.like(hidden);
    fc2.backward(active, logits, dlogits, into(dactive), cache.dense, grad.fc2, pass);
    relu.backward(hidden, active, dactive, into(dhidden), cache.relu, grad.relu, pass);
    fc1.backward(kept, hidden, dhidden, into(dpooled), cache.dense, grad.fc1, pass);
  }
  if (drops(pass)) dropout.backward(pooled, kept, dpooled, into(dpooled), cache.dropout, grad.dropout, pass.at(1));
  switch (options.attention) {
    case Attention::pool:
      pool.backward(states, pooled, dpooled, into(dstates), cache.pool, grad.pool, pass);
      break;
    case Attention::multihead: {
      if (asks_last_only(cache)) {
        const Tile<const S> query = cache.query.view();
        const Tile<S> dquery = pass.scratch.like(query);
        multihead.backward(query, states, pooled, dpooled, into(dquery), into(dstates), cache.multihead, grad.multihead,
                           pass);
        last.backward(states, query, dquery, onto(dstates), cache.last, grad.last, pass);
        break;
      }
      const Tile<const S> attended = cache.attended.view();
      const Tile<S> dattended = pass.scratch.like(attended);
      if (options.pooling == Pooling::last) {
        put_last(states, Tile<const S>(dpooled), into(dattended));
      } else {
        mean.backward(attended, pooled, dpooled, into(dattended), cache.mean, grad.mean, pass);
      }
      if (replaces_last_query()) {  // of the others nothing comes back
        const Tile<const S> asked = cache.queries.view(), query = cache.query.view();
        const Tile<S> dasked = pass.scratch.like(asked), dquery = pass.scratch.like(query);
        multihead.backward(asked, states, attended, dattended, into(dasked), into(dstates), cache.multihead,
                           grad.multihead, pass);
        take_last(states, Tile<const S>(dasked), Tile<const S>(), dquery);
        last.backward(states, query, dquery, onto(dstates), cache.last, grad.last, pass);
      } else {
        multihead.backward(states, attended, dattended, into(dstates), cache.multihead, grad.multihead, pass);
      }
      break;
    }
    case Attention::additive: {
      const Tile<const S> query = cache.query.view();
      const Tile<S> dquery = pass.scratch.like(query);
      additive.backward(query, states, pooled, dpooled, into(dquery), into(dstates), cache.additive, grad.additive,
                        pass);
      last.backward(states, query, dquery, onto(dstates), cache.last, grad.last, pass);
      break;
    }
    case Attention::none:
      last.backward(states, pooled, dpooled, into(dstates), cache.last, grad.last, pass);
      break;
  }
  if (!dx || !standardize.active()) {
    recurrent.backward(input, states, dstates, dx, cache.recurrent, grad.recurrent, pass.at(0));
  } else {
    const Tile<S> dinput = pass.scratch.like(input);
    recurrent.backward(input, states, dstates, into(dinput), cache.recurrent, grad.recurrent, pass.at(0));
    standardize.backward(x, input, dinput, dx, cache.standardize, grad.standardize, pass);
  }
}

template <class S>
void SequenceClassifier<S>::classify(Tile<const S> pooled, Tile<S> logits, Cache& cache, const Pass& pass) const {
  const Index L = pooled.lanes;
  Tile<const S> kept = pooled;
  if (drops(pass)) {
    const Tile<S> to = cache.kept.take(pooled.shape(), L);
    dropout.forward(pooled, to, cache.dropout, pass.at(1));
    kept = to;
  }
  if (options.dense == 0) return fc2.forward(kept, logits, cache.dense, pass);
  const Tile<S> hidden = cache.hidden.take({1, options.dense}, L), active = cache.active.take({1, options.dense}, L);
  fc1.forward(kept, hidden, cache.dense, pass);
  relu.forward(hidden, active, cache.relu, pass);
  fc2.forward(active, logits, cache.dense, pass);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::SequenceClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::ModelTable, heed::SequenceClassifier)
HEED_COMPILED_TYPE_OF(struct heed::detail::TrainedTable, heed::SequenceClassifier)
