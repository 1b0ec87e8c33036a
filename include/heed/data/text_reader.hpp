#pragma once

/// @file
/// The lines and fields of a text, with errors that name file, line and column.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ABI {

/// How the bytes of a text are decoded.
enum class Encoding {
  automatic,  ///< each line is UTF-8 or, if it is not, Latin-1
  utf8,       ///< a line that is not UTF-8 is an error
  latin1
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The name of an encoding, for messages.
HEED_FUNCTION const char* to_text(Encoding encoding);

/// Reads a text line by line. Skips blank lines and, if there are comments, comment lines. Lines end with LF or CRLF;
/// in a text without LF they end with CR. A UTF-8 byte order mark is skipped. Lines are given as UTF-8, whatever the
/// encoding of the text.
class TextReader {
 public:
  enum class Comments {
    hash,     ///< lines that start with `#`
    percent,  ///< lines that start with `%`
    both,     ///< lines that start with either
    none
  };
  enum class Kind {
    data,    ///< a control character is an error: this is not a text file
    prose,   ///< a control character counts as a blank; byte 0 (binary files, UTF-16) is an error
    columns  ///< a control character is a part of what it stands in, but a line of these alone is blank; byte 0 as
             ///< above
  };

  /// `text` must outlive the reader; `where` names it in errors.
  TextReader(std::string_view text, std::string where, Comments comments = Comments::hash, Kind kind = Kind::data,
             Encoding encoding = Encoding::automatic);
  TextReader(const TextReader&) = delete;
  TextReader& operator=(const TextReader&) = delete;

  /// Moves to the next line; returns false at the end. Throws if the line is not text. Views of the line before become
  /// invalid.
  bool next();

  /// From now on a line of tabs is not blank: it has fields, which are empty.
  void keep_lines_of_tabs() { keeps_tabs_ = true; }

  /// The current line, without blanks at its ends.
  std::string_view line() const { return line_; }
  /// The current line, with them.
  std::string_view whole_line() const { return full_line_; }

  /// The fields of the current line, without surrounding blanks: separated by commas if the line has one, otherwise by
  /// blanks. A field that starts with a double quote ends at the closing quote, and may contain separators; see
  /// `unquote`.
  void split(std::vector<std::string_view>& fields) const;
  /// The fields of a part of the current line, with given separators.
  void split(std::string_view part, const char* separators, std::vector<std::string_view>& fields) const;

  /// Parses `field` as a finite number. Throws if it is not a number, does not fit `S`, or is NaN or infinite.
  template <class S>
  S number(std::string_view field) const {
    S value{};
    const std::errc error = parse_number(field, value);
    bool finite = true;
    if constexpr (std::floating_point<S>) finite = std::isfinite(value);
    if (error != std::errc() || !finite) [[unlikely]]
      fail_number(field, error, what_fits<S>());
    return value;
  }

  /// Parses `field` as a finite number in double that fits into a number of `bytes` bytes. Its decimals stand behind
  /// `decimal`. Throws otherwise.
  double number_that_fits(std::string_view field, std::size_t bytes, char decimal = '.') const;
  /// Whether the value is finite and, if `bytes` is the size of a float, within its range.
  static bool fits(double value, std::size_t bytes) {
    const bool narrow = bytes == sizeof(float);
    return std::isfinite(value) &&
           (!narrow || std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max()));
  }

  /// "data.csv, line 3, column 7": the place of `field`, a part of the current line. Both count from 1; columns count
  /// UTF-8 characters.
  std::string place(std::string_view field) const;
  /// The place of the end of the current line.
  std::string place_of_end() const;

  [[noreturn]] void fail(std::string_view field, std::string what, std::string expected, std::string got) const;

  const std::string& where() const { return where_; }
  /// The number of the current line, from 1; at the end, that of the last line.
  Index line_number() const { return number_; }
  /// How many lines so far were Latin-1 instead of UTF-8, and the first of them.
  Index latin1_lines() const { return latin1_lines_; }
  Index first_latin1_line() const { return first_latin1_line_; }

 private:
  [[noreturn]] void fail_number(std::string_view field, std::errc error, const char* fitting) const;
  std::size_t end_of_field(std::string_view text, const char* separators) const;

  void refuse_wide_characters() const;
  void decode();
  void check_characters();
  bool blank() const { return line_.empty() && !(keeps_tabs_ && full_line_.find('\t') != std::string_view::npos); }

  std::string_view rest_;
  std::string where_;
  std::string_view comments_;  // characters that start a comment
  Kind kind_;
  Encoding encoding_;
  std::string own_line_ = {};  // the line, if it differs from the text
  Index latin1_lines_ = 0, first_latin1_line_ = 0;
  bool keeps_tabs_ = false;
  char line_end_ = '\n';
  std::string_view full_line_ = {};
  std::string_view line_ = {};
  Index number_ = 0;
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <utility>

#include "heed/core/detail/utf8.hpp"

namespace heed::inline HEED_ISA {

HEED_FUNCTION const char* to_text(Encoding encoding) {
  return encoding == Encoding::utf8 ? "utf-8" : encoding == Encoding::latin1 ? "latin-1" : "auto";
}

HEED_FUNCTION TextReader::TextReader(std::string_view text, std::string where, Comments comments, Kind kind,
                                     Encoding encoding)
    : rest_(text),
      where_(std::move(where)),
      comments_(comments == Comments::hash      ? "#"
                : comments == Comments::percent ? "%"
                : comments == Comments::both    ? "#%"
                                                : ""),
      kind_(kind),
      encoding_(encoding) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  refuse_wide_characters();
  if (rest_.find('\n') == std::string_view::npos) line_end_ = '\r';  // as old Macs, and Excel for them, write it
}

// rejects texts with 16 or 32 bits per character, with or without a byte order mark: in a table every other byte is 0
HEED_FUNCTION void TextReader::refuse_wide_characters() const {
  using namespace std::string_view_literals;
  const auto zero = [this](std::size_t i) { return i < rest_.size() && rest_[i] == '\0'; };
  const bool mark32 = rest_.starts_with("\xFF\xFE\0\0"sv) || rest_.starts_with("\0\0\xFE\xFF"sv);
  const bool plain32 = (zero(1) && zero(2) && zero(3) && !zero(0)) || (zero(0) && zero(1) && zero(2) && !zero(3));
  const bool plain16 = rest_.size() >= 4 && zero(0) == zero(2) && zero(1) == zero(3) && zero(0) != zero(1);
  const bool mark16 = rest_.starts_with("\xFF\xFE") || rest_.starts_with("\xFE\xFF");
  const bool wide = mark32 || (rest_.size() >= 4 && plain32);
  require(!wide && !plain16 && !mark16,
          [&] { return Fault{wide ? "a text of UTF-32" : "a text of UTF-16", where_, "UTF-8: save it so", {}}; });
}

// converts the line to UTF-8
HEED_FUNCTION void TextReader::decode() {
  const std::size_t wrong = encoding_ == Encoding::latin1 ? 0 : abi_detail::first_not_utf8(full_line_);
  if (wrong == full_line_.size()) return;
  if (encoding_ == Encoding::utf8) {
    fail(full_line_.substr(wrong), "not UTF-8", "UTF-8, or another encoding to be named",
         "byte " + std::to_string(static_cast<unsigned char>(full_line_[wrong])));
  }
  if (encoding_ == Encoding::automatic && latin1_lines_++ == 0) first_latin1_line_ = number_;
  std::string line;
  for (const char c : full_line_) abi_detail::append_utf8(line, static_cast<unsigned char>(c));
  own_line_ = std::move(line);
  full_line_ = own_line_;
}

HEED_FUNCTION void TextReader::check_characters() {
  const auto control = [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7F'; };
  const auto at = std::find_if(full_line_.begin(), full_line_.end(), control);
  if (at == full_line_.end()) return;
  const bool binary = full_line_.find('\0') != std::string_view::npos;
  if (kind_ == Kind::data || binary) {
    const auto first = binary ? full_line_.find('\0') : static_cast<std::size_t>(at - full_line_.begin());
    fail(full_line_.substr(first), "not a text file", "text",
         "a control character, " + in_quotes(full_line_.substr(first, 1)));
  }
  if (kind_ == Kind::columns) {
    const auto blank = [&](char c) { return control(c) || c == ' ' || c == '\t'; };
    if (std::all_of(full_line_.begin(), full_line_.end(), blank)) full_line_ = {};
    return;
  }
  std::string line(full_line_);
  std::replace_if(line.begin(), line.end(), control, ' ');
  own_line_ = std::move(line);
  full_line_ = own_line_;
}

HEED_FUNCTION bool TextReader::next() {
  while (!rest_.empty()) {
    const std::size_t end = rest_.find(line_end_);
    full_line_ = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    if (full_line_.ends_with('\r')) full_line_.remove_suffix(1);
    line_ = trim(full_line_);
    if (blank() || (!line_.empty() && comments_.find(line_[0]) != std::string_view::npos)) continue;
    decode();
    check_characters();
    line_ = trim(full_line_);
    if (blank()) continue;
    return true;
  }
  return false;
}

HEED_FUNCTION void TextReader::split(std::vector<std::string_view>& fields) const {
  const bool commas = line_.find(',') != std::string_view::npos;
  split(line_, commas ? "," : " \t", fields);
}

HEED_FUNCTION void TextReader::split(std::string_view part, const char* separators,
                                     std::vector<std::string_view>& fields) const {
  fields.clear();
  const char* blanks = std::string_view(separators) == "\t" ? " " : " \t";
  while (true) {
    part.remove_prefix(std::min(part.find_first_not_of(blanks), part.size()));
    const std::size_t end = end_of_field(part, separators);
    fields.push_back(trim(part.substr(0, end)));
    if (end == part.size()) return;
    part.remove_prefix(end + 1);
  }
}

HEED_FUNCTION double TextReader::number_that_fits(std::string_view field, std::size_t bytes, char decimal) const {
  double value = 0;
  const std::errc error = parse_number(field, value, decimal);
  if (error == std::errc() && fits(value, bytes)) [[likely]]
    return value;
  const bool large = error == std::errc() && std::isfinite(value);
  fail_number(field, large ? std::errc::result_out_of_range : error, what_fits(bytes));
}

HEED_FUNCTION std::string TextReader::place(std::string_view field) const {
  const auto before = full_line_.substr(0, static_cast<std::size_t>(field.data() - full_line_.data()));
  const auto column = 1 + std::count_if(before.begin(), before.end(),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return where_ + ", line " + std::to_string(number_) + ", column " + std::to_string(column);
}

HEED_FUNCTION std::string TextReader::place_of_end() const { return place(line_.substr(line_.size())); }

HEED_FUNCTION void TextReader::fail(std::string_view field, std::string what, std::string expected,
                                    std::string got) const {
  throw Error({std::move(what), place(field), std::move(expected), std::move(got)});
}

HEED_COLD HEED_FUNCTION void TextReader::fail_number(std::string_view field, std::errc error,
                                                     const char* fitting) const {
  if (field.empty()) fail(field, "empty field", "a number", "nothing");
  if (error == std::errc::invalid_argument) fail(field, "not a number", "a number", in_quotes(field));
  if (error == std::errc::result_out_of_range) {
    fail(field, "number out of range", fitting, in_quotes(field));
  }
  fail(field, "value is not finite", "a finite number", in_quotes(field));
}

HEED_FUNCTION std::size_t TextReader::end_of_field(std::string_view text, const char* separators) const {
  if (!text.starts_with('"')) return std::min(text.find_first_of(separators), text.size());
  std::size_t close = text.find('"', 1);
  while (close != std::string_view::npos && text.substr(close + 1).starts_with('"')) close = text.find('"', close + 2);
  if (close == std::string_view::npos)
    fail(text, "quote is not closed", "a closing \" on the same line", in_quotes(text));
  const std::size_t end = std::min(text.find_first_of(separators, close + 1), text.size());
  const std::string_view after = trim(text.substr(close + 1, end - close - 1));
  if (!after.empty()) fail(after, "text after the closing quote", "a separator", in_quotes(after));
  return end;
}

}  // namespace heed::inline HEED_ISA

#endif
