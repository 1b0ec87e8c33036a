#pragma once

// Sequences and their classes, as the subcommands need them.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "architecture.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/load.hpp"
#include "heed/data/sequences.hpp"
#include "heed/train/tiles.hpp"

namespace classifier {

/// A file of sequences, and one of their labels where they stand apart.
struct DataFiles {
  std::filesystem::path data;
  std::optional<std::filesystem::path> labels;
  const std::filesystem::path& labels_path() const { return labels ? *labels : data; }
};

/// Reads sequences. Throws where they do not have the features that are expected (nothing: any; a table 1).
heed::Sequences<float> load_data(const DataFiles& files, std::optional<heed::Index> features,
                                 heed::LoadOptions options = {});

/// Reads sequences for a model: with its features. A table may lack labels where `labels` is false; `steps` (0: those
/// that the model's file says, or else what the rows hold) tell then whether its rows end with one.
heed::Sequences<float> load_data_for(const StoredModel& stored, const DataFiles& files, bool labels,
                                     heed::Index steps = 0);

/// Sequences and the class of each.
struct LabelledData {
  heed::Sequences<float> sequences;   // x: those of `part` alone
  std::vector<std::int32_t> classes;  // of all
  heed::IndexRange part;

  /// Throws where a label names no class; `where` is what messages call the labels. `x` holds those sequences that
  /// `chosen` gives of all; nothing: all.
  LabelledData(heed::Sequences<float> data, const heed::LabelMap& names, const std::string& where,
               const heed::Part& chosen = {});
  heed::Index count() const { return static_cast<heed::Index>(classes.size()); }
  heed::LabelledSequences<float> view() const;  // of the part
};

/// "1 step", "2 steps"
std::string counted(heed::Index count, const char* one, const char* many);

/// "10000 sequences of 10 steps"
std::string describe(const LabelledData& data);

/// Throws where `path` cannot be written, or is one of the files that are read. Changes nothing.
void check_output(const std::filesystem::path& path, const std::vector<std::filesystem::path>& inputs);

}  // namespace classifier
