#pragma once

// Reads tables with one sequence per row.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/table_format.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
/// A table, row by row, in double.
struct TableRows {
  Index rows = 0, columns = 0;  // columns of values
  std::vector<double> values = {};
  std::vector<std::string> labels = {}, names = {};  // names: of the columns of values
  Index label_columns = 1;
};

/// `bytes`: the size of the numbers that the values must fit.
HEED_FUNCTION TableRows read_rows(std::string_view text, const std::string& where, const TableOptions& options,
                                  std::size_t bytes);
}  // namespace detail
}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cmath>
#include <utility>

#include "heed/data/detail/even_names.hpp"
#include "heed/data/detail/front_column.hpp"
#include "heed/data/detail/table_header.hpp"
#include "heed/data/detail/table_numbers.hpp"
#include "heed/data/detail/table_text.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Reads a table in two passes: the first rows tell its format, then all rows are read.
class TableReader {
 public:
  TableReader(std::string_view text, const std::string& where, const TableOptions& options, std::size_t bytes)
      : text_(text), where_(where), options_(options), format_(options.format), bytes_(bytes) {
    check_options();
  }

  TableRows read() {
    header_ = TableHeaderFinder(text_, where_, format_, has_gaps()).find();
    TextReader reader(text_, where_, TextReader::Comments::hash, TextReader::Kind::data, format_.encoding);
    if (format_.delimiter == '\t' && has_gaps()) reader.keep_lines_of_tabs();
    std::vector<std::string_view> fields;
    const TableNumbers numbers(reader, format_, options_.read, bytes_);
    TableRows table;
    FrontColumn front(header_.has_index_name(), format_.decimal);
    bool labelled = true, first = true;
    std::string place;  // of the first number in the place of a label
    while (reader.next()) {
      split_row(reader, format_.delimiter, fields);
      check_width(reader, fields);
      if (std::exchange(first, false) && header_.there) continue;
      if (table.rows == 0) {
        refuse_last_delimiter(reader, fields);
        place_label(reader, fields.back());
        const std::string text = unquote(fields[0]);
        require_index(text == "0" || text == "1" || !is_number(text));
      }
      const bool other_label = label_is_last() && is_number(fields.back());  // a word could be the label
      for (std::size_t i = dropped(); i < width_; ++i) {
        if (is_label_column(i)) continue;
        if (i == 0 && !other_label) refuse_word_in_front(reader, fields[0]);
        const double value = numbers.read(fields[i], other_label);
        fractions_ = fractions_ || (value != std::trunc(value) && !std::isnan(value));
        table.values.push_back(value);
      }
      for (const std::size_t i : labels_) {
        if (options_.read.needs_labels) refuse_value(reader, fields, i);
        if (place.empty() && is_fraction(unquote(fields[i]), format_.decimal)) place = reader.place(fields[i]);
        table.labels.push_back(numbers.answer(fields[i]));
        labelled = labelled && !table.labels.back().empty();
      }
      front.add(fields[0]);
      ++table.rows;
    }
    require(table.rows > 0, [&] { return Fault{"no data", where_, "at least one row"}; });
    refuse_value_too_many(table.labels, place);
    if (!labelled) table.labels.clear();
    if (!is_label_column(0) && format_.index_column == IndexColumn::refuse && width_ > 1) {
      refuse_index(front, header_, fractions_, where_, "values in each column, or index_column drop or keep");
    }
    require_index(front.counts() || front.has_words());
    table.columns = static_cast<Index>(width_ - dropped() - labels_.size());
    for (std::size_t i = dropped(); i < header_.names.size() && header_.there; ++i) {
      if (!is_label_column(i)) table.names.push_back(header_.names[i]);
    }
    table.label_columns = std::max<Index>(std::ssize(labels_), 1);
    const bool may_ask = options_.label == Label::last && !options_.read.targets;
    if (may_ask && format_.header == TableFormat::Header::automatic && !header_.there) {
      refuse_even_names(table.values, static_cast<std::size_t>(table.columns), table.labels, where_ + ", first row");
    }
    return table;
  }

 private:
  using Label = TableOptions::Label;
  using IndexColumn = TableFormat::IndexColumn;

  bool is_label_column(std::size_t i) const { return std::find(labels_.begin(), labels_.end(), i) != labels_.end(); }
  bool is_number(std::string_view field) const { return detail::is_number(field, format_.decimal); }
  bool has_gaps() const { return options_.read.missing != Missing::error; }
  std::size_t dropped() const {
    return format_.index_column == IndexColumn::drop || format_.index_column == IndexColumn::drop_known ? 1 : 0;
  }

  void check_options() const {
    require(options_.features >= 1 && options_.features <= 1'000'000'000 && options_.steps >= 0 &&
                options_.steps <= 1'000'000'000,
            [&] {
              return Fault{"wrong shape of a row", where_, "at least 1 feature and 0 steps",
                           std::to_string(options_.features) + " and " + std::to_string(options_.steps)};
            });
    require(options_.steps > 0 || options_.label != Label::if_present || named(),
            [&] { return Fault{"cannot tell a label from a value", where_, "a known number of steps"}; });
  }
  bool named() const {
    const std::string& c = format_.label_column;
    return c != "first" && c != "last" && c != "none";
  }

  void check_width(const TextReader& reader, const std::vector<std::string_view>& fields) {
    if (width_ == 0) width_ = fields.size();
    const bool one_more = header_.there && reader.line_number() > header_.line && fields.size() == width_ + 1;
    if (one_more && seen_rows_ == 0 && dropped()) {  // R's write.table writes row names this way
      header_.names.insert(header_.names.begin(), std::string());
      ++width_;
    }
    require(!one_more || seen_rows_ > 0 || dropped(), [&] {
      return Fault{"an index column: the header names one column fewer than the rows have", reader.place(fields[0]),
                   "a name for each column, or index_column drop", std::to_string(width_) + " names"};
    });
    require_width(reader, format_.delimiter, fields, width_);
    if (reader.line_number() > header_.line) ++seen_rows_;
  }

  /// The columns with these names, a comma-separated list. A missing name is an error if `required`; otherwise the
  /// result is empty.
  std::vector<std::size_t> columns_named(const std::string& list, bool required) const {
    std::vector<std::string> wanted{list};
    if (std::find(header_.names.begin(), header_.names.end(), list) == header_.names.end()) wanted = names_in(list);
    std::vector<std::size_t> columns;
    for (const std::string& name : wanted) {
      const auto found = std::find(header_.names.begin(), header_.names.end(), name);
      if (found == header_.names.end() && !required) return {};
      require(found != header_.names.end(), [&] { return no_such_column(name, header_.names, where_); });
      require(std::find(found + 1, header_.names.end(), name) == header_.names.end(),
              [&] { return Fault{"two columns have this name", where_, "a name of its own", in_quotes(name)}; });
      columns.push_back(static_cast<std::size_t>(found - header_.names.begin()));
      require(std::count(columns.begin(), columns.end(), columns.back()) == 1,
              [&] { return Fault{"a column is named twice", where_, "each once", in_quotes(list)}; });
    }
    return columns;
  }

  void refuse_last_delimiter(const TextReader& reader, const std::vector<std::string_view>& fields) const {
    // a row that has values only and as many fields as expected lacks its last value
    const bool values_alone =
        options_.label != Label::last && static_cast<Index>(width_ - dropped()) == options_.steps * options_.features;
    const bool no_label =
        !options_.read.needs_labels && format_.label_column != "first" && format_.label_column != "none";
    require(!fields.back().empty() || has_gaps() || values_alone || no_label || format_.delimiter == ' ', [&] {
      return Fault{"an empty last field: the row ends with a delimiter", reader.place_of_end(),
                   "no delimiter behind the last field", "nothing"};
    });
  }

  /// Whether the label is last because the format does not say otherwise.
  bool label_is_last() const {
    return labels_.size() == 1 && labels_[0] == width_ - 1 && format_.label_column == "last";
  }

  /// Rejects a value in the place of the label if the first field could be the label, as in the UCR archive.
  void refuse_value(const TextReader& reader, const std::vector<std::string_view>& fields, std::size_t i) const {
    if (!label_is_last() || options_.read.targets || !is_fraction(unquote(fields[i]), format_.decimal)) return;
    const std::string first = unquote(fields[0]);
    require(!is_label(first) || is_fraction(first, format_.decimal), [&] {
      return Fault{"not a label", reader.place(fields[i]),
                   "an integer of 64 bits or a word, or to be told that the label stands first", in_quotes(fields[i])};
    });
  }

  /// Rejects rows with a number in the place of a label that only the number of fields tells, if no row has a label.
  void refuse_value_too_many(const std::vector<std::string>& labels, const std::string& place) const {
    const bool by_count = options_.label == Label::if_present && !named() && !options_.read.targets;
    if (!by_count || place.empty() || std::any_of(labels.begin(), labels.end(), [](auto& l) { return !l.empty(); }))
      return;
    const std::string values = std::to_string(options_.steps * options_.features);
    throw Error({"wrong number of fields", place, values + " values, or these and a label", "a number behind them"});
  }

  /// Finds the field of the label. `reader` is at the first row of values, which ends with `last`.
  void place_label(const TextReader& reader, std::string_view last) {
    const auto fields = static_cast<Index>(width_ - std::min(width_, dropped()));
    const Index values = options_.steps * options_.features;
    std::vector<std::size_t> by_name;
    if (named()) {
      require(header_.there, [&] {
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
    if (header_.has_unnamed_index() && format_.index_column == IndexColumn::refuse && !is_label_column(0)) {
      throw index_in_front(header_.names[0], where_ + ", line " + std::to_string(header_.line) + ", column 1");
    }
    require(fits, [&] {
      const std::string step = options_.features == 1 ? "" : " of " + std::to_string(options_.features) + " features";
      std::string expected = options_.steps > 0 ? std::to_string(values) + " values" : "one or more steps" + step;
      const std::size_t labels = labelled ? labels_.size() : named() ? names_in(format_.label_column).size() : 1;
      const std::string label = labels == 1 ? "a label" : std::to_string(labels) + " labels";
      const bool sure = labelled && (options_.label == Label::last || named());
      if (sure) expected += " and " + label;
      if (!sure && options_.label == Label::if_present) expected += ", or these and " + label;
      if (dropped()) expected += ", behind an index column; index_column keep where there is none";
      const std::string lacking = options_.read.targets ? "no targets" : "no labels";
      return Fault{sure && fields == values && is_number(last) ? lacking + ": a row has its values alone"
                                                               : "wrong number of fields",
                   reader.place_of_end(), std::move(expected), std::to_string(fields) + " fields"};
    });
  }

  /// Rejects a word at the start of a row with a header above it: the name of a row, or of its sequence.
  void refuse_word_in_front(const TextReader& reader, std::string_view field) const {
    const std::string word = unquote(field);
    const bool letter = !word.empty() && word.find_first_of(";,") == word.npos &&
                        ((word[0] >= 'a' && word[0] <= 'z') || (word[0] >= 'A' && word[0] <= 'Z'));
    if (!header_.there || !letter || is_number(field) || is_missing(word)) return;
    throw Error({"a word where a number should be", reader.place(field),
                 "a number; or index_column drop for names of rows, label_column for labels, or sequence_column in a "
                 "table with one row per time step",
                 in_quotes(word)});
  }

  /// Rejects a first column that is dropped because another table had an index there, if this one could have values
  /// there, and a label where the other has its last value. `shows`: its fields are those of an index.
  void require_index(bool shows) const {
    const bool named_so = header_.has_index_name() || header_.has_unnamed_index();
    const bool told_apart = options_.steps > 0 && (!labels_.empty() || named());  // by the number of fields
    require(format_.index_column != IndexColumn::drop_known || shows || named_so || told_apart, [&] {
      return Fault{"an index column in front, or a value: the first column neither counts rows nor names them", where_,
                   "index_column drop or keep", ""};
    });
  }

  std::string_view text_;
  const std::string& where_;
  const TableOptions& options_;
  const TableFormat& format_;
  std::size_t bytes_;
  TableHeader header_ = {};
  bool fractions_ = false;  // whether a value has a fraction
  Index seen_rows_ = 0;
  std::vector<std::size_t> labels_ = {};  // the columns of the label or targets; empty: none
  std::size_t width_ = 0;
};

HEED_FUNCTION TableRows read_rows(std::string_view text, const std::string& where, const TableOptions& options,
                                  std::size_t bytes) {
  TableOptions own = options;
  begin_table(text, own.format, where);
  return TableReader(text, where, own, bytes).read();
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
