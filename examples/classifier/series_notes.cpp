#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>

#include "series.hpp"

namespace classifier {

using heed::Index;

void note_uneven_times(const NumberData& series, const std::filesystem::path& path) {
  if (series.most_step <= 1.5 * series.least_step) return;
  struct Unit {
    double seconds;
    const char* name;
  };
  constexpr std::array units{Unit{86400, " days"}, Unit{3600, " hours"}, Unit{60, " minutes"}, Unit{1, " seconds"}};
  std::size_t of_dates = 0;  // the largest unit that the least step has
  while (of_dates + 1 < units.size() && units[of_dates].seconds > series.least_step) ++of_dates;
  const Unit unit = series.dates ? units[of_dates] : Unit{1, ""};
  std::fprintf(stderr, "%s: rows are %g to %g%s apart in time; each is taken as one step\n", path.string().c_str(),
               series.least_step / unit.seconds, series.most_step / unit.seconds, unit.name);
}

void note_short_series(const SeriesParts& windows, Index count, const std::filesystem::path& path) {
  if (windows.too_short == 0) return;
  std::fprintf(stderr, "%s: %jd of %jd series %s too short for a window and what follows it, and left out\n",
               path.string().c_str(), windows.too_short, count, windows.too_short == 1 ? "is" : "are");
}

void note_empty_end(const heed::Sequences<double>& series, const NumbersTask& task, const std::vector<bool>& unanswered,
                    const std::filesystem::path& path) {
  Index rows = 0;
  for (Index i = 0; i < series.count(); ++i) {
    if (unanswered[static_cast<std::size_t>(i)]) continue;
    const auto empty = [&](Index t) {
      return std::all_of(task.forecasts.begin(), task.forecasts.end(),
                         [&](Index f) { return std::isnan(series.x(i, t, f)); });
    };
    Index end = length_of(series, i);
    while (end > 0 && empty(end - 1)) --end;
    rows = std::max(rows, length_of(series, i) - end);
  }
  if (rows == 0) return;
  std::fprintf(stderr, "%s: the last %s no value to forecast from; the answers are for what follows them\n",
               path.string().c_str(), counted(rows, "row has", "rows have").c_str());
}

}  // namespace classifier
