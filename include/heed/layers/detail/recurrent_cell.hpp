#pragma once

/// @file
/// What the cells of recurrent layers share: weights, states, and what a pass keeps.
///
/// A cell is one layer in one direction, a step at a time. `Recurrent` makes sequences, directions and stacks of it:
///
/// - `prepare(w, steps, lanes, cache)`: room for so many steps. Whoever calls `step` does it first.
/// - `gate_count()`: blocks of H rows in the weights. `has_cell()`: whether the state has a c.
/// - `step(w, t, lanes, x, previous, y, cache)`: step t of the cache, from x and the state before to y = h_t. An LSTM's
///   c_t is at `cell(cache, t)`. By pointers: one lane alone has no time for more.
/// - `step_backward(w, t, previous, dh, dc, cache, pass)`: back through step t. `dh`: the gradient of h_t; what reaches
///   h_{t-1} past the gates is left in it, where `passes_directly`. `dc`: that of c_t, then of c_{t-1}.
/// - `gate_gradients(cache)`: after it, the gradients of what W_ih x feeds, (steps, gates H).
/// - `recurrent_gradients(cache)`: those of what W_hh h feeds, in blocks of rows.
/// - `accumulate(steps, x, cache, grad, pass)`: for some steps, adds up the gradients of W_ih and of the biases, and
///   those of W_hh that are not in `recurrent_gradients`.

#include <algorithm>
#include <array>
#include <type_traits>

#include "heed/core/compiled.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The state of a recurrent layer between two steps: hidden h and, of an LSTM, cell c. Tiles with a step for each layer
/// and direction, layer by layer, in the order of PyTorch's h_n. An empty tile is a zero state, or one that is not
/// wanted.
template <class S>
struct RecurrentState {
  Tile<S> h = {}, c = {};

  operator RecurrentState<const S>() const
    requires(!std::is_const_v<S>)
  {
    return {h, c};
  }
  /// That of one layer and direction.
  RecurrentState row(Index i) const { return {h ? h.step(i) : h, c ? c.step(i) : c}; }
};

/// The state of one layer and direction as a step reads it: h and c, (H) a lane each. Null is a zero state.
template <class S>
struct StateBefore {
  const S* h = nullptr;
  const S* c = nullptr;

  StateBefore() = default;
  StateBefore(const S* h_, const S* c_) : h(h_), c(c_) {}
  StateBefore(const RecurrentState<const S>& s) : h(s.h.data), c(s.c.data) {}
  StateBefore(const RecurrentState<S>& s) : h(s.h.data), c(s.c.data) {}
};

/// The weights of one layer in one direction, in blocks of H rows, one a gate: weight_ih (gates H x I), weight_hh
/// (gates H x H) and two biases (gates H).
template <class S>
struct RecurrentWeights {
  Matrix<S> ih, hh;
  Vector<S> bias_ih, bias_hh;

  RecurrentWeights() = default;
  RecurrentWeights(Index gates, Index input_size, Index hidden_size);

  Index input_size() const { return ih.cols(); }
  Index hidden_size() const { return hh.cols(); }

  /// U(-1/sqrt(H), 1/sqrt(H)), biases too.
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
  TileBuffer<S> gates;          // (steps, gates H); backward overwrites them with their gradients
  TileBuffer<S> first, second;  // (steps, H); what they hold is the cell's matter
  Buffer<S> bias;               // what every step starts from
};

/// Gradients of rows `first_row`, ... of what W_hh h feeds: the first `rows` features of a tile (steps, ...).
template <class S>
struct RecurrentGradient {
  Tile<const S> tile = {};
  Index rows = 0, first_row = 0;
};
/// At most two blocks; a block that is not there has no rows.
template <class S>
using RecurrentGradients = std::array<RecurrentGradient<S>, 2>;

namespace detail {
/// b_ih + b_hh, in the cache
template <class S>
const S* add_biases(const RecurrentWeights<S>& w, RecurrentCache<S>& cache) {
  S* sum = cache.bias.reserve(w.bias_ih.size());
  simd::for_each_packet<S>(w.bias_ih.size(), [&]<class P>(Index r) HEED_LAMBDA {
    simd::store(sum + r, simd::add(simd::load<P>(w.bias_ih.data() + r), simd::load<P>(w.bias_hh.data() + r)));
  });
  return sum;
}

/// Adds to the gradients of weight_ih and bias_ih; the sums that bias_ih takes are returned, in the scratch.
template <class S>
const S* accumulate_input(Tile<const S> x, Tile<const S> dgates, RecurrentWeights<S>& grad, const Pass& pass) {
  S* sum = pass.scratch.take<S>(dgates.features);
  std::fill_n(sum, dgates.features, S(0));
  weight_gradient<S>(x, dgates, grad.ih, grad.bias_ih.wanted() || grad.bias_hh.wanted() ? sum : nullptr);
  for (Index r = 0; r < dgates.features; ++r) grad.bias_ih(r) += sum[r];
  return sum;
}
/// The same for some steps of a cell whose gates both biases feed alike: bias_hh takes what bias_ih takes.
template <class S>
void accumulate_input(IndexRange steps, Tile<const S> x, const RecurrentCache<S>& cache, RecurrentWeights<S>& grad,
                      const Pass& pass) {
  const Scratch::Mark mark(pass.scratch);
  const S* sum = accumulate_input<S>(x.range(steps.first, steps.count()),
                                     cache.gates.view().range(steps.first, steps.count()), grad, pass);
  for (Index r = 0; r < grad.bias_hh.size(); ++r) grad.bias_hh(r) += sum[r];
}
}  // namespace detail

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::RecurrentWeights)
