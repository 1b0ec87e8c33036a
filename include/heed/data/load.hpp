#pragma once

/// @file
/// Reads any data file: the extension tells the format.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/core/error.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"
#include "heed/data/arff.hpp"
#include "heed/data/load_labels.hpp"
#include "heed/data/long_table.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/npy.hpp"
#include "heed/data/npz.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/table_format.hpp"
#include "heed/data/text_table.hpp"
#include "heed/data/ts.hpp"

namespace heed::inline HEED_ABI {

/// How `load_sequences` reads a file.
struct LoadOptions {
  Index features = 1;                ///< of a table; other formats contain it
  Index steps = 0;                   ///< of a table; 0: as its rows have. Required if rows may lack their label
  bool labels = true;                ///< whether labels are required; otherwise, if a sequence lacks its label, all do
  TableFormat table = {};            ///< the format of tables
  Part part = {};                    ///< which sequences to load, given their number in the file; empty: all
  Unpack unpack = {};                ///< of compressed archives: `unzip` of heed/archive/unzip.hpp
  Missing missing = Missing::error;  ///< what to do with missing values
  bool targets = false;              ///< numbers in place of labels, one or several per sequence
  bool fits_float = false;           ///< numbers read in double must also fit a float
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

namespace detail {
/// Sets `count` to the number of sequences in the file, of which it reads a part.
template <class S>
Sequences<S> load_npy_sequences(const std::filesystem::path& path, const Part& part, const LoadOptions& options,
                                Index& count) {
  IndexRange rows;
  const auto noted = [&](Index all) { return rows = rows_of(part, count = all, path.string()); };
  const std::optional<NpzPlace> place = npz_place(path);
  NpyArray<S> array = place ? parse_npy<S>(read_npz(*place, options.unpack), path.string(), part ? Part(noted) : Part())
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
  if (options.fits_float) check_fits_float<S>(sequences.x.view(), path.string(), rows.first);
  if (options.missing == Missing::error) {
    check_finite<S>(sequences.x.view(), {}, path.string(), rows.first);
  } else {
    fill_missing(sequences, options.missing, {}, path.string());
  }
  return sequences;
}

/// Keeps only the sequences of a part.
template <class S>
Tensor<S, 3> part_of(const Tensor<S, 3>& x, IndexRange rows) {
  const Index steps = x.extent(1), features = x.extent(2), row = steps * features;
  return {{rows.count(), steps, features}, std::vector<S>(x.data() + rows.first * row, x.data() + rows.last * row)};
}

/// Keeps what belongs to steps, only for the sequences of a part.
template <class S>
void keep_part(Sequences<S>& sequences, IndexRange rows) {
  sequences.x = part_of(sequences.x, rows);
  if (sequences.mask.empty()) return;
  const std::uint8_t* const mask = sequences.mask.data();
  const Index steps = sequences.mask.extent(1);
  sequences.mask = {{rows.count(), steps},
                    std::vector<std::uint8_t>(mask + rows.first * steps, mask + rows.last * steps)};
}
}  // namespace detail

/// Reads labelled sequences. The extension tells the format:
///
/// - `.npy` (see `parse_npy`), or "data.npz:x", an array of an archive: (n, steps, features), or (n, steps) for one
///   feature. Labels are in a file of their own, `labels_path` (see `load_labels`).
/// - `.ts` (see `parse_ts`), `.arff` (see `parse_arff`), and a table with any other extension (see `parse_table`)
///   contain their labels. With `labels_path` they must not.
///
/// Throws at the first fault, and names file and place: malformed or empty data, a value that is not finite, missing
/// labels, a number of labels that differs from the number of sequences.
///
/// With `options.part`, `x` and `mask` hold only these sequences; other rows of a `.npy` are neither read nor checked.
/// Lengths, labels and targets are those of all sequences, so that every process that reads a part knows the same
/// classes. Missing values are filled first, from all sequences.
///
/// With `options.targets` there are numbers in place of labels. In a table they are in the label column, or in several
/// that `options.table.label_column` names. In `labels_path` they are (n) or (n, k) in a NumPy file, or a line each in
/// a text file. A `.ts` file with `@targetLabel` has targets in any case.
template <class S>
Sequences<S> load_sequences(const std::filesystem::path& path,
                            const std::optional<std::filesystem::path>& labels_path = {},
                            const LoadOptions& options = {}) try {
  const DefaultFloatingMode mode;
  const bool array = detail::is_array(path);
  const std::string extension = detail::extension(path);
  Sequences<S> sequences;
  const ReadOptions read{options.missing, options.targets, options.labels, options.fits_float};
  const bool filled = options.missing != Missing::error && options.missing != Missing::keep;
  Index count = 0;  // in the file
  if (extension == ".arff") {
    sequences = read_arff<S>(path, read);
  } else if (array) {
    sequences = detail::load_npy_sequences<S>(path, filled ? Part() : options.part, options, count);
  } else if (extension == ".ts") {
    sequences = read_ts<S>(path, read);
  } else {
    using Label = TableOptions::Label;
    const bool is_long = !options.table.sequence_column.empty();
    const Label label = labels_path || options.table.label_column == "none" ? Label::none
                        : options.labels                                    ? Label::last
                                                                            : Label::if_present;
    sequences = is_long ? read_long_table<S>(path, {options.table, label, read}).sequences
                        : read_table<S>(path, {options.features, options.steps, label, options.table, read});
  }
  if (!array || filled) {
    count = sequences.count();
    if (options.part) detail::keep_part(sequences, detail::rows_of(options.part, count, path.string()));
  }
  if (labels_path) {
    require(sequences.labels.empty() && sequences.targets.empty(), [&] {
      return Fault{"labels are given twice", path.string(), "no labels beside those of " + labels_path->string()};
    });
    if (options.targets) {
      sequences.targets = load_targets<S>(*labels_path, options.unpack);
    } else {
      sequences.labels = load_labels(*labels_path, options.unpack);
    }
    const Index labels = options.targets ? sequences.targets.extent(0) : std::ssize(sequences.labels);
    require(labels == count, [&] {
      const bool list = !options.targets && !detail::is_array(*labels_path);
      const char* const hint = list && labels == count + 1   ? "; if the first line is a header, remove it"
                               : list && labels == count - 1 ? "; a word above integers alone is taken for a header"
                                                             : "";
      return Fault{(options.targets ? "wrong number of targets" : "wrong number of labels") + std::string(hint),
                   labels_path->string(), std::to_string(count) + " as sequences in " + path.string(),
                   std::to_string(labels)};
    });
  }
  require(!options.labels || !sequences.labels.empty() || !sequences.targets.empty(), [&] {
    const char* const each = options.targets ? "a number for each sequence" : "a label for each sequence";
    const char* const of_arff = "an attribute of classes such as {up,down}, or targets to be asked for";
    return Fault{options.targets ? "no targets" : "no labels", path.string(),
                 array ? (options.targets ? "a file of targets" : "a file of labels")
                 : extension == ".arff" && !options.targets ? of_arff
                                                            : each};
  });
  return sequences;
} catch (...) {
  detail::rethrow_as_error(path.string());
}

}  // namespace heed::inline HEED_ISA
