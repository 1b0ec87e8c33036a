#pragma once

/// @file
/// Dropout.

#include "heed/core/compiled.hpp"
#include "heed/core/dropout_mask.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/options/field.hpp"

namespace heed::inline HEED_ABI {

/// Options of `Dropout`.
struct DropoutOptions {
  double rate = 0.5;

  /// Listed as heed/options/fields.hpp has it.
  static void fields(auto&& f, auto&... o) { f({.name = "rate", .range = Range::share()}, o.rate...); }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// In training y = x m, where m is 0 with probability `rate` and 1/(1 - rate) otherwise; when predicting y = x
/// (Srivastava et al. 2014; torch.nn.Dropout). m is a function of the pass' key, the row and the position in the
/// sequence. It does not depend on the lane or on hidden state.
template <class S>
struct Dropout {
  using Scalar = S;
  using Input = S;
  static constexpr bool stepwise = true;
  using Options = DropoutOptions;
  struct Cache {
    TileBuffer<S> multipliers;  // empty if nothing was dropped
  };

  double rate = 0;

  Dropout() = default;
  /// Throws if the rate is not in [0, 1).
  explicit Dropout(Options o) : rate(o.rate) { check_dropout_rate(o.rate, "Dropout", "rate"); }

  /// The options that make such a layer.
  Options options() const { return {rate}; }
  Shape output_shape(Shape x) const { return x; }

  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const;

  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, Dropout&,
                const Pass&) const;

  static void visit(auto&&, auto&...) {}
};

template <class S>
void Dropout<S>::forward(Tile<const S> x, Tile<S> y, Cache& cache, const Pass& pass) const {
  using namespace simd;
  const bool active = DropoutMask::active(rate, pass);
  const Tile<S> m = cache.multipliers.take(active ? x.shape() : Shape{}, x.lanes);
  if (!active) return copy(x, y);
  DropoutMask(rate, pass).fill(m.data, x.steps * x.features, x.lanes);
  for_each_packet<S>(x.size(), [&]<class P>(Index i)
                                   HEED_LAMBDA { store(y.data + i, mul(load<P>(x.data + i), load<P>(m.data + i))); });
}

template <class S>
void Dropout<S>::backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, Into<S> dx, Cache& cache, Dropout&,
                          const Pass&) const {
  const Tile<const S> m = cache.multipliers.view();
  if (m.size() == x.size()) {
    transform_gradient<S>(m, dy, dx, []<class P>(const P& a, const P& d) HEED_LAMBDA { return simd::mul(a, d); });
  } else {
    transform_gradient<S>(dy, dy, dx, []<class P>(const P&, const P& d) HEED_LAMBDA { return d; });
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Dropout)
