#pragma once

/// @file
/// Sequences from tables of one row a time step, as databases and notebooks export them.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/targets.hpp"
#include "heed/data/text_table.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

/// How the rows of a long table become sequences.
struct LongTableOptions {
  TableFormat format = {};  ///< the columns, too; without a sequence column all rows are one sequence
  TableOptions::Label label = TableOptions::Label::last;
  ReadOptions read = {};
};

/// What a long table holds.
template <class S>
struct LongTable {
  Sequences<S> sequences = {};
  std::vector<std::string> ids = {};       ///< what the sequence column calls each
  std::vector<std::string> features = {};  ///< names of columns; empty without a header
  std::vector<std::string> labels = {};    ///< the same of the label, or of the targets
};

namespace detail {
HEED_FUNCTION LongTable<double> read_long_rows(std::string_view text, const std::string& where,
                                               const LongTableOptions& options, std::size_t bytes);
}  // namespace detail

/// Reads a long table:
///
///     id,t,x,y,label
///     a,0,1.5,2,up
///     b,0,0.5,1,down
///     a,1,1.7,3,up
///
/// Rows with the same value in `format.sequence_column` are one sequence; sequences come in the order of their first
/// rows. Within a sequence the steps are in the order of `format.time_column` (numbers, dates of ISO 8601, or words, see
/// `TimeKey`), without one in that of the rows. Features are the columns `format.feature_columns`, or all that are
/// neither sequence nor time nor label. The label stands in the column `format.label_column`: a name, "first", "last"
/// (of the columns that are left) or "none"; targets may stand in several. It is the same in all rows of a sequence.
///
/// Throws at the first fault, naming `where`, line and column: also where two rows of a sequence have the same time, a
/// time or a sequence is not said, or a label changes within a sequence.
template <class S>
LongTable<S> parse_long_table(std::string_view text, const std::string& where, const LongTableOptions& options) try {
  LongTable<double> table = detail::read_long_rows(text, where, options, sizeof(S));
  Sequences<double>& from = table.sequences;
  Sequences<S> to{Tensor<S, 3>(from.x.extents(), {from.x.begin(), from.x.end()}), std::move(from.lengths),
                  std::move(from.labels)};
  to.targets = Tensor<S, 2>(from.targets.extents(), {from.targets.begin(), from.targets.end()});
  if (options.read.missing != Missing::error) fill_missing(to, options.read.missing, {}, where);
  return {std::move(to), std::move(table.ids), std::move(table.features), std::move(table.labels)};
} catch (...) {
  detail::rethrow_as_error(where);
}

/// `parse_long_table` of a file.
template <class S>
LongTable<S> read_long_table(const std::filesystem::path& path, const LongTableOptions& options) try {
  const std::vector<std::byte> bytes = read_file(path);
  return parse_long_table<S>(as_text(bytes), path.string(), options);
} catch (...) {
  detail::rethrow_as_error(path.string());
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "heed/data/time_key.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

class LongTableReader {
 public:
  LongTableReader(std::string_view text, const std::string& where, const LongTableOptions& options, std::size_t bytes)
      : reader_(text, where, TextReader::Comments::hash, TextReader::Kind::data, options.format.encoding),
        options_(options),
        format_(options.format),
        bytes_(bytes) {}

  LongTable<double> read() {
    while (reader_.next()) {
      split();
      if (width_ == 0 && begin()) continue;
      if (fields_.size() != width_) {
        throw Error({"wrong number of fields",
                     fields_.size() > width_ ? reader_.place(fields_[width_]) : reader_.place_of_end(),
                     std::to_string(width_) + " as in the first row", std::to_string(fields_.size())});
      }
      add_row();
    }
    require(!rows_.empty(), [&] { return Fault{"no data", reader_.where(), "at least one row"}; });
    return pack();
  }

 private:
  using Label = TableOptions::Label;
  struct Row {
    std::size_t sequence = 0;
    Index line = 0;
    TimeKey time = {};
  };

  void split() {
    const char d = format_.delimiter;
    if (d == '\0') return reader_.split(fields_);
    if (d == ' ') return reader_.split(reader_.line(), " \t", fields_);
    const char separators[] = {d, '\0'};
    reader_.split(d == '\t' ? reader_.whole_line() : reader_.line(), separators, fields_);
  }

  /// Of the first row: whether it holds names. Finds the columns.
  bool begin() {
    width_ = fields_.size();
    const bool asked =
        !format_.sequence_column.empty() || !format_.time_column.empty() || !format_.feature_columns.empty();
    const auto is_value = [&](std::string_view field) {
      const std::string text = unquote(field);
      return is_target(text) || (options_.read.missing != Missing::error && is_missing(text));
    };
    const bool values = std::any_of(fields_.begin(), fields_.end(), is_value);
    const bool header = format_.header == TableFormat::Header::yes ||
                        (format_.header == TableFormat::Header::automatic && (asked || !values));
    require(header || !asked, [&] {
      return Fault{"columns with names need a header", reader_.place(reader_.line()), "names in the first row", {}};
    });
    for (const std::string_view field : fields_) names_.push_back(header ? unquote(field) : std::string());
    find_columns(header);
    return header;
  }

  std::size_t column(const std::string& name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    require(found != names_.end(), [&] { return no_such_column(name, names_, reader_.where()); });
    require(std::count(names_.begin(), names_.end(), name) == 1,
            [&] { return Fault{"two columns have this name", reader_.where(), "one", in_quotes(name)}; });
    return static_cast<std::size_t>(found - names_.begin());
  }

  void find_columns(bool header) {
    std::vector<std::string> roles(width_);  // of each column
    const auto give = [&](std::size_t i, const char* role) {
      require(roles[i].empty(), [&] {
        return Fault{"a column is named twice", reader_.where(), "each once",
                     in_quotes(names_[i]) + " as " + roles[i] + " and " + role};
      });
      roles[i] = role;
      return i;
    };
    if (!format_.sequence_column.empty()) sequence_ = give(column(format_.sequence_column), "sequence");
    if (!format_.time_column.empty()) time_ = give(column(format_.time_column), "time");
    if (!format_.feature_columns.empty()) {
      for (const std::string& name : names_in(format_.feature_columns))
        features_.push_back(give(column(name), "feature"));
    }
    const std::string& label = format_.label_column;
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < width_; ++i) {
      if (roles[i].empty()) rest.push_back(i);
    }
    if (label == "first" || label == "last") {
      if (options_.label == Label::last) {
        require(!rest.empty(), [&] { return Fault{"no column is left for the label", reader_.where(), {}, {}}; });
        labels_ = {give(label == "first" ? rest.front() : rest.back(), "label")};
      }
    } else if (label != "none" && options_.label != Label::none) {
      require(header, [&] {
        return Fault{"a label column with a name needs a header", reader_.where(), "first, last, none, or a header",
                     in_quotes(label)};
      });
      std::vector<std::string> wanted = names_in(label);
      if (std::find(names_.begin(), names_.end(), label) != names_.end()) wanted = {label};
      const bool there = std::all_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
        return std::find(names_.begin(), names_.end(), name) != names_.end();
      });
      for (const std::string& name : wanted) {
        if (there || options_.label == Label::last) labels_.push_back(give(column(name), "label"));
      }
    }
    require(labels_.size() <= 1 || options_.read.targets, [&] {
      return Fault{"several label columns", reader_.where(), "one for classes; targets may have several",
                   in_quotes(label)};
    });
    if (format_.feature_columns.empty()) {
      for (const std::size_t i : rest) {
        if (roles[i].empty()) features_.push_back(i);
      }
    }
    require(!features_.empty(), [&] { return Fault{"no column is left for features", reader_.where(), {}, {}}; });
  }

  std::string text_at(std::size_t column, const char* what) const {
    std::string text(trim(unquote(fields_[column])));
    if (text.empty()) reader_.fail(fields_[column], std::string("no ") + what, std::string("a ") + what, "nothing");
    return text;
  }

  void add_row() {
    Row row{.line = reader_.line_number()};
    const std::string id = sequence_ < width_ ? text_at(sequence_, "sequence") : std::string();
    const auto [found, fresh] = known_.emplace(id, ids_.size());
    row.sequence = found->second;
    if (fresh) ids_.push_back(id);
    if (time_ < width_) {
      row.time = time_key(text_at(time_, "time"));
      if (!rows_.empty() && row.time.kind != rows_[0].time.kind) {
        reader_.fail(fields_[time_], "times of two kinds",
                     to_text(rows_[0].time.kind) + std::string(" as in the first row"), in_quotes(fields_[time_]));
      }
    }
    for (const std::size_t i : features_) {
      const std::string own = fields_[i].starts_with('"') ? std::string(trim(unquote(fields_[i]))) : std::string();
      double value = 0;
      if (!own.empty() && parse_number(own, value) == std::errc() && TextReader::fits(value, bytes_)) {
        values_.push_back(value);
      } else if (fields_[i].starts_with('"') && options_.read.missing != Missing::error && is_missing(own)) {
        values_.push_back(std::numeric_limits<double>::quiet_NaN());
      } else {
        values_.push_back(number_or_missing(reader_, fields_[i], bytes_, options_.read.missing));
      }
    }
    for (std::size_t k = 0; k < labels_.size(); ++k) add_label(k, row.sequence, fresh);
    rows_.push_back(std::move(row));
  }

  void add_label(std::size_t k, std::size_t sequence, bool fresh) {
    const std::string_view field = fields_[labels_[k]];
    std::string text = options_.read.targets ? read_target(reader_, field) : read_label(reader_, field);
    if (fresh) return texts_.push_back(std::move(text));
    const std::string& first = texts_[sequence * labels_.size() + k];
    double a = 0, b = 1;
    const bool same = text == first || (options_.read.targets && parse_number(text, a) == std::errc() &&
                                        parse_number(first, b) == std::errc() && a == b);
    if (!same) {
      const std::string of = ids_[sequence].empty() ? "" : " of sequence " + in_quotes(ids_[sequence]);
      reader_.fail(field, "the label changes" + of, in_quotes(first) + " as in its rows before", in_quotes(text));
    }
  }

  LongTable<double> pack() {
    std::vector<std::size_t> order(rows_.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const Row &x = rows_[a], &y = rows_[b];
      if (x.sequence != y.sequence) return x.sequence < y.sequence;
      return time_ < width_ && before(x.time, y.time);
    });
    std::vector<std::int32_t> lengths(ids_.size());
    for (const Row& row : rows_) ++lengths[row.sequence];
    const auto [shortest, longest] = std::minmax_element(lengths.begin(), lengths.end());
    LongTable<double> table;
    const auto features = static_cast<Index>(features_.size());
    table.sequences.x = Tensor<double, 3>({std::ssize(ids_), *longest, features});
    Index t = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Row& row = rows_[order[i]];
      const bool goes_on = i > 0 && rows_[order[i - 1]].sequence == row.sequence;
      t = goes_on ? t + 1 : 0;
      if (goes_on && time_ < width_) require_later(rows_[order[i - 1]], row);
      for (Index f = 0; f < features; ++f) {
        table.sequences.x(static_cast<Index>(row.sequence), t, f) =
            values_[order[i] * features_.size() + static_cast<std::size_t>(f)];
      }
    }
    if (*shortest < *longest) table.sequences.lengths = std::move(lengths);
    if (options_.read.targets && !labels_.empty()) {
      table.sequences.targets = targets_of<double>(texts_, reader_.where(), std::ssize(labels_));
    } else {
      table.sequences.labels = std::move(texts_);
    }
    if (sequence_ < width_) table.ids = std::move(ids_);
    for (const std::size_t i : features_) table.features.push_back(names_[i]);
    for (const std::size_t i : labels_) table.labels.push_back(names_[i]);
    if (names_[0].empty() && std::all_of(names_.begin(), names_.end(), [](auto& n) { return n.empty(); })) {
      table.features = table.labels = {};
    }
    return table;
  }

  void require_later(const Row& earlier, const Row& row) const {
    require(before(earlier.time, row.time), [&] {
      const std::string of = ids_[row.sequence].empty() ? "" : " of sequence " + in_quotes(ids_[row.sequence]);
      return Fault{"two rows" + of + " have the same time",
                   reader_.where() + ", lines " + std::to_string(std::min(earlier.line, row.line)) + " and " +
                       std::to_string(std::max(earlier.line, row.line)),
                   "one row for each time",
                   {}};
    });
  }

  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  TextReader reader_;
  const LongTableOptions& options_;
  const TableFormat& format_;
  std::size_t bytes_;
  std::vector<std::string_view> fields_ = {};
  std::vector<std::string> names_ = {};
  std::size_t width_ = 0, sequence_ = none, time_ = none;
  std::vector<std::size_t> features_ = {}, labels_ = {};  // columns
  std::vector<Row> rows_ = {};
  std::vector<double> values_ = {};      // row by row
  std::vector<std::string> texts_ = {};  // labels or targets, sequence by sequence
  std::vector<std::string> ids_ = {};
  std::map<std::string, std::size_t> known_ = {};
};

HEED_FUNCTION LongTable<double> read_long_rows(std::string_view text, const std::string& where,
                                               const LongTableOptions& options, std::size_t bytes) {
  return LongTableReader(text, where, options, bytes).read();
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif

HEED_COMPILED_FUNCTION(heed::parse_long_table)
HEED_COMPILED_FUNCTION(heed::read_long_table)
