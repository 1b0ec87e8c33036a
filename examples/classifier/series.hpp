#pragma once

// Long series, and their windows, from which a forecast learns.

#include <filesystem>
#include <vector>

#include "data.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/load.hpp"
#include "task.hpp"

namespace classifier {

/// Reads series: a table with one row per step; a NumPy file with (steps), (steps, features) or (series, steps,
/// features); a .ts or .arff file with one series per case. Missing values stay if `options.missing` keeps them.
NumberData load_series(const std::filesystem::path& path, const heed::LoadOptions& options);

/// The steps of series i.
heed::Index length_of(const heed::Sequences<double>& series, heed::Index i);

/// Reports on standard error if the rows of a series are not equally far apart in time. Gaps up to 1.5 times the least are
/// not reported, so that months pass.
void note_uneven_times(const NumberData& series, const std::filesystem::path& path);

/// The features in a list of names or of numbers from 0; empty: all. Throws if one does not exist.
std::vector<heed::Index> columns_to_forecast(const std::string& list, const NumberData& series,
                                             const std::filesystem::path& path);

/// Windows of series. last_values (n, outputs): the forecast that everything stays as it was last known; NaN where
/// nothing was known. places: the steps of their targets.
struct SeriesParts : heed::Sequences<double> {
  heed::Tensor<double, 2> last_values = {};
  std::vector<heed::SeriesSteps> places = {};
  heed::Index too_short = 0;  // series that are left out
};

/// All windows of each series, with the following steps as targets. If a share at the ends of the series is held out:
/// only windows whose targets are outside of it or, with `end`, entirely inside. Missing values (NaN) stay in windows, to be
/// filled there: a forecast knows nothing of what follows. Left out are windows without any value, and those that lack a
/// target. Of several series, those that are too short are left out. Throws if no window is left.
SeriesParts windows_of(const heed::Sequences<double>& series, const NumbersTask& task,
                       const std::filesystem::path& path, double held_out = 0, bool end = false);

/// The steps, from 2 to the length of a window, after which a series repeats itself: the values one season before forecast
/// the targets of these windows better than the last values do. 0: there is no such season. Values may be missing.
heed::Index season_of(const SeriesParts& windows, const NumbersTask& task);

/// The values one season of the task before the targets, (n, outputs); where they are missing, the last values.
heed::Tensor<double, 2> values_a_season_before(const SeriesParts& windows, const NumbersTask& task);

/// Reports on standard error how many of these series were left out, if any.
void note_short_series(const SeriesParts& windows, heed::Index count, const std::filesystem::path& path);

/// Reports on standard error if the last rows have no value of what is to be forecast: answers are for what follows them.
/// Series that have no answer are passed over.
void note_empty_end(const heed::Sequences<double>& series, const NumbersTask& task, const std::vector<bool>& unanswered,
                    const std::filesystem::path& path);

/// The series without the share at their ends that is held out.
heed::Sequences<double> without_end(heed::Sequences<double> series, double held_out);

/// The number of values that are missing.
heed::Index missing_values(const heed::Sequences<double>& series);

/// The last window of each series, with missing values as they are. A series that is shorter, or whose window has no
/// value to forecast from, is an error. One of several is `unanswered`, and standard error says so.
NumberData last_windows(const NumberData& series, const NumbersTask& task, heed::Missing missing,
                        const std::filesystem::path& path);

}  // namespace classifier
