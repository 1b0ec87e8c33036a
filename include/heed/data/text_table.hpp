#pragma once

/// @file
/// Sequences of one length from text: one row a sequence.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/targets.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

/// How a table is written.
struct TableFormat {
  enum class Header {
    automatic,  // the first row holds names where it has words above numbers, or counts its columns from 0 as pandas
                // does
    yes,
    no
  };
  enum class IndexColumn {
    refuse,  // a column in front that numbers the rows is an error
    drop,    // the first column numbers the rows: it is passed over
    keep     // the first column is one of values, whatever it holds
  };
  Header header = Header::automatic;
  char delimiter = '\0';              // between fields; '\0': a comma in lines that hold one, otherwise blanks
  std::string label_column = "last";  // "first", "last", "none", or a name in the header; of targets several: "a,b"
  IndexColumn index_column = IndexColumn::refuse;
  Encoding encoding = Encoding::automatic;
  // of long tables, one row a time step (`LongTableOptions`): names in the header
  std::string sequence_column = {}, time_column = {};
  std::string feature_columns = {};  // "a,b"; empty: all that are nothing else
};

/// How the rows of a table become sequences.
struct TableOptions {
  enum class Label {
    last,       // every row has its label, where `format.label_column` says
    none,       // rows hold values only
    if_present  // rows of steps * features values have no label, rows with one field more have it; needs `steps`
  };
  Index features = 1;
  Index steps = 0;  // what every row must hold; 0: what the first row holds
  Label label = Label::last;
  TableFormat format = {};
  ReadOptions read = {};
};

namespace detail {
/// A table row by row, in double.
struct TableRows {
  Index rows = 0, columns = 0;  // columns of values
  std::vector<double> values = {};
  std::vector<std::string> labels = {};
  Index label_columns = 1;
};

/// The names in a list with commas between them, without the blanks around.
HEED_FUNCTION std::vector<std::string> names_in(std::string_view list);
HEED_FUNCTION Fault no_such_column(const std::string& name, const std::vector<std::string>& names,
                                   const std::string& where);

/// `bytes`: the size of the numbers that the values must fit.
HEED_FUNCTION TableRows read_rows(std::string_view text, const std::string& where, const TableOptions& options,
                                  std::size_t bytes);
}  // namespace detail

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
Sequences<S> read_table(const std::filesystem::path& path, const TableOptions& options = {}) try {
  const std::vector<std::byte> bytes = read_file(path);
  return parse_table<S>(as_text(bytes), path.string(), options);
} catch (...) {
  detail::rethrow_as_error(path.string());
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  while (true) {
    const std::size_t end = std::min(list.find(','), list.size());
    names.emplace_back(trim(list.substr(0, end)));
    if (end == list.size()) return names;
    list.remove_prefix(end + 1);
  }
}

HEED_FUNCTION Fault no_such_column(const std::string& name, const std::vector<std::string>& names,
                                   const std::string& where) {
  std::string known;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 10); ++i) known += (i ? ", " : "one of ") + names[i];
  return {"no column has this name", where, known + (names.size() > 10 ? ", ..." : ""), in_quotes(name)};
}

/// Reads a table in two passes: its first rows tell how it is written, then all are read.
class TableReader {
 public:
  TableReader(std::string_view text, const std::string& where, const TableOptions& options, std::size_t bytes)
      : text_(text), where_(where), options_(options), format_(options.format), bytes_(bytes) {
    check_options();
  }

  TableRows read() {
    look();
    TextReader reader(text_, where_, TextReader::Comments::hash, TextReader::Kind::data, format_.encoding);
    if (format_.delimiter == '\t' && options_.read.missing != Missing::error) reader.keep_lines_of_tabs();
    std::vector<std::string_view> fields;
    TableRows table;
    bool first = true, counts = true;  // whether the first column counts the rows
    double before = 0;
    while (reader.next()) {
      split(reader, fields);
      check_width(reader, fields);
      if (std::exchange(first, false) && header_) continue;
      if (table.rows == 0) place_label(reader);
      for (std::size_t i = dropped(); i < width_; ++i) {
        if (is_label_column(i)) continue;
        const double value = number(reader, fields[i]);
        fractions_ = fractions_ || (value != std::trunc(value) && !std::isnan(value));
        table.values.push_back(value);
      }
      for (const std::size_t i : labels_) {
        table.labels.push_back(options_.read.targets ? read_target(reader, fields[i]) : read_label(reader, fields[i]));
      }
      double front = 0;
      counts = counts && parse_number(unquote(fields[0]), front) == std::errc() &&
               (table.rows == 0 ? front == 0 || front == 1 : front == before + 1);
      before = front;
      ++table.rows;
    }
    require(table.rows > 0, [&] { return Fault{"no data", where_, "at least one row"}; });
    refuse_index(counts && !is_label_column(0), table.rows);
    table.columns = static_cast<Index>(width_ - dropped() - labels_.size());
    table.label_columns = std::max<Index>(std::ssize(labels_), 1);
    return table;
  }

 private:
  using Label = TableOptions::Label;
  using Header = TableFormat::Header;
  using IndexColumn = TableFormat::IndexColumn;

  bool is_label_column(std::size_t i) const { return std::find(labels_.begin(), labels_.end(), i) != labels_.end(); }
  std::size_t dropped() const { return format_.index_column == IndexColumn::drop ? 1 : 0; }

  void check_options() const {
    require(options_.features >= 1 && options_.features <= 1'000'000'000 && options_.steps >= 0 &&
                options_.steps <= 1'000'000'000,
            [&] {
              return Fault{"wrong shape of a row", where_, "at least 1 feature and 0 steps",
                           std::to_string(options_.features) + " and " + std::to_string(options_.steps)};
            });
    require(options_.steps > 0 || options_.label != Label::if_present || named(),
            [&] { return Fault{"cannot tell a label from a value", where_, "a known number of steps"}; });
    const char d = format_.delimiter;
    require(
        d != '"' && d != '#' && d != '.' && d != '+' && d != '-' && d != '\n' && d != '\r' && !(d >= '0' && d <= '9') &&
            !(d >= 'a' && d <= 'z') && !(d >= 'A' && d <= 'Z'),
        [&] { return Fault{"not a delimiter", where_, "a character that is no part of numbers", in_quotes({&d, 1})}; });
  }
  bool named() const {
    const std::string& c = format_.label_column;
    return c != "first" && c != "last" && c != "none";
  }

  void split(const TextReader& reader, std::vector<std::string_view>& fields) const {
    const char d = format_.delimiter;
    if (d == '\0') return reader.split(fields);
    if (d == ' ') return reader.split(reader.line(), " \t", fields);
    const char separators[] = {d, '\0'};
    reader.split(d == '\t' ? reader.whole_line() : reader.line(), separators, fields);
  }

  void check_width(const TextReader& reader, const std::vector<std::string_view>& fields) {
    if (width_ == 0) width_ = fields.size();
    const bool one_more = header_ && reader.line_number() > header_line_ && fields.size() == width_ + 1;
    require(!one_more || seen_rows_ > 0, [&] {
      return Fault{"an index column: the header names one column fewer than the rows have", reader.place(fields[0]),
                   "a name for each column, or no index", std::to_string(width_) + " names"};
    });
    require(fields.size() == width_, [&] {
      return Fault{"wrong number of fields",
                   fields.size() > width_ ? reader.place(fields[width_]) : reader.place_of_end(),
                   std::to_string(width_) + " as in the first row", std::to_string(fields.size())};
    });
    if (reader.line_number() > header_line_) ++seen_rows_;
  }

  static bool is_number(std::string_view field) {
    double ignored = 0;
    return parse_number(unquote(field), ignored) != std::errc::invalid_argument;
  }
  /// Missing, where values may be.
  bool is_gap(std::string_view field) const { return options_.read.missing != Missing::error && is_missing(field); }
  /// Starts with a letter or `_`.
  bool is_name(std::string_view field) const {
    const std::string text = unquote(field);
    if (is_gap(text)) return false;
    const auto first = static_cast<unsigned char>(text.empty() ? ' ' : text[0]);
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first >= 0x80;
    return (letter || first == '_') && !is_number(field);
  }

  /// The first two rows: whether there is a header.
  void look() {
    TextReader reader(text_, where_, TextReader::Comments::hash, TextReader::Kind::data, format_.encoding);
    if (format_.delimiter == '\t' && options_.read.missing != Missing::error) reader.keep_lines_of_tabs();
    if (!reader.next()) return;
    std::vector<std::string_view> fields;
    split(reader, fields);
    require(format_.delimiter != '\0' || fields.size() > 1 || reader.line().find(';') == std::string_view::npos, [&] {
      return Fault{"fields with semicolons between them",
                   reader.place(reader.line().substr(reader.line().find(';'))),
                   "commas or blanks, or the delimiter ';' to be named",
                   {}};
    });
    for (const std::string_view field : fields) names_.push_back(unquote(field));
    const auto names_one = [this](std::string_view field) { return is_name(field); };
    const bool all_names = std::all_of(fields.begin(), fields.end(), names_one);
    const std::string place = reader.place(reader.line());
    const Index line = reader.line_number();
    const std::vector<std::string_view> first(names_.begin(), names_.end());
    if (format_.header == Header::automatic && reader.next()) {
      split(reader, fields);
      header_ = names_above(first, fields, reader, place);
      if (header_ == false && all_names && std::none_of(fields.begin(), fields.end(), is_number)) header_ = true;
    } else {
      header_ = format_.header == Header::yes || (format_.header == Header::automatic && all_names);
    }
    if (!header_) {
      names_.clear();
    } else {
      header_line_ = line;
    }
  }

  /// Whether the first row names columns, of which the second, where `reader` stands, holds values.
  bool names_above(const std::vector<std::string_view>& first, const std::vector<std::string_view>& second,
                   TextReader& reader, const std::string& place) const {
    if (first.size() != second.size()) {
      const auto names_one = [this](std::string_view field) { return is_name(field); };
      return std::all_of(first.begin(), first.end(), names_one) && std::any_of(second.begin(), second.end(), is_number);
    }
    std::vector<std::size_t> words;  // columns of numbers with something else above, and of words
    std::size_t numbers = 0;         // columns of numbers, and numbers above them
    bool counts = true;
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (!first[i].empty() && is_gap(first[i])) return false;  // a value
      if (!is_number(first[i]) || !(is_number(second[i]) || is_gap(second[i]))) {
        words.push_back(i);
        continue;
      }
      counts = counts && first[i] == std::to_string(numbers);
      ++numbers;
    }
    const bool above = std::any_of(words.begin(), words.end(), [&](std::size_t i) {
      return is_number(second[i]) && (is_name(first[i]) || first[i].empty());
    });
    if (numbers == 0) {
      return above && (options_.read.missing == Missing::error ||
                       std::any_of(words.begin(), words.end(),
                                   [&](std::size_t i) { return is_number(second[i]) && is_name(first[i]); }));
    }
    if (!counts || numbers < 2) return false;
    // names that count columns: 0, 1, 2, label
    if (above) return true;
    if (words.size() != 1) {
      require(!words.empty() || numbers < 3, [&] {
        return Fault{"a first row that may hold names or values", place, "to be told whether there is a header",
                     "0, 1, 2, ..."};
      });
      return false;
    }
    // a word in a column of words is the name where no row has it as its label
    const std::string name(first[words[0]]);
    std::vector<std::string_view> fields = second;
    do {
      if (fields.size() > words[0] && unquote(fields[words[0]]) == name) return false;
      if (!reader.next()) return true;
      split(reader, fields);
    } while (true);
  }

  /// The columns of these names, with commas between them. Where one is not there: an error, or none at all.
  std::vector<std::size_t> columns_named(const std::string& list, bool required) const {
    std::vector<std::string> wanted{list};
    if (std::find(names_.begin(), names_.end(), list) == names_.end()) wanted = names_in(list);
    std::vector<std::size_t> columns;
    for (const std::string& name : wanted) {
      const auto found = std::find(names_.begin(), names_.end(), name);
      if (found == names_.end() && !required) return {};
      require(found != names_.end(), [&] { return no_such_column(name, names_, where_); });
      columns.push_back(static_cast<std::size_t>(found - names_.begin()));
      require(std::count(columns.begin(), columns.end(), columns.back()) == 1,
              [&] { return Fault{"a column is named twice", where_, "each once", in_quotes(list)}; });
    }
    return columns;
  }

  /// Which field is the label. `reader` stands at the first row of values.
  void place_label(const TextReader& reader) {
    const auto fields = static_cast<Index>(width_ - std::min(width_, dropped()));
    const Index values = options_.steps * options_.features;
    std::vector<std::size_t> by_name;
    if (named()) {
      require(header_, [&] {
        return Fault{"a label column with a name needs a header", where_, "first, last, none, or a header",
                     in_quotes(format_.label_column)};
      });
      by_name = columns_named(format_.label_column, options_.label == Label::last);
    }
    const bool labelled =
        named() ? options_.label != Label::none && !by_name.empty()
                : format_.label_column != "none" &&
                      (options_.label == Label::last || (options_.label == Label::if_present && fields != values));
    if (labelled && by_name.empty()) by_name = {format_.label_column == "first" ? dropped() : width_ - 1};
    if (labelled) labels_ = std::move(by_name);
    require(labels_.size() <= 1 || options_.read.targets, [&] {
      return Fault{"several label columns", where_, "one for classes; targets may have several",
                   in_quotes(format_.label_column)};
    });
    const Index found = fields - std::ssize(labels_);
    const bool fits = options_.steps > 0 ? found == values : found > 0 && found % options_.features == 0;
    require(fits, [&] {
      const std::string step = options_.features == 1 ? "" : " of " + std::to_string(options_.features) + " features";
      std::string expected = options_.steps > 0 ? std::to_string(values) + " values" : "one or more steps" + step;
      if (options_.label == Label::last && labelled) expected += " and a label";
      if (options_.label == Label::if_present) expected += ", or these and a label";
      return Fault{"wrong number of fields", reader.place_of_end(), std::move(expected),
                   std::to_string(fields) + " fields"};
    });
    if (header_ && format_.index_column == IndexColumn::refuse && (names_[0].empty() || names_[0] == "Unnamed: 0") &&
        !is_label_column(0)) {
      throw Error({"an index column in front", where_ + ", line " + std::to_string(header_line_) + ", column 1",
                   "values in each column, or to be told that the first numbers the rows",
                   names_[0].empty() ? "a column without a name" : in_quotes(names_[0])});
    }
  }

  /// What counts the rows is no value: where the header calls it so, or it stands in front of fractions.
  void refuse_index(bool counts, Index rows) const {
    constexpr std::array usual{"index", "id", "row", "rownames", "Index", "ID", "Id", "Row"};
    const bool name = header_ && std::find(usual.begin(), usual.end(), names_[0]) != usual.end();
    const bool sure = name ? rows >= 3 : rows >= 10 && fractions_;
    require(format_.index_column != IndexColumn::refuse || !counts || !sure || width_ < 2, [&] {
      return Fault{"an index column in front: the first field of each row counts them", where_,
                   "values in each column, or to be told whether the first numbers the rows",
                   name ? in_quotes(names_[0]) : ""};
    });
  }

  double number(const TextReader& reader, std::string_view field) const {
    const bool quoted = field.starts_with('"');
    const std::string own = quoted ? unquote(field) : std::string();
    const std::string_view text = quoted ? trim(own) : field;
    double value = 0;
    const std::errc error = parse_number(text, value);
    if (error == std::errc() && TextReader::fits(value, bytes_)) [[likely]]
      return value;
    if (is_gap(text)) return std::numeric_limits<double>::quiet_NaN();
    if (error == std::errc::invalid_argument) explain(reader, field, text);
    return reader.number_that_fits(quoted ? field.substr(1, field.size() - 2) : field, bytes_);  // throws
  }

  /// The usual causes where a field is no number.
  void explain(const TextReader& reader, std::string_view field, std::string_view text) const {
    const auto digits = [](std::string_view t) {
      return !t.empty() && t.find_first_not_of("0123456789+-eE.,") == std::string_view::npos;
    };
    const std::size_t comma = text.find(','), semicolon = text.find(';'), blank = text.find_first_of(" \t");
    if (semicolon != std::string_view::npos && format_.delimiter != ';') {
      reader.fail(field, "fields with semicolons between them", "commas or blanks, or the delimiter ';' to be named",
                  in_quotes(field));
    }
    if (comma != std::string_view::npos && digits(text)) {
      reader.fail(field, "a number with a decimal comma", "a decimal point", in_quotes(field));
    }
    if (blank != std::string_view::npos && format_.delimiter == '\0' && digits(text.substr(0, blank)) &&
        is_number(trim(text.substr(text.find_last_of(" \t") + 1)))) {
      reader.fail(field, "fields with both commas and blanks between them",
                  "one of the two, and numbers with a decimal point", in_quotes(field));
    }
  }

  std::string_view text_;
  const std::string& where_;
  const TableOptions& options_;
  const TableFormat& format_;
  std::size_t bytes_;
  bool header_ = false, fractions_ = false;
  Index header_line_ = 0, seen_rows_ = 0;
  std::vector<std::string> names_ = {};   // of the columns
  std::vector<std::size_t> labels_ = {};  // the columns of the label or the targets; empty: there is none
  std::size_t width_ = 0;
};

HEED_FUNCTION TableRows read_rows(std::string_view text, const std::string& where, const TableOptions& options,
                                  std::size_t bytes) {
  return TableReader(text, where, options, bytes).read();
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif

HEED_COMPILED_FUNCTION(heed::parse_table)
HEED_COMPILED_FUNCTION(heed::read_table)
