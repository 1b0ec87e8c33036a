#pragma once

// MiniRocket's convolutions, and the share of steps at which each exceeds a bias.
//
// For each channel, a group of W series is stored in one flat array, `[step][series]`, with zeros on both sides. A tap
// is then a shift, and the ends need no special case. A single series is a group of W = 1, and packets run over its
// steps. Counts are integers and a convolution adds in a fixed order, so both layouts give the same bits.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/rocket_plan.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// A group of series, and what its convolutions with one dilation share.
template <class S>
struct RocketGroup {
  Index first = 0, count = 0, width = 1;  // lanes of the tile; series side by side
  Index channels = 0, steps = 0, padding = 0;
  Index row = 0, sums = 0;  // numbers per channel in `x` and `thrice`, and in `all` and `inside`

  S *x = nullptr, *thrice = nullptr;        // x and 3 x, padded
  S *all = nullptr, *inside = nullptr;      // minus the sum of the nine taps; -infinity at steps that do not count
  S* c = nullptr;                           // the convolution of one kernel
  S *n_all = nullptr, *n_inside = nullptr;  // number of steps that count, for each series; NaN if it is not finite

  IndexRange range = {};  // of `inside`: outside of it no step counts
};

template <class S>
struct RocketKernels {
  const RocketPlan& plan;
  const S* biases;

  using P = simd::Packet<S>;
  static constexpr Index packet = simd::native_width<S>;
  static constexpr S none = -std::numeric_limits<S>::infinity();

  /// Whether this many series are computed side by side instead of one by one.
  static bool side_by_side(Index steps, Index count) {
    const Index alone = (steps + packet - 1) / packet;  // packets per series
    return steps <= 256 && count * alone * 4 > steps * 3;
  }

  /// The features of lanes first .. first + count - 1, at most W.
  template <Index W>
  void features(Tile<const S> x, Index first, Index count, Tile<S> y, Scratch& scratch) const;

  /// c_t at all steps of one series.
  HEED_COLD void convolve(Tile<const S> x, Index dilation, Index kernel, std::vector<double>& to,
                          Scratch& scratch) const;

  // the parts of `features`
  RocketGroup<S> take(Tile<const S> x, Index first, Index count, Index width, Scratch& scratch) const;
  void common_sums(Tile<const S> x, RocketGroup<S>& group, Index dilation) const;
  /// Into group.c: c_t at all steps, or at those of group.range.
  void convolve(const RocketGroup<S>& group, Index dilation, Index kernel, bool within) const;

 private:
  static Index whole_packets(Index n) { return (n + packet - 1) / packet * packet; }
  template <Index W, int B>
  void count(const RocketGroup<S>& group, Index numbers, const S* n, Index feature, Tile<S> y) const;
  template <Index W, int B>
  void count_blocks(const RocketGroup<S>& group, Index numbers, const S* n, Index feature, Index end, Tile<S> y) const;
  Index span_of(const RocketGroup<S>& group, Index dilation) const {
    // a larger dilation puts all taps outside
    return std::min<Index>(plan.dilations[static_cast<std::size_t>(dilation)], group.steps);
  }
};

template <class S>
RocketGroup<S> RocketKernels<S>::take(Tile<const S> x, Index first, Index count, Index width, Scratch& scratch) const {
  RocketGroup<S> g{.first = first, .count = count, .width = width, .channels = x.features};
  for (Index l = 0; l < count; ++l) g.steps = std::max(g.steps, x.length(first + l));
  g.padding = 4 * span_of(g, static_cast<Index>(plan.dilations.size()) - 1);
  g.row = whole_packets((g.steps + 2 * g.padding) * width) + 2 * packet;  // packets may read past the end
  g.sums = whole_packets(g.steps * width) + 2 * packet;
  g.x = scratch.take<S>(g.channels * g.row);
  g.thrice = scratch.take<S>(g.channels * g.row);
  g.all = scratch.take<S>(g.channels * g.sums);
  g.inside = scratch.take<S>(g.channels * g.sums);
  g.c = scratch.take<S>(g.sums);
  g.n_all = scratch.take<S>(width);
  g.n_inside = scratch.take<S>(width);

  std::fill_n(g.x, g.channels * g.row, S(0));
  std::fill_n(g.n_all, width, S(0));
  for (Index f = 0; f < g.channels; ++f) {
    S* const to = g.x + f * g.row + g.padding * width;
    for (Index l = 0; l < count; ++l) {
      const Index n = x.length(first + l);
      const S* from = x.data + f * x.lanes + first + l;
      for (Index t = 0; t < n; ++t) {
        const S v = from[t * x.features * x.lanes];
        to[t * width + l] = v;
        g.n_all[l] += 0 * v;  // keeps NaN
      }
    }
  }
  for (Index i = 0; i < g.channels * g.row; ++i) g.thrice[i] = 3 * g.x[i];
  return g;
}

template <class S>
void RocketKernels<S>::common_sums(Tile<const S> x, RocketGroup<S>& g, Index dilation) const {
  using namespace simd;
  const Index d = span_of(g, dilation), W = g.width, n = g.steps * W, margin = 4 * d;
  for (Index f = 0; f < g.channels; ++f) {
    const S* const center = g.x + f * g.row + g.padding * W;
    S *const all = g.all + f * g.sums, *const inside = g.inside + f * g.sums;
    for (Index i = 0; i < n; i += packet) {
      P sum = load<P>(center + i);
      for (Index tap = 1; tap <= 4; ++tap) sum = add(sum, load<P>(center + i - (5 - tap) * d * W));
      for (Index tap = 1; tap <= 4; ++tap) sum = add(sum, load<P>(center + i + tap * d * W));
      store(all + i, sub(set1<P>(0), sum));
    }
    std::fill(all + n, all + g.sums, none);
    for (Index l = 0; l < W; ++l) {
      const Index length = l < g.count ? x.length(g.first + l) : 0;
      for (Index t = length; t < g.steps; ++t) all[t * W + l] = none;
    }
    std::copy_n(all, g.sums, inside);
    for (Index l = 0; l < g.count; ++l) {
      const Index length = x.length(g.first + l);
      if (length <= 2 * margin) continue;  // no step has all taps inside
      for (Index t = 0; t < margin; ++t) inside[t * W + l] = inside[(length - 1 - t) * W + l] = none;
    }
  }
  g.range = {g.steps, 0};
  for (Index l = 0; l < g.count; ++l) {
    const Index length = x.length(g.first + l);
    const bool fits = length > 2 * margin;
    const S not_finite = g.n_all[l] != g.n_all[l] ? g.n_all[l] : S(0);
    g.n_all[l] = static_cast<S>(std::max<Index>(length, 1)) + not_finite;
    g.n_inside[l] = static_cast<S>(std::max<Index>(fits ? length - 2 * margin : length, 1)) + not_finite;
    if (length == 0) continue;
    g.range.first = std::min(g.range.first, fits ? margin : 0);
    g.range.last = std::max(g.range.last, fits ? length - margin : length);
  }
}

template <class S>
void RocketKernels<S>::convolve(const RocketGroup<S>& g, Index dilation, Index kernel, bool within) const {
  using namespace simd;
  const IndexRange range = within ? g.range : IndexRange{0, g.steps};
  const Index W = g.width, from = range.first * W, n = range.count() * W;
  const auto& twos = rocket_twos[static_cast<std::size_t>(kernel)];
  const Index shift = span_of(g, dilation) * W;
  bool more = false;
  for (const std::int32_t channel : plan.channels_of(dilation, kernel)) {
    const S* const sums = (within ? g.inside : g.all) + channel * g.sums + from;
    const S* const center = g.thrice + channel * g.row + g.padding * W + from;
    const S *const a = center + (twos[0] - 4) * shift, *const b = center + (twos[1] - 4) * shift,
                   *const c = center + (twos[2] - 4) * shift;
    const auto at = [&](Index i) HEED_LAMBDA {
      return add(add(add(load<P>(sums + i), load<P>(a + i)), load<P>(b + i)), load<P>(c + i));
    };
    if (more) {
      for (Index i = 0; i < n; i += packet) accumulate(g.c + i, at(i));
    } else {
      for (Index i = 0; i < n; i += packet) store(g.c + i, at(i));
    }
    more = true;
  }
}

// The shares for B biases at once.
template <class S>
template <Index W, int B>
void RocketKernels<S>::count(const RocketGroup<S>& g, Index numbers, const S* n, Index feature, Tile<S> y) const {
  using namespace simd;
  P above[std::size_t{B}], bias[std::size_t{B}];
  unroll<B>([&](auto b) HEED_LAMBDA {
    above[b] = set1<P>(0);
    bias[b] = set1<P>(biases[feature + b]);
  });
  const P one = set1<P>(1);
  for (Index i = 0; i < numbers; i += packet) {
    const P c = load_once<P>(g.c + i);
    unroll<B>([&](auto b) HEED_LAMBDA { above[b] = select_less(bias[b], c, add(above[b], one), above[b]); });
  }
  if constexpr (W == 1) {
    S sums[std::size_t{B}] = {};
    if constexpr (B % 4 == 0) {
      unroll<B / 4>([&](auto q) HEED_LAMBDA {
        accumulate_sums(sums + 4 * q, above[4 * q], above[4 * q + 1], above[4 * q + 2], above[4 * q + 3]);
      });
    } else {
      unroll<B>([&](auto b) HEED_LAMBDA { sums[b] = sum(above[b]); });
    }
    for (int b = 0; b < B; ++b) y.at(0, feature + b)[g.first] = sums[b] / n[0];
  } else {
    unroll<B>([&](auto b) HEED_LAMBDA {
      const P share = div(above[b], load<P>(n));
      S* const to = y.at(0, feature + b) + g.first;
      if (g.count == W) {
        store(to, share);
      } else {
        std::array<S, static_cast<std::size_t>(packet)> shares;
        store(shares.data(), share);
        std::copy_n(shares.data(), g.count, to);
      }
    });
  }
}

template <class S>
template <Index W, int B>
void RocketKernels<S>::count_blocks(const RocketGroup<S>& g, Index numbers, const S* n, Index feature, Index end,
                                    Tile<S> y) const {
  for (; feature + B <= end; feature += B) count<W, B>(g, numbers, n, feature, y);
  if constexpr (B > 1) {
    if (feature < end) count_blocks<W, B / 2>(g, numbers, n, feature, end, y);
  }
}

template <class S>
template <Index W>
void RocketKernels<S>::features(Tile<const S> x, Index first, Index count_, Tile<S> y, Scratch& scratch) const {
  constexpr int block = simd::registers >= 32 ? 8 : 4;
  const Scratch::Mark mark(scratch);
  RocketGroup<S> g = take(x, first, count_, W, scratch);
  std::fill(g.n_all + count_, g.n_all + W, S(1));
  std::fill(g.n_inside, g.n_inside + W, S(1));
  Index feature = 0;
  for (Index j = 0; j < static_cast<Index>(plan.dilations.size()); ++j) {
    common_sums(x, g, j);
    const Index end = plan.biases[static_cast<std::size_t>(j)];
    for (Index k = 0; k < rocket_kernels; ++k) {
      const bool within = (j + k) % 2 == 1;
      convolve(g, j, k, within);
      const Index numbers = (within ? g.range.count() : g.steps) * W;
      const S* const n = within ? g.n_inside : g.n_all;
      count_blocks<W, block>(g, numbers, n, feature, feature + end, y);
      feature += end;
    }
  }
}

template <class S>
void RocketKernels<S>::convolve(Tile<const S> x, Index dilation, Index kernel, std::vector<double>& to,
                                Scratch& scratch) const {
  const Scratch::Mark mark(scratch);
  RocketGroup<S> g = take(x, 0, 1, 1, scratch);
  common_sums(x, g, dilation);
  convolve(g, dilation, kernel, false);
  to.assign(g.c, g.c + g.steps);
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
