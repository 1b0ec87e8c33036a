#pragma once

/// @file
/// Sequences from tables with one row per time step, as databases and notebooks export them.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/parse_file.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/table_format.hpp"
#include "heed/data/targets.hpp"

namespace heed::inline HEED_ABI {

/// How the rows of a long table become sequences.
struct LongTableOptions {
  TableFormat format = {};  ///< also names the columns; without a sequence column all rows are one sequence
  TableOptions::Label label = TableOptions::Label::last;
  ReadOptions read = {};
};

/// The contents of a long table.
template <class S>
struct LongTable {
  Sequences<S> sequences = {};
  std::vector<std::string> ids = {};       ///< the values of the sequence column
  std::vector<std::string> features = {};  ///< names of the feature columns; empty without a header
  std::vector<std::string> labels = {};    ///< names of the columns of the label or targets; empty without a header
  /// The least and the most time from a row to the next one, in the sequence where they differ most (by their ratio):
  /// seconds between dates, else the unit of the column; 0 without times, or where they are words.
  double least_step = 0, most_step = 0;
  bool dates = false;                           ///< whether the times are dates
  DateOrder date_order = DateOrder::automatic;  ///< of dates that need one, as `TableFormat` or the column says
  Index sorted = 0;                             ///< sequences whose rows stood in another order than their times
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
HEED_FUNCTION LongTable<double> read_long_rows(std::string_view text, const std::string& where,
                                               const LongTableOptions& options, std::size_t bytes);
}  // namespace detail

/// Parses a long table:
///
///     id,t,x,y,label
///     a,0,1.5,2,up
///     b,0,0.5,1,down
///     a,1,1.7,3,up
///
/// Rows with the same value in `format.sequence_column` form a sequence. Sequences are in the order of their first
/// rows. Within a sequence, `format.time_column` orders the steps; without it they keep the order of the rows. Times are
/// numbers, dates or words, see `TimeKey`; dates may also be written as 31.12.2025, 12/31/25 11:40 PM, 31 Dec 2025,
/// Dec 2025, 12/2025, Q4 2025 or, in all rows, 20251231. Features are the columns `format.feature_columns`, or all that are neither sequence nor
/// time nor label. The label is in the column `format.label_column`: a name, "first", "last" (of the remaining columns)
/// or "none"; there may be several targets. All rows of a sequence have the same label.
///
/// Throws at the first fault, and names `where`, line and column. Faults are also: two rows of a sequence with the same
/// time, a missing time or sequence, dates that could be in several orders, a time in a form that does not sort (`Jan`),
/// rows in another order than their times if these are words, times of day without a date, or numbers such as 31122025;
/// a label that changes within a sequence, and a first column that numbers the rows, unless it has a role or
/// `index_column` says what it is.
template <class S>
LongTable<S> parse_long_table(std::string_view text, const std::string& where, const LongTableOptions& options) try {
  const DefaultFloatingMode mode;
  LongTable<double> table = detail::read_long_rows(text, where, options, options.read.bytes<S>());
  Sequences<S> to = detail::narrowed_unchecked<S>(std::move(table.sequences));
  if (options.read.missing != Missing::error) fill_missing(to, options.read.missing, {}, where);
  return {std::move(to),
          std::move(table.ids),
          std::move(table.features),
          std::move(table.labels),
          table.least_step,
          table.most_step,
          table.dates,
          table.date_order,
          table.sorted};
} catch (...) {
  detail::rethrow_as_error(where);
}

/// Reads a file with `parse_long_table`.
template <class S>
LongTable<S> read_long_table(const std::filesystem::path& path, const LongTableOptions& options) {
  return detail::parse_table_file(path, parse_long_table<S>, options);
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "heed/data/detail/front_column.hpp"
#include "heed/data/detail/long_table_columns.hpp"
#include "heed/data/detail/table_numbers.hpp"
#include "heed/data/detail/table_text.hpp"
#include "heed/data/detail/time_column.hpp"
#include "heed/data/detail/time_order.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"
#include "heed/data/time_key.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

class LongTableReader {
 public:
  LongTableReader(std::string_view text, const std::string& where, const LongTableOptions& options, std::size_t bytes)
      : reader_(text, where, TextReader::Comments::hash, TextReader::Kind::data, options.format.encoding),
        options_(options),
        format_(options.format),
        header_(long_table_header(text, where, options.format, options.read)),
        front_(header_.has_index_name(), format_.decimal),
        numbers_(reader_, format_, options.read, bytes),
        times_(reader_, format_, numbers_) {
    if (has_empty_steps(format_, options.read)) reader_.keep_lines_of_tabs();
  }

  LongTable<double> read() {
    while (reader_.next()) {
      split_row(reader_, format_.delimiter, fields_);
      if (width_ == 0 && begin()) continue;
      require_width(reader_, format_.delimiter, fields_, width_);
      add_row();
      front_.add(fields_[0]);
    }
    require(!rows_.empty(), [&] { return Fault{"no data", reader_.where(), "at least one row"}; });
    refuse_index_as_feature();
    return pack();
  }

 private:
  struct Row {
    std::size_t sequence = 0;
    Index line = 0;
    TimeKey time = {};
  };

  /// Finds the columns. The reader is at the first row: whether it is the header.
  bool begin() {
    width_ = fields_.size();
    require(header_.there || !names_columns(format_), [&] {
      return Fault{"columns with names need a header", reader_.place(reader_.line()), "names in the first row", {}};
    });
    names_ = header_.there ? header_.names : std::vector<std::string>(width_);
    columns_ =
        LongTableColumnFinder(names_, header_.there, format_, options_.label, options_.read.targets, reader_.where())
            .find();
    return header_.there;
  }

  /// Rejects a first column that numbers the rows as a feature that nobody named.
  void refuse_index_as_feature() const {
    const bool feature = columns_.features[0] == 0 && format_.feature_columns.empty();
    if (!feature || format_.index_column != TableFormat::IndexColumn::refuse || width_ < 2) return;
    const bool fractions = std::any_of(values_.begin(), values_.end(),
                                       [](double value) { return !std::isnan(value) && value != std::trunc(value); });
    refuse_index(front_, header_, fractions, reader_.where(),
                 "values in each column; or index_column drop or keep, time_column or sequence_column");
  }

  std::string text_at(std::size_t column, const char* what) const {
    std::string text(trim(unquote(fields_[column])));
    if (text.empty()) reader_.fail(fields_[column], std::string("no ") + what, std::string("a ") + what, "nothing");
    return text;
  }

  void add_row() {
    Row row{.line = reader_.line_number()};
    const std::string id = columns_.sequence ? text_at(*columns_.sequence, "sequence") : std::string();
    const auto [found, fresh] = known_.emplace(id, ids_.size());
    row.sequence = found->second;
    if (fresh) ids_.push_back(id);
    if (columns_.time) {
      row.time = times_.read(fields_[*columns_.time], text_at(*columns_.time, "time"));
    }
    for (const std::size_t i : columns_.features) {
      refuse_word_as_feature(reader_, format_, fields_[i], names_[i]);
      values_.push_back(numbers_.read(fields_[i]));
    }
    for (std::size_t k = 0; k < columns_.labels.size(); ++k) add_label(k, row.sequence, fresh);
    rows_.push_back(std::move(row));
  }

  void add_label(std::size_t k, std::size_t sequence, bool fresh) {
    const std::string_view field = fields_[columns_.labels[k]];
    std::string text = numbers_.answer(field);
    if (text.empty()) unlabelled_ = true;
    if (unlabelled_) return texts_.clear();
    if (fresh) return texts_.push_back(std::move(text));
    const std::string& first = texts_[sequence * columns_.labels.size() + k];
    if (!numbers_.is_same_answer(text, first)) {
      const std::string of = ids_[sequence].empty() ? "" : " of sequence " + in_quotes(ids_[sequence]);
      reader_.fail(field, "the label changes" + of, in_quotes(first) + " as in its rows before", in_quotes(text));
    }
  }

  LongTable<double> pack() {
    LongTable<double> table{.date_order = times_.date_order()};
    times_.set_times(rows_, table.date_order);
    std::vector<std::size_t> order(rows_.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const Row &x = rows_[a], &y = rows_[b];
      if (x.sequence != y.sequence) return x.sequence < y.sequence;
      return columns_.time && before(x.time, y.time);
    });
    std::vector<std::int32_t> lengths(ids_.size());
    for (const Row& row : rows_) ++lengths[row.sequence];
    const auto [shortest, longest] = std::minmax_element(lengths.begin(), lengths.end());
    const std::size_t features = columns_.features.size();
    table.sequences.x = padded_zeros<double>(lengths, static_cast<Index>(features), reader_.where());
    TimeOrder<Row> times(reader_.where(), ids_);
    Index t = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Row& row = rows_[order[i]];
      const bool goes_on = i > 0 && rows_[order[i - 1]].sequence == row.sequence;
      t = goes_on ? t + 1 : 0;
      if (!goes_on) times.begin_sequence();
      if (goes_on && columns_.time) times.add(rows_[order[i - 1]], row);
      std::copy_n(values_.data() + order[i] * features, features,
                  &table.sequences.x(static_cast<Index>(row.sequence), t, 0));
    }
    times.finish(rows_);
    table.least_step = times.steps().least();
    table.most_step = times.steps().most();
    table.sorted = times.sorted();
    table.dates = columns_.time && rows_[0].time.kind == TimeKey::Kind::date;
    if (*shortest < *longest) table.sequences.lengths = std::move(lengths);
    if (options_.read.targets && !texts_.empty()) {
      table.sequences.targets =
          targets_of<double>(texts_, reader_.where(), std::ssize(columns_.labels), format_.decimal);
    } else {
      table.sequences.labels = std::move(texts_);
    }
    if (columns_.sequence) table.ids = std::move(ids_);
    for (const std::size_t i : columns_.features) table.features.push_back(names_[i]);
    for (const std::size_t i : columns_.labels) table.labels.push_back(names_[i]);
    if (!header_.there) table.features = table.labels = {};
    return table;
  }

  TextReader reader_;
  const LongTableOptions& options_;
  const TableFormat& format_;
  TableHeader header_;
  FrontColumn front_;
  TableNumbers numbers_;
  TimeColumn times_;
  std::vector<std::string_view> fields_ = {};
  std::vector<std::string> names_ = {};
  std::size_t width_ = 0;
  LongTableColumns columns_ = {};
  std::vector<Row> rows_ = {};
  std::vector<double> values_ = {};      // row by row
  std::vector<std::string> texts_ = {};  // labels or targets, sequence by sequence
  bool unlabelled_ = false;              // a row lacks its label, and may
  std::vector<std::string> ids_ = {};
  std::map<std::string, std::size_t> known_ = {};
};

HEED_FUNCTION LongTable<double> read_long_rows(std::string_view text, const std::string& where,
                                               const LongTableOptions& options, std::size_t bytes) {
  LongTableOptions own = options;
  begin_table(text, own.format, where);
  return LongTableReader(text, where, own, bytes).read();
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif

HEED_COMPILED_FUNCTION(heed::parse_long_table)
HEED_COMPILED_FUNCTION(heed::read_long_table)
