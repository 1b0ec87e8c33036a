#pragma once

/// @file
/// Long short-term memory.

#include "heed/core/compiled.hpp"
#include "heed/core/math.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/recurrent_cell.hpp"
#include "heed/layers/recurrent.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Lstm`.
struct LstmCellOptions {
  Index input_size = 0, hidden_size = 0;
  Index num_layers = 1;
  bool bidirectional = false;
  double dropout = 0;  ///< of each layer's output, except the last layer's

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "input_size"}, o.input_size...);
    f({.name = "hidden_size"}, o.hidden_size...);
    f({.name = "num_layers", .optional = true}, o.num_layers...);
    f({.name = "bidirectional", .optional = true}, o.bidirectional...);
    f({.name = "dropout", .range = Range::share(), .optional = true}, o.dropout...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Hochreiter and Schmidhuber 1997; torch.nn.LSTMCell:
///
///     i, f, o = sigmoid(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh),  g = tanh(of the same sum)
///     c_t = f c_{t-1} + i g,  h_t = o tanh(c_t)
///
/// The gates are stacked [i; f; g; o], PyTorch's order.
template <class S>
struct LstmCell {
  using Scalar = S;
  using Weights = RecurrentWeights<S>;
  using Cache = RecurrentCache<S>;
  using Before = StateBefore<S>;
  static const char* name() { return "Lstm"; }
  static Index gate_count() { return 4; }
  static bool has_cell() { return true; }
  static bool passes_directly() { return false; }

  using Options = LstmCellOptions;

  LstmCell() = default;
  explicit LstmCell(const Options&) {}

  // The cache holds the gates in `gates`, c in `first` and tanh(c) in `second`.
  void prepare(const Weights& w, Index steps, Index lanes, Cache& cache) const;
  static Tile<S> cell(Cache& cache, Index t) { return cache.first.tile().step(t); }

  void step(const Weights& w, Index t, Index L, const S* x, Before previous, S* y, Cache& cache) const;

  void step_backward(const Weights&, Index t, Before previous, Tile<S> dh, Tile<S> dc, Cache& cache, const Pass&) const;
  static Tile<const S> gate_gradients(const Cache& cache) { return cache.gates.view(); }
  static RecurrentGradients<S> recurrent_gradients(const Cache& cache) {
    return {{{cache.gates.view(), cache.gates.view().features, 0}}};
  }

  void accumulate(IndexRange steps, Tile<const S> x, Cache& cache, Weights& grad, const Pass& pass) const;
};

template <class S>
void LstmCell<S>::prepare(const Weights& w, Index steps, Index lanes, Cache& cache) const {
  const Index H = w.hidden_size();
  cache.gates.take({steps, 4 * H}, lanes);
  cache.first.take({steps, H}, lanes);
  cache.second.take({steps, H}, lanes);
  detail::begin(w, cache);
}

template <class S>
void LstmCell<S>::step(const Weights& w, Index t, Index L, const S* x, Before previous, S* y, Cache& cache) const {
  using namespace simd;
  const Index H = w.hidden_size(), n = H * L;
  S *kept = cache.gates.tile().at(t), *gate = cache.room(cache.gates.tile(), t);
  S *cell = cache.first.tile().at(t), *tanh_cell = cache.second.tile().at(t);

  const S* bias = cache.bias.data();
  if (previous.h) {
    kernels::product<S>(4 * H, L, {.bias = bias}, gate, {times<S>(w.ih, x), times<S>(w.hh, previous.h)}, cache.ahead());
  } else {
    kernels::product<S>(4 * H, L, {.bias = bias}, gate, {times<S>(w.ih, x)}, cache.ahead());
  }

  // two flat passes over the step: first the gates and c, then tanh(c) and h
  cache.keep([&](auto put) HEED_LAMBDA {
    for_each_packet<S>(n, [&]<class P>(Index k) HEED_LAMBDA {
      P i = load<P>(gate + k), f = load<P>(gate + n + k), g = load<P>(gate + 2 * n + k), o = load<P>(gate + 3 * n + k);
      lstm_gates(i, f, g, o);
      const P ig = mul(i, g);
      store(cell + k, previous.c ? fma(f, load<P>(previous.c + k), ig) : ig);
      put(kept + k, i);
      put(kept + n + k, f);
      put(kept + 2 * n + k, g);
      put(kept + 3 * n + k, o);
      if constexpr (decltype(put)::away) store(gate + 3 * n + k, o);
    });
    for_each_packet<S, 2>(n, [&]<class P>(Index k) HEED_LAMBDA {
      const P c = simd::tanh(load<P>(cell + k));
      put(tanh_cell + k, c);
      store(y + k, mul(load<P>(gate + 3 * n + k), c));
    });
  });
}

template <class S>
void LstmCell<S>::step_backward(const Weights&, Index t, Before previous, Tile<S> dh, Tile<S> dc, Cache& cache,
                                const Pass&) const {
  using namespace simd;
  const Index n = dh.features * dh.lanes;
  S* gate = cache.gates.tile().at(t);
  const S* tanh_cell = cache.second.view().at(t);
  for_each_packet<S>(n, [&]<class P>(Index k) HEED_LAMBDA {
    const P one = set1<P>(1), c = load<P>(tanh_cell + k), d = load<P>(dh.data + k);
    const P i = load<P>(gate + k), f = load<P>(gate + n + k);
    const P g = load<P>(gate + 2 * n + k), o = load<P>(gate + 3 * n + k);
    const P d_o = mul(d, o);                                            // dh o
    const P d_c = fma(d_o, sub(one, mul(c, c)), load<P>(dc.data + k));  // dc + dh o (1 - tanh^2 c)
    const P d_i = mul(d_c, i), d_f = mul(d_c, f);                       // times i, times f
    const P c_before = previous.c ? load<P>(previous.c + k) : set1<P>(0);
    store(gate + k, mul(mul(d_i, g), sub(one, i)));             // dc g i (1 - i)
    store(gate + n + k, mul(mul(d_f, c_before), sub(one, f)));  // dc c_{t-1} f (1 - f)
    store(gate + 2 * n + k, mul(d_i, sub(one, mul(g, g))));     // dc i (1 - g^2)
    store(gate + 3 * n + k, mul(mul(d_o, c), sub(one, o)));     // dh tanh(c) o (1 - o)
    store(dc.data + k, d_f);
  });
}

template <class S>
void LstmCell<S>::accumulate(IndexRange steps, Tile<const S> x, Cache& cache, Weights& grad, const Pass& pass) const {
  detail::accumulate_input<S>(steps, x, cache, grad, pass);
}

/// torch.nn.LSTM: `LstmCell` in `Recurrent`. Options: input_size, hidden_size, num_layers, bidirectional, dropout.
template <class S>
using Lstm = Recurrent<LstmCell<S>>;

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::LstmCell)
HEED_COMPILED_TYPE_OF(struct heed::Recurrent, heed::LstmCell)
HEED_COMPILED_TYPE_OF(struct heed::detail::RecurrentPass, heed::LstmCell)
