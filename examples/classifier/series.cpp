#include "series.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"

namespace classifier {

using heed::Index;

namespace {

// Whether the window that begins here has a value, and all that it is to forecast are there.
bool usable(const double* first, const NumbersTask& task, Index features) {
  const auto missing = [](double value) { return std::isnan(value); };
  const double* const next = first + task.window * features;
  bool there = !std::all_of(first, next, missing);
  for (Index h = 0; h < task.horizon; ++h) {
    for (const Index f : task.forecasts) there = there && !missing(next[h * features + f]);
  }
  return there;
}

// The last value of a feature that was known before this step; NaN without one.
double last_value(heed::TensorView<const double, 2> series, Index before, Index f) {
  for (Index t = before - 1; t >= 0; --t) {
    if (!std::isnan(series(t, f))) return series(t, f);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

// Those that are not held out.
Index steps_before(Index steps, double held_out) {
  return static_cast<Index>(std::floor(static_cast<double>(steps) * (1 - held_out)));
}

}  // namespace

Index length_of(const heed::Sequences<double>& series, Index i) {
  return series.lengths.empty() ? series.steps() : series.lengths[static_cast<std::size_t>(i)];
}

SeriesParts windows_of(const heed::Sequences<double>& series, const NumbersTask& task,
                       const std::filesystem::path& path, double held_out, bool end) {
  const Index features = series.features(), W = task.window, H = task.horizon;
  SeriesParts windows;
  Index longest = 0;
  std::vector<std::pair<Index, Index>> starts;  // series, first step of the window
  for (Index i = 0; i < series.count(); ++i) {
    const Index steps = length_of(series, i);
    const Index kept = steps_before(steps, held_out), last = end ? steps : kept;
    const Index first = end ? std::max<Index>(kept - W, 0) : 0;
    longest = std::max(longest, last - first);
    if (last - first < W + H) ++windows.too_short;
    for (Index t = first; t + W + H <= last; ++t) {
      if (usable(series.x[i].data() + t * features, task, features)) starts.emplace_back(i, t);
    }
  }
  heed::require(windows.too_short < series.count(), [&] {
    std::string expected = counted(W, "step", "steps") + " and the " + std::to_string(H) + " that follow";
    if (held_out > 0) expected += end ? " in what is held out" : " before what is held out";
    const bool one = series.count() == 1;
    return heed::Fault{one ? "the series is too short" : "all series are too short", path.string(), expected,
                       (one ? "" : "at most ") + counted(longest, "step", "steps")};
  });
  heed::require(!starts.empty(), [&] {
    return heed::Fault{"too many steps are missing", path.string(),
                       "a window with a value, and the " + counted(H, "step", "steps") + " that follow it", "none"};
  });
  windows.x = heed::Tensor<double, 3>({std::ssize(starts), W, features});
  windows.targets = heed::Tensor<double, 2>({std::ssize(starts), task.outputs()});
  windows.last_values = heed::Tensor<double, 2>({std::ssize(starts), task.outputs()});
  for (Index k = 0; k < std::ssize(starts); ++k) {
    const auto [i, t] = starts[static_cast<std::size_t>(k)];
    const double* const from = series.x[i].data() + t * features;
    std::copy_n(from, W * features, windows.x[k].data());
    windows.places.push_back({i, {t + W, t + W + H}});
    Index output = 0;
    for (Index h = 0; h < H; ++h) {
      for (const Index f : task.forecasts) {
        windows.targets(k, output) = from[(W + h) * features + f];
        windows.last_values(k, output++) = last_value(series.x[i], t + W, f);
      }
    }
  }
  return windows;
}

heed::Sequences<double> without_end(heed::Sequences<double> series, double held_out) {
  if (series.lengths.empty()) {
    series.lengths.assign(static_cast<std::size_t>(series.count()), static_cast<std::int32_t>(series.steps()));
  }
  for (std::int32_t& length : series.lengths) length = static_cast<std::int32_t>(steps_before(length, held_out));
  return series;
}

Index missing_values(const heed::Sequences<double>& series) {
  Index missing = 0;
  for (Index i = 0; i < series.count(); ++i) {
    const auto values =
        std::span(series.x[i].data(), static_cast<std::size_t>(length_of(series, i) * series.features()));
    missing += std::count_if(values.begin(), values.end(), [](double value) { return std::isnan(value); });
  }
  return missing;
}

}  // namespace classifier
