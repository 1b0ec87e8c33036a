#pragma once

// What is looked at before a table is read: its delimiter, and comments that may be rows.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/long_table_columns.hpp"
#include "heed/data/detail/other_formats.hpp"
#include "heed/data/detail/table_numbers.hpp"
#include "heed/data/table_format.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Which fields of a line are numbers; nothing if they cannot be told, as in a comment with a quote.
inline std::vector<bool> numbers_in(std::string_view line, const TableFormat& format) {
  const auto plain = [](char c) { return c == '\t' || (c >= ' ' && c <= '~' && c != '"'); };
  if (!std::all_of(line.begin(), line.end(), plain)) return {};
  TextReader reader(line, "", TextReader::Comments::none);
  std::vector<std::string_view> fields;
  std::vector<bool> numbers;
  if (reader.next()) split_row(reader, format.delimiter, fields);
  for (const std::string_view field : fields) numbers.push_back(is_number(field, format.decimal));
  return numbers;
}

/// Whether the fields of a line are different: units may be equal, names may not.
inline bool distinct_in(std::string_view line, const TableFormat& format) {
  TextReader reader(line, "", TextReader::Comments::none);
  std::vector<std::string_view> fields;
  if (reader.next()) split_row(reader, format.delimiter, fields);
  std::sort(fields.begin(), fields.end());
  return std::adjacent_find(fields.begin(), fields.end()) == fields.end();
}

/// Rejects comments between rows that look like a row: they have as many fields, and numbers in the same columns behind
/// the first, or below names. Also rejects one in front that has the names which the format asks for.
inline void refuse_rows_in_comments(std::string_view text, const TableFormat& format, const std::string& where) {
  const bool names_wanted = format.header == TableFormat::Header::yes || names_columns(format);
  const auto is_true = [](bool is) { return is; };
  std::string_view comment, row;  // in front of the first row; the last row
  Index number = 0;
  const auto place = [&] { return where + ", line " + std::to_string(number); };
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t last = text.rfind('#');
  for (std::size_t at = 0; last != text.npos && at < text.size() && (at <= last || row.empty());) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trim(text.substr(at, end - at));
    at = end + 1;
    ++number;
    if (line.empty()) continue;
    if (!line.starts_with('#')) {
      if (row.empty() && !comment.empty() && names_wanted) {
        const std::vector<bool> names = numbers_in(comment, format), first = numbers_in(line, format);
        const bool values = std::any_of(first.begin(), first.end(), is_true) && distinct_in(comment.substr(1), format);
        require(names.size() < 2 || names.size() != first.size() || !values, [&] {
          return Fault{"names of columns in a comment", place(), "a first row of names without #", "numbers"};
        });
      }
      row = line;
    } else if (row.empty()) {
      comment = line;
    } else {
      const std::vector<bool> is = numbers_in(line, format), above = numbers_in(row, format);
      if (is.size() != above.size()) continue;
      const bool below_names = std::none_of(above.begin(), above.end(), is_true);
      bool any = false, all = true;
      for (std::size_t i = 1; i < is.size(); ++i) {
        any = any || (is[i] && (above[i] || below_names));
        all = all && (is[i] || !above[i]);
      }
      require(!any || !all, [&] {
        return Fault{"a row that begins with # as a comment does", place(), "a first field in quotes, or no such line",
                     in_quotes(line)};
      });
    }
  }
}

/// Takes the delimiter that the first line names, and checks the rest of the format.
inline void begin_table(std::string_view& text, TableFormat& format, const std::string& where) {
  take_delimiter(text, format, where);
  check_separators(format, where);
  refuse_other_formats(text, where);
  refuse_rows_in_comments(text, format, where);
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
