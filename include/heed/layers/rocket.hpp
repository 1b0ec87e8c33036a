#pragma once

/// @file
/// Features of a series by random convolutions that nobody trains: MiniRocket and MultiRocket.

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

/// Statistics of dilated convolutions above biases: (steps, features) to (1, num_features), for n valid steps
///
///     c_t = sum over channels x of the kernel, taps i = -4 .. 4, of w_i x_{t + i d},   w_i = 2 three times, else -1
///     y = the share of t in 0 .. n - 1 with c_t > bias
///
/// There are 84 kernels, each with every dilation d, of 1 to (steps - 1) / 8, and some biases with each. A kernel of
/// several channels sees 1 to 9 of them. Every other kernel looks only at those t whose taps are all inside of the
/// series, 4 d <= t < n - 4 d; the rest takes values outside of it for 0. MiniRocket (Dempster, Schmidt and Webb 2021),
/// as aeon and sktime have it, and beyond: a series of any length has features. Where it is so short that no t has all
/// taps inside, all t count. Without steps they are 0.
///
/// `statistics` all: three more of each bias, as MultiRocket (Tan, Dempster, Bergmeir and Webb 2022) has them; 0 where
/// no c_t is above it. Of those t with c_t > bias they are, one block of features after the other,
///
///     the mean of c_t - bias,   the mean of (t + 1) / n,   the longest run of consecutive ones / n
///
/// where t and n count from the first step that the kernel looks at. `differences`: the second half of the features is
/// of x_{t + 1} - x_t, by kernels with channels and biases of their own.
///
/// Dilations and channels follow from the options. The biases are parameters, so that files have them, but nobody
/// trains them: they are 0 until `fit_biases` takes them from data. The gradients of the biases and of x are 0: shares
/// move in steps, and those of means are left out. Where x is not finite, all features of that series are NaN.
template <class S>
struct Rocket {
  using Scalar = S;
  using Input = S;
  static constexpr TimeChange time_change = TimeChange::pools_steps;
  using Options = RocketOptions;
  struct Cache {};

  Options options;
  Vector<S> biases;  // dilation by dilation, kernel by kernel; those of differences after the others

  Rocket() = default;
  /// Throws if an option is out of range.
  HEED_COLD explicit Rocket(Options o) : options(check(o, "Rocket")), plan_(o), dictionary_(o, plan_) {
    if (o.differences) of_differences_ = detail::RocketPlan(o, true);
    biases = Vector<S>(plan_.size() + of_differences_.size());
  }

  Index input_size() const { return options.features; }
  Index output_features() const { return first_of_dictionary() + dictionary_.size(); }
  /// Of a bias.
  Index statistics() const { return options.statistics == RocketStatistics::all ? detail::rocket_statistics : 1; }
  /// In rising order.
  std::span<const std::int32_t> dilations() const { return plan_.dilations; }
  /// How many biases each kernel has with each dilation.
  std::span<const std::int32_t> biases_per_kernel() const { return plan_.biases; }
  /// Those that one of the 84 kernels sees with the i-th dilation.
  std::span<const std::int32_t> channels(Index dilation, Index kernel) const {
    return plan_.channels_of(dilation, kernel);
  }
  const detail::RocketDictionary<S>& dictionary() const { return dictionary_; }
  /// The features from there on are those of competing kernels.
  Index first_of_dictionary() const { return biases.size() * statistics(); }

  bool reads_distances() const { return true; }
  Shape output_shape(Shape x) const;

  /// Sets the biases to quantiles of the convolutions of a series each, drawn by the seed among those of `x` (n, steps,
  /// features) that have steps; of differences, two steps. Biases of which no series has that are 0. Throws if none
  /// has a step, where the features are others, and if a value is not finite.
  HEED_COLD void fit_biases(TensorView<const S, 3> x, std::span<const std::int32_t> lengths = {});
  /// Of series `rows`, each of which `series(row)` gives as a tile of one lane that has steps.
  template <class F>
  HEED_COLD void fit_biases_on(std::span<const Index> rows, F&& series);

  void forward(Tile<const S> x, Tile<S> y, Cache&, const Pass& pass) const;

  void backward(Tile<const S>, Tile<const S>, Tile<const S>, Into<S> dx, Cache&, Rocket&, const Pass&) const {
    if (dx && !dx.add) fill(dx.tile, S(0));
  }

  static void visit(auto&& f, auto&... layers) { f("biases", layers.biases...); }

 private:
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

// Of biases from `bias` on: their features stand from bias statistics() on.
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
  if (options.groups == 0) return;
  const Tile<S> to(y.at(0, first_of_dictionary()), {1, dictionary_.size()}, y.lanes);
  for (Index l = 0; l < x.lanes; ++l) dictionary_.features(plan_, x, l, to, pass.scratch);
}

namespace detail {
/// Which sequences have steps. Throws if there is none.
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
