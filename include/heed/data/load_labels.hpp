#pragma once

/// @file
/// Labels and targets of sequences in files of their own.

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/npy.hpp"
#include "heed/data/npz.hpp"
#include "heed/data/targets.hpp"

namespace heed::inline HEED_ISA {

namespace detail {
HEED_FUNCTION std::string extension(const std::filesystem::path& path);
/// Whether the path is a `.npy`, or a member of a `.npz`.
HEED_FUNCTION bool is_array(const std::filesystem::path& path);

/// The numbers of each line below the header; each has `columns` of them. They fit numbers of so many bytes.
HEED_FUNCTION std::vector<std::string> read_target_lines(const std::filesystem::path& path, Index& columns,
                                                         std::size_t bytes_of_number);
}  // namespace detail

/// Reads labels from a NumPy file (see `parse_npy_labels`), from an array of an archive ("data.npz:y"), or from a text
/// file of any other extension, with one integer or word per line. A word may be in double quotes and contain blanks.
/// Blank lines and lines that start with `#` are skipped, and so is a first line that is a word above integers alone:
/// their header. Throws at the first fault, and names its place.
HEED_FUNCTION std::vector<std::string> load_labels(const std::filesystem::path& path, const Unpack& unpack = {});

/// Reads the targets of sequences, (n) or (n, k) numbers: from a NumPy file or an array of an archive, or from a text
/// file of any other extension with the k numbers of a sequence on each line, below a line of words if there is one.
/// Throws at the first fault, and names its place; a number that is not finite is a fault, and so are lines such as
/// 14,723 alone: one number with a decimal comma, or two.
template <class S>
Tensor<S, 2> load_targets(const std::filesystem::path& path, const Unpack& unpack = {}) try {
  const DefaultFloatingMode mode;
  if (!detail::is_array(path)) {
    Index columns = 1;
    const std::vector<std::string> texts = detail::read_target_lines(path, columns, sizeof(S));
    return targets_of<S>(texts, path.string(), columns);
  }
  const std::optional<NpzPlace> place = npz_place(path);
  NpyArray<S> array = place ? parse_npy<S>(read_npz(*place, unpack), path.string()) : read_npy<S>(path);
  require(array.extents.size() == 1 || array.extents.size() == 2,
          [&] { return Fault{"wrong rank", path.string(), "targets (n) or (n, k)", to_text(array.extents)}; });
  const Index columns = array.extents.size() == 1 ? 1 : array.extents[1];
  require(!array.values.empty(), [&] { return Fault{"no targets", path.string(), "at least one"}; });
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    require(std::isfinite(array.values[i]), [&] {
      return Fault{"not a target", path.string() + ", " + detail::npy_element(i, array.extents), "a finite number",
                   std::isnan(array.values[i]) ? "NaN" : "infinity"};
    });
  }
  return {{array.extents[0], columns}, std::move(array.values)};
} catch (...) {
  detail::rethrow_as_error(path.string());
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <string_view>

#include "heed/data/detail/table_numbers.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION std::string extension(const std::filesystem::path& path) {
  return ascii_lower(path.extension().string());
}

HEED_FUNCTION bool is_array(const std::filesystem::path& path) {
  return extension(path) == ".npy" || npz_place(path).has_value();
}

/// Whether a field may stand above numbers as their name.
HEED_FUNCTION bool is_name(std::string_view field) { return !is_number(field, '.') && !is_missing(unquote(field)); }
/// Whether the first label is a word, and all others are numbers.
HEED_FUNCTION bool begins_with_header(const std::vector<std::string>& labels) {
  return labels.size() > 1 && is_name(labels[0]) &&
         std::all_of(labels.begin() + 1, labels.end(), [](const std::string& label) { return is_number(label, '.'); });
}

/// Whether a line has two integers with nothing but a comma between them.
HEED_FUNCTION bool has_decimal_comma(std::string_view line) {
  const std::size_t sign = !line.empty() && (line[0] == '-' || line[0] == '+') ? 1 : 0;
  const std::string_view digits = line.substr(sign);
  return digits.find_first_not_of("0123456789,") == digits.npos && std::count(digits.begin(), digits.end(), ',') == 1;
}

HEED_FUNCTION std::vector<std::string> read_target_lines(const std::filesystem::path& path, Index& columns,
                                                         std::size_t bytes_of_number) {
  const std::vector<std::byte> bytes = read_file(path);
  std::vector<std::string> texts;
  std::vector<std::string_view> fields;
  std::string place;  // of the first line
  bool first = true, comma_alone = true;
  for (TextReader reader(as_text(bytes), path.string()); reader.next();) {
    reader.split(fields);
    if (std::exchange(first, false) && std::all_of(fields.begin(), fields.end(), is_name)) continue;
    if (texts.empty()) {
      columns = std::ssize(fields);
      place = reader.place(reader.line());
    }
    comma_alone = comma_alone && fields.size() == 2 && has_decimal_comma(trim(reader.line()));
    require(std::ssize(fields) == columns, [&] {
      return Fault{"wrong number of targets", reader.place_of_end(), text_of(columns) + " as in the first line",
                   text_of(fields.size())};
    });
    for (const std::string_view field : fields) texts.push_back(read_target(reader, field, bytes_of_number));
  }
  require(!texts.empty(), [&] { return Fault{"no targets", path.string(), "at least one"}; });
  require(!comma_alone, [&] {
    return Fault{"two targets, or one with a decimal comma", place,
                 "a decimal point, or a blank behind the comma between two targets",
                 in_quotes(texts[0] + "," + texts[1])};
  });
  return texts;
}

}  // namespace detail

HEED_FUNCTION std::vector<std::string> load_labels(const std::filesystem::path& path, const Unpack& unpack) try {
  std::vector<std::string> labels;
  const std::optional<NpzPlace> place = npz_place(path);
  if (place) {
    labels = parse_npy_labels(read_npz(*place, unpack), path.string());
  } else if (const std::vector<std::byte> bytes = read_file(path); detail::is_array(path)) {
    labels = parse_npy_labels(bytes, path.string());
  } else {
    std::vector<std::string_view> fields;
    for (TextReader reader(as_text(bytes), path.string()); reader.next();) {
      reader.split(reader.line(), ",", fields);
      if (fields.size() > 1) reader.fail(fields[1], "more than one label in a line", "one", in_quotes(fields[1]));
      labels.push_back(read_label(reader, fields[0]));
    }
    if (detail::begins_with_header(labels)) labels.erase(labels.begin());
  }
  require(!labels.empty(), [&] { return Fault{"no labels", path.string(), "at least one"}; });
  return labels;
} catch (...) {
  detail::rethrow_as_error(path.string());
}

}  // namespace heed::inline HEED_ISA

#endif
