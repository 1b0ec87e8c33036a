#pragma once

/// @file
/// Features of a series from random convolutions that are not trained: MiniRocket and MultiRocket.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "heed/core/check.hpp"
#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/layer_traits.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/rng.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/tile.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/detail/rocket_dictionary.hpp"
#include "heed/layers/detail/rocket_kernels.hpp"
#include "heed/layers/detail/rocket_plan.hpp"
#include "heed/layers/detail/rocket_statistics.hpp"

namespace heed::inline HEED_ISA {

/// Statistics of dilated convolutions and biases: maps (steps, features) to (1, output_features()). For n valid steps
///
///     c_t = sum over channels x of the kernel, taps i = -4 .. 4, of w_i x_{t + i d},   w_i = 2 three times, else -1
///     y = the share of t in 0 .. n - 1 with c_t > bias
///
/// Each of the 84 kernels is used with every dilation d, from 1 to (steps - 1) / 8, and with several biases each. On
/// series of several channels a kernel sees 1 to 9 of them. Every other kernel counts only steps whose taps are all
/// inside of the series, 4 d <= t < n - 4 d. The others take values outside of the series as 0. This is MiniRocket
/// (Dempster, Schmidt and Webb 2021) as aeon and sktime compute it, extended to series of any length: if a series is so
/// short that no step has all taps inside, all steps count. A series without steps gives 0.
///
/// `statistics` = all adds three statistics for each bias, as in MultiRocket (Tan, Dempster, Bergmeir and Webb 2022).
/// Over the steps with c_t > bias they are, one block of outputs after the other,
///
///     the mean of c_t - bias,   the mean of (t + 1) / n,   the longest run of consecutive steps / n
///
/// where t and n count from the first step that the kernel looks at. They are 0 if no c_t exceeds the bias.
/// `differences`: the second half of the outputs uses x_{t + 1} - x_t, with kernels, channels and biases of its own.
///
/// `groups` adds that many groups of eight kernels of random weights for each dilation 1, 2, 4, ..., as in Hydra
/// (Dempster, Schmidt and Webb 2023). The kernels of a group compete at each step. Each has two outputs: the square
/// root of the sum of its convolution over the steps where it is the largest, and the square root of the number of
/// steps where it is the smallest.
///
/// `values` adds the series itself as outputs: its features at each of P = min(steps, values / features) places in time,
/// at least one. Place p gives the mean of the steps from floor(p steps / P) to before floor((p + 1) steps / P), and 0
/// where the series has ended.
///
/// The options determine dilations and channels. The biases are parameters, so that files contain them, but no
/// optimizer trains them: they are 0 until `fit_biases` computes them from data. The gradients of the biases and of x
/// are 0: shares are step functions, and the gradients of the means and of the values are left out. If a series is not finite,
/// all its outputs are NaN.
template <class S>
struct Rocket {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = RocketOptions;
  struct Cache {};

  Options options;
  Vector<S> biases;  ///< dilation by dilation, kernel by kernel; those of differences last

  Rocket() = default;
  /// Throws if an option is out of range.
  HEED_COLD explicit Rocket(Options o) : options(check(o, "Rocket")), plan_(o), dictionary_(o, plan_) {
    if (o.differences) of_differences_ = detail::RocketPlan(o, true);
    biases = Vector<S>(plan_.size() + of_differences_.size());
  }

  Index input_size() const { return options.features; }
  Index output_features() const { return first_of_values() + places() * options.features; }
  /// Statistics per bias.
  Index statistics() const { return options.statistics == RocketStatistics::all ? detail::rocket_statistics : 1; }
  /// In ascending order.
  std::span<const std::int32_t> dilations() const { return plan_.dilations; }
  /// The number of biases of each kernel with each dilation.
  std::span<const std::int32_t> biases_per_kernel() const { return plan_.biases; }
  /// The channels that one of the 84 kernels sees with the i-th dilation.
  std::span<const std::int32_t> channels(Index dilation, Index kernel) const {
    return plan_.channels_of(dilation, kernel);
  }
  const detail::RocketDictionary<S>& dictionary() const { return dictionary_; }
  /// The outputs of competing kernels begin here.
  Index first_of_dictionary() const { return biases.size() * statistics(); }
  /// Where the outputs of each kind end: of a statistic, of the series or its differences; of competing kernels; values.
  HEED_COLD std::vector<Index> kinds() const;
  /// The outputs that are values of the series begin here; they are the last.
  Index first_of_values() const { return first_of_dictionary() + dictionary_.size(); }

  bool reads_distances() const { return true; }
  Shape output_shape(Shape x) const;

  /// Sets each bias to a quantile of the convolution of one series. The seed draws the series among those of `x` (n,
  /// steps, features) that have steps (for differences: two steps). A bias without such a series is 0. Throws if no
  /// series has a step, if the number of features differs, or if a value is not finite.
  HEED_COLD void fit_biases(TensorView<const S, 3> x, std::span<const std::int32_t> lengths = {});
  /// The same for series `rows`. `series(row)` gives each as a tile of one lane that has steps.
  template <class F>
  HEED_COLD void fit_biases_on(std::span<const Index> rows, F&& series);

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass& pass) const;

  void backward(Tile<const S>, Tile<const S>, Tile<const S>, Into<S> dx, Cache&, Rocket&, const Pass&) const {
    if (dx && !dx.add) fill(dx.tile, S(0));
  }

  static void visit(auto&& f, auto&... layers) { f("biases", layers.biases...); }

 private:
  // in time, of outputs that are values
  Index places() const {
    const Index steps = std::max<Index>(options.steps, 1);
    return options.values == 0 ? 0 : std::clamp<Index>(options.values / options.features, 1, steps);
  }
  void values(Tile<const S> x, Tile<S> y) const;
  void forward(const detail::RocketPlan& plan, Tile<const S> x, Index bias, Tile<S> y, Scratch& scratch) const;
  template <class F>
  void fit_biases_of(const detail::RocketPlan& plan, Index bias, Key key, std::span<const Index> rows, F&& series);

  detail::RocketPlan plan_, of_differences_;
  detail::RocketDictionary<S> dictionary_;
};

template <class S>
Shape Rocket<S>::output_shape(Shape x) const {
  require(x.features == options.features,
          [&] { return Fault{"wrong number of features", "Rocket", text_of(options.features), text_of(x.features)}; });
  return {1, output_features()};
}

template <class S>
std::vector<Index> Rocket<S>::kinds() const {
  std::vector<Index> ends;
  for (const detail::RocketPlan* plan : {&plan_, &of_differences_}) {
    for (Index i = 0; i < (plan->size() > 0 ? statistics() : 0); ++i) {
      ends.push_back((ends.empty() ? 0 : ends.back()) + plan->size());
    }
  }
  ends.push_back(first_of_values());
  ends.push_back(output_features());
  return ends;
}

// The outputs of the biases from `bias` on begin at bias statistics().
template <class S>
void Rocket<S>::forward(const detail::RocketPlan& plan, Tile<const S> x, Index bias, Tile<S> y,
                        Scratch& scratch) const {
  constexpr Index W = simd::native_width<S>;
  const Tile<S> to(y.at(0, bias * statistics()), {1, plan.size() * statistics()}, y.lanes);
  if (options.statistics == RocketStatistics::all) {
    const detail::RocketPooling<S> pooling(plan, biases.data() + bias);
    for (Index l = 0; l < x.lanes; ++l) pooling.features(x, l, to, scratch);
    return;
  }
  const detail::RocketKernels<S> kernels{plan, biases.data() + bias};
  for (Index l = 0; l < x.lanes;) {
    const Index rest = std::min(W, x.lanes - l);
    if (W > 1 && detail::RocketKernels<S>::side_by_side(x.steps, rest)) {
      kernels.template features<W>(x, l, rest, to, scratch);
      l += rest;
    } else {
      kernels.template features<1>(x, l++, 1, to, scratch);
    }
  }
}

template <class S>
void Rocket<S>::forward(Tile<const S> x, Tile<S> y, Cache&, const Pass& pass) const {
  forward(plan_, x, 0, y, pass.scratch);
  if (options.differences) {
    const Scratch::Mark mark(pass.scratch);
    forward(of_differences_, detail::differences(x, pass.scratch), plan_.size(), y, pass.scratch);
  }
  if (options.groups > 0) {
    const Tile<S> to(y.at(0, first_of_dictionary()), {1, dictionary_.size()}, y.lanes);
    for (Index l = 0; l < x.lanes; ++l) dictionary_.features(plan_, x, l, to, pass.scratch);
  }
  if (options.values > 0) values(x, y);
}

template <class S>
void Rocket<S>::values(Tile<const S> x, Tile<S> y) const {
  const Index P = places(), steps = std::max<Index>(options.steps, 1);
  S* to = y.at(0, first_of_values());  // the first output, of a bias, is NaN where a series is not finite
  for (Index p = 0; p < P; ++p) {
    const Index first = p * steps / P, last = (p + 1) * steps / P, end = std::min(last, x.steps);
    for (Index f = 0; f < x.features; ++f, to += x.lanes) {
      std::transform(y.data, y.data + x.lanes, to, [](S first_output) { return 0 * first_output; });
      for (Index t = first; t < end; ++t) {
        const S* const from = x.at(t, f);
        for (Index l = 0; l < x.lanes; ++l) to[l] += t < x.length(l) ? from[l] : S(0);
      }
      for (Index l = 0; l < x.lanes; ++l)
        to[l] /= static_cast<S>(std::clamp<Index>(x.length(l) - first, 1, last - first));
    }
  }
}

namespace detail {
/// The sequences that have steps. Throws if there is none.
std::vector<Index> rows_with_steps(Index count, Index steps, std::span<const std::int32_t> lengths, const char* where);
}  // namespace detail

template <class S>
void Rocket<S>::fit_biases(TensorView<const S, 3> x, std::span<const std::int32_t> lengths) {
  const auto [count, steps, features] = x.extents();
  output_shape({steps, features});
  check_finite(x, lengths, "Rocket, fit_biases");
  fit_biases_on(detail::rows_with_steps(count, steps, lengths, "Rocket, fit_biases"), [&](Index row) {
    const Index length = lengths.empty() ? x.extent(1) : Index(lengths[static_cast<std::size_t>(row)]);
    return Tile<const S>(x[row].data(), {length, x.extent(2)}, 1);
  });
}

template <class S>
template <class F>
void Rocket<S>::fit_biases_on(std::span<const Index> rows, F&& series) {
  fit_biases_of(plan_, 0, Key{options.seed}.child(1), rows, series);
  if (!options.differences) return;
  std::vector<Index> longer;
  for (const Index row : rows) {
    if (series(row).steps > 1) longer.push_back(row);
  }
  if (longer.empty()) return std::fill(biases.begin() + plan_.size(), biases.end(), S(0));
  Scratch scratch;
  fit_biases_of(of_differences_, plan_.size(), Key{options.seed}.child(3), longer, [&](Index row) {
    scratch = Scratch();
    return detail::differences<S>(series(row), scratch);
  });
}

template <class S>
template <class F>
void Rocket<S>::fit_biases_of(const detail::RocketPlan& plan, Index bias, Key key, std::span<const Index> rows,
                              F&& series) {
  constexpr double golden = 1.6180339887498948482;
  const detail::RocketKernels<S> kernels{plan, biases.data() + bias};
  Scratch scratch;
  std::vector<double> sums;
  Index first = 0;
  for (Index j = 0; j < static_cast<Index>(plan.dilations.size()); ++j) {
    for (Index k = 0; k < detail::rocket_kernels; ++k) {
      const auto draw = static_cast<std::uint64_t>(j * detail::rocket_kernels + k);
      kernels.convolve(series(rows[key.below(draw, rows.size())]), j, k, sums, scratch);
      std::sort(sums.begin(), sums.end());
      for (Index b = 0; b < plan.biases[static_cast<std::size_t>(j)]; ++b, ++first) {
        const double place = static_cast<double>(first + 1) * golden;
        biases(bias + first) = static_cast<S>(detail::quantile(sums, place - std::floor(place)));
      }
    }
  }
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_TYPE(struct heed::Rocket)

#if HEED_BODIES

namespace heed::inline HEED_ISA {

HEED_COLD HEED_FUNCTION std::vector<Index> detail::rows_with_steps(Index count, Index steps,
                                                                   std::span<const std::int32_t> lengths,
                                                                   const char* where) {
  std::vector<Index> rows;
  for (Index i = 0; i < count; ++i) {
    if ((lengths.empty() ? steps : Index(lengths[static_cast<std::size_t>(i)])) > 0) rows.push_back(i);
  }
  require(!rows.empty(), [&] { return Fault{"no series has a step", where, "one at least", "none"}; });
  return rows;
}

}  // namespace heed::inline HEED_ISA

#endif
