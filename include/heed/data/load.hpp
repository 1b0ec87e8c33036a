#pragma once

/// @file
/// Any data file: the format follows from its extension.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/arff.hpp"
#include "heed/data/npy.hpp"
#include "heed/data/npz.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/text_table.hpp"
#include "heed/data/ts.hpp"

namespace heed::inline HEED_ISA {

/// How `load_sequences` reads a file.
struct LoadOptions {
  Index features = 1;      // of a table; the other formats say it themselves
  Index steps = 0;         // of a table; 0: what its rows hold. Needed to read one whose rows may have no label
  bool labels = true;      // whether the sequences must have labels; otherwise they are read where there are any
  TableFormat table = {};  // how tables and lists of labels are written; a `.tsv` has tabs
  Part part = {};          // which sequences to load, of how many the file holds; empty: all
  Unpack unpack = {};      // of compressed archives: `unzip` of heed/archive/unzip.hpp
};

namespace detail {
HEED_FUNCTION std::string extension(const std::filesystem::path& path);
/// Whether it is a `.npy`, or a member of a `.npz`.
HEED_FUNCTION bool is_array(const std::filesystem::path& path);

/// `count` becomes the number of sequences in the file.
template <class S>
Sequences<S> load_npy_sequences(const std::filesystem::path& path, const Part& part, const Unpack& unpack,
                                Index& count) {
  IndexRange rows;
  const auto noted = [&](Index all) { return rows = rows_of(part, count = all, path.string()); };
  const std::optional<NpzPlace> place = npz_place(path);
  NpyArray<S> array = place  ? parse_npy<S>(read_npz(*place, unpack), path.string(), part ? Part(noted) : Part())
                       : part ? read_npy<S>(path, noted)
                             : read_npy<S>(path);
  if (!part && !array.extents.empty()) count = array.extents[0];
  const std::size_t rank = array.extents.size();
  require(rank == 2 || rank == 3, [&] {
    return Fault{"wrong rank", path.string(), "(n, steps, features) or (n, steps)", to_text(array.extents)};
  });
  if (rank == 2) array.extents.push_back(1);
  const Extents<3> extents{array.extents[0], array.extents[1], array.extents[2]};
  require(count > 0 && extents[1] > 0 && extents[2] > 0,
          [&] { return Fault{"no data", path.string(), "at least one sequence, step and feature", to_text(extents)}; });
  Sequences<S> sequences{Tensor<S, 3>(extents, std::move(array.values)), {}, {}};
  check_finite<S>(sequences.x.view(), {}, path.string(), rows.first);
  return sequences;
}

/// The sequences of a part alone.
template <class S>
Tensor<S, 3> part_of(const Tensor<S, 3>& x, IndexRange rows) {
  const Index steps = x.extent(1), features = x.extent(2), row = steps * features;
  return {{rows.count(), steps, features}, std::vector<S>(x.data() + rows.first * row, x.data() + rows.last * row)};
}
}  // namespace detail

/// Reads labels: from a NumPy file (see `parse_npy_labels`) or an array of an archive ("data.npz:y"), or from a text file of any other extension, one
/// integer or word a line (a word may stand in double quotes and hold blanks; blank lines and lines that start with `#`
/// are passed over). Throws at the first fault, naming its place.
HEED_FUNCTION std::vector<std::string> load_labels(const std::filesystem::path& path, const Unpack& unpack = {});

/// Reads labelled sequences. `.npy` (see `parse_npy`) holds (n, steps, features), or (n, steps) for one feature; its
/// labels stand in a file of their own (see `load_labels`). So does "data.npz:x", an array of an archive. `.ts` (see `parse_ts`), `.arff` (see `parse_arff`) and any
/// other extension, a table (see `parse_table`), hold their labels themselves; with `labels_path` they must hold none.
/// Throws at the first fault, naming file and place: malformed or empty data, a value that is not finite, missing
/// labels, not one label for each sequence.
///
/// With `options.part`, `x` holds these sequences alone, of a `.npy` nothing else is read or checked; lengths and
/// labels are those of all, so that every process that reads a part knows the same classes.
template <class S>
Sequences<S> load_sequences(const std::filesystem::path& path,
                            const std::optional<std::filesystem::path>& labels_path = {},
                            const LoadOptions& options = {}) try {
  const bool array = detail::is_array(path);
  const std::string extension = detail::extension(path);
  Sequences<S> sequences;
  Index count = 0;  // in the file
  if (extension == ".arff") {
    sequences = read_arff<S>(path);
  } else if (array) {
    sequences = detail::load_npy_sequences<S>(path, options.part, options.unpack, count);
  } else if (extension == ".ts") {
    sequences = read_ts<S>(path);
  } else {
    using Label = TableOptions::Label;
    TableFormat format = options.table;
    const Label label = labels_path || format.label_column == "none" ? Label::none
                        : options.labels                             ? Label::last
                                                                     : Label::if_present;
    if (extension == ".tsv" && format.delimiter == '\0') format.delimiter = '\t';
    sequences = read_table<S>(path, {options.features, options.steps, label, std::move(format)});
  }
  if (!array) {
    count = sequences.count();
    if (options.part) sequences.x = detail::part_of(sequences.x, detail::rows_of(options.part, count, path.string()));
  }
  if (labels_path) {
    require(sequences.labels.empty(), [&] {
      return Fault{"labels are given twice", path.string(), "no labels beside those of " + labels_path->string()};
    });
    sequences.labels = load_labels(*labels_path, options.unpack);
    require(static_cast<Index>(sequences.labels.size()) == count, [&] {
      return Fault{"wrong number of labels", labels_path->string(),
                   std::to_string(count) + " as sequences in " + path.string(),
                   std::to_string(sequences.labels.size())};
    });
  }
  require(!options.labels || !sequences.labels.empty(),
          [&] { return Fault{"no labels", path.string(), array ? "a file of labels" : "a label for each sequence"}; });
  return sequences;
} catch (...) {
  detail::rethrow_as_error(path.string());
}

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <cstdint>
#include <string_view>

#include "heed/data/labels.hpp"
#include "heed/data/text.hpp"
#include "heed/files/file.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

HEED_FUNCTION bool is_array(const std::filesystem::path& path) {
  return extension(path) == ".npy" || npz_place(path).has_value();
}

HEED_FUNCTION std::string extension(const std::filesystem::path& path) { return lower(path.extension().string()); }

}  // namespace detail

HEED_FUNCTION std::vector<std::string> load_labels(const std::filesystem::path& path, const Unpack& unpack) try {
  std::vector<std::string> labels;
  const std::optional<NpzPlace> place = npz_place(path);
  if (place) {
    labels = parse_npy_labels(read_npz(*place, unpack), path.string());
  } else if (detail::extension(path) == ".npy") {
    const std::vector<std::byte> bytes = read_file(path);
    labels = parse_npy_labels(bytes, path.string());
  } else {
    const std::vector<std::byte> bytes = read_file(path);
    std::vector<std::string_view> fields;
    for (TextReader reader(as_text(bytes), path.string()); reader.next();) {
      reader.split(reader.line(), ",", fields);
      if (fields.size() > 1) reader.fail(fields[1], "more than one label in a line", "one", in_quotes(fields[1]));
      labels.push_back(read_label(reader, fields[0]));
    }
  }
  require(!labels.empty(), [&] { return Fault{"no labels", path.string(), "at least one"}; });
  return labels;
} catch (...) {
  detail::rethrow_as_error(path.string());
}

}  // namespace heed::inline HEED_ISA

#endif
