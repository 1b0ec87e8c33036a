#pragma once

// MultiRocket's statistics of a convolution c above a bias b (Tan, Dempster, Bergmeir and Webb, "MultiRocket: multiple
// pooling operators and transformations for fast and effective time series classification", 2022).
//
// Packets run over kernels, for one series at a time: `[step][kernel]`. So all sums run over the steps in the same
// order, whatever the tile and the packet width.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "heed/core/compiled.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/rocket_kernels.hpp"
#include "heed/layers/detail/rocket_plan.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// For n steps that count, t = 1 .. n, over those with c_t > b:
///
///     0: their share;  1: the mean of c_t - b;  2: the mean of t / n;  3: the longest run of them / n
///
/// Each is 0 if there are none. Each statistic has a block of outputs in the order of the biases.
template <class S>
class RocketPooling {
 public:
  RocketPooling(const RocketPlan& plan, const S* biases) : kernels_{plan, biases} {}

  /// The outputs for one lane of x: `rocket_statistics` for each bias.
  void features(Tile<const S> x, Index lane, Tile<S> y, Scratch& scratch) const;

 private:
  using P = simd::Packet<S>;
  static constexpr Index packet = simd::native_width<S>;
  static constexpr int block = simd::registers >= 32 ? 4 : 2;  // biases computed at once

  /// Some kernels side by side, and the index of their first biases.
  struct Columns {
    const S* c;  // [step][kernel]
    Index steps = 0, count = 0;
    std::array<Index, static_cast<std::size_t>(packet)> first = {};
  };

  template <int B>
  void pool(const Columns& columns, Index bias, Tile<S> y, Index lane) const;
  template <int B>
  void pool_blocks(const Columns& columns, Index bias, Index end, Tile<S> y, Index lane) const;
  void put(const Columns& columns, Index bias, Index statistic, const P& values, Tile<S> y, Index lane) const;
  void pool_dilation(RocketGroup<S>& group, Index dilation, Index feature, S* rows, S* columns, Tile<S> y,
                     Index lane) const;

  RocketKernels<S> kernels_;
};

template <class S>
void RocketPooling<S>::put(const Columns& columns, Index bias, Index statistic, const P& values, Tile<S> y,
                           Index lane) const {
  std::array<S, static_cast<std::size_t>(packet)> all;
  simd::store(all.data(), values);
  S* const to = y.data + statistic * (y.features / rocket_statistics) * y.lanes + lane;
  for (Index k = 0; k < columns.count; ++k) {
    to[(columns.first[static_cast<std::size_t>(k)] + bias) * y.lanes] = all[static_cast<std::size_t>(k)];
  }
}

// B biases of each kernel at once.
template <class S>
template <int B>
void RocketPooling<S>::pool(const Columns& columns, Index bias, Tile<S> y, Index lane) const {
  using namespace simd;
  const P zero = set1<P>(0), one = set1<P>(1);
  P limit[std::size_t{B}], count[std::size_t{B}], sum[std::size_t{B}], places[std::size_t{B}], run[std::size_t{B}],
      longest[std::size_t{B}];
  unroll<B>([&](auto b) HEED_LAMBDA {
    std::array<S, static_cast<std::size_t>(packet)> all{};
    for (Index k = 0; k < columns.count; ++k) {
      all[static_cast<std::size_t>(k)] = kernels_.biases[columns.first[static_cast<std::size_t>(k)] + bias + b];
    }
    limit[b] = load<P>(all.data());
    count[b] = sum[b] = places[b] = run[b] = longest[b] = zero;
  });
  P place = zero;
  for (Index t = 0; t < columns.steps; ++t) {
    const P c = load_once<P>(columns.c + t * packet);
    place = add(place, one);
    unroll<B>([&](auto b) HEED_LAMBDA {
      count[b] = select_less(limit[b], c, add(count[b], one), count[b]);
      places[b] = select_less(limit[b], c, add(places[b], place), places[b]);
      sum[b] = add(sum[b], max(sub(c, limit[b]), zero));
      run[b] = select_less(limit[b], c, add(run[b], one), zero);
      longest[b] = max(longest[b], run[b]);
    });
  }
  const P n = set1<P>(static_cast<S>(columns.steps));
  unroll<B>([&](auto b) HEED_LAMBDA {
    const P some = max(count[b], one);
    put(columns, bias + b, 0, div(count[b], n), y, lane);
    put(columns, bias + b, 1, div(sum[b], some), y, lane);
    put(columns, bias + b, 2, div(div(places[b], some), n), y, lane);
    put(columns, bias + b, 3, div(longest[b], n), y, lane);
  });
}

template <class S>
template <int B>
void RocketPooling<S>::pool_blocks(const Columns& columns, Index bias, Index end, Tile<S> y, Index lane) const {
  for (; bias + B <= end; bias += B) pool<B>(columns, bias, y, lane);
  if constexpr (B > 1) {
    if (bias < end) pool_blocks<B / 2>(columns, bias, end, y, lane);
  }
}

// Kernels that count all steps, and kernels that count the inside steps: each kind side by side.
template <class S>
void RocketPooling<S>::pool_dilation(RocketGroup<S>& g, Index dilation, Index feature, S* rows, S* columns, Tile<S> y,
                                     Index lane) const {
  const Index biases = kernels_.plan.biases[static_cast<std::size_t>(dilation)];
  for (const bool within : {false, true}) {
    const Index steps = within ? g.range.count() : g.steps;
    const Index kind = (dilation + Index(within)) % 2;
    for (Index first = kind; first < rocket_kernels; first += 2 * packet) {
      Columns side{.c = columns, .steps = steps};
      for (Index k = first; k < rocket_kernels && side.count < packet; k += 2, ++side.count) {
        g.c = rows + side.count * g.sums;
        kernels_.convolve(g, dilation, k, within);
        side.first[static_cast<std::size_t>(side.count)] = feature + k * biases;
      }
      for (Index t = 0; t < steps; t += packet) {
        simd::transpose_square(rows + t, g.sums, columns + t * packet, packet);
      }
      pool_blocks<block>(side, 0, biases, y, lane);
    }
  }
}

template <class S>
void RocketPooling<S>::features(Tile<const S> x, Index lane, Tile<S> y, Scratch& scratch) const {
  const Scratch::Mark mark(scratch);
  RocketGroup<S> g = kernels_.take(x, lane, 1, 1, scratch);
  const S unless = g.steps == 0 ? S(0) : *g.n_all;  // NaN if the series is not finite
  if (g.steps == 0 || unless != unless) {
    for (Index f = 0; f < y.features; ++f) y.at(0, f)[lane] = unless;
    return;
  }
  S* const rows = scratch.take<S>(packet * g.sums);
  S* const columns = scratch.take<S>(packet * g.sums);
  std::fill_n(rows, packet * g.sums, S(0));
  Index feature = 0;
  for (Index j = 0; j < static_cast<Index>(kernels_.plan.dilations.size()); ++j) {
    kernels_.common_sums(x, g, j);
    pool_dilation(g, j, feature, rows, columns, y, lane);
    feature += kernels_.plan.biases[static_cast<std::size_t>(j)] * rocket_kernels;
  }
}

/// x_{t + 1} - x_t of each lane, in scratch memory.
template <class S>
Tile<const S> differences(Tile<const S> x, Scratch& scratch) {
  auto* const lengths = scratch.take<std::int32_t>(x.lanes);
  for (Index l = 0; l < x.lanes; ++l) lengths[l] = static_cast<std::int32_t>(std::max<Index>(x.length(l) - 1, 0));
  const Tile<S> to = scratch.tile<S>({std::max<Index>(x.steps - 1, 0), x.features}, x.lanes, lengths);
  const Index step = x.features * x.lanes;
  for (Index i = 0; i < to.size(); ++i) to.data[i] = x.data[i + step] - x.data[i];
  return to;
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
