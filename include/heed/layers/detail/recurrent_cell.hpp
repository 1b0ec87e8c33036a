#pragma once

/// @file
/// What the cells of recurrent layers share: weights, states, and the cache of a pass.
///
/// A cell is one layer in one direction and computes one step at a time. `Recurrent` builds sequences, directions and
/// stacks from it. A cell has:
///
/// - `prepare(w, steps, lanes, cache)`: makes room for `steps` steps. The caller runs it before `step`.
/// - `gate_count()`: the number of blocks of H rows in the weights. `has_cell()`: whether the state has a c.
/// - `step(w, t, lanes, x, previous, y, cache)`: computes step t of the cache, from x and the previous state to y =
///   h_t. An LSTM's c_t is at `cell(cache, t)`. Arguments are pointers: for one lane, anything more would cost time.
///   Products get `cache.ahead()`. The numbers that the backward pass reads are computed in `cache.room(...)` and
///   stored by `cache.keep(...)`.
/// - `step_backward(w, t, previous, dh, dc, cache, pass)`: the backward pass of step t. On entry `dh` is the gradient
///   of h_t. If `passes_directly`, on return `dh` holds the part of the gradient of h_{t-1} that does not go through
///   the gates. `dc` is the gradient of c_t on entry and of c_{t-1} on return.
/// - `gate_gradients(cache)`: after `step_backward`, the gradients of W_ih x, (steps, gates H). A tile may hold the last
///   `2 * steps_together(lanes)` steps alone. Step t stands at `place_of(t, tile)`.
/// - `recurrent_gradients(cache)`: after `step_backward`, the gradients of W_hh h, in blocks of rows; tiles as above.
/// - `accumulate(steps, x, cache, grad, pass)`: adds the gradients of W_ih and of the biases over a range of steps, and
///   the gradients of those rows of W_hh that `recurrent_gradients` leaves out.

#include <algorithm>
#include <array>
#include <type_traits>

#include "heed/core/compiled.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/kernels/ahead.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The state of a recurrent layer between two steps: the hidden state h and, for an LSTM, the cell state c. Each tile
/// has a step for each layer and direction, in the order of PyTorch's h_n. As an input, an empty tile is a zero state.
/// As an output, an empty tile is not written.
template <class S>
struct RecurrentState {
  Tile<S> h = {}, c = {};

  operator RecurrentState<const S>() const
    requires(!std::is_const_v<S>)
  {
    return {h, c};
  }
  /// The state of one layer and direction.
  RecurrentState row(Index i) const { return {h ? h.step(i) : h, c ? c.step(i) : c}; }
};

/// The state of one layer and direction as a step reads it: h and c, H numbers per lane. Null is a zero state.
template <class S>
struct StateBefore {
  const S* h = nullptr;
  const S* c = nullptr;

  StateBefore() = default;
  StateBefore(const S* h_, const S* c_) : h(h_), c(c_) {}
  StateBefore(const RecurrentState<const S>& s) : h(s.h.data), c(s.c.data) {}
  StateBefore(const RecurrentState<S>& s) : h(s.h.data), c(s.c.data) {}
};

/// The weights of one layer in one direction: weight_ih (gates H x I), weight_hh (gates H x H) and two biases (gates
/// H). Each gate has a block of H rows.
template <class S>
struct RecurrentWeights {
  Matrix<S> ih, hh;
  Vector<S> bias_ih, bias_hh;

  RecurrentWeights() = default;
  RecurrentWeights(Index gates, Index input_size, Index hidden_size);

  Index input_size() const { return ih.cols(); }
  Index hidden_size() const { return hh.cols(); }

  /// All of them, biases included, from U(-1/sqrt(H), 1/sqrt(H)).
  void initialize(Key key);
};

template <class S>
RecurrentWeights<S>::RecurrentWeights(Index gates, Index input_size, Index hidden_size)
    : ih(gates * hidden_size, input_size),
      hh(gates * hidden_size, hidden_size),
      bias_ih(gates * hidden_size),
      bias_hh(gates * hidden_size) {}

template <class S>
void RecurrentWeights<S>::initialize(Key key) {
  initialize_fan_in(ih, key.child(0), hidden_size());
  initialize_fan_in(hh, key.child(1), hidden_size());
  initialize_fan_in(bias_ih, key.child(2), hidden_size());
  initialize_fan_in(bias_hh, key.child(3), hidden_size());
}

/// What a pass of one layer in one direction keeps.
template <class S>
struct RecurrentCache {
  TileBuffer<S> gates;          // (steps, gates H); the backward pass overwrites them with their gradients. Of an RNN:
                                // the gradients of the last steps
  TileBuffer<S> first, second;  // (steps, H); each cell defines what they hold
  Buffer<S> bias;               // the biases that each step starts from
  const S* h = nullptr;         // for `step_backward`: h_t, as `step` wrote it

  // For sequences that do not fit in the CPU's caches:
  bool distant = false;   // products fetch the memory of the next steps
  bool away = false;      // stores of `keep` go past the caches, and a step is computed in `staging`
  kernels::Ahead next;    // the memory of the next steps
  TileBuffer<S> staging;  // (1, gates H + H)

  /// What products fetch; null: nothing.
  kernels::Ahead* ahead() { return distant ? &next : nullptr; }
  /// Where step t computes the numbers that `kept` will hold: there, or from a feature of `staging` on.
  S* room(Tile<S> kept, Index t, Index feature = 0) { return away ? staging.tile().at(0, feature) : kept.at(t); }
  /// f(put): `put(p, pack)` stores numbers that the backward pass reads.
  template <class F>
  HEED_INLINE void keep(F&& f) const {
    if (away) {
      f(simd::Store<true>());
    } else {
      f(simd::Store<false>());
    }
  }
};

/// The gradients of rows `first_row` and on of W_hh h: the first `rows` features of a tile (steps, ...).
template <class S>
struct RecurrentGradient {
  Tile<const S> tile = {};
  Index rows = 0, first_row = 0;
};
/// At most two blocks. An unused block has no rows.
template <class S>
using RecurrentGradients = std::array<RecurrentGradient<S>, 2>;

namespace detail {
/// Gradients of weights and x are computed so many steps at a time, while gates are in the CPU's caches: five of 64
/// lanes.
inline Index steps_together(Index lanes) { return std::max<Index>(320 / std::max<Index>(lanes, 1), 1); }

/// Where step t stands in a tile of the last steps: of all, or of twice those that are computed together.
template <class S>
Index place_of(Index t, const Tile<S>& tile) {
  return tile.steps > 0 ? t % tile.steps : 0;
}
/// Steps that are computed together.
template <class S>
Tile<const S> these_steps(Tile<const S> tile, IndexRange steps) {
  return tile.range(place_of(steps.first, tile), steps.count());
}

/// The first part of every cell's `prepare`: b_ih + b_hh, and a cache without `distant` and `away`.
template <class S>
void begin(const RecurrentWeights<S>& w, RecurrentCache<S>& cache) {
  cache.distant = cache.away = false;
  S* sum = cache.bias.reserve(w.bias_ih.size());
  simd::for_each_packet<S>(w.bias_ih.size(), [&]<class P>(Index r) HEED_LAMBDA {
    simd::store(sum + r, simd::add(simd::load<P>(w.bias_ih.data() + r), simd::load<P>(w.bias_hh.data() + r)));
  });
}

/// Adds to the gradients of weight_ih and bias_ih. Returns the sums that it added to bias_ih, in scratch memory.
template <class S>
const S* accumulate_input(Tile<const S> x, Tile<const S> dgates, RecurrentWeights<S>& grad, const Pass& pass,
                          kernels::Ahead* ahead) {
  S* sum = pass.scratch.take<S>(dgates.features);
  std::fill_n(sum, dgates.features, S(0));
  weight_gradient<S>(x, dgates, grad.ih, grad.bias_ih.wanted() || grad.bias_hh.wanted() ? sum : nullptr, ahead);
  for (Index r = 0; r < dgates.features; ++r) grad.bias_ih(r) += sum[r];
  return sum;
}
/// The same for a cell that adds both biases before the same gates: bias_hh gets the gradient of bias_ih.
template <class S>
void accumulate_input(IndexRange steps, Tile<const S> x, RecurrentCache<S>& cache, RecurrentWeights<S>& grad,
                      const Pass& pass) {
  const Scratch::Mark mark(pass.scratch);
  const S* sum = accumulate_input<S>(x.range(steps.first, steps.count()), these_steps(cache.gates.view(), steps), grad,
                                     pass, cache.ahead());
  for (Index r = 0; r < grad.bias_hh.size(); ++r) grad.bias_hh(r) += sum[r];
}
}  // namespace detail

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::RecurrentWeights)
