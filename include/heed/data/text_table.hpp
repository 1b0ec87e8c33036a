#pragma once

/// @file
/// Sequences of one length from text: one row a sequence.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/text.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

/// How the rows of a table become sequences.
struct TableOptions {
  enum class Label {
    last,       // every row ends with its label
    none,       // rows hold values only
    if_present  // rows of steps * features values have no label, rows with one field more end with it; needs `steps`
  };
  Index features = 1;
  Index steps = 0;  // what every row must hold; 0: what the first row holds
  Label label = Label::last;
};

namespace detail {
/// Whether the first row holds column names: each field starts with a letter, `_` or a quote, and none is a number.
HEED_FUNCTION bool is_header(const std::vector<std::string_view>& fields);

HEED_FUNCTION void check_options(const TableOptions& options, const std::string& where);

/// Whether rows of `width` fields end with a label. Throws where such rows do not hold whole steps, or not the
/// expected number of them. `reader` stands at the first row.
HEED_FUNCTION bool has_label(std::size_t width, const TableOptions& options, const TextReader& reader);
}  // namespace detail

/// Reads a table: one row a sequence, its values step by step (step 0 feature 0, step 0 feature 1, ...), then its
/// label.
///
/// Fields are separated by commas in a line that holds a comma, blanks around them ignored; otherwise by blanks. All
/// rows hold the same number of fields. Blank lines and lines that start with `#` are passed over. The first row is
/// taken for column names, and skipped, if each of its fields starts with a letter, `_` or a quote and none is a
/// number. Labels are integers or words; a word may stand in double quotes. They are returned in canonical form.
///
/// Throws at the first fault, naming `where`, line and column.
template <class S>
Sequences<S> parse_table(std::string_view text, const std::string& where, const TableOptions& options = {}) {
  detail::check_options(options, where);
  TextReader reader(text, where);
  std::vector<std::string_view> fields;
  std::vector<S> values;
  std::vector<std::string> labels;
  std::size_t width = 0;
  Index rows = 0;
  bool labelled = false;
  for (bool first = true; reader.next(); first = false) {
    reader.split(fields);
    if (first) width = fields.size();
    require(fields.size() == width, [&] {
      return Fault{"wrong number of fields",
                   fields.size() > width ? reader.place(fields[width]) : reader.place_of_end(),
                   std::to_string(width) + " as in the first row", std::to_string(fields.size())};
    });
    if (first && detail::is_header(fields)) continue;
    if (rows == 0) labelled = detail::has_label(width, options, reader);
    for (std::size_t i = 0; i + labelled < width; ++i) values.push_back(reader.number<S>(fields[i]));
    if (labelled) labels.push_back(read_label(reader, fields.back()));
    ++rows;
  }
  require(rows > 0, [&] { return Fault{"no data", where, "at least one row"}; });
  const Index steps = (static_cast<Index>(width) - labelled) / options.features;
  return {Tensor<S, 3>({rows, steps, options.features}, std::move(values)), {}, std::move(labels)};
}

/// `parse_table` of a file.
template <class S>
Sequences<S> read_table(const std::filesystem::path& path, const TableOptions& options = {}) {
  const std::vector<std::byte> bytes = read_file(path);
  return parse_table<S>(as_text(bytes), path.string(), options);
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION bool is_header(const std::vector<std::string_view>& fields) {
  return std::all_of(fields.begin(), fields.end(), [](std::string_view field) {
    const auto first = static_cast<unsigned char>(field.empty() ? ' ' : field[0]);
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first >= 0x80;
    double ignored = 0;
    return (letter || first == '_' || first == '"') && parse_number(field, ignored) == std::errc::invalid_argument;
  });
}

HEED_FUNCTION void check_options(const TableOptions& options, const std::string& where) {
  require(options.features >= 1 && options.features <= 1'000'000'000 && options.steps >= 0 &&
              options.steps <= 1'000'000'000,
          [&] {
            return Fault{"wrong shape of a row", where, "at least 1 feature and 0 steps",
                         std::to_string(options.features) + " and " + std::to_string(options.steps)};
          });
  require(options.steps > 0 || options.label != TableOptions::Label::if_present, [&] {
    return Fault{"cannot tell a label from a value", where, "a known number of steps"};
  });
}

HEED_FUNCTION bool has_label(std::size_t width, const TableOptions& options, const TextReader& reader) {
  using Label = TableOptions::Label;
  const auto fields = static_cast<Index>(width);
  const Index values = options.steps * options.features;
  const bool labelled = options.label == Label::last || (options.label == Label::if_present && fields != values);
  const Index found = fields - labelled;
  const bool fits = options.steps > 0 ? found == values : found > 0 && found % options.features == 0;
  require(fits, [&] {
    const std::string step = options.features == 1 ? "" : " of " + std::to_string(options.features) + " features";
    std::string expected = options.steps > 0 ? std::to_string(values) + " values" : "one or more steps" + step;
    if (options.label == Label::last) expected += " and a label";
    if (options.label == Label::if_present) expected += ", or these and a label";
    return Fault{"wrong number of fields", reader.place_of_end(), std::move(expected),
                 std::to_string(fields) + " fields"};
  });
  return labelled;
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

#endif

HEED_COMPILED_FUNCTION(heed::parse_table)
HEED_COMPILED_FUNCTION(heed::read_table)
