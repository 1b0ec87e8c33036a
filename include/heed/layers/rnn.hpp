#pragma once

/// @file
/// The simple (Elman) recurrent network.

#include <algorithm>
#include <array>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/math.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/recurrent_cell.hpp"
#include "heed/layers/recurrent.hpp"
#include "heed/options/field.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ISA {

enum class Nonlinearity { tanh, relu };
constexpr std::array<std::string_view, 2> names_of(Nonlinearity) { return {"tanh", "relu"}; }

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Options of `Rnn`.
struct RnnCellOptions {
  Index input_size = 0, hidden_size = 0;
  Index num_layers = 1;
  bool bidirectional = false;
  double dropout = 0;  ///< of each layer's output, except the last layer's
  Nonlinearity nonlinearity = Nonlinearity::tanh;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) {
    f({.name = "input_size"}, o.input_size...);
    f({.name = "hidden_size"}, o.hidden_size...);
    f({.name = "num_layers", .optional = true}, o.num_layers...);
    f({.name = "bidirectional", .optional = true}, o.bidirectional...);
    f({.name = "dropout", .range = Range::share(), .optional = true}, o.dropout...);
    f({.name = "nonlinearity", .optional = true}, o.nonlinearity...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// Elman 1990; torch.nn.RNNCell:
///
///     h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh),  or relu(of the same sum)
template <class S>
struct RnnCell {
  using Scalar = S;
  using Weights = RecurrentWeights<S>;
  using Cache = RecurrentCache<S>;
  using Before = StateBefore<S>;
  static const char* name() { return "Rnn"; }
  static Index gate_count() { return 1; }
  static bool has_cell() { return false; }
  static bool passes_directly() { return false; }

  using Options = RnnCellOptions;

  Nonlinearity nonlinearity = Nonlinearity::tanh;

  RnnCell() = default;
  explicit RnnCell(const Options& o) : nonlinearity(o.nonlinearity) {
    check_choice(nonlinearity, "nonlinearity", "Rnn");
  }
  void write(Options& o) const { o.nonlinearity = nonlinearity; }

  // The cache holds gradients, because y has h, and in `first` the sums of one step. The gradients of the last steps
  // are enough, and stay in the CPU's caches. First there is room for any fewer lanes: these have more steps.
  void prepare(const Weights& w, Index steps, Index lanes, Cache& cache) const {
    const Index H = w.hidden_size(), most = 2 * detail::steps_together(1), some = 2 * detail::steps_together(lanes);
    cache.gates.take({std::min(steps * lanes, std::max(most, 2 * lanes)), H}, 1);
    cache.gates.take({std::min(steps, some), H}, lanes);
    cache.first.take({1, w.hidden_size()}, lanes);
    detail::begin(w, cache);
  }

  void step(const Weights& w, Index t, Index L, const S* x, Before previous, S* y, Cache& cache) const;

  void step_backward(const Weights&, Index t, Before, Tile<S> dh, Tile<S>, Cache& cache, const Pass&) const;
  static Tile<S> cell(Cache&, Index) { return {}; }
  static Tile<const S> gate_gradients(const Cache& cache) { return cache.gates.view(); }
  static RecurrentGradients<S> recurrent_gradients(const Cache& cache) {
    return {{{cache.gates.view(), cache.gates.view().features, 0}}};
  }

  void accumulate(IndexRange steps, Tile<const S> x, Cache& cache, Weights& grad, const Pass& pass) const;
};

template <class S>
void RnnCell<S>::step(const Weights& w, Index, Index L, const S* x, Before previous, S* y, Cache& cache) const {
  using namespace simd;
  const Index H = w.hidden_size();
  const S* bias = cache.bias.data();
  S* sum = cache.first.tile().data;
  if (previous.h) {
    kernels::product<S>(H, L, {.bias = bias}, sum, {times<S>(w.ih, x), times<S>(w.hh, previous.h)}, cache.ahead());
  } else {
    kernels::product<S>(H, L, {.bias = bias}, sum, {times<S>(w.ih, x)}, cache.ahead());
  }
  const bool relu = nonlinearity == Nonlinearity::relu;
  for_each_packet<S>(H * L, [&]<class P>(Index k) HEED_LAMBDA {
    const P a = load<P>(sum + k);
    store(y + k, relu ? max(a, set1<P>(0)) : simd::tanh(a));
  });
}

template <class S>
void RnnCell<S>::step_backward(const Weights&, Index t, Before, Tile<S> dh, Tile<S>, Cache& cache, const Pass&) const {
  const Tile<S> gates = cache.gates.tile();
  const S* h = cache.h;
  S* da = gates.at(detail::place_of(t, gates));
  using namespace simd;
  const bool relu = nonlinearity == Nonlinearity::relu;
  for_each_packet<S>(dh.features * dh.lanes, [&]<class P>(Index k) HEED_LAMBDA {
    const P zero = set1<P>(0), y = load<P>(h + k), d = load<P>(dh.data + k);
    store(da + k, relu ? select_less(zero, y, d, zero) : mul(d, sub(set1<P>(1), mul(y, y))));
  });
}

template <class S>
void RnnCell<S>::accumulate(IndexRange steps, Tile<const S> x, Cache& cache, Weights& grad, const Pass& pass) const {
  detail::accumulate_input<S>(steps, x, cache, grad, pass);
}

/// torch.nn.RNN: `RnnCell` in `Recurrent`. Options: input_size, hidden_size, num_layers, bidirectional, dropout,
/// nonlinearity.
template <class S>
using Rnn = Recurrent<RnnCell<S>>;

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::RnnCell)
HEED_COMPILED_TYPE_OF(struct heed::Recurrent, heed::RnnCell)
HEED_COMPILED_TYPE_OF(struct heed::detail::RecurrentPass, heed::RnnCell)
