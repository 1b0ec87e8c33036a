#pragma once

// The numbers in the fields of a table.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "heed/data/labels.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/table_format.hpp"
#include "heed/data/targets.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Whether a field is a number, whatever its size.
inline bool is_number(std::string_view field, char decimal) {
  double ignored = 0;
  return parse_number(unquote(field), ignored, decimal) != std::errc::invalid_argument;
}

/// Whether a text is a number with decimals that are not 0.
inline bool is_fraction(std::string_view text, char decimal) {
  double value = 0;
  const bool number = parse_number(text, value, decimal) == std::errc();
  return number && std::isfinite(value) && value != std::trunc(value);
}

/// Reads the fields of the row at `reader`. `bytes`: the size of the numbers that the values must fit.
class TableNumbers {
 public:
  TableNumbers(const TextReader& reader, const TableFormat& format, const ReadOptions& options, std::size_t bytes)
      : reader_(reader), delimiter_(format.delimiter), decimal_(format.decimal), options_(options), bytes_(bytes) {}

  /// A value; NaN if it is missing and may be. `label`: a field that is not a number could be the label of its row.
  double read(std::string_view field, bool label = false) const {
    const bool quoted = field.starts_with('"');
    const std::string own = quoted ? unquote(field) : std::string();
    const std::string_view text = quoted ? trim(own) : field;
    double value = 0;
    const std::errc error = parse_number(text, value, decimal_);
    if (error == std::errc() && TextReader::fits(value, bytes_)) [[likely]]
      return value;
    if (options_.missing != Missing::error && is_missing(text)) return std::numeric_limits<double>::quiet_NaN();
    if (error == std::errc::invalid_argument) explain(field, text, label);
    return reader_.number_that_fits(quoted ? field.substr(1, field.size() - 2) : field, bytes_, decimal_);  // throws
  }

  /// The label or target, as `read_answer` gives it.
  std::string answer(std::string_view field) const {
    const std::string text = unquote(field);
    if (options_.targets && !is_target(text, decimal_)) explain_decimals(field, text);
    if (!options_.targets && is_fraction(text, decimal_)) {  // no word, with whatever decimals
      if (!options_.needs_labels) return {};
      reader_.fail(field, "not a label", "an integer of 64 bits or a word", in_quotes(text));
    }
    return read_answer(reader_, field, bytes_, options_, decimal_);
  }

  /// Whether two labels or targets are the same. Targets are compared as numbers.
  bool is_same_answer(const std::string& a, const std::string& b) const {
    double x = 0, y = 0;
    return a == b || (options_.targets && parse_number(a, x, decimal_) == std::errc() &&
                      parse_number(b, y, decimal_) == std::errc() && x == y);
  }

  /// Throws if a time that is a word would be a number without its points and commas. 1,2,10 is a word.
  void refuse_decimals(std::string_view field, std::string_view text) const {
    if (std::count(text.begin(), text.end(), ',') < 2) explain_decimals(field, text);
  }

 private:
  /// Throws with the usual causes of a field that is not a number.
  void explain(std::string_view field, std::string_view text, bool label) const {
    const auto digits = [](std::string_view t) {
      return !t.empty() && t.find_first_not_of("0123456789+-eE.,") == std::string_view::npos;
    };
    const std::size_t blank = text.find_first_of(" \t");
    explain_decimals(field, text);
    if (blank != std::string_view::npos && delimiter_ == '\0' && digits(text.substr(0, blank)) &&
        is_number(trim(text.substr(text.find_last_of(" \t") + 1)), decimal_)) {
      reader_.fail(field, "fields with both commas and blanks between them",
                   "one of the two, and numbers with a decimal point", in_quotes(field));
    }
    if (label && is_label(text) && !is_missing(text)) {
      reader_.fail(field, "not a number", "a number, or this column to be told as that of the labels",
                   in_quotes(field));
    }
  }

  /// Throws if a text that is not a number would be one without its points and commas.
  void explain_decimals(std::string_view field, std::string_view text) const {
    const auto commas = std::count(text.begin(), text.end(), ',');
    const bool points = text.find('.') != std::string_view::npos, comma_form = decimal_ == ',';
    std::string digits(text);
    std::erase_if(digits, [](char c) { return c == '.' || c == ','; });
    if (digits.find_first_not_of("0123456789+-eE") != std::string::npos || !is_number(digits, '.')) return;
    if (comma_form && points) {
      reader_.fail(field, "a point in a number whose decimals stand behind a comma", "digits and a decimal comma",
                   in_quotes(field));
    }
    const std::size_t comma = text.find(',');  // "12,345" between commas is no decimal
    const bool thousands = commas == 1 && !comma_form && delimiter_ != ';' && delimiter_ != '\t' &&
                           field.starts_with('"') && text.size() == comma + 4 &&
                           text.substr(0, comma).find_first_of("123456789") != text.npos;
    if (commas > 1 || (commas == 1 && points) || thousands) {
      reader_.fail(field, "a number with thousands separators",
                   comma_form ? "digits and a decimal comma" : "digits and a decimal point", in_quotes(field));
    }
    if (commas == 1 && !comma_form && is_number(text, ',')) {
      reader_.fail(field, "a number with a decimal comma", "a decimal point, or decimal ','", in_quotes(field));
    }
  }

  const TextReader& reader_;
  char delimiter_, decimal_;
  const ReadOptions& options_;
  std::size_t bytes_;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
