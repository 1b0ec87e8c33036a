#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>

#include "heed/core/error.hpp"
#include "heed/data/text.hpp"
#include "series.hpp"

namespace classifier {

using heed::Index;

NumberData last_windows(const NumberData& series, const NumbersTask& task, heed::Missing missing,
                        const std::filesystem::path& path) {
  const Index features = series.features(), W = task.window;
  const bool needs_value = missing != heed::Missing::zero && missing != heed::Missing::mean;
  NumberData windows;
  windows.x = heed::Tensor<double, 3>({series.count(), W, features});
  windows.ids = series.ids;
  windows.unanswered.resize(static_cast<std::size_t>(series.count()));
  constexpr Index shown = 5;
  std::string which;
  Index left_out = 0, longest = 0;
  for (Index i = 0; i < series.count(); ++i) {
    const Index steps = length_of(series, i);
    longest = std::max(longest, steps);
    const auto is_empty = [&] {
      for (Index t = steps - W; t < steps; ++t) {
        for (const Index f : task.forecasts) {
          if (!std::isnan(series.x(i, t, f))) return false;
        }
      }
      return needs_value;
    };
    if (steps >= W && !is_empty()) {
      std::copy_n(&series.x(i, steps - W, 0), W * features, windows.x[i].data());
      continue;
    }
    const auto at = static_cast<std::size_t>(i);
    windows.unanswered[at] = true;
    if (++left_out > shown) continue;
    which += which.empty() ? "" : ", ";
    which += at < series.ids.size() ? heed::in_quotes(series.ids[at]) : std::to_string(i) + " (counted from 0)";
  }
  heed::require(longest >= W, [&] {
    return heed::Fault{series.count() == 1 ? "the series is too short" : "all series are too short", path.string(),
                       counted(W, "step", "steps") + ", the window of the model",
                       (series.count() == 1 ? "" : "at most ") + counted(longest, "step", "steps")};
  });
  heed::require(left_out < series.count(), [&] {
    return heed::Fault{
        "no value to forecast from", path.string(), "one in the last " + counted(W, "step", "steps"), {}};
  });
  if (left_out > 0) {
    if (left_out > shown) which += " and " + std::to_string(left_out - shown) + " more";
    std::fprintf(stderr, "%s: no answer for series that are too short, or have no value in the last %s: %s\n",
                 path.string().c_str(), counted(W, "step", "steps").c_str(), which.c_str());
  }
  return windows;
}

}  // namespace classifier
