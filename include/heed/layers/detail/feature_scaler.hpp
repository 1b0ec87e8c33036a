#pragma once

// Standardisation of many features with numbers that stand in files as tensors.

#include <cmath>
#include <span>

#include "heed/core/compiled.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// y_f = (x_f - mean_f) factor_f. Both are taken from data; nobody trains them, and their gradients are 0. At the start
/// y is x.
template <class S>
struct FeatureScaler {
  using Scalar = S;

  Vector<S> mean, factor;

  FeatureScaler() = default;
  HEED_COLD explicit FeatureScaler(Index features) : mean(features), factor(features) { factor.fill(1); }

  /// Of sums of numbers, and of their squares, of so many: features that do not change keep the factor 1. `zeros`: how
  /// many were 0, of features that are rare. Theirs is 1 / (deviation + (zeros / count)^4), as Hydra's: what is nearly
  /// always 0 does not weigh much where it is not.
  HEED_COLD void fit(std::span<const double> sums, std::span<const double> squares, std::span<const double> zeros,
                     double count);

  void forward(Tile<const S> x, Tile<S> y) const {
    using namespace simd;
    for_each_place<S>(x.features, x.lanes, [&]<class P>(auto at) HEED_LAMBDA {
      store(y.data + at.number, mul(sub(load<P>(x.data + at.number), at.template of_feature<P>(mean.data())),
                                    at.template of_feature<P>(factor.data())));
    });
  }

  static void visit(auto&& f, auto&... scalers) {
    f("mean", scalers.mean...);
    f("factor", scalers.factor...);
  }
};

template <class S>
void FeatureScaler<S>::fit(std::span<const double> sums, std::span<const double> squares, std::span<const double> zeros,
                           double count) {
  for (Index f = 0; f < mean.size(); ++f) {
    const double m = sums[static_cast<std::size_t>(f)] / count;
    const double square = squares[static_cast<std::size_t>(f)] / count, variance = square - m * m;
    mean(f) = static_cast<S>(m);
    const double rare = zeros[static_cast<std::size_t>(f)] / count;
    const double more = rare * rare * rare * rare;
    const bool changes = variance > 1e-10 * square;  // less is rounding, in whatever unit
    factor(f) = changes ? static_cast<S>(1 / (std::sqrt(variance) + more)) : S(1);
  }
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
