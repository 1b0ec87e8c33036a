#pragma once

/// @file
/// One layer with its inputs, outputs and gradients, for tests of layers.

#include <cstdint>
#include <vector>

#include "heed/core/buffer.hpp"
#include "heed/core/concepts.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/core/visit.hpp"

namespace heed::inline HEED_ISA::testing {

/// Lengths shortest .. steps; all of them, if there are enough lanes.
inline std::vector<std::int32_t> ragged_lengths(Index lanes, Index steps, Index shortest = 0) {
  std::vector<std::int32_t> lengths(static_cast<std::size_t>(lanes));
  const Index range = steps - shortest;
  for (Index l = 0; l < lanes; ++l)
    lengths[static_cast<std::size_t>(l)] = static_cast<std::int32_t>(steps - l % (range + 1));
  return lengths;
}

/// Where a backward pass puts the input's gradient.
enum class Sink { into, onto, nowhere };

/// A layer with its inputs, outputs, gradients and cache.
template <Layer L>
struct LayerRun {
  using S = typename L::Scalar;
  using Input = typename L::Input;

  L layer, gradient;
  Shape shape, output;
  Index lanes;
  std::vector<std::int32_t> lengths;  ///< empty: all full
  std::vector<Input> x;               ///< laid out as in tiles
  std::vector<S> y, dy, dx;           ///< tokens have no dx
  typename L::Cache cache;
  Scratch scratch;
  bool training = false;  ///< random layers draw from this key
  Key key = {17};
  Index first_row = 0;  ///< the row in lane 0

  LayerRun(const L& layer_, Shape shape_, Index lanes_, std::vector<std::int32_t> lengths_ = {})
      : layer(layer_),
        gradient(layer_),
        shape(shape_),
        output(layer_.output_shape(shape_)),
        lanes(lanes_),
        lengths(std::move(lengths_)) {
    x.resize(static_cast<std::size_t>(shape.steps * shape.features * lanes));
    if (!TokenLayer<L>) dx.resize(x.size());
    y.resize(static_cast<std::size_t>(output.steps * output.features * lanes));
    dy.resize(y.size());
    set_zero(gradient);
  }

  /// Draws inputs in +-bound, or tokens below `tokens` (also for the last `token_features` features of a step); draws
  /// gradients of the output in +-1.
  void randomize(Key from, double bound = 1, std::int32_t tokens = 5, Index token_features = 0) {
    std::uint64_t i = 0;
    for (Input& v : x) {
      if constexpr (TokenLayer<L>) {
        v = static_cast<Input>(from.below(i++, static_cast<std::uint64_t>(tokens)));
      } else {
        v = static_cast<Input>(static_cast<float>(from.uniform(i++, -bound, bound)));
      }
    }
    for (Index k = 0; k < static_cast<Index>(x.size()) && token_features > 0; ++k) {
      if (k / lanes % shape.features < shape.features - token_features) continue;
      x[static_cast<std::size_t>(k)] = static_cast<Input>(from.below(i++, static_cast<std::uint64_t>(tokens)));
    }
    if constexpr (TokenLayer<L>) {  // invalid tokens where no layer may look
      for (Index k = 0; k < static_cast<Index>(x.size()); ++k) {
        if (k / (lanes * shape.features) >= input().length(k % lanes)) x[static_cast<std::size_t>(k)] = -1;
      }
    }
    for (S& v : dy) v = static_cast<S>(static_cast<float>(from.uniform(i++, -1, 1)));
    // past a lane's end the gradient of the output is zero
    if constexpr (time_change<L> != TimeChange::pools_steps) {
      Buffer<std::int32_t> room;
      zero_past_end(tile(dy, output), output_lengths(layer, valid(), lanes, room));
    }
  }

  const std::int32_t* valid() const { return lengths.empty() ? nullptr : lengths.data(); }
  Tile<S> tile(std::vector<S>& values, Shape s) { return Tile<S>(values.data(), s, lanes); }
  Tile<const Input> input() const { return Tile<const Input>(x.data(), shape, lanes, valid()); }
  Pass pass() { return {scratch, training, key, first_row}; }
  S at(const std::vector<S>& values, Shape s, Index t, Index f, Index lane) const {
    return values[static_cast<std::size_t>((t * s.features + f) * lanes + lane)];
  }

  void forward() { layer.forward(input(), tile(y, output), cache, pass()); }
  void backward(Sink sink = Sink::into, bool reset = true) {
    if (reset) set_zero(gradient);
    backward_to(gradient, sink);
  }
  /// Adds to a given gradient.
  void backward_to(L& grad, Sink sink) {
    const Tile<const S> out(y.data(), output, lanes), dout(dy.data(), output, lanes);
    if constexpr (TokenLayer<L>) {
      layer.backward(input(), out, dout, cache, grad, pass());
    } else {
      const Tile<S> d = tile(dx, shape);
      const Into<S> to = sink == Sink::into ? into(d) : sink == Sink::onto ? onto(d) : Into<S>();
      layer.backward(input(), out, dout, to, cache, grad, pass());
    }
  }

  /// sum of y dy, whose derivatives are dx and the gradient
  double loss() {
    forward();
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += static_cast<double>(y[i]) * static_cast<double>(dy[i]);
    return sum;
  }

  std::vector<S> flat_gradient() const {
    std::vector<S> all;
    for_each_parameter([&](const Path&, const auto& g) { all.insert(all.end(), g.begin(), g.end()); }, gradient);
    return all;
  }
};

/// A layer with two inputs of equal width, as a layer with one: the first `query_steps` steps are the query, the others
/// the memory. Lengths count both, so none may be below `query_steps` (`CheckOptions::shortest`).
template <class Attention>
struct QueryAndMemory {
  using Scalar = typename Attention::Scalar;
  using Input = Scalar;
  using S = Scalar;
  struct Cache {
    typename Attention::Cache attention;
    Buffer<std::int32_t> memory_lengths;
  };

  Attention attention;
  Index query_steps = 1;

  Shape output_shape(Shape x) const {
    return attention.output_shape({query_steps, x.features}, {x.steps - query_steps, x.features});
  }
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
    attention.forward(query(x), memory(x, cache), y, cache.attention, pass);
  }
  void backward(Tile<const S> x, Tile<const S> y, Tile<const S> dy, Into<S> dx, Cache& cache, QueryAndMemory& grad,
                const Pass& pass) const {
    Into<S> dquery, dmemory;
    if (dx) {
      dquery = {dx.tile.range(0, query_steps), dx.add};
      dmemory = {dx.tile.range(query_steps, x.steps - query_steps), dx.add};
    }
    attention.backward(query(x), memory(x, cache), y, dy, dquery, dmemory, cache.attention, grad.attention, pass);
  }
  static void visit(auto&& f, auto&... layers) { f("attention", layers.attention...); }

 private:
  Tile<const S> query(Tile<const S> x) const { return x.range(0, query_steps); }
  Tile<const S> memory(Tile<const S> x, Cache& cache) const {
    const Tile<const S> m = x.range(query_steps, x.steps - query_steps);
    if (!x.lengths) return m;
    std::int32_t* lengths = cache.memory_lengths.reserve(x.lanes);
    for (Index l = 0; l < x.lanes; ++l) lengths[l] = x.lengths[l] - static_cast<std::int32_t>(query_steps);
    return m.with_lengths(lengths);
  }
};

}  // namespace heed::inline HEED_ISA::testing
