#pragma once

// Sequences and their classes, for the subcommands.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../support/outputs.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/load.hpp"
#include "heed/data/sentences.hpp"
#include "heed/data/sequences.hpp"
#include "heed/data/vocabulary.hpp"
#include "heed/train/tiles.hpp"
#include "task.hpp"

namespace classifier {

/// A file of sequences, and the file of their labels if they are separate.
struct DataFiles {
  std::filesystem::path data;
  std::optional<std::filesystem::path> labels;
  const std::filesystem::path& labels_path() const { return labels ? *labels : data; }
};

/// Sequences of numbers, and the names in a table's columns.
struct NumberData : heed::Sequences<double> {
  std::vector<std::string> features_of_table = {}, labels_of_table = {};
  bool is_long = false;                          // a table with one row per time step
  std::vector<std::string> ids = {};             // the values of its sequence column; empty without one
  std::vector<bool> unanswered = {};             // of series that have nothing to forecast from; empty: of none
  heed::Tensor<double, 2> last_values = {};      // of windows of a series: the last before the first target
  heed::Tensor<double, 2> a_season_before = {};  // where the task has a season: the values one before the targets
  double least_step = 0, most_step = 0;          // as of heed::LongTable
  bool dates = false;                            // whether its times are dates
  heed::DateOrder date_order = {};               // what stands first in them
  heed::Index sorted = 0;                        // sequences whose rows were put in order of time
};

/// Reads sequences of numbers in double. Throws if they do not have the expected features (none: any; for a table 1).
NumberData load_numbers(const DataFiles& files, std::optional<heed::Index> features, heed::LoadOptions options = {});

bool is_npy(const std::filesystem::path& path);
/// Whether a file of sequences does not tell the number of features.
bool is_table(const std::filesystem::path& path);

/// The format of another file of the same task: what the command line does not say is as in training.
heed::TableFormat format_like(heed::TableFormat format, const Columns& columns, const std::string& label_column,
                              const std::filesystem::path& data);

/// The tokens of sentences, and their words as read.
struct Tokens : heed::Sequences<std::int32_t> {
  /// `x` has only the sentences of `part`; without one, all.
  Tokens(heed::Sentences sentences, const heed::Vocabulary& vocabulary, const std::string& where,
         const heed::Part& part = {});
  std::vector<std::vector<std::string>> words;
};

/// The class of each label. Throws if a label is unknown, with another message if all are.
std::vector<std::int32_t> classes_of(const std::vector<std::string>& labels, const heed::LabelMap& names,
                                     const std::string& where);

/// Sequences with the class of each. X: float, or std::int32_t for tokens.
template <class X>
struct LabelledData {
  heed::Sequences<X> sequences;       // x and mask: those of `part` alone
  std::vector<std::int32_t> classes;  // of all
  heed::IndexRange part;

  /// Throws if a label is not a class; `where` names the labels in the error. `x` has only the sequences that `chosen`
  /// selects; without it, all.
  LabelledData(heed::Sequences<X> data, const heed::LabelMap& names, const std::string& where,
               const heed::Part& chosen = {})
      : sequences(std::move(data)),
        classes(classes_of(sequences.labels, names, where)),
        part(chosen ? chosen(count()) : heed::IndexRange{0, count()}) {}
  /// This many sequences without classes.
  LabelledData(heed::Sequences<X> data, heed::Index count, const heed::Part& chosen = {})
      : sequences(std::move(data)),
        classes(static_cast<std::size_t>(count)),
        part(chosen ? chosen(count) : heed::IndexRange{0, count}) {}
  heed::Index count() const { return static_cast<heed::Index>(classes.size()); }
  bool is_ragged() const { return !sequences.lengths.empty() || !sequences.mask.empty(); }
  heed::LabelledSequences<X> view() const {  // of the part
    return {sequences.x, of_part(classes), of_part(sequences.lengths), sequences.step_mask()};
  }

 private:
  std::span<const std::int32_t> of_part(std::span<const std::int32_t> all) const {
    return all.empty() ? all
                       : all.subspan(static_cast<std::size_t>(part.first), static_cast<std::size_t>(part.count()));
  }
};

/// The number of present steps of a sequence.
template <class X>
heed::Index steps_there(const heed::Sequences<X>& sequences, heed::Index i) {
  const heed::Index length =
      sequences.lengths.empty() ? sequences.steps() : sequences.lengths[static_cast<std::size_t>(i)];
  if (sequences.mask.empty()) return length;
  const auto mask = sequences.mask[i];
  return std::count_if(mask.begin(), mask.begin() + length, [](std::uint8_t there) { return there != 0; });
}

/// "1 step", "2 steps"
std::string counted(heed::Index count, const char* one, const char* many);

/// "10000 sequences of 10 steps", "500 sentences of 2 to 17 words"
std::string describe(const LabelledData<float>& data);
std::string describe(const LabelledData<std::int32_t>& data);

using support::check_output;

}  // namespace classifier
