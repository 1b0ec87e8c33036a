#pragma once

/// @file
/// Binary cross-entropy, for several flags per sequence.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/math.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/losses/detail/elementwise.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/output_kind.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// log(1 + u) for u in [0, 1]: the series of 2 artanh(s), s = u / (2 + u) <= 1/3.
template <class P>
HEED_INLINE P log_one_plus(const P& u) {
  using namespace simd;
  using S = ScalarOf<P>;
  constexpr int terms = sizeof(S) == 4 ? 8 : 17;
  const P s = div(u, add(set1<P>(2), u)), square = mul(s, s);
  P p = set1<P>(S(1) / S(2 * terms + 1));
  unroll<terms>([&](auto i) HEED_LAMBDA { p = fma(p, square, set1<P>(S(1) / S(2 * (terms - i) - 1))); });
  return mul(add(s, s), p);
}
}  // namespace detail

}  // namespace heed::inline HEED_ISA

namespace heed::inline HEED_ABI {

/// Options of `BinaryCrossEntropy`.
struct BinaryCrossEntropyOptions {
  std::vector<double> pos_weight = {};  ///< p, one per output: the weight of a target of 1; empty: all 1

  static void fields(auto&& f, auto&... o) {
    f({"pos_weight", "Weight of a target of 1, one per output; none: all 1", Range::at_least(0)}, o.pos_weight...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// torch.nn.BCEWithLogitsLoss: an independent yes or no for each output, with targets t in [0, 1] and logits z:
///
///     loss = -scale sum of [p t log sigmoid(z) + (1 - t) log(1 - sigmoid(z))]
///          = scale sum of [(1 - t) z + q log(1 + e^-z)],   q = 1 + (p - 1) t
///     gradient = (1 - t) - q sigmoid(-z)
///
/// scale = 1 / count gives the mean. A batch is processed tile by tile, so its count (the sum of `target_weight`) must
/// be known first.
template <class S>
class BinaryCrossEntropy {
 public:
  using Target = S;
  using Options = BinaryCrossEntropyOptions;
  static constexpr OutputKind output_kind = OutputKind::flags;
  static constexpr const char* name = "BinaryCrossEntropy";

  /// Throws if a weight is negative or not finite.
  explicit BinaryCrossEntropy(Options o = {});

  const Options& options() const { return options_; }

  /// What the targets of one sequence add to the count.
  static double target_weight(std::span<const S> targets) { return static_cast<double>(targets.size()); }

  /// Throws unless each sequence has `outputs` targets in [0, 1], and there are as many weights, or none.
  void check(TensorView<const S, 2> targets, Index outputs) const;

  /// The scaled loss of a tile. `weights` has one weight per lane (null: all 1); padding lanes have 0. Steps past a
  /// lane's end do not count. `dz` gets the gradient, unless it is empty.
  double operator()(Tile<const S> z, Tile<const S> target, const S* weights, double scale, Tile<S> dz,
                    const Pass& pass) const;

  /// The accuracy, summed over the lanes with their weights: the share of a sequence's outputs with logit > 0 exactly
  /// if target > 1/2.
  static double count_correct(Tile<const S> z, Tile<const S> target, const S* weights);

 private:
  Options options_;
};

template <class S>
BinaryCrossEntropy<S>::BinaryCrossEntropy(Options o) : options_(std::move(o)) {
  for (const double p : options_.pos_weight) {
    require(std::isfinite(p) && p >= 0, [&] {
      return Fault{"pos_weight out of range", "BinaryCrossEntropy", "a finite number of at least 0", std::to_string(p)};
    });
  }
}

template <class S>
void BinaryCrossEntropy<S>::check(TensorView<const S, 2> targets, Index outputs) const {
  const auto weights = static_cast<Index>(options_.pos_weight.size());
  require(weights == 0 || weights == outputs, [&] {
    return Fault{"wrong number of pos_weight", "BinaryCrossEntropy", std::to_string(outputs), std::to_string(weights)};
  });
  detail::check_targets(targets, outputs, "BinaryCrossEntropy");
  for (Index i = 0; i < targets.size(); ++i) {
    const S t = targets.data()[i];
    require(t >= 0 && t <= 1, [&] {
      return Fault{
          "target out of range",
          "target " + std::to_string(i % outputs) + " of sequence " + std::to_string(i / outputs) + " (counted from 0)",
          "0 to 1", std::to_string(t)};
    });
  }
}

template <class S>
double BinaryCrossEntropy<S>::operator()(Tile<const S> z, Tile<const S> target, const S* weights, double scale,
                                         Tile<S> dz, const Pass& pass) const {
  using namespace simd;
  const auto loss = [&]<class P>(const P& x, const P& t, Index k, P& gradient) HEED_LAMBDA {
    const P zero = set1<P>(0), one = set1<P>(1);
    const double p = options_.pos_weight.empty() ? 1 : options_.pos_weight[static_cast<std::size_t>(k)];
    const P q = fma(set1<P>(static_cast<S>(p - 1)), t, one), off = sub(one, t), minus = sub(zero, x);
    const P log_sum =
        add(heed::detail::log_one_plus(simd::exp(simd::min(x, minus))), max(minus, zero));  // log(1 + e^-x)
    gradient = sub(off, mul(q, simd::sigmoid(minus)));
    return fma(off, x, mul(q, log_sum));
  };
  return heed::detail::elementwise_loss<S>(z, target, weights, scale, dz, pass, loss);
}

template <class S>
double BinaryCrossEntropy<S>::count_correct(Tile<const S> z, Tile<const S> target, const S* weights) {
  constexpr Index most = 64;
  std::int32_t right[most];  // in each of some lanes
  double correct = 0;
  for (Index first = 0; first < z.lanes; first += most) {
    const Index lanes = std::min(most, z.lanes - first);
    std::fill_n(right, lanes, 0);
    for (Index k = 0; k < z.features; ++k) {
      const S *const output = z.at(0, k) + first, *const wanted = target.at(0, k) + first;
      for (Index l = 0; l < lanes; ++l) right[l] += (output[l] > 0) == (wanted[l] > S(0.5));
    }
    for (Index l = 0; l < lanes; ++l) correct += static_cast<double>(weights[first + l]) * right[l];
  }
  return correct / static_cast<double>(z.features);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(class heed::BinaryCrossEntropy)
