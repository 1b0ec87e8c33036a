#pragma once

/// @file
/// Sequences of equal length from text: one sequence per row.

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/column_order.hpp"
#include "heed/data/detail/parse_file.hpp"
#include "heed/data/detail/table_reader.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/table_format.hpp"
#include "heed/data/targets.hpp"

namespace heed::inline HEED_ISA {

/// Parses a table with one sequence per row: its values step by step (step 0 feature 0, step 0 feature 1, ...), then
/// its label, or as `options.format` says.
///
/// All rows have the same number of fields. Blanks around fields are ignored, and fields may be in double quotes. Blank
/// lines and lines that start with `#` are skipped. Numbers have a decimal point, or as `format.decimal` says, and are
/// read in double. Labels are integers or words. With `options.read.targets` there are numbers instead: one, or several
/// in named columns. With `options.read.missing`, fields may be empty or mark a missing value (`is_missing`).
///
/// Throws at the first fault, and names `where`, line and column. Faults are also: a first row of numbers that could be
/// names or values; a first column that counts the rows, or numbers them under a name such as `id`; names such as x_0,
/// x_1, y_0, y_1, which go feature by feature.
template <class S>
Sequences<S> parse_table(std::string_view text, const std::string& where, const TableOptions& options = {}) try {
  const DefaultFloatingMode mode;
  detail::TableRows table = detail::read_rows(text, where, options, options.read.bytes<S>());
  const Index steps = table.columns / options.features;
  detail::require_step_order(table.names, options.features, where);
  Sequences<S> sequences{
      Tensor<S, 3>({table.rows, steps, options.features}, detail::narrowed<S>(std::move(table.values))), {}, {}};
  sequences.columns = std::move(table.names);
  if (options.read.targets && !table.labels.empty()) {
    sequences.targets = targets_of<S>(table.labels, where, table.label_columns, options.format.decimal);
  } else {
    sequences.labels = std::move(table.labels);
  }
  if (options.read.missing != Missing::error) fill_missing(sequences, options.read.missing, {}, where);
  return sequences;
} catch (...) {
  detail::rethrow_as_error(where);
}

/// Reads a file with `parse_table`.
template <class S>
Sequences<S> read_table(const std::filesystem::path& path, const TableOptions& options = {}) {
  return detail::parse_table_file(path, parse_table<S>, options);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::parse_table)
HEED_COMPILED_FUNCTION(heed::read_table)
