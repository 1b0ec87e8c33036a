#pragma once

// An LSTM with its states, as a layer with one input and one output: for the layer contract.

#include "heed/core/buffer.hpp"
#include "heed/core/tile.hpp"
#include "heed/layers/lstm.hpp"

namespace test_support {

/// (2 + steps, H) to (2 + steps, H), hidden size = input size: the first two steps of the input are h_0 and c_0, those
/// of the output h_n and c_n. Lengths count all steps, so none may be below 2.
template <class S_>
struct LstmWithStates {
  using Scalar = S_;
  using S = S_;
  using Input = S;
  struct Cache {
    typename heed::Lstm<S>::Cache lstm;
    heed::Buffer<std::int32_t> lengths;
    heed::TileBuffer<S> dh, dc;
  };

  heed::Lstm<S> lstm;

  heed::Shape output_shape(heed::Shape x) const { return x; }

  void forward(heed::Tile<const S> x, heed::Tile<S> y, Cache& cache, const heed::Pass& pass) const {
    lstm.forward(inner(x, cache), y.range(2, y.steps - 2), cache.lstm, pass, {x.step(0), x.step(1)},
                 {y.step(0), y.step(1)});
  }

  void backward(heed::Tile<const S> x, heed::Tile<const S> y, heed::Tile<const S> dy, heed::Into<S> dx, Cache& cache,
                LstmWithStates& grad, const heed::Pass& pass) const {
    const heed::Index T = x.steps - 2;
    const heed::Shape state{1, x.features};
    heed::Into<S> inner_dx;
    heed::LstmState<S> d_initial;
    if (dx) {
      inner_dx = {dx.tile.range(2, T), dx.add};
      d_initial = {cache.dh.take(state, x.lanes), cache.dc.take(state, x.lanes)};
    }
    lstm.backward(inner(x, cache), y.range(2, T), dy.range(2, T), inner_dx, cache.lstm, grad.lstm, pass,
                  {x.step(0), x.step(1)}, {dy.step(0), dy.step(1)}, d_initial);
    if (!dx) return;
    for (heed::Index i = 0; i < state.features * x.lanes; ++i) {  // the state's gradient is overwritten, never added to
      S &h = dx.tile.step(0).data[i], &c = dx.tile.step(1).data[i];
      h = (dx.add ? h : S(0)) + d_initial.h.data[i];
      c = (dx.add ? c : S(0)) + d_initial.c.data[i];
    }
  }

  static void visit(auto&& f, auto&... layers) { f("lstm", layers.lstm...); }

 private:
  static heed::Tile<const S> inner(heed::Tile<const S> x, Cache& cache) {
    const heed::Tile<const S> all = x.range(2, x.steps - 2);
    if (!x.lengths) return all;
    std::int32_t* lengths = cache.lengths.reserve(x.lanes);
    for (heed::Index l = 0; l < x.lanes; ++l) lengths[l] = x.lengths[l] - 2;
    return all.with_lengths(lengths);
  }
};

}  // namespace test_support
