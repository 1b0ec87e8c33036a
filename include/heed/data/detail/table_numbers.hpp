#pragma once

// The numbers in the fields of a table.

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "heed/data/labels.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Whether a field is a number, whatever its size.
inline bool is_number(std::string_view field) {
  double ignored = 0;
  return parse_number(unquote(field), ignored) != std::errc::invalid_argument;
}

/// Reads the fields of the row at `reader`. A missing value is NaN, if values may be missing (`has_gaps`).
class TableNumbers {
 public:
  TableNumbers(const TextReader& reader, char delimiter, bool has_gaps, std::size_t bytes)
      : reader_(reader), delimiter_(delimiter), has_gaps_(has_gaps), bytes_(bytes) {}

  /// `label`: a field that is not a number could be the label of its row.
  double read(std::string_view field, bool label = false) const {
    const bool quoted = field.starts_with('"');
    const std::string own = quoted ? unquote(field) : std::string();
    const std::string_view text = quoted ? trim(own) : field;
    double value = 0;
    const std::errc error = parse_number(text, value);
    if (error == std::errc() && TextReader::fits(value, bytes_)) [[likely]]
      return value;
    if (has_gaps_ && is_missing(text)) return std::numeric_limits<double>::quiet_NaN();
    if (error == std::errc::invalid_argument) explain(field, text, label);
    return reader_.number_that_fits(quoted ? field.substr(1, field.size() - 2) : field, bytes_);  // throws
  }

 private:
  /// Throws with the usual causes of a field that is not a number.
  void explain(std::string_view field, std::string_view text, bool label) const {
    const auto digits = [](std::string_view t) {
      return !t.empty() && t.find_first_not_of("0123456789+-eE.,") == std::string_view::npos;
    };
    const std::size_t comma = text.find(','), semicolon = text.find(';'), blank = text.find_first_of(" \t");
    if (semicolon != std::string_view::npos && delimiter_ != ';') {
      reader_.fail(field, "fields with semicolons between them", "commas or blanks, or the delimiter ';' to be named",
                   in_quotes(field));
    }
    if (comma != std::string_view::npos && digits(text)) {
      const bool both = text.find('.') != std::string_view::npos || text.find(',', comma + 1) != std::string_view::npos;
      reader_.fail(field, both ? "a number with thousands separators" : "a number with a decimal comma",
                   both ? "digits and a decimal point" : "a decimal point, or decimal ','", in_quotes(field));
    }
    if (blank != std::string_view::npos && delimiter_ == '\0' && digits(text.substr(0, blank)) &&
        is_number(trim(text.substr(text.find_last_of(" \t") + 1)))) {
      reader_.fail(field, "fields with both commas and blanks between them",
                   "one of the two, and numbers with a decimal point", in_quotes(field));
    }
    if (label && is_label(text) && !is_missing(text)) {
      reader_.fail(field, "not a number", "a number, or this column to be told as that of the labels",
                   in_quotes(field));
    }
  }

  const TextReader& reader_;
  char delimiter_;
  bool has_gaps_;
  std::size_t bytes_;  // size of the numbers that the values must fit
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
