#pragma once

/// @file
/// Recurrent layers: stacks of cells that run in one direction or in both.

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/dropout_mask.hpp"
#include "heed/core/error.hpp"
#include "heed/core/extents.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"
#include "heed/layers/detail/recurrent_cell.hpp"
#include "heed/layers/detail/recurrent_pass.hpp"

namespace heed::inline HEED_ISA {

/// A stack of `num_layers` recurrent layers of one kind of cell; each layer reads the outputs of the layer below. With
/// `bidirectional` each layer runs in both directions, and its output holds the forward features, then the backward
/// features. torch.nn.LSTM, GRU and RNN, with their parameter names and initialisation; see `Lstm`, `Gru` and `Rnn`.
///
/// Maps (steps, input_size) to (steps, output_size); output_size is hidden_size times the number of directions. Past a
/// sequence's end the output is 0. The final state of the forward direction is the state after the last valid step. The
/// final state of the backward direction is the state after the first step. In training, `dropout` is the probability
/// that an output of a layer is dropped; the last layer's outputs are never dropped.
template <class Cell_>
struct Recurrent {
  using Cell = Cell_;
  using Scalar = typename Cell::Scalar;
  using S = Scalar;
  using Input = S;
  static constexpr bool backward_reads_output = true;
  using Options = typename Cell::Options;
  using State = RecurrentState<S>;
  using ConstState = RecurrentState<const S>;

  Cell cell;
  std::vector<RecurrentWeights<S>> weights;  ///< of layer 0 forward, layer 0 backward, layer 1 forward, ...

  struct Cache {
    std::vector<RecurrentCache<S>> runs;  // one for each element of `weights`
    // of each layer but the last: outputs, dropout multipliers, products
    std::vector<TileBuffer<S>> outputs, kept, dropped;
  };

  Recurrent() = default;
  /// Throws if a size is not positive or the dropout is not in [0, 1).
  HEED_COLD explicit Recurrent(const Options& o);

  void initialize(Key key) {
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i].initialize(i ? key.child(i + 3) : key);
  }

  /// The options that make a layer of this size.
  HEED_COLD Options options() const;
  const char* name() const { return cell.name(); }
  Index input_size() const { return weights.empty() ? 0 : weights.front().input_size(); }
  Index hidden_size() const { return weights.empty() ? 0 : weights.front().hidden_size(); }
  Index output_size() const { return directions_ * hidden_size(); }
  Index num_layers() const { return static_cast<Index>(weights.size()) / directions_; }
  bool bidirectional() const { return directions_ == 2; }
  double dropout() const { return dropout_; }
  /// The shape of the states h and c of a tile: (layers x directions, hidden_size).
  Shape state_shape() const { return {static_cast<Index>(weights.size()), hidden_size()}; }

  Shape output_shape(Shape x) const;

  // ---- whole sequences

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, ConstState initial = {},
               State final = {}) const;

  /// `dy` may be empty if only the final state was used. `d_final` is the gradient of the final state. `d_initial`
  /// receives the gradient of the initial state (overwritten).
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, Recurrent& grad,
                const Pass& pass, ConstState initial = {}, ConstState d_final = {}, State d_initial = {}) const;

  // ---- a step at a time, for streams

  /// Call it before the first `step`.
  void prepare(Index lanes, Cache& cache) const;
  /// Runs one step: from x and the state (`state_shape()`) to y and the next state, which replaces the state. Computes
  /// what `forward` computes without training.
  void step(Tile<const S> x, Tile<S> y, State state, Cache& cache, const Pass&) const;

  /// A stream remembers the state: h of every layer, then c. Throws if the layer is bidirectional.
  Index prepare_stream(Shape, Cache& cache) const {
    prepare(1, cache);
    return (cell.has_cell() ? 2 : 1) * state_shape().steps * hidden_size();
  }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass& pass) const;

  static void visit(auto&& f, auto& first, auto&... rest) {
    require(((rest.weights.size() == first.weights.size()) && ...),
            [&] { return Fault{"models of different sizes side by side", first.name(), "as many layers", {}}; });
    for (std::size_t i = 0; i < first.weights.size(); ++i) {
      const Index layer = static_cast<Index>(i) / first.directions_;
      const std::string_view end = static_cast<Index>(i) % first.directions_ ? "_reverse" : "";
      f(MemberName("weight_ih_l", layer, end), first.weights[i].ih, rest.weights[i].ih...);
      f(MemberName("weight_hh_l", layer, end), first.weights[i].hh, rest.weights[i].hh...);
      f(MemberName("bias_ih_l", layer, end), first.weights[i].bias_ih, rest.weights[i].bias_ih...);
      f(MemberName("bias_hh_l", layer, end), first.weights[i].bias_hh, rest.weights[i].bias_hh...);
    }
  }

 private:
  // the lowest layer whose weights need a gradient
  static Index lowest_wanted(const Recurrent& grad) {
    Index i = 0;
    const auto wanted = [&](const RecurrentWeights<S>& w) {
      return w.ih.wanted() || w.hh.wanted() || w.bias_ih.wanted() || w.bias_hh.wanted();
    };
    while (i < static_cast<Index>(grad.weights.size()) && !wanted(grad.weights[static_cast<std::size_t>(i)])) ++i;
    return i / grad.directions_;
  }
  detail::RecurrentPass<Cell> run(Index i, Cache& cache, const Pass& pass) const {
    const auto k = static_cast<std::size_t>(i);
    return {cell, weights[k], cache.runs[k], pass, i % directions_ == 1};
  }
  void make_room(Cache& cache) const;
  static TileBuffer<S>& output(Cache& cache, Index layer) { return cache.outputs[static_cast<std::size_t>(layer)]; }
  static TileBuffer<S>& kept(Cache& cache, Index layer) { return cache.kept[static_cast<std::size_t>(layer)]; }

  bool drops(const Pass& pass) const { return DropoutMask::active(dropout_, pass); }
  // the next layer's input
  Tile<const S> drop(Index layer, Tile<S> out, Cache& cache, const Pass& pass) const;
  Tile<const S> input(Index layer, Cache& cache, const Pass& pass) const {
    return drops(pass) ? cache.dropped[static_cast<std::size_t>(layer - 1)].view() : output(cache, layer - 1).view();
  }

  double dropout_ = 0;
  Index directions_ = 1;
};

template <class Cell_>
Recurrent<Cell_>::Recurrent(const Options& o) : cell(o), dropout_(o.dropout), directions_(o.bidirectional ? 2 : 1) {
  check_sizes({{"input_size", o.input_size}, {"hidden_size", o.hidden_size}}, name());
  require(o.num_layers > 0 && o.num_layers <= most_size >> 20, [&] {
    return Fault{"num_layers out of range", name(), o.num_layers < 1 ? "at least 1" : "at most 2^20",
                 text_of(o.num_layers)};
  });
  check_dropout_rate(o.dropout, name(), "dropout");
  weights = make_vector<RecurrentWeights<S>>(o.num_layers * directions_, name());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const bool first_layer = i < static_cast<std::size_t>(directions_);
    weights[i] = {cell.gate_count(), first_layer ? o.input_size : directions_ * o.hidden_size, o.hidden_size};
  }
  initialize({});
}

template <class Cell_>
typename Cell_::Options Recurrent<Cell_>::options() const {
  Options o;
  o.input_size = input_size();
  o.hidden_size = hidden_size();
  o.num_layers = num_layers();
  o.bidirectional = bidirectional();
  o.dropout = dropout_;
  if constexpr (requires { cell.write(o); }) cell.write(o);
  return o;
}

template <class Cell_>
Shape Recurrent<Cell_>::output_shape(Shape x) const {
  require(x.features == input_size(),
          [&] { return Fault{"wrong number of features", name(), text_of(input_size()), text_of(x.features)}; });
  return {x.steps, output_size()};
}

template <class Cell_>
void Recurrent<Cell_>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass, ConstState initial,
                               State final) const {
  const Index layers = num_layers(), H = hidden_size();
  make_room(cache);
  for (Index layer = 0; layer < layers; ++layer) {
    const bool last = layer + 1 == layers;
    const Tile<S> out = last ? y : output(cache, layer).take({x.steps, output_size()}, x.lanes, x.lengths);
    for (Index d = 0; d < directions_; ++d) {
      const Index i = layer * directions_ + d;
      run(i, cache, pass).forward(x, FeatureRange<S>(out, d * H, H), initial.row(i), final.row(i));
    }
    if (!last) x = drop(layer, out, cache, pass);
  }
}

template <class Cell_>
void Recurrent<Cell_>::backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache,
                                Recurrent& grad, const Pass& pass, ConstState initial, ConstState d_final,
                                State d_initial) const {
  const Index H = hidden_size();
  const Scratch::Mark mark(pass.scratch);
  const Index lowest = dx || d_initial.h || d_initial.c ? 0 : lowest_wanted(grad);
  for (Index layer = num_layers(); layer-- > lowest;) {
    const Tile<const S> in = layer ? input(layer, cache, pass) : x;
    const Tile<const S> out = layer + 1 == num_layers() ? y : output(cache, layer).view();
    const Tile<S> din = layer > lowest ? pass.scratch.like(in) : Tile<S>();
    for (Index d = 0; d < directions_; ++d) {
      const Index i = layer * directions_ + d;
      const Into<S> to = layer ? Into<S>{din, d > 0} : Into<S>{dx.tile, dx.add || d > 0};  // none at the lowest
      run(i, cache, pass)
          .backward(in, FeatureRange<const S>(out, d * H, H), FeatureRange<const S>(dy, d * H, H), to,
                    grad.weights[static_cast<std::size_t>(i)], initial.row(i), d_final.row(i), d_initial.row(i));
    }
    if (din && drops(pass)) multiply(kept(cache, layer - 1).view(), din);
    dy = din;
  }
}

template <class Cell_>
void Recurrent<Cell_>::prepare(Index lanes, Cache& cache) const {
  require(!bidirectional(),
          [&] { return Fault{"a layer that runs from both ends has no next step", name(), "one direction", "two"}; });
  make_room(cache);
  for (std::size_t i = 0; i < weights.size(); ++i) cell.prepare(weights[i], 1, lanes, cache.runs[i]);
}

template <class Cell_>
void Recurrent<Cell_>::step(Tile<const S> x, Tile<S> y, State state, Cache& cache, const Pass&) const {
  const Index n = hidden_size() * x.lanes;
  const S* in = x.data;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Index first = static_cast<Index>(i) * n;
    S *const h = state.h.data + first, *const c = cell.has_cell() ? state.c.data + first : nullptr;
    cell.step(weights[i], 0, x.lanes, in, {h, c}, h, cache.runs[i]);
    if (c) std::copy_n(cell.cell(cache.runs[i], 0).data, n, c);
    in = h;
  }
  std::copy_n(in, n, y.data);
}

template <class Cell_>
void Recurrent<Cell_>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                                   const Pass& pass) const {
  const Shape shape = state_shape();
  const Index size = shape.steps * shape.features;
  State state{Tile<S>(memory.take(size), shape, 1), {}};
  if (cell.has_cell()) state.c = Tile<S>(memory.take(size), shape, 1);
  step(x, y, state, cache, pass);
}

template <class Cell_>
void Recurrent<Cell_>::make_room(Cache& cache) const {
  const auto inner = static_cast<std::size_t>(std::max<Index>(num_layers(), 1) - 1);
  if (cache.runs.size() == weights.size() && cache.dropped.size() == inner) return;
  for (auto* buffers : {&cache.outputs, &cache.kept, &cache.dropped}) buffers->resize(inner);
  cache.runs.resize(weights.size());
}

template <class Cell_>
auto Recurrent<Cell_>::drop(Index layer, Tile<S> out, Cache& cache, const Pass& pass) const -> Tile<const S> {
  if (!drops(pass)) return out;
  const Tile<S> keep = kept(cache, layer).take(out.shape(), out.lanes);
  DropoutMask(dropout_, pass.at(static_cast<std::uint64_t>(layer)))
      .fill(keep.data, out.steps * out.features, out.lanes);
  const Tile<S> result = cache.dropped[static_cast<std::size_t>(layer)].take(out.shape(), out.lanes, out.lengths);
  copy(Tile<const S>(out), result);
  multiply(Tile<const S>(keep), result);
  return result;
}

}  // namespace heed::inline HEED_ISA
