#pragma once

// The plan of MiniRocket's kernels: their taps, dilations and channels (Dempster, Schmidt and Webb, "MINIROCKET: A Very
// Fast (Almost) Deterministic Transform for Time Series Classification", 2021).

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/options/fields.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

/// What is computed from a convolution and a bias. `ppv`: the share of steps above the bias, as in MiniRocket. `all`:
/// four statistics, as in MultiRocket.
enum class RocketStatistics { ppv, all };
constexpr std::array<std::string_view, 2> names_of(RocketStatistics) { return {"ppv", "all"}; }

struct RocketOptions {
  Index features = 1;  ///< channels: features of a step
  Index steps = 0;     ///< length of the longest series that is expected; it sets the dilations
  /// The number of outputs from biases, rounded down to a whole number of biases per kernel (of 84), at least one each.
  /// A bias gives one output; with `statistics` all it gives four, with `differences` twice as many. `groups` add
  /// outputs; `Rocket::output_features()` counts all.
  Index num_features = 10000;
  Index max_dilations = 32;  ///< of a kernel
  RocketStatistics statistics = RocketStatistics::ppv;
  bool differences = false;  ///< half of the outputs use the differences of consecutive steps
  Index groups = 0;          ///< groups of eight competing kernels per dilation, as in Hydra; 0: none
  Index values =
      0;  ///< at most this many outputs are values of the series themselves, one per feature at least; 0: none
  std::uint64_t seed = 0;  ///< chooses each kernel's channels, and the series that set its biases

  static void fields(auto&& f, auto&... o) {
    f({.name = "features", .meaning = "Numbers per step", .range = Range::to(1 << 20), .flag = ""}, o.features...);
    kernels(f, o...);
  }
  /// For models that know their number of features.
  static void kernels(auto&& f, auto&... o) {
    f({.name = "rocket_steps", .meaning = "Steps of the longest series, for dilations", .flag = "", .member = "steps"},
      o.steps...);
    f({"num_features", "Features, rounded down to whole biases per kernel", Range::from(84, 1 << 20)},
      o.num_features...);
    f({"max_dilations", "Largest number of dilations per kernel", Range::to(1 << 10)}, o.max_dilations...);
    f({.name = "statistics", .meaning = "Of a kernel above a bias: ppv, or four", .optional = true}, o.statistics...);
    f({.name = "differences", .meaning = "Of steps: half of the features are of them", .optional = true},
      o.differences...);
    f({.name = "groups",
       .meaning = "Of eight competing kernels, with each dilation",
       .range = Range::from(0, 1 << 10),
       .optional = true},
      o.groups...);
    f({.name = "values",
       .meaning = "Values of the series that are features, too",
       .range = Range::from(0, 1 << 16),
       .optional = true},
      o.values...);
    f({.name = "rocket_seed",
       .meaning = "Of the kernels' channels and biases",
       .range = Range::any(),
       .flag = "",
       .member = "seed"},
      o.seed...);
  }
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {

/// All choices of 3 out of 9 taps, in order. The chosen taps have the weight 2, the others -1.
inline constexpr Index rocket_kernels = 84, rocket_taps = 9;
inline constexpr std::array<std::array<std::int8_t, 3>, rocket_kernels> rocket_twos = [] {
  std::array<std::array<std::int8_t, 3>, rocket_kernels> all{};
  std::size_t k = 0;
  for (std::int8_t a = 0; a < rocket_taps; ++a) {
    for (std::int8_t b = a + 1; b < rocket_taps; ++b) {
      for (std::int8_t c = b + 1; c < rocket_taps; ++c) all[k++] = {a, b, c};
    }
  }
  return all;
}();

inline constexpr Index rocket_statistics = 4;

/// What follows from the options.
struct RocketPlan {
  std::vector<std::int32_t> dilations;
  std::vector<std::int32_t> biases;  // for each dilation: biases per kernel
  std::vector<std::int32_t> begins;  // where the channels of kernel k with dilation j begin, at 84 j + k; one more
  std::vector<std::int32_t> channels;

  Index per_kernel = 0;  // the sum of `biases`

  RocketPlan() = default;
  /// The plan for the series, or for its differences.
  explicit RocketPlan(const RocketOptions& options, bool differences = false);

  Index size() const { return per_kernel * rocket_kernels; }  // number of biases

  std::span<const std::int32_t> channels_of(Index dilation, Index kernel) const {
    const auto i = static_cast<std::size_t>(dilation * rocket_kernels + kernel);
    const auto begin = static_cast<std::size_t>(begins[i]), end = static_cast<std::size_t>(begins[i + 1]);
    return std::span(channels).subspan(begin, end - begin);
  }
};

/// The q-th quantile of sorted numbers, with linear interpolation, as numpy.quantile.
double quantile(std::span<const double> sorted, double q);

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "heed/core/rng.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

// Dilations from 1 to (steps - 1) / 8, equally spaced on a logarithmic scale. Each distinct value gets a share of the
// biases in proportion to how often it occurs.
HEED_COLD HEED_FUNCTION void spread_dilations(const RocketOptions& o, Index steps, RocketPlan& plan) {
  const Index count = std::min(plan.per_kernel, o.max_dilations);
  const double most = std::max(1.0, static_cast<double>(steps - 1) / static_cast<double>(rocket_taps - 1));
  std::vector<Index> times;
  for (Index i = 0; i < count; ++i) {
    const double share = count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1);
    const auto d = static_cast<std::int32_t>(std::pow(most, share) * (1 + 1e-12));  // keeps whole numbers whole
    if (plan.dilations.empty() || plan.dilations.back() != d) {
      plan.dilations.push_back(d);
      times.push_back(0);
    }
    ++times.back();
  }
  const double each = static_cast<double>(plan.per_kernel) / static_cast<double>(count);
  for (const Index n : times) plan.biases.push_back(static_cast<std::int32_t>(static_cast<double>(n) * each));
  Index rest = plan.per_kernel - std::accumulate(plan.biases.begin(), plan.biases.end(), Index(0));
  for (std::size_t i = 0; rest > 0; --rest, i = (i + 1) % plan.biases.size()) ++plan.biases[i];
}

// Each kernel with each dilation sees 1 to 9 channels. The logarithm of their number is uniform.
HEED_COLD HEED_FUNCTION void draw_channels(const RocketOptions& o, Key key, RocketPlan& plan) {
  const double most = std::log2(static_cast<double>(std::min(o.features, rocket_taps) + 1));
  std::vector<std::int32_t> all(static_cast<std::size_t>(o.features));
  std::iota(all.begin(), all.end(), 0);
  plan.begins.push_back(0);
  for (std::uint64_t i = 0; i < plan.dilations.size() * static_cast<std::size_t>(rocket_kernels); ++i) {
    const Key draw = key.child(i);
    const auto count = static_cast<std::uint64_t>(std::exp2(draw.uniform(0, 0, most)));
    for (std::uint64_t c = 0; c < count; ++c) {  // the first elements of a partial shuffle
      const std::uint64_t other = c + draw.below(c + 1, all.size() - c);
      const auto chosen = static_cast<std::size_t>(c);
      std::swap(all[chosen], all[static_cast<std::size_t>(other)]);
      plan.channels.push_back(all[chosen]);
    }
    plan.begins.push_back(static_cast<std::int32_t>(plan.channels.size()));
  }
}

HEED_COLD HEED_FUNCTION RocketPlan::RocketPlan(const RocketOptions& o, bool of_differences) {
  const Index of_a_bias =
      (o.statistics == RocketStatistics::all ? rocket_statistics : 1) * (o.differences ? 2 : 1) * rocket_kernels;
  per_kernel = std::max<Index>(o.num_features / of_a_bias, 1);
  spread_dilations(o, of_differences ? o.steps - 1 : o.steps, *this);
  draw_channels(o, Key{o.seed}.child(of_differences ? 2 : 0), *this);
}

HEED_COLD HEED_FUNCTION double quantile(std::span<const double> sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
