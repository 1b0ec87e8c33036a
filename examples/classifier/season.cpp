#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "heed/core/tensor.hpp"
#include "series.hpp"

namespace classifier {

using heed::Index;

namespace {

// The step of a window that is a season, or several, before the h-th step after it.
Index step_before(Index h, Index window, Index season) { return window + h - season * (h / season + 1); }

}  // namespace

Index season_of(const SeriesParts& windows, const NumbersTask& task) {
  constexpr double clearly = 0.8;   // of the error of the last value: noise alone seldom reaches it
  constexpr double as_good = 1.05;  // of the least error: of a season and its multiples the first is taken
  constexpr double most_values = 50'000'000;
  const Index n = windows.count(), outputs = task.outputs(), columns = std::ssize(task.forecasts);
  const double all = static_cast<double>(n) * static_cast<double>(outputs) * static_cast<double>(task.window);
  const Index stride = std::max<Index>(1, static_cast<Index>(all / most_values));  // of long data some windows will do
  const auto size = static_cast<std::size_t>(outputs);
  // Of each output, as units differ; over the windows that have both values.
  const auto error_of = [&](Index season) {
    std::vector<double> own(size), last(size);
    for (Index i = 0; i < n; i += stride) {
      for (Index k = 0; k < outputs; ++k) {
        const Index f = task.forecasts[static_cast<std::size_t>(k % columns)];
        const double before = windows.x(i, step_before(k / columns, task.window, season), f),
                     target = windows.targets(i, k), known = windows.last_values(i, k);
        if (std::isnan(before) || std::isnan(known)) continue;
        own[static_cast<std::size_t>(k)] += std::abs(target - before);
        last[static_cast<std::size_t>(k)] += std::abs(target - known);
      }
    }
    double sum = 0;
    for (std::size_t k = 0; k < size; ++k) sum += last[k] > 0 ? own[k] / last[k] : 1;
    return sum / static_cast<double>(size);
  };
  std::vector<double> errors;
  double least = std::numeric_limits<double>::infinity();
  for (Index season = 2; season <= task.window; ++season) {
    errors.push_back(error_of(season));
    least = std::min(least, errors.back());
  }
  if (least > clearly) return 0;
  const Index best = std::find(errors.begin(), errors.end(), least) - errors.begin() + 2;
  Index season = 2;
  while (best % season != 0 || errors[static_cast<std::size_t>(season - 2)] > as_good * least) ++season;
  return season;
}

heed::Tensor<double, 2> values_a_season_before(const SeriesParts& windows, const NumbersTask& task) {
  heed::Tensor<double, 2> values = windows.last_values;
  const Index columns = std::ssize(task.forecasts);
  for (Index i = 0; i < values.extent(0); ++i) {
    for (Index k = 0; k < values.extent(1); ++k) {
      const Index f = task.forecasts[static_cast<std::size_t>(k % columns)];
      const double before = windows.x(i, step_before(k / columns, task.window, task.season), f);
      if (!std::isnan(before)) values(i, k) = before;
    }
  }
  return values;
}

}  // namespace classifier
