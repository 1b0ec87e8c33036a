#pragma once

/// @file
/// The format of a table, and how its rows become sequences.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/targets.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ABI {

/// What stands first in dates such as 12/31/2025.
enum class DateOrder {
  automatic,    ///< the only one that suits all dates of the column; with points the day is first
  day_first,    ///< 31/12/2025
  month_first,  ///< 12/31/2025
  year_first    ///< 25/12/31; four digits are always the year
};
constexpr std::array<std::string_view, 4> names_of(DateOrder) {
  return {"auto", "day-first", "month-first", "year-first"};
}

/// The format of a table.
struct TableFormat {
  enum class Header {
    automatic,  // the first row holds names where it has words above numbers, or counts its columns from 0 as pandas
                // does
    yes,
    no
  };
  enum class IndexColumn {
    refuse,  // a first column that counts or numbers the rows is an error
    drop,    // the first column numbers the rows and is skipped
    keep,    // the first column has values, whatever it holds
    // as `drop`, for what is known of another table: it is an error if the column could also hold values
    drop_known
  };
  Header header = Header::automatic;
  /// Between fields; '\0': tabs in a `.tsv`, what a first line such as `sep=;` names, or commas in lines that have one,
  /// otherwise blanks.
  char delimiter = '\0';
  char decimal = '.';                 ///< of numbers; or ',': then no number has a point, and `delimiter` is named
  std::string label_column = "last";  ///< "first", "last", "none", or a name in the header; several targets: "a,b"
  IndexColumn index_column = IndexColumn::refuse;
  Encoding encoding = Encoding::automatic;
  // for long tables with one row per time step (`LongTableOptions`): names in the header
  std::string sequence_column = {}, time_column = {};
  std::string feature_columns = {};  ///< "a,b"; empty: all other columns
  DateOrder date_order = DateOrder::automatic;
};

/// How the rows of a table become sequences.
struct TableOptions {
  enum class Label {
    last,       // every row has its label, at the place that `format.label_column` says
    none,       // rows have values only
    if_present  // rows of steps * features values have no label, rows with one more field have one; needs `steps`
  };
  Index features = 1;
  Index steps = 0;  ///< of every row; 0: as in the first row
  Label label = Label::last;
  TableFormat format = {};
  ReadOptions read = {};
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// The names in a comma-separated list, without surrounding blanks.
HEED_FUNCTION std::vector<std::string> names_in(std::string_view list);
HEED_FUNCTION Fault no_such_column(const std::string& name, const std::vector<std::string>& names,
                                   const std::string& where);
/// "tab", "blank", "';'"
HEED_FUNCTION std::string delimiter_text(char delimiter);
/// Throws if decimals stand behind another character than a point or a comma, or if the delimiter could be a comma, too,
/// or a part of a number or word.
HEED_FUNCTION void check_separators(const TableFormat& format, const std::string& where);
/// The fields of the row at `reader`.
HEED_FUNCTION void split_row(const TextReader& reader, char delimiter, std::vector<std::string_view>& fields);
/// Throws if the row does not have as many fields as the first one, `width`.
HEED_FUNCTION void require_width(const TextReader& reader, char delimiter, const std::vector<std::string_view>& fields,
                                 std::size_t width);
/// Passes over a first line such as `sep=;`, as spreadsheets write it, and sets the delimiter that it names. Throws if
/// the format names another one.
HEED_FUNCTION void take_delimiter(std::string_view& text, TableFormat& format, const std::string& where);
}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>

#include "heed/data/text.hpp"

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
  const auto add = [&](const std::string& column) {
    known += (known.empty() ? "one of " : ", ") + (column.empty() ? in_quotes("") : column);
  };
  constexpr std::size_t most = 10;
  for (std::size_t i = 0; i < std::min(names.size(), names.size() > most ? most - 1 : most); ++i) add(names[i]);
  if (names.size() > most) {  // the last one is often the label
    known += ", ...";
    add(names.back());
  }
  return {"no column has this name", where, known, in_quotes(name)};
}

HEED_FUNCTION std::string delimiter_text(char delimiter) {
  return delimiter == '\t' ? "tab" : delimiter == ' ' ? "blank" : in_quotes({&delimiter, 1});
}

HEED_FUNCTION void check_separators(const TableFormat& format, const std::string& where) {
  const char d = format.delimiter;
  require(
      d != '"' && d != '#' && d != '.' && d != '+' && d != '-' && d != '\n' && d != '\r' && !(d >= '0' && d <= '9') &&
          !(d >= 'a' && d <= 'z') && !(d >= 'A' && d <= 'Z'),
      [&] { return Fault{"not a delimiter", where, "a character that is no part of numbers", in_quotes({&d, 1})}; });
  // a byte of a longer character would cut others in two
  require(static_cast<unsigned char>(d) < 128, [&] {
    return Fault{"not a delimiter", where, "an ASCII character",
                 "byte " + std::to_string(static_cast<unsigned char>(d))};
  });
  if (format.decimal == '.') return;
  require(format.decimal == ',', [&] {
    return Fault{"not a decimal separator", where, "a point or a comma", in_quotes({&format.decimal, 1})};
  });
  require(format.delimiter != '\0' && format.delimiter != ',', [&] {
    return Fault{"numbers with a decimal comma need another delimiter", where, "the delimiter to be named, such as ';'",
                 format.delimiter == ',' ? "','" : "none"};
  });
}

HEED_FUNCTION void split_row(const TextReader& reader, char delimiter, std::vector<std::string_view>& fields) {
  if (delimiter == '\0') return reader.split(fields);
  if (delimiter == ' ') return reader.split(reader.line(), " \t", fields);
  const char separators[] = {delimiter, '\0'};
  reader.split(delimiter == '\t' ? reader.whole_line() : reader.line(), separators, fields);
}

HEED_FUNCTION void require_width(const TextReader& reader, char delimiter, const std::vector<std::string_view>& fields,
                                 std::size_t width) {
  require(fields.size() == width, [&] {
    // between tabs a name or a word may have blanks
    const bool tabs = delimiter == '\0' && reader.line().find('\t') != std::string_view::npos;
    return Fault{"wrong number of fields", fields.size() > width ? reader.place(fields[width]) : reader.place_of_end(),
                 std::to_string(width) + " as in the first row" + (tabs ? ", or the delimiter tab to be named" : ""),
                 std::to_string(fields.size())};
  });
}

HEED_FUNCTION void take_delimiter(std::string_view& text, TableFormat& format, const std::string& where) {
  const std::string_view mark = text.starts_with("\xEF\xBB\xBF") ? text.substr(0, 3) : std::string_view();
  std::string_view line = text.substr(mark.size());
  line = line.substr(0, line.find_first_of("\r\n"));
  const std::size_t size = mark.size() + line.size();
  if (line.starts_with('"') && line.ends_with('"') && line.size() > 1) line = line.substr(1, line.size() - 2);
  if (line.size() != 5 || ascii_lower(line.substr(0, 4)) != "sep=") return;
  const char said = line[4];
  require(format.delimiter == '\0' || format.delimiter == said, [&] {
    return Fault{"the first line names another delimiter", where + ", line 1",
                 delimiter_text(format.delimiter) + " that was named", delimiter_text(said)};
  });
  format.delimiter = said;
  text.remove_prefix(size);  // the end of the line stays: lines are counted
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
