#pragma once

// Competing kernels, as in Hydra: at each step, the kernel of a group that fits best wins (Dempster, Schmidt and Webb,
// "Hydra: competing convolutional kernels for fast and accurate time series classification", 2023).

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/rocket_kernels.hpp"
#include "heed/layers/detail/rocket_plan.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Groups of eight kernels of nine random weights with each dilation 1, 2, 4, ... up to the plan's largest. The weights
/// of a kernel sum to 0 and their magnitudes to 1. A group sees the sum of some channels. Let z_q be the convolution
/// with kernel q of a group at each step, where the series is 0 outside of its range. Kernel q has two features:
///
///     sqrt(the sum of z_q over steps where it is the largest),   sqrt(the number of steps where z_q is the smallest)
///
/// All kernels that tie win. The first feature is 0 if the sum is negative.
template <class S>
class RocketDictionary {
 public:
  static constexpr Index kernels = 8;  // of a group

  RocketDictionary() = default;
  HEED_COLD RocketDictionary(const RocketOptions& options, const RocketPlan& plan);

  Index size() const { return 2 * kernels * groups_ * static_cast<Index>(dilations_.size()); }
  std::span<const std::int32_t> dilations() const { return dilations_; }
  /// The weights of a group, kernel by kernel, nine each.
  std::span<const S> weights(Index dilation, Index group) const {
    return std::span(weights_).subspan(static_cast<std::size_t>(dilation * groups_ + group) * each, each);
  }
  std::span<const std::int32_t> channels(Index dilation, Index group) const {
    return std::span(channels_).subspan(static_cast<std::size_t>((dilation * groups_ + group) * seen_),
                                        static_cast<std::size_t>(seen_));
  }

  /// The features of one lane of x. Each group has first the sums of its kernels, then their counts.
  void features(const RocketPlan& plan, Tile<const S> x, Index lane, Tile<S> y, Scratch& scratch) const;

 private:
  using P = simd::Packet<S>;
  static constexpr std::size_t each = static_cast<std::size_t>(kernels * rocket_taps);
  using Features = std::array<S, 2 * kernels>;
  static Features compete(const S* x, Index steps, Index dilation, std::span<const S> weights);
  const S* input(const RocketGroup<S>& group, std::span<const std::int32_t> channels, S* sum) const;

  Index groups_ = 0, seen_ = 1;  // groups per dilation; channels per group
  std::vector<std::int32_t> dilations_, channels_;
  std::vector<S> weights_;
};

template <class S>
RocketDictionary<S>::RocketDictionary(const RocketOptions& o, const RocketPlan& plan) : groups_(o.groups) {
  if (groups_ == 0) return;
  for (std::int32_t d = 1; d <= plan.dilations.back(); d *= 2) dilations_.push_back(d);
  seen_ = o.features == 1 ? 1 : std::clamp<Index>(o.features / 2, 2, 8);
  const Key key = Key{o.seed}.child(4);
  const Index all = groups_ * static_cast<Index>(dilations_.size());
  for (Index i = 0; i < all * kernels; ++i) {
    const Key draw = key.child(static_cast<std::uint64_t>(i));
    std::array<double, rocket_taps> w{};
    double mean = 0, magnitude = 0;
    // the sum of twelve uniform numbers is nearly normal, and has the same bits on every machine
    for (std::uint64_t tap = 0; tap < w.size(); ++tap) {
      for (std::uint64_t k = 0; k < 12; ++k) w[tap] += draw.uniform(12 * tap + k) - 0.5;
      mean += w[tap] / rocket_taps;
    }
    for (double& v : w) magnitude += std::abs(v -= mean);
    for (const double v : w) weights_.push_back(static_cast<S>(v / magnitude));
  }
  for (Index i = 0; i < all * seen_; ++i) {
    const auto drawn = key.child(~0ULL).below(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(o.features));
    channels_.push_back(static_cast<std::int32_t>(drawn));
  }
}

// x from -4 d to n + 4 d - 1 counts, and one packet past it.
template <class S>
auto RocketDictionary<S>::compete(const S* x, Index steps, Index dilation, std::span<const S> weights) -> Features {
  using namespace simd;
  constexpr Index packet = native_width<S>;
  constexpr S infinite = std::numeric_limits<S>::infinity();
  const P zero = set1<P>(0), one = set1<P>(1);
  P sums[kernels], counts[kernels];
  unroll<kernels>([&](auto q) HEED_LAMBDA { sums[q] = counts[q] = zero; });
  for (Index t = 0; t < steps; t += packet) {
    P z[kernels];
    unroll<kernels>([&](auto q) HEED_LAMBDA { z[q] = zero; });
    for (Index tap = 0; tap < rocket_taps; ++tap) {
      const P at = load_once<P>(x + t + (tap - 4) * dilation);
      const S* const w = weights.data() + tap;
      unroll<kernels>([&](auto q) HEED_LAMBDA { z[q] = fma(set1<P>(w[q * rocket_taps]), at, z[q]); });
    }
    P most = z[0], least = z[0];
    unroll<kernels - 1>([&](auto q) HEED_LAMBDA {
      most = max(most, z[q + 1]);
      least = min(least, z[q + 1]);
    });
    if (t + packet > steps) {  // no kernel wins past the end
      std::array<S, static_cast<std::size_t>(packet)> past{};
      std::fill(past.begin() + (steps - t), past.end(), infinite);
      most = add(most, load<P>(past.data()));
      least = sub(least, load<P>(past.data()));
    }
    unroll<kernels>([&](auto q) HEED_LAMBDA {
      sums[q] = add(sums[q], select_less(z[q], most, zero, z[q]));
      counts[q] = add(counts[q], select_less(least, z[q], zero, one));
    });
  }
  Features features;
  unroll<kernels>([&](auto q) HEED_LAMBDA {
    const auto at = static_cast<std::size_t>(q);
    features[at] = std::sqrt(std::max(sum(sums[q]), S(0)));
    features[static_cast<std::size_t>(kernels) + at] = std::sqrt(sum(counts[q]));
  });
  return features;
}

// The sum of some channels, with their padding.
template <class S>
const S* RocketDictionary<S>::input(const RocketGroup<S>& g, std::span<const std::int32_t> channels, S* sum) const {
  if (channels.size() == 1) return g.x + channels[0] * g.row;
  std::copy_n(g.x + channels[0] * g.row, g.row, sum);
  for (const std::int32_t c : channels.subspan(1)) {
    for (Index i = 0; i < g.row; ++i) sum[i] += g.x[c * g.row + i];
  }
  return sum;
}

template <class S>
void RocketDictionary<S>::features(const RocketPlan& plan, Tile<const S> x, Index lane, Tile<S> y,
                                   Scratch& scratch) const {
  const Scratch::Mark mark(scratch);
  const RocketGroup<S> g = RocketKernels<S>{plan, nullptr}.take(x, lane, 1, 1, scratch);
  const S unless = g.steps == 0 ? S(0) : *g.n_all;  // NaN if the series is not finite
  if (g.steps == 0 || unless != unless) {
    for (Index f = 0; f < y.features; ++f) y.at(0, f)[lane] = unless;
    return;
  }
  S* const sum = scratch.take<S>(g.row);
  for (Index j = 0, at = 0; j < static_cast<Index>(dilations_.size()); ++j) {
    const Index d = std::min<Index>(dilations_[static_cast<std::size_t>(j)], g.padding / 4);
    for (Index i = 0; i < groups_; ++i) {
      const S* const padded = input(g, channels(j, i), sum);
      for (const S v : compete(padded + g.padding, g.steps, d, weights(j, i))) y.at(0, at++)[lane] = v;
    }
  }
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
