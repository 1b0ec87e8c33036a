#pragma once

/// @file
/// Sequences of one length from text: one row a sequence.

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/parse_file.hpp"
#include "heed/data/detail/table_reader.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/table_format.hpp"
#include "heed/data/targets.hpp"

namespace heed::inline HEED_ISA {

/// Reads a table: one row a sequence, its values step by step (step 0 feature 0, step 0 feature 1, ...), then its
/// label, or where `options.format` says.
///
/// All rows hold the same number of fields; blanks around them are ignored, and any may stand in double quotes. Blank
/// lines and lines that start with `#` are passed over. Numbers have a decimal point; they are read in double. Labels
/// are integers or words; with `options.read.targets` there are numbers instead, one or several, in columns with names.
/// With `options.read.missing` fields may be empty, or say that a value is missing (`is_missing`).
///
/// Throws at the first fault, naming `where`, line and column: also where a first row of numbers may be names or
/// values, and where the first column numbers the rows.
template <class S>
Sequences<S> parse_table(std::string_view text, const std::string& where, const TableOptions& options = {}) try {
  detail::TableRows table = detail::read_rows(text, where, options, sizeof(S));
  const Index steps = table.columns / options.features;
  Sequences<S> sequences{
      Tensor<S, 3>({table.rows, steps, options.features}, detail::narrowed<S>(std::move(table.values))), {}, {}};
  if (options.read.targets && !table.labels.empty()) {
    sequences.targets = targets_of<S>(table.labels, where, table.label_columns);
  } else {
    sequences.labels = std::move(table.labels);
  }
  if (options.read.missing != Missing::error) fill_missing(sequences, options.read.missing, {}, where);
  return sequences;
} catch (...) {
  detail::rethrow_as_error(where);
}

/// `parse_table` of a file.
template <class S>
Sequences<S> read_table(const std::filesystem::path& path, const TableOptions& options = {}) {
  return detail::parse_file(path, parse_table<S>, options);
}

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::parse_table)
HEED_COMPILED_FUNCTION(heed::read_table)
