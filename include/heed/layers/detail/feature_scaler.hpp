#pragma once

// Standardisation of many features; its numbers are tensors in model files.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/pointwise.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// y_f = (x_f - mean_f) factor_f. Mean and factor are computed from data and not trained; their gradients are 0. Until
/// `fit`, y is x.
template <class S>
struct FeatureScaler {
  using Scalar = S;

  Vector<S> mean, factor;

  FeatureScaler() = default;
  HEED_COLD explicit FeatureScaler(Index features) : mean(features), factor(features) { factor.fill(1); }

  /// Computes mean and factor from each feature's sum and sum of squares over `count` numbers. factor = 1 / (deviation
  /// + (zeros / count)^4), where `zeros` counts how many numbers were 0. The second term, Hydra's, gives little weight
  /// to features that are almost always 0. A constant feature keeps the factor 1.
  ///
  /// `ends`: where each kind of features ends. A deviation counts as at least a hundredth of the median of its kind:
  /// another value of a feature that hardly changed would otherwise outweigh all others.
  HEED_COLD void fit(std::span<const double> sums, std::span<const double> squares, std::span<const double> zeros,
                     double count, std::span<const Index> ends);

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
                           double count, std::span<const Index> ends) {
  std::vector<double> deviations(sums.size()), of_kind;  // 0: constant
  for (Index f = 0; f < mean.size(); ++f) {
    const double m = sums[static_cast<std::size_t>(f)] / count;
    const double square = squares[static_cast<std::size_t>(f)] / count, variance = square - m * m;
    mean(f) = static_cast<S>(m);
    if (variance > 1e-10 * square) {  // a smaller variance is rounding, whatever the unit
      deviations[static_cast<std::size_t>(f)] = std::sqrt(variance);
    }
  }
  Index first = 0;
  for (const Index end : ends) {
    of_kind.clear();
    for (Index f = first; f < end; ++f) {
      const double deviation = deviations[static_cast<std::size_t>(f)];
      if (deviation > 0) of_kind.push_back(deviation);
    }
    const auto middle = of_kind.begin() + std::ssize(of_kind) / 2;
    std::nth_element(of_kind.begin(), middle, of_kind.end());
    const double least = of_kind.empty() ? 0 : *middle / 100;
    for (Index f = first; f < end; ++f) {
      const double deviation = deviations[static_cast<std::size_t>(f)];
      const double rare = zeros[static_cast<std::size_t>(f)] / count, more = rare * rare * rare * rare;
      factor(f) = deviation > 0 ? static_cast<S>(1 / (std::max(deviation, least) + more)) : S(1);
    }
    first = end;
  }
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
