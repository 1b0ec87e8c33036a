#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#ifdef HEED_CLASSIFIER_ZIP
#include "heed/archive/unzip.hpp"
#endif
#include "heed/core/error.hpp"
#include "heed/data/table_format.hpp"
#include "heed/data/text.hpp"
#include "hints.hpp"
#include "series.hpp"

namespace classifier {

using heed::Index;

namespace {

heed::Tensor<double, 3> read_array(const std::filesystem::path& path, const heed::Unpack& unpack) {
  const auto place = heed::npz_place(path);
  heed::NpyArray<double> array =
      place ? heed::parse_npy<double>(heed::read_npz(*place, unpack), path.string()) : heed::read_npy<double>(path);
  std::vector<Index>& extents = array.extents;
  heed::require(extents.size() >= 1 && extents.size() <= 3, [&] {
    return heed::Fault{"wrong rank", path.string(), "(steps), (steps, features) or (series, steps, features)",
                       heed::to_text(extents)};
  });
  if (extents.size() == 1) extents.push_back(1);
  if (extents.size() == 2) extents.insert(extents.begin(), 1);
  heed::require(!array.values.empty(), [&] {
    return heed::Fault{"no data", path.string(), "at least one series, step and feature", heed::to_text(extents)};
  });
  return {{extents[0], extents[1], extents[2]}, std::move(array.values)};
}

NumberData read_series(const std::filesystem::path& path, heed::LoadOptions options) {
  NumberData series;
  if (heed::detail::is_array(path)) {
    static_cast<heed::Sequences<double>&>(series) = {read_array(path, options.unpack), {}, {}};
    heed::check_fits_float<double>(series.x.view(), path.string());
  } else if (!is_table(path)) {
    options.labels = options.targets = false;
    options.fits_float = true;
    static_cast<heed::Sequences<double>&>(series) = heed::load_sequences<double>(path, {}, options);
    series.labels.clear();
    series.targets = {};
  } else {
    auto table = heed::read_long_table<double>(
        path, {options.table, heed::TableOptions::Label::none, {.missing = options.missing, .fits_float = true}});
    series.sorted = table.sorted;
    series.least_step = table.least_step;
    series.most_step = table.most_step;
    series.dates = table.dates;
    series.date_order = table.date_order;
    static_cast<heed::Sequences<double>&>(series) = std::move(table.sequences);
    series.features_of_table = std::move(table.features);
    series.ids = std::move(table.ids);
  }
  return series;
}

}  // namespace

NumberData load_series(const std::filesystem::path& path, const heed::LoadOptions& options) {
  heed::LoadOptions own = options;
#ifdef HEED_CLASSIFIER_ZIP
  own.unpack = heed::unzip;
#endif
  try {
    NumberData series = read_series(path, own);
    if (own.missing == heed::Missing::error) check_finite(series, path.string());
    return series;
  } catch (const heed::Error& e) {
    throw heed::Error(with_hint(e.fault()));
  }
}

std::vector<Index> columns_to_forecast(const std::string& list, const NumberData& series,
                                       const std::filesystem::path& path) {
  std::vector<Index> columns;
  const std::vector<std::string>& names = series.features_of_table;
  if (list.empty()) {
    for (Index f = 0; f < series.features(); ++f) columns.push_back(f);
    return columns;
  }
  std::vector<std::string> wanted = heed::detail::names_in(list);
  if (std::find(names.begin(), names.end(), list) != names.end()) wanted = {list};
  for (const std::string& name : wanted) {
    const auto found = std::find(names.begin(), names.end(), name);
    Index number = found - names.begin();
    const bool there = found != names.end() || heed::parse_number(name, number) == std::errc();
    heed::require(there && number >= 0 && number < series.features(), [&] {
      if (!names.empty()) return heed::detail::no_such_column(name, names, path.string());
      return heed::Fault{"no such column", path.string(), "0 to " + std::to_string(series.features() - 1), name};
    });
    heed::require(std::find(columns.begin(), columns.end(), number) == columns.end(), [&] {
      return heed::Fault{"--target-column names a column twice", path.string(), "each once", name};
    });
    columns.push_back(number);
  }
  return columns;
}

}  // namespace classifier
