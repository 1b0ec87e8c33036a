#pragma once

// The layers of an LSTM one step at a time, for a decoder whose input depends on the step before.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "heed/core/dropout_mask.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/lstm.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// The cache holds all steps, or a single one that is reused.
template <class S>
struct LstmSteps {
  using State = RecurrentState<S>;
  using ConstState = RecurrentState<const S>;
  struct Cache {
    std::vector<RecurrentCache<S>> runs;    // of each layer
    std::vector<TileBuffer<S>> states;      // of each layer (T + 1, H): h before the first step, and after each step
    std::vector<TileBuffer<S>> kept, left;  // but of the last layer: dropout multipliers and products
    TileBuffer<S> first_c, dc;              // (layers, H): c before the first step; gradients of c
    Index steps = 0;
  };

  const Lstm<S>& rnn;

  Index layers() const { return rnn.num_layers(); }
  Index hidden_size() const { return rnn.hidden_size(); }
  bool drops(const Pass& pass) const { return DropoutMask::active(rnn.dropout(), pass); }

  static Tile<S> top(Cache& cache) { return cache.states.back().tile(); }
  static Tile<const S> gates(Index layer, const Cache& cache) {
    return LstmCell<S>::gate_gradients(cache.runs[at(layer)]);
  }

  /// Makes room for `steps` steps; `initial` has h and c, (layers, H) each.
  void prepare(Index steps, ConstState initial, Cache& cache, const Pass& pass) const;

  /// Runs step t with input x (input_size, lanes): from the states before it to those after it. Returns the output of
  /// the top layer.
  const S* step(Index t, const S* x, Cache& cache, const Pass& pass) const;

  /// The states after the first step of the cache become the states before it.
  void go_on(Cache& cache) const;
  /// Lane l continues from lane `parents[l]`.
  void reorder(const std::int32_t* parents, Cache& cache, const Pass& pass) const;

  /// Clears the gradients of the states, before `step_backward` of the last step.
  void prepare_backward(Cache& cache) const;
  /// The backward pass of step t. `dtop` and `dquery` are two gradients of the top layer's output.
  void step_backward(Index t, const S* dtop, const S* dquery, Cache& cache, const Pass& pass) const;
  /// The gradient that remains after the first step: that of the initial state.
  void leave_to_initial(Tile<const S> dquery, State d_initial, Cache& cache) const;
  /// The gradients of the weights, over all steps in one pass.
  void accumulate(Tile<const S> input, Cache& cache, Lstm<S>& grad, const Pass& pass) const;

 private:
  static std::size_t at(Index layer) { return static_cast<std::size_t>(layer); }
  const RecurrentWeights<S>& weights(Index layer) const { return rnn.weights[at(layer)]; }
  // h and c before step t
  static StateBefore<S> before(Index layer, Index t, Cache& cache) {
    const auto i = at(layer);
    return {cache.states[i].view().at(t),
            t > 0 ? LstmCell<S>::cell(cache.runs[i], t - 1).data : cache.first_c.view().at(layer)};
  }
  Tile<const S> layer_input(Index layer, const Cache& cache, const Pass& pass) const {
    const auto i = at(layer - 1);
    return drops(pass) ? cache.left[i].view() : cache.states[i].view().range(1, cache.steps);
  }
};

template <class S>
void LstmSteps<S>::prepare(Index steps, ConstState initial, Cache& cache, const Pass& pass) const {
  const Index L = initial.c.lanes, H = hidden_size();
  const auto count = at(layers());
  cache.steps = steps;
  cache.runs.resize(count);
  cache.states.resize(count);
  cache.kept.resize(count - 1);
  cache.left.resize(count - 1);
  copy(initial.c, cache.first_c.take({layers(), H}, L));
  for (Index l = 0; l < layers(); ++l) {
    rnn.cell.prepare(weights(l), steps, L, cache.runs[at(l)]);
    copy(initial.h.step(l), cache.states[at(l)].take({steps + 1, H}, L).step(0));
    if (l + 1 == layers() || !drops(pass)) continue;
    DropoutMask(rnn.dropout(), pass.at(1).at(static_cast<std::uint64_t>(l)))
        .fill(cache.kept[at(l)].take({steps, H}, L).data, steps * H, L);
    cache.left[at(l)].take({steps, H}, L);
  }
}

template <class S>
const S* LstmSteps<S>::step(Index t, const S* x, Cache& cache, const Pass& pass) const {
  for (Index l = 0; l < layers(); ++l) {
    const Tile<S> y = cache.states[at(l)].tile().step(t + 1);
    rnn.cell.step(weights(l), t, y.lanes, x, before(l, t, cache), y.data, cache.runs[at(l)]);
    x = y.data;
    if (l + 1 == layers() || !drops(pass)) continue;
    const Tile<S> left = cache.left[at(l)].tile().step(t);
    copy(Tile<const S>(y), left);
    multiply(cache.kept[at(l)].view().step(t), left);
    x = left.data;
  }
  return x;
}

template <class S>
void LstmSteps<S>::go_on(Cache& cache) const {
  for (Index l = 0; l < layers(); ++l) {
    const Tile<S> states = cache.states[at(l)].tile();
    copy(Tile<const S>(states.step(1)), states.step(0));
    copy(Tile<const S>(LstmCell<S>::cell(cache.runs[at(l)], 0)), cache.first_c.tile().step(l));
  }
}

template <class S>
void LstmSteps<S>::reorder(const std::int32_t* parents, Cache& cache, const Pass& pass) const {
  for (Index l = 0; l < layers(); ++l) gather_lanes(cache.states[at(l)].tile().step(0), parents, pass.scratch);
  gather_lanes(cache.first_c.tile(), parents, pass.scratch);
}

template <class S>
void LstmSteps<S>::prepare_backward(Cache& cache) const {
  fill(cache.dc.take({layers(), hidden_size()}, cache.first_c.view().lanes), S(0));
}

template <class S>
void LstmSteps<S>::step_backward(Index t, const S* dtop, const S* dquery, Cache& cache, const Pass& pass) const {
  const Tile<S> dc = cache.dc.tile();
  const Index L = dc.lanes, H = hidden_size();
  const Scratch::Mark mark(pass.scratch);
  const Tile<S> dh = pass.scratch.template tile<S>({1, H}, L);
  for (Index l = layers(); l-- > 0;) {
    if (l + 1 == layers()) {
      copy(Tile<const S>(dtop, {1, H}, L), dh);
      add(Tile<const S>(dquery, {1, H}, L), dh);
    } else {
      kernels::product<S>(H, L, {}, dh.data, {times_transposed<S>(weights(l + 1).ih, gates(l + 1, cache).at(t))});
      if (drops(pass)) multiply(cache.kept[at(l)].view().step(t), dh);
    }
    if (t + 1 < cache.steps) {
      kernels::product<S>(H, L, {.values = dh.data}, dh.data,
                          {times_transposed<S>(weights(l).hh, gates(l, cache).at(t + 1))});
    }
    rnn.cell.step_backward(weights(l), t, before(l, t, cache), dh, dc.step(l), cache.runs[at(l)], pass);
  }
}

template <class S>
void LstmSteps<S>::leave_to_initial(Tile<const S> dquery, State d_initial, Cache& cache) const {
  fill(d_initial.h, S(0));
  copy(cache.dc.view(), d_initial.c);
  if (cache.steps == 0) return;
  for (Index l = 0; l < layers(); ++l) {
    input_gradient<S>(gates(l, cache).step(0), weights(l).hh, into(d_initial.h.step(l)));
  }
  add(dquery, d_initial.h.step(layers() - 1));
}

template <class S>
void LstmSteps<S>::accumulate(Tile<const S> input, Cache& cache, Lstm<S>& grad, const Pass& pass) const {
  for (Index l = 0; l < layers(); ++l) {
    RecurrentWeights<S>& to = grad.weights[at(l)];
    const Tile<const S> x = l ? layer_input(l, cache, pass) : input;
    rnn.cell.accumulate({0, cache.steps}, x, cache.runs[at(l)], to, pass);
    weight_gradient<S>(cache.states[at(l)].view().range(0, cache.steps), gates(l, cache), to.hh, nullptr);
  }
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
