#pragma once

/// @file
/// The gated recurrent unit.

#include "heed/core/compiled.hpp"
#include "heed/core/math.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/recurrent_cell.hpp"
#include "heed/layers/recurrent.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Gru`.
struct GruCellOptions {
  Index input_size = 0, hidden_size = 0;
  Index num_layers = 1;
  bool bidirectional = false;
  double dropout = 0;  ///< of each layer's output, except the last layer's
  bool reset_after = true;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "input_size"}, o.input_size...);
    f({.name = "hidden_size"}, o.hidden_size...);
    f({.name = "num_layers", .optional = true}, o.num_layers...);
    f({.name = "bidirectional", .optional = true}, o.bidirectional...);
    f({.name = "dropout", .range = Range::share(), .optional = true}, o.dropout...);
    f({.name = "reset_after", .optional = true}, o.reset_after...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Cho et al. 2014; torch.nn.GRUCell:
///
///     r, z = sigmoid(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)
///     n = tanh(W_in x_t + b_in + r (W_hn h_{t-1} + b_hn)),  h_t = (1 - z) n + z h_{t-1}
///
/// The gates are stacked [r; z; n], PyTorch's order. With `reset_after` false, the reset gate acts before the product,
/// as in the paper and in Keras' option of that name: n = tanh(W_in x_t + b_in + W_hn (r h_{t-1}) + b_hn).
template <class S>
struct GruCell {
  using Scalar = S;
  using Weights = RecurrentWeights<S>;
  using Cache = RecurrentCache<S>;
  using Before = StateBefore<S>;
  static const char* name() { return "Gru"; }
  static Index gate_count() { return 3; }
  static bool has_cell() { return false; }
  static bool passes_directly() { return true; }

  using Options = GruCellOptions;

  bool reset_after = true;

  GruCell() = default;
  explicit GruCell(const Options& o) : reset_after(o.reset_after) {}
  void write(Options& o) const { o.reset_after = reset_after; }

  // The cache holds the gates in `gates`. `first` holds W_hn h + b_hn (reset after the product) or r h (reset before
  // it).
  void prepare(const Weights& w, Index steps, Index lanes, Cache& cache) const;

  void step(const Weights& w, Index t, Index L, const S* x, Before previous, S* y, Cache& cache) const;

  void step_backward(const Weights& w, Index t, Before previous, Tile<S> dh, Tile<S>, Cache& cache,
                     const Pass& pass) const;
  static Tile<S> cell(Cache&, Index) { return {}; }
  static Tile<const S> gate_gradients(const Cache& cache) { return cache.gates.view(); }
  /// With the reset before the product, the last H rows of W_hh multiply r h instead of h.
  RecurrentGradients<S> recurrent_gradients(const Cache& cache) const;

  void accumulate(IndexRange steps, Tile<const S> x, Cache& cache, Weights& grad, const Pass& pass) const;
};

template <class S>
void GruCell<S>::prepare(const Weights& w, Index steps, Index lanes, Cache& cache) const {
  const Index H = w.hidden_size();
  cache.gates.take({steps, 3 * H}, lanes);
  cache.first.take({steps, H}, lanes);
  detail::begin(w, cache);
  // b_hn stays apart from b_in
  if (reset_after) std::copy_n(w.bias_ih.data() + 2 * H, H, cache.bias.data() + 2 * H);
}

template <class S>
void GruCell<S>::step(const Weights& w, Index t, Index L, const S* x, Before previous, S* y, Cache& cache) const {
  using namespace simd;
  const Index H = w.hidden_size(), n = H * L;
  S *kept = cache.gates.tile().at(t), *kept_inner = cache.first.tile().at(t);
  S *gate = cache.room(cache.gates.tile(), t), *inner = cache.room(cache.first.tile(), t, 3 * H);
  const S *bias = cache.bias.data(), *h = previous.h;
  const auto ih = times<S>(w.ih, x);
  const auto hh = times<S>(w.hh, h);
  const auto hn = times<S>(Weight<const S>(w.hh).outputs(2 * H, H), reset_after ? h : inner);

  if (h) {
    kernels::product<S>(2 * H, L, {.bias = bias}, gate, {ih, hh}, cache.ahead());
  } else {
    kernels::product<S>(2 * H, L, {.bias = bias}, gate, {ih}, cache.ahead());
  }
  const auto in = times<S>(Weight<const S>(w.ih).outputs(2 * H, H), x);
  S* candidate = gate + 2 * n;
  if (reset_after) {
    kernels::product<S>(H, L, {.bias = bias + 2 * H}, candidate, {in}, cache.ahead());
    if (h) {
      kernels::product<S>(H, L, {.bias = w.bias_hh.data() + 2 * H}, inner, {hn}, cache.ahead());
    } else {
      kernels::product<S>(H, L, {.bias = w.bias_hh.data() + 2 * H}, inner, {});
    }
  } else {
    for_each_packet<S>(n, [&]<class P>(Index k) HEED_LAMBDA {
      store(inner + k, h ? mul(simd::sigmoid(load<P>(gate + k)), load<P>(h + k)) : set1<P>(0));
    });
    kernels::product<S>(H, L, {.bias = bias + 2 * H}, candidate, {in, hn}, cache.ahead());
  }

  cache.keep([&](auto put) HEED_LAMBDA {
    for_each_packet<S>(n, [&]<class P>(Index k) HEED_LAMBDA {
      const P r = simd::sigmoid(load<P>(gate + k)), z = simd::sigmoid(load<P>(gate + n + k));
      const P a = load<P>(candidate + k), b = load<P>(inner + k);
      const P c = simd::tanh(reset_after ? fma(r, b, a) : a);
      const P before = h ? load<P>(h + k) : set1<P>(0);
      put(kept + k, r);
      put(kept + n + k, z);
      put(kept + 2 * n + k, c);
      if constexpr (decltype(put)::away) put(kept_inner + k, b);
      store(y + k, fma(z, sub(before, c), c));  // (1 - z) n + z h
    });
  });
}

template <class S>
void GruCell<S>::step_backward(const Weights& w, Index t, Before previous, Tile<S> dh, Tile<S>, Cache& cache,
                               const Pass& pass) const {
  using namespace simd;
  const Index H = dh.features, L = dh.lanes, n = H * L;
  S *gate = cache.gates.tile().at(t), *inner = cache.first.tile().at(t), *candidate = gate + 2 * n;
  const S* h = previous.h;
  const Scratch::Mark mark(pass.scratch);
  S* dreset = pass.scratch.take<S>(reset_after ? 0 : n);  // the gradient of r h
  for_each_packet<S>(n, [&]<class P>(Index k) HEED_LAMBDA {
    const P one = set1<P>(1), d = load<P>(dh.data + k);
    const P r = load<P>(gate + k), z = load<P>(gate + n + k), c = load<P>(candidate + k);
    const P before = h ? load<P>(h + k) : set1<P>(0);
    const P dz = mul(d, sub(before, c));
    const P da = mul(mul(d, sub(one, z)), sub(one, mul(c, c)));  // the gradient of tanh's argument
    if (reset_after) {
      store(gate + k, mul(mul(da, load<P>(inner + k)), mul(r, sub(one, r))));
      store(inner + k, mul(da, r));  // the gradient of W_hn h + b_hn
    }
    store(gate + n + k, mul(dz, mul(z, sub(one, z))));
    store(candidate + k, da);
    store(dh.data + k, mul(d, z));
  });
  if (reset_after) return;
  const auto hn = times_transposed<S>(Weight<const S>(w.hh).outputs(2 * H, H), candidate);
  kernels::product<S>(H, L, {}, dreset, {hn});
  for_each_packet<S>(n, [&]<class P>(Index k) HEED_LAMBDA {
    const P r = load<P>(gate + k), d = load<P>(dreset + k), before = h ? load<P>(h + k) : set1<P>(0);
    store(gate + k, mul(mul(d, before), mul(r, sub(set1<P>(1), r))));
    store(dh.data + k, fma(d, r, load<P>(dh.data + k)));
  });
}

template <class S>
RecurrentGradients<S> GruCell<S>::recurrent_gradients(const Cache& cache) const {
  const Tile<const S> inner = cache.first.view();
  const Index H = inner.features;
  return {{{cache.gates.view(), 2 * H, 0}, {inner, reset_after ? H : 0, 2 * H}}};
}

template <class S>
void GruCell<S>::accumulate(IndexRange steps, Tile<const S> x, Cache& cache, Weights& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Index H = grad.hidden_size(), L = x.lanes;
  const S* sum = detail::accumulate_input<S>(x.range(steps.first, steps.count()),
                                             detail::these_steps(cache.gates.view(), steps), grad, pass, cache.ahead());
  const Index both = reset_after ? 2 * H : 3 * H;
  for (Index r = 0; r < both; ++r) grad.bias_hh(r) += sum[r];
  const Tile<const S> gates = cache.gates.view(), inner = cache.first.view();
  const kernels::Rows<const S> inner_rows{inner.at(steps.first), H, H * L};
  if (reset_after) {
    kernels::bias_gradient<S>(steps.count(), L, inner_rows, grad.bias_hh.data() + 2 * H);
  } else if (grad.hh.wanted()) {
    const kernels::Rows<const S> candidate{gates.at(steps.first, 2 * H), H, 3 * H * L};
    kernels::weight_gradient<S>(steps.count(), L, candidate, inner_rows, grad.hh.data() + 2 * H, grad.hh.rows());
  }
}

/// torch.nn.GRU: `GruCell` in `Recurrent`. Options: input_size, hidden_size, num_layers, bidirectional, dropout,
/// reset_after.
template <class S>
using Gru = Recurrent<GruCell<S>>;

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::GruCell)
HEED_COMPILED_TYPE_OF(struct heed::Recurrent, heed::GruCell)
HEED_COMPILED_TYPE_OF(struct heed::detail::RecurrentPass, heed::GruCell)
