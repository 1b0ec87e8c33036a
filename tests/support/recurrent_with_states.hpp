#pragma once

// A recurrent layer with its states, as a layer with one input and one output: for the layer contract.

#include "heed/core/buffer.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/tile.hpp"
#include "heed/layers/recurrent.hpp"

namespace test_support {

/// (2 R + steps, H) to (2 R + steps, output size), where R are the rows of a state and the input size is H: the first
/// steps of the input are h_0 and then c_0, those of the output h_n and c_n. Lengths count all steps, so none may be
/// below 2 R. A cell without c has its c_0 ignored.
template <class R>
struct RecurrentWithStates {
  using Scalar = typename R::Scalar;
  using S = Scalar;
  using Input = S;
  static constexpr bool backward_reads_output = true;
  using Tile = heed::Tile<S>;
  using ConstTile = heed::Tile<const S>;
  using Index = heed::Index;
  struct Cache {
    typename R::Cache layer;
    heed::Buffer<std::int32_t> lengths;
    heed::TileBuffer<S> h, c, dh, dc;
  };

  R layer;

  Index rows() const { return layer.state_shape().steps; }
  heed::Shape output_shape(heed::Shape x) const { return {x.steps, layer.output_size()}; }

  void forward(ConstTile x, Tile y, Cache& cache, const heed::Pass& pass) const {
    const Tile h = cache.h.take(layer.state_shape(), x.lanes), c = cache.c.take(layer.state_shape(), x.lanes);
    layer.forward(inner(x, cache), y.range(2 * rows(), y.steps - 2 * rows()), cache.layer, pass, initial(x),
                  {h, layer.cell.has_cell() ? c : Tile()});
    fill(y.range(0, 2 * rows()), S(0));
    if (!layer.cell.has_cell()) fill(c, S(0));
    for (Index i = 0; i < rows(); ++i) {
      copy(ConstTile(h.step(i)), narrow(y, i));
      copy(ConstTile(c.step(i)), narrow(y, rows() + i));
    }
  }

  void backward(ConstTile x, ConstTile y, ConstTile dy, heed::Into<S> dx, Cache& cache, RecurrentWithStates& grad,
                const heed::Pass& pass) const {
    const Index T = x.steps - 2 * rows();
    const Tile h = cache.h.take(layer.state_shape(), x.lanes), c = cache.c.take(layer.state_shape(), x.lanes);
    for (Index i = 0; i < rows(); ++i) {
      copy(ConstTile(dy.at(i), {1, layer.hidden_size()}, x.lanes), h.step(i));
      copy(ConstTile(dy.at(rows() + i), {1, layer.hidden_size()}, x.lanes), c.step(i));
    }
    heed::Into<S> inner_dx;
    heed::RecurrentState<S> d_initial;
    if (dx) {
      inner_dx = {dx.tile.range(2 * rows(), T), dx.add};
      d_initial = {cache.dh.take(layer.state_shape(), x.lanes), cache.dc.take(layer.state_shape(), x.lanes)};
      if (!layer.cell.has_cell()) {
        fill(d_initial.c, S(0));
        d_initial.c = {};
      }
    }
    layer.backward(inner(x, cache), y.range(2 * rows(), T), dy.range(2 * rows(), T), inner_dx, cache.layer, grad.layer,
                   pass, initial(x), {h, layer.cell.has_cell() ? ConstTile(c) : ConstTile()}, d_initial);
    if (!dx) return;
    const Index n = d_initial.h.size();  // the state's gradient is overwritten, never added to
    const S* dc = cache.dc.view().data;
    for (Index i = 0; i < 2 * n; ++i) {
      S& to = dx.tile.data[i];
      to = (dx.add ? to : S(0)) + (i < n ? d_initial.h.data[i] : dc[i - n]);
    }
  }

  static void visit(auto&& f, auto&... layers) { f("layer", layers.layer...); }

 private:
  heed::RecurrentState<const S> initial(ConstTile x) const {
    return {x.range(0, rows()), layer.cell.has_cell() ? x.range(rows(), rows()) : ConstTile()};
  }
  Tile narrow(Tile y, Index step) const { return Tile(y.at(step), {1, layer.hidden_size()}, y.lanes); }
  ConstTile inner(ConstTile x, Cache& cache) const {
    const ConstTile all = x.range(2 * rows(), x.steps - 2 * rows());
    if (!x.lengths) return all;
    std::int32_t* lengths = cache.lengths.reserve(x.lanes);
    for (Index l = 0; l < x.lanes; ++l) lengths[l] = x.lengths[l] - static_cast<std::int32_t>(2 * rows());
    return all.with_lengths(lengths);
  }
};

}  // namespace test_support
