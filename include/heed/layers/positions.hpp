#pragma once

/// @file
/// Positional encodings, added to the features. Past a sequence's end the sum is 0.

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/init.hpp"
#include "heed/core/kernels/weight_gradient.hpp"
#include "heed/core/lengths.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/streaming.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// y = x + position, the same in every lane. `position` is (steps, features) of one lane.
template <class S>
void add_position(const S* x, const S* position, Index features, Index lanes, S* y) {
  using namespace simd;
  for_each_place<S>(features, lanes, [&]<class P>(auto at) HEED_LAMBDA {
    store(y + at.number, add(load<P>(x + at.number), at.template of_feature<P>(position)));
  });
}
}  // namespace detail

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Options of `SinusoidalPositions`.
struct SinusoidalPositionsOptions {
  Index length = 0;  ///< 0: positions are not scaled
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y_t = x_t + p_t (Vaswani et al. 2017), for sequences of any length and D features:
///
///     p_t,2i = sin(t / 10000^(2i / D)),  p_t,2i+1 = cos(t / 10000^(2i / D))
///
/// With a `length` L, t is replaced by t D / L: tAPE, for sequences of about L steps (ConvTran: Foumani, Tan, Webb and
/// Salehi 2023).
template <class S>
struct SinusoidalPositions {
  using Scalar = S;
  using Input = S;
  using Options = SinusoidalPositionsOptions;
  /// p for the longest sequence so far.
  struct Cache {
    TileBuffer<S> positions;  // (steps, D), one lane
    Index length = 0;         // the length they are scaled to
  };

  Index length = 0;

  SinusoidalPositions() = default;
  /// Throws if the length is negative.
  explicit SinusoidalPositions(Options o) : length(o.length) {
    require(length >= 0, [&] {
      return Fault{"length out of range", "SinusoidalPositions", "at least 0", std::to_string(o.length)};
    });
  }

  bool reads_distances() const { return true; }
  Shape output_shape(Shape x) const { return x; }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const;
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, SinusoidalPositions&,
                const Pass& pass) const;

  Index prepare_stream(Shape x, Cache& cache) const {
    cache.length = length;
    fill_positions(0, cache.positions.take({std::max<Index>(x.steps, 1), x.features}, 1));
    return 0;
  }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache, const Pass&) const;

  static void visit(auto&&, auto&...) {}

 private:
  // those of the steps from `first` on
  HEED_COLD void fill_positions(Index first, Tile<S> p) const;
};

template <class S>
void SinusoidalPositions<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass&) const {
  const Shape known = cache.positions.view().shape();
  if (known.steps < x.steps || known.features != x.features || cache.length != length) {
    cache.length = length;
    fill_positions(0, cache.positions.take(x.shape(), 1));
  }
  for (Index t = 0; t < x.steps; ++t) {
    detail::add_position(x.at(t), cache.positions.view().at(t), x.features, x.lanes, y.at(t));
  }
  zero_past_end(y, x.lengths);
}

template <class S>
void SinusoidalPositions<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&,
                                      SinusoidalPositions&, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> d = valid_steps(dy, x.lengths, pass.scratch);
  transform_gradient<S>(d, d, dx, []<class P>(const P&, const P& v) HEED_LAMBDA { return v; });
}

template <class S>
void SinusoidalPositions<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache& cache,
                                         const Pass&) const {
  const Index t = memory.step, known = memory.max_steps;
  if (known == 0) fill_positions(t, cache.positions.tile());
  detail::add_position(x.data, cache.positions.view().at(known == 0 ? 0 : t), x.features, 1, y.data);
}

template <class S>
void SinusoidalPositions<S>::fill_positions(Index first, Tile<S> p) const {
  const double stretch = length > 0 ? static_cast<double>(p.features) / static_cast<double>(length) : 1;
  for (Index f = 0; f < p.features; ++f) {
    const double rate = std::pow(10000.0, -static_cast<double>(f - f % 2) / static_cast<double>(p.features));
    for (Index t = 0; t < p.steps; ++t) {
      const double angle = static_cast<double>(first + t) * rate * stretch;
      *p.at(t, f) = static_cast<S>(f % 2 ? std::cos(angle) : std::sin(angle));
    }
  }
}

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Options of `LearnedPositions`.
struct LearnedPositionsOptions {
  Index max_steps = 0, features = 0;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// y_t = x_t + weight_t: a trained table of up to `max_steps` positions. Parameter name and initialisation of
/// torch.nn.Embedding(max_steps, features).
template <class S>
struct LearnedPositions {
  using Scalar = S;
  using Input = S;
  using Options = LearnedPositionsOptions;
  struct Cache {};

  Table<S> weight;  ///< max_steps x features

  LearnedPositions() = default;
  /// Throws if a size is not positive.
  explicit LearnedPositions(Options o);

  /// N(0, 1)
  void initialize(Key key) { initialize_normal(weight, key.child(0)); }

  Index max_steps() const { return weight.rows(); }
  Index features() const { return weight.width(); }

  bool reads_distances() const { return true; }
  /// Throws if the number of features differs, or if there are more steps than positions.
  Shape output_shape(Shape x) const;

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const;

  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&, LearnedPositions& grad,
                const Pass& pass) const;

  Index prepare_stream(Shape x, Cache&) const {
    output_shape(x);
    return 0;
  }
  void stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache&, const Pass&) const;

  static void visit(auto&& f, auto&... layers) { f("weight", layers.weight...); }
};

template <class S>
LearnedPositions<S>::LearnedPositions(Options o) {
  check_sizes({{"max_steps", o.max_steps}, {"features", o.features}}, "LearnedPositions");
  weight = Table<S>(o.max_steps, o.features);
  initialize({});
}

template <class S>
Shape LearnedPositions<S>::output_shape(Shape x) const {
  require(x.features == features(), [&] {
    return Fault{"wrong number of features", "LearnedPositions", std::to_string(features()),
                 std::to_string(x.features)};
  });
  require(x.steps <= max_steps(), [&] {
    return Fault{"more steps than positions", "LearnedPositions", "at most " + std::to_string(max_steps()),
                 std::to_string(x.steps)};
  });
  return x;
}

template <class S>
void LearnedPositions<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass&) const {
  assert(x.steps <= max_steps());
  for (Index t = 0; t < x.steps; ++t) {
    detail::add_position(x.at(t), weight.row(t), x.features, x.lanes, y.at(t));
  }
  zero_past_end(y, x.lengths);
}

template <class S>
void LearnedPositions<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache&,
                                   LearnedPositions& grad, const Pass& pass) const {
  const Scratch::Mark mark(pass.scratch);
  const Tile<const S> d = valid_steps(dy, x.lengths, pass.scratch);
  for (Index t = 0; t < x.steps; ++t) {
    kernels::bias_gradient<S>(1, x.lanes, {d.at(t), x.features, x.features * x.lanes}, grad.weight.row(t));
  }
  transform_gradient<S>(d, d, dx, []<class P>(const P&, const P& v) HEED_LAMBDA { return v; });
}

template <class S>
void LearnedPositions<S>::stream_step(Tile<const S> x, Tile<S> y, StreamMemory<S>& memory, Cache&, const Pass&) const {
  detail::add_position(x.data, weight.row(memory.step), x.features, 1, y.data);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::SinusoidalPositions)
HEED_COMPILED_TYPE(struct heed::LearnedPositions)
