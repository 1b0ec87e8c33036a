#pragma once

/// @file
/// How a table is written, and how its rows become sequences.

#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/targets.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ABI {

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

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// The names in a list with commas between them, without the blanks around.
HEED_FUNCTION std::vector<std::string> names_in(std::string_view list);
HEED_FUNCTION Fault no_such_column(const std::string& name, const std::vector<std::string>& names,
                                   const std::string& where);
/// The fields of the row where `reader` stands.
HEED_FUNCTION void split_row(const TextReader& reader, char delimiter, std::vector<std::string_view>& fields);
}  // namespace detail

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <cstddef>

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
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 10); ++i) known += (i ? ", " : "one of ") + names[i];
  return {"no column has this name", where, known + (names.size() > 10 ? ", ..." : ""), in_quotes(name)};
}

HEED_FUNCTION void split_row(const TextReader& reader, char delimiter, std::vector<std::string_view>& fields) {
  if (delimiter == '\0') return reader.split(fields);
  if (delimiter == ' ') return reader.split(reader.line(), " \t", fields);
  const char separators[] = {delimiter, '\0'};
  reader.split(delimiter == '\t' ? reader.whole_line() : reader.line(), separators, fields);
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif
