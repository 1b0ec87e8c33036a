#pragma once

// Decides whether the first row of a table names its columns.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/table_numbers.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/table_format.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

struct TableHeader {
  bool there = false;
  Index line = 0;
  std::vector<std::string> names = {};  // of the columns

  /// Whether the first column is named as an index usually is.
  bool has_index_name() const {
    constexpr std::array usual{"index",  "id",    "row",        "rownames", "rowname",
                               "row_id", "rowid", "row_number", "record_id"};
    if (!there) return false;
    std::string name = names[0];
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return std::find(usual.begin(), usual.end(), name) != usual.end();
  }
  /// Whether it is named as pandas names an index: not at all.
  bool has_unnamed_index() const { return there && is_unnamed(names[0]); }
  static bool is_unnamed(std::string_view name) { return name.empty() || name == "Unnamed: 0"; }
};

/// An unnamed index column where nobody said what to do with it.
inline Error index_in_front(const std::string& name, const std::string& place, const std::string& more = {}) {
  return Error({"an index column in front", place, "values in each column, or index_column drop or keep" + more,
                name.empty() ? "a column without a name" : in_quotes(name)});
}

/// Looks at the first two rows, and at all others if these do not decide it. `has_gaps`: values may be missing.
class TableHeaderFinder {
 public:
  TableHeaderFinder(std::string_view text, const std::string& where, const TableFormat& format, bool has_gaps)
      : text_(text), where_(where), format_(format), has_gaps_(has_gaps) {}

  TableHeader find() {
    TextReader reader(text_, where_, TextReader::Comments::hash, TextReader::Kind::data, format_.encoding);
    if (format_.delimiter == '\t' && has_gaps_) reader.keep_lines_of_tabs();
    if (!reader.next()) return {};
    refuse_other_delimiters(reader);
    std::vector<std::string_view> fields;
    split_row(reader, format_.delimiter, fields);
    TableHeader header{.line = reader.line_number()};
    for (const std::string_view field : fields) header.names.push_back(unquote(field));
    const bool all_names = are_names(fields);
    const std::string place = reader.place(reader.line());
    if (format_.header == Header::automatic && reader.next()) {
      split_row(reader, format_.delimiter, fields);
      header.there = names_above({header.names.begin(), header.names.end()}, fields, reader, place) ||
                     (all_names && !any_number(fields));
    } else {
      header.there = format_.header == Header::yes || (format_.header == Header::automatic && all_names);
    }
    return header.there ? header : TableHeader();
  }

 private:
  using Header = TableFormat::Header;

  /// Rejects a row of one field that contains another common delimiter. Where no delimiter was named, a row of several
  /// is rejected, too, if one stands in front of the last field. (The last one may be a label of any text.)
  void refuse_other_delimiters(const TextReader& reader) const {
    const std::string_view line = reader.line();
    const char d = format_.delimiter;
    if (is_number(line)) return;
    const bool commas = d == '\0' && line.find(',') != std::string_view::npos;
    const std::string_view own = commas                  ? std::string_view(",")
                                 : d == '\0' || d == ' ' ? std::string_view(" \t")
                                                         : std::string_view(&d, 1);
    const std::string_view others = commas ? ";" : d == '\0' ? ";|" : ",;|\t";
    constexpr std::size_t none = std::string_view::npos;
    std::size_t other = none, last = none;  // the first other delimiter, the last own one
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      quoted = quoted != (line[i] == '"');
      if (quoted) continue;
      if (own.find(line[i]) != none) {
        last = i;
      } else if (other == none && others.find(line[i]) != none) {
        other = i;
      }
    }
    if (other == none || (last != none && (d != '\0' || last < other))) return;
    const char found = line[other];
    const std::string name = found == ';' ? "semicolons" : found == ',' ? "commas" : found == '\t' ? "tabs" : "bars";
    reader.fail(line.substr(other), "fields with " + name + " between them",
                d == '\0' ? "commas or blanks, or the delimiter " + in_quotes({&found, 1}) + " to be named"
                          : "the delimiter " + in_quotes({&d, 1}) + " that was named",
                {});
  }

  bool is_number(std::string_view field) const { return detail::is_number(field, format_.decimal); }
  bool any_number(const std::vector<std::string_view>& fields) const {
    return std::any_of(fields.begin(), fields.end(), [this](std::string_view field) { return is_number(field); });
  }
  /// Whether the field is a missing value, if values may be missing.
  bool is_gap(std::string_view field) const { return has_gaps_ && is_missing(field); }
  /// Whether the field starts with a letter or `_`.
  bool is_name(std::string_view field) const {
    const std::string text = unquote(field);
    if (is_gap(text)) return false;
    const auto first = static_cast<unsigned char>(text.empty() ? ' ' : text[0]);
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first >= 0x80;
    return (letter || first == '_') && !is_number(field);
  }
  bool are_names(const std::vector<std::string_view>& fields) const {
    return std::all_of(fields.begin(), fields.end(), [this](std::string_view field) { return is_name(field); });
  }

  /// Whether the first row names columns. `second`, the row at `reader`, has values.
  bool names_above(const std::vector<std::string_view>& first, const std::vector<std::string_view>& second,
                   TextReader& reader, const std::string& place) const {
    if (first.size() != second.size()) {
      return are_names(first) && any_number(second);
    }
    std::vector<std::size_t> words;  // columns with numbers below other text; columns of words
    std::size_t numbers = 0;         // columns of numbers; numbers above them
    bool counts = true, counts_from_one = true;
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (!first[i].empty() && is_gap(first[i])) return false;  // a value
      if (!is_number(first[i]) || !(is_number(second[i]) || is_gap(second[i]))) {
        words.push_back(i);
        continue;
      }
      counts = counts && first[i] == std::to_string(numbers);
      ++numbers;
      counts_from_one = counts_from_one && first[i] == std::to_string(numbers);
    }
    const bool named = any_name(first, second, words) || are_above_numbers(first, second);
    // pandas and R write row names in front, without a name for their column
    const bool index = first[0].empty() && is_number(second[0]);
    if (numbers == 0) return named || (index && !has_gaps_);
    // a header that counts columns counts all of them; in other headers nothing is a missing value
    const bool gap = std::any_of(words.begin(), words.end(),
                                 [&](std::size_t i) { return i > 0 && first[i].empty() && is_number(second[i]); });
    if (gap && !named) return false;
    if (counts_from_one && numbers >= 3 && !named && !index) refuse_count(words, second, reader, place);
    if (!(counts || (counts_from_one && (named || index))) || (numbers < 2 && !index)) return false;
    // names that count the columns: 0, 1, 2, label
    if (named) return true;
    if (index) words.erase(words.begin());
    if (index && words.empty()) {  // or is the first value of a series missing, or of a time step?
      using IndexColumn = TableFormat::IndexColumn;
      const bool dropped = format_.index_column == IndexColumn::drop || format_.index_column == IndexColumn::drop_known;
      require(!has_gaps_ || dropped || numbers >= 3, [&] {
        return Fault{"a first row that may hold names or values", place, "header yes or no",
                     numbers > 1 ? "nothing, 0, 1" : "nothing, 0"};
      });
      return true;
    }
    if (words.size() != 1) {
      require(!words.empty() || numbers < 3, [&] {
        return Fault{"a first row that may hold names or values", place, "header yes or no", "0, 1, 2, ..."};
      });
      return false;
    }
    // a word above a column of words is a name if no row has it as its label
    const std::string name(first[words[0]]);
    std::vector<std::string_view> fields = second;
    do {
      if (fields.size() > words[0] && unquote(fields[words[0]]) == name) return false;
      if (!reader.next()) return true;
      split_row(reader, format_.delimiter, fields);
    } while (true);
  }

  /// Whether a word that does not stand for a missing value is above a number.
  bool any_name(const std::vector<std::string_view>& first, const std::vector<std::string_view>& second,
                const std::vector<std::size_t>& words) const {
    return std::any_of(words.begin(), words.end(), [&](std::size_t i) {
      return is_number(second[i]) && is_name(first[i]) && !is_missing(unquote(first[i]));
    });
  }
  /// Whether a field that begins with a digit is no number of any writing: 00:00, 2025-12-31, 1h, but not 1,5 or 5%.
  static bool is_word_of_digits(std::string_view field) {
    for (std::size_t i = 0; i < field.size(); ++i) {
      const auto c = static_cast<unsigned char>(field[i]);
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
      const bool exponent = c == 'e' || c == 'E';
      if ((letter && !exponent) || c == ':' || c == '_' || c == '/') return true;
      if (c == '-' && i > 0 && field[i - 1] >= '0' && field[i - 1] <= '9') return true;
    }
    return false;
  }
  /// Whether above each of several numbers stands such a word.
  bool are_above_numbers(const std::vector<std::string_view>& first,
                         const std::vector<std::string_view>& second) const {
    std::size_t numbers = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (!is_number(second[i])) continue;
      if (!is_word_of_digits(first[i]) || is_number(first[i]) || is_missing(unquote(first[i]))) return false;
      ++numbers;
    }
    return numbers > 1;
  }

  /// Rejects a first row 1, 2, 3, ... that counts the columns: above at least ten rows, if the next row does not count,
  /// too.
  void refuse_count(const std::vector<std::size_t>& words, const std::vector<std::string_view>& second,
                    TextReader& reader, const std::string& place) const {
    std::vector<double> values;
    for (std::size_t i = 0; i < second.size(); ++i) {
      double value = 0;
      if (std::find(words.begin(), words.end(), i) != words.end()) continue;
      if (parse_number(unquote(second[i]), value, format_.decimal) == std::errc()) values.push_back(value);
    }
    const auto by_one = [](double a, double b) { return b != a + 1; };
    if (values.size() > 1 && std::adjacent_find(values.begin(), values.end(), by_one) == values.end()) return;
    Index rows = 1;
    while (rows < 10 && reader.next()) ++rows;
    require(rows < 10, [&] {
      return Fault{"a first row that may hold names or values", place, "header yes or no", "1, 2, 3, ..."};
    });
  }

  std::string_view text_;
  const std::string& where_;
  const TableFormat& format_;
  bool has_gaps_;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
