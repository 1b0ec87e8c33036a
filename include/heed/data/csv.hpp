#pragma once

/// @file
/// Writes tables: training history, predictions, attention weights.

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

/// A comma-separated table, built row by row and then written:
///
///     CsvWriter history({"epoch", "loss", "test_loss"});
///     history.row(1, 2.3, std::optional<double>());
///     history.write("history.csv");
///
/// A cell is a text (quoted if necessary), an integer or a float. An `std::optional` is a cell that may be empty. A
/// range (a vector, a span, a one-dimensional view) gives one cell per element.
class CsvWriter {
 public:
  /// Floats have `digits` significant digits. 0: as many as needed to read back the same number, 9 for float and 17 for
  /// double.
  explicit CsvWriter(const std::vector<std::string>& header, int digits = 0);

  /// Adds a row. Throws, and adds nothing, if the number of cells differs from the number of columns.
  template <class... Cells>
  void row(const Cells&... cells) {
    const std::size_t before = text_.size();
    cells_ = 0;
    (append(cells), ...);
    end_row(before);
  }

  const std::string& text() const { return text_; }

  /// Writes the file atomically, as `write_file` does.
  void write(const std::filesystem::path& path) const { write_file(path, std::string_view(text_)); }

 private:
  template <class T>
  void append(const T& cell) {
    if constexpr (std::convertible_to<const T&, std::string_view>) {
      next();
      append_text(cell);
    } else if constexpr (std::integral<T>) {
      next();
      text_ += std::to_string(cell);
    } else if constexpr (std::floating_point<T>) {
      next();
      append_number(static_cast<double>(cell), std::is_same_v<T, float> ? 9 : 17);
    } else {
      for (const auto& element : cell) append(element);
    }
  }
  template <class T>
  void append(const std::optional<T>& cell) {
    if (cell) {
      append(*cell);
    } else {
      next();
    }
  }

  void end_row(std::size_t before);
  void next();
  void append_number(double cell, int digits);
  void append_text(std::string_view cell);

  std::size_t columns_ = 0;
  int digits_ = 0;
  std::string text_ = {};
  std::size_t cells_ = 0;  // of the row that is being added
};

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <charconv>

namespace heed::inline HEED_ISA {

HEED_FUNCTION CsvWriter::CsvWriter(const std::vector<std::string>& header, int digits) : digits_(digits) {
  require(!header.empty(), [] { return Fault{"no columns", "csv", "at least one"}; });
  require(digits >= 0 && digits <= 17,
          [&] { return Fault{"significant digits out of range", "csv", "0 to 17", std::to_string(digits)}; });
  columns_ = header.size();
  row(header);
}

HEED_FUNCTION void CsvWriter::end_row(std::size_t before) {
  if (cells_ != columns_) {
    text_.resize(before);
    throw Error({"wrong number of cells in a row", "csv", std::to_string(columns_), std::to_string(cells_)});
  }
  text_ += '\n';
}

HEED_FUNCTION void CsvWriter::next() {
  if (cells_++) text_ += ',';
}

HEED_FUNCTION void CsvWriter::append_number(double cell, int digits) {
  char buffer[64];
  const auto format = std::chars_format::general;
  text_.append(buffer, std::to_chars(buffer, buffer + 64, cell, format, digits_ ? digits_ : digits).ptr);
}

HEED_FUNCTION void CsvWriter::append_text(std::string_view cell) {
  const bool plain = !cell.empty() && cell.find_first_of(",\"\r\n") == std::string_view::npos && cell[0] != '#' &&
                     cell[0] != ' ' && cell[0] != '\t' && cell.back() != ' ' && cell.back() != '\t' &&
                     !cell.starts_with("\xEF\xBB\xBF");  // a byte order mark, which readers skip
  if (plain) {
    text_ += cell;
    return;
  }
  text_ += '"';
  for (const char c : cell) text_.append(c == '"' ? 2 : 1, c);
  text_ += '"';
}

}  // namespace heed::inline HEED_ISA

#endif
