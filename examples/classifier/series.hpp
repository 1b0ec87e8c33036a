#pragma once

// Long series, and the windows of them that a forecast learns from.

#include <filesystem>

#include "data.hpp"
#include "heed/core/tensor.hpp"
#include "heed/data/load.hpp"
#include "task.hpp"

namespace classifier {

/// Reads series: a table, a row a step; a NumPy file of (steps), (steps, features) or (series, steps, features); a .ts
/// or .arff, a case a series. Missing values are left where `options.missing` keeps them.
NumberData load_series(const std::filesystem::path& path, const heed::LoadOptions& options);

/// The features that a list of names, or of numbers from 0, means; empty: all. Throws where one is not there.
std::vector<heed::Index> columns_to_forecast(const std::string& list, const NumberData& series,
                                             const std::filesystem::path& path);

/// All windows of each series, and the steps that follow as targets. With a share held out at the ends of the series,
/// those whose targets are not there, or, at `end`, those whose targets all are. Where steps are missing, those windows
/// whose next steps are all there and that have a step. Throws where a series is too short, or none is left.
heed::Sequences<double> windows_of(const heed::Sequences<double>& series, const NumbersTask& task,
                                   const std::filesystem::path& path, double held_out = 0, bool end = false);

/// The last window of each series.
heed::Sequences<double> last_windows(const heed::Sequences<double>& series, const NumbersTask& task,
                                     const std::filesystem::path& path);

/// What windows are forecast to be followed by where everything stays as it is: (n, outputs).
heed::Tensor<double, 2> last_values(const heed::Sequences<double>& windows, const NumbersTask& task);

}  // namespace classifier
