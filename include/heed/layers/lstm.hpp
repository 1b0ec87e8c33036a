#pragma once

/// @file
/// Long short-term memory.

#include <algorithm>
#include <string>
#include <type_traits>

#include "heed/core/error.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/affine.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/math.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The state of an LSTM between two steps: hidden h and cell c, tiles of one step. An empty tile is a zero state, or
/// one that is not wanted.
template <class S>
struct LstmState {
  Tile<S> h, c;

  operator LstmState<const S>() const requires(!std::is_const_v<S>) { return {h, c}; }
};

/// One layer, one direction (Hochreiter and Schmidhuber 1997; torch.nn.LSTM, its names and its start):
///
///     i, f, o = sigmoid(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh),  g = tanh(of the same)
///     c_t = f c_{t-1} + i g,  h_t = o tanh(c_t)
///
/// (steps, input_size) to (steps, hidden_size). Past a sequence's end the output is 0, and the final state is that of
/// its last valid step.
template <class S>
struct Lstm {
  using Scalar = S;
  using Input = S;
  struct Options {
    Index input_size = 0, hidden_size = 0;
  };
  using State = LstmState<S>;
  using ConstState = LstmState<const S>;

  // gates are stacked [i; f; g; o], PyTorch's order
  Matrix<S> weight_ih_l0;  // 4H x I
  Matrix<S> weight_hh_l0;  // 4H x H
  Vector<S> bias_ih_l0, bias_hh_l0;

  /// Per step: the four gates, which backward overwrites with their gradients; c; tanh(c). And b_ih + b_hh.
  struct Cache {
    TileBuffer<S> gates, cell, tanh_cell;
    Buffer<S> bias;
  };

  Lstm() = default;
  /// Throws where a size is not positive.
  explicit Lstm(Options o) {
    require(o.input_size > 0 && o.hidden_size > 0, [&] {
      return Fault{"sizes must be positive", "Lstm", {}, to_text(Extents<2>{o.input_size, o.hidden_size})};
    });
    weight_ih_l0 = Matrix<S>(4 * o.hidden_size, o.input_size);
    weight_hh_l0 = Matrix<S>(4 * o.hidden_size, o.hidden_size);
    bias_ih_l0 = Vector<S>(4 * o.hidden_size);
    bias_hh_l0 = Vector<S>(4 * o.hidden_size);
    initialize({});
  }

  /// U(-1/sqrt(H), 1/sqrt(H)), biases too.
  void initialize(Key key) {
    initialize_fan_in(weight_ih_l0, key.child(0), hidden_size());
    initialize_fan_in(weight_hh_l0, key.child(1), hidden_size());
    initialize_fan_in(bias_ih_l0, key.child(2), hidden_size());
    initialize_fan_in(bias_hh_l0, key.child(3), hidden_size());
  }

  Index input_size() const { return weight_ih_l0.cols(); }
  Index hidden_size() const { return weight_hh_l0.cols(); }

  Shape output_shape(Shape x) const {
    require(x.features == input_size(), [&] {
      return Fault{"wrong number of features", "Lstm", std::to_string(input_size()), std::to_string(x.features)};
    });
    return {x.steps, hidden_size()};
  }

  // ---- a step at a time: for decoders and streams

  /// Room for `steps` steps, and the sum of the biases. `forward` calls it; whoever calls `step` does first.
  void prepare(Index steps, Index lanes, Cache& cache) const {
    cache.gates.take({steps, 4 * hidden_size()}, lanes);
    cache.cell.take({steps, hidden_size()}, lanes);
    cache.tanh_cell.take({steps, hidden_size()}, lanes);
    S* bias = cache.bias.reserve(bias_ih_l0.size());
    simd::for_each_packet<S>(bias_ih_l0.size(), [&]<class P>(Index r) HEED_LAMBDA {
      simd::store(bias + r, simd::add(simd::load<P>(bias_ih_l0.data() + r), simd::load<P>(bias_hh_l0.data() + r)));
    });
  }

  /// Step `t` of the cache: h_t to `y`, c_t to `cell(cache, t)`.
  void step(Index t, Tile<const S> x, ConstState previous, Tile<S> y, Cache& cache, const Pass&) const {
    using namespace simd;
    const Index H = hidden_size(), L = x.lanes, n = H * L;
    const Tile<S> gates = cache.gates.tile().step(t), cell = cache.cell.tile().step(t);
    const Tile<S> tanh_cell = cache.tanh_cell.tile().step(t);

    const S* bias = cache.bias.data();
    if (previous.h) {
      kernels::product<S>(4 * H, L, {.bias = bias}, gates.data,
                          {times<S>(weight_ih_l0, x.data), times<S>(weight_hh_l0, previous.h.data)});
    } else {
      kernels::product<S>(4 * H, L, {.bias = bias}, gates.data, {times<S>(weight_ih_l0, x.data)});
    }

    // two flat passes over the step: the gates and c, then tanh(c) and h
    S* gate = gates.data;
    for_each_packet<S>(n, [&]<class P>(Index k) HEED_LAMBDA {
      P i = load<P>(gate + k), f = load<P>(gate + n + k), g = load<P>(gate + 2 * n + k), o = load<P>(gate + 3 * n + k);
      lstm_gates(i, f, g, o);
      const P ig = mul(i, g);
      store(cell.data + k, previous.c ? fma(f, load<P>(previous.c.data + k), ig) : ig);
      store(gate + k, i);
      store(gate + n + k, f);
      store(gate + 2 * n + k, g);
      store(gate + 3 * n + k, o);
    });
    for_each_packet<S, 4>(n, [&]<class P>(Index k) HEED_LAMBDA {
      const P c = simd::tanh(load<P>(cell.data + k));
      store(tanh_cell.data + k, c);
      store(y.data + k, mul(load<P>(gate + 3 * n + k), c));
    });
  }
  static Tile<const S> cell(const Cache& cache, Index t) { return cache.cell.view().step(t); }

  /// Back through step `t`: `dh` is the whole gradient of h_t; `dc` that of c_t coming in, of c_{t-1} going out. The
  /// gradient of the gates before activation overwrites them: `gate_gradients(cache)`.
  void step_backward(Index t, Tile<const S> previous_c, Tile<const S> dh, Tile<S> dc, Cache& cache) const {
    using namespace simd;
    const Index n = dh.features * dh.lanes;
    S* gate = cache.gates.tile().at(t);
    const S* tanh_cell = cache.tanh_cell.view().at(t);
    for_each_packet<S>(n, [&]<class P>(Index k) HEED_LAMBDA {
      const P one = set1<P>(1), c = load<P>(tanh_cell + k), d = load<P>(dh.data + k);
      const P i = load<P>(gate + k), f = load<P>(gate + n + k);
      const P g = load<P>(gate + 2 * n + k), o = load<P>(gate + 3 * n + k);
      const P d_o = mul(d, o);                                            // dh o
      const P d_c = fma(d_o, sub(one, mul(c, c)), load<P>(dc.data + k));  // dc + dh o (1 - tanh^2 c)
      const P d_i = mul(d_c, i), d_f = mul(d_c, f);                       // times i, times f
      const P c_before = previous_c ? load<P>(previous_c.data + k) : set1<P>(0);
      store(gate + k, mul(mul(d_i, g), sub(one, i)));             // dc g i (1 - i)
      store(gate + n + k, mul(mul(d_f, c_before), sub(one, f)));  // dc c_{t-1} f (1 - f)
      store(gate + 2 * n + k, mul(d_i, sub(one, mul(g, g))));     // dc i (1 - g^2)
      store(gate + 3 * n + k, mul(mul(d_o, c), sub(one, o)));     // dh tanh(c) o (1 - o)
      store(dc.data + k, d_f);
    });
  }
  static Tile<const S> gate_gradients(const Cache& cache) { return cache.gates.view(); }

  /// The weights' gradients of some steps in one pass, after `step_backward` of each. x, y: all inputs and outputs.
  void accumulate(IndexRange steps, Tile<const S> x, Tile<const S> y, Tile<const S> initial_h, const Cache& cache,
                  Lstm& grad, const Pass& pass) const {
    const Tile<const S> dgates = gate_gradients(cache);
    const Scratch::Mark mark(pass.scratch);
    Vector<S>& db = grad.bias_ih_l0;
    S* sum = pass.scratch.take<S>(db.size());
    std::fill_n(sum, db.size(), S(0));
    weight_gradient<S>(x.range(steps.first, steps.count()), dgates.range(steps.first, steps.count()), grad.weight_ih_l0,
                       sum);
    const IndexRange later{std::max<Index>(steps.first, 1), steps.last};  // those with a step before them
    if (later.count() > 0) {
      weight_gradient<S>(y.range(later.first - 1, later.count()), dgates.range(later.first, later.count()),
                         grad.weight_hh_l0, nullptr);
    }
    if (steps.first == 0 && initial_h) weight_gradient<S>(initial_h, dgates.step(0), grad.weight_hh_l0, nullptr);
    for (Index r = 0; r < db.size(); ++r) {  // both biases have the full gradient
      grad.bias_ih_l0(r) += sum[r];
      grad.bias_hh_l0(r) += sum[r];
    }
  }

  // ---- a whole sequence

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, ConstState initial = {},
               State final = {}) const {
    prepare(x.steps, x.lanes, cache);
    for (Index t = 0; t < x.steps; ++t) {
      const ConstState previous = t ? ConstState{y.step(t - 1), cell(cache, t - 1)} : initial;
      step(t, x.step(t), previous, y.step(t), cache, pass);
    }
    take_last(x, Tile<const S>(y), initial.h, final.h);
    take_last(x, cache.cell.view(), initial.c, final.c);
    zero_past_end(y, x.lengths);
  }

  /// `dy` may be empty where only the final state was used. `d_final`: the gradient of the final state; `d_initial`:
  /// where that of the initial state goes (overwritten).
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, Lstm& grad,
                const Pass& pass, ConstState initial = {}, ConstState d_final = {}, State d_initial = {}) const {
    const Index H = hidden_size(), L = x.lanes;
    const Scratch::Mark mark(pass.scratch);
    const Tile<S> dh = pass.scratch.template tile<S>({1, H}, L), dc = pass.scratch.template tile<S>({1, H}, L);
    fill(dc, S(0));
    // weights' gradients a few steps at a time, while their gates are still in the processor's caches: five of 64 lanes
    const Index few = std::max<Index>(320 / L, 1);
    for (Index t = x.steps; t-- > 0;) {
      // dh_t = dy_t + W_hh' dgates_{t+1}
      const kernels::Start<S> from_above{.values = dy ? dy.at(t) : nullptr};
      if (t + 1 < x.steps) {
        kernels::product<S>(H, L, from_above, dh.data,
                            {times_transposed<S>(weight_hh_l0, gate_gradients(cache).at(t + 1))});
      } else {
        kernels::product<S>(H, L, from_above, dh.data, {});
      }
      zero_ended(x, t, dh);
      add_where_last(x, t, d_final.h, dh);
      add_where_last(x, t, d_final.c, dc);
      step_backward(t, t ? cell(cache, t - 1) : initial.c, dh, dc, cache);
      if (t % few == 0) accumulate({t, std::min(t + few, x.steps)}, x, y, initial.h, cache, grad, pass);
    }
    if (d_initial.h) {
      if (x.steps) {
        input_gradient<S>(gate_gradients(cache).step(0), weight_hh_l0, into(d_initial.h));
      } else {
        fill(d_initial.h, S(0));
      }
      add_where_empty(x, d_final.h, d_initial.h);
    }
    if (d_initial.c) {
      copy(Tile<const S>(dc), d_initial.c);
      add_where_empty(x, d_final.c, d_initial.c);
    }
    input_gradient<S>(gate_gradients(cache), weight_ih_l0, dx);
  }

  static void visit(auto&& f, auto&... layers) {
    f("weight_ih_l0", layers.weight_ih_l0...);
    f("weight_hh_l0", layers.weight_hh_l0...);
    f("bias_ih_l0", layers.bias_ih_l0...);
    f("bias_hh_l0", layers.bias_hh_l0...);
  }
};

}  // namespace heed::inline HEED_ISA
