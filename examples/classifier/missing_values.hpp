#pragma once

// Values that are missing in the data: what fills them, in training and ever after.

#include <CLI/CLI.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/data/missing.hpp"
#include "heed/data/sequences.hpp"
#include "heed/options/metadata.hpp"

namespace classifier {

/// A model's file keeps it, so that `predict` fills as training did.
struct MissingValues {
  heed::Missing how = heed::Missing::error;
  std::vector<double> means = {};  // of the features of the training data; empty: not known

  /// How a reader is to be told: what is filled is filled here.
  heed::Missing on_reading() const { return how == heed::Missing::error ? how : heed::Missing::keep; }
  /// The means become those of the data, where they are needed and none are known.
  void learn(const heed::Sequences<double>& data);
  /// In place; how many. Throws where a mean is needed that is not known.
  heed::Index fill(heed::Sequences<double>& data, const std::filesystem::path& path) const;

  void write(heed::Metadata& metadata) const;
  /// Throws where the metadata are malformed.
  static MissingValues read(const heed::Metadata& metadata, heed::Index features, const std::filesystem::path& path);
};

/// Adds --missing; nothing where it is not given.
void add_missing(CLI::App& command, std::optional<heed::Missing>& missing);

/// Adds to an error which option reads such a value: a missing one, a target, a date.
heed::Fault with_hint(heed::Fault fault);
/// The same if a model cannot pass over missing steps.
heed::Fault with_hint_at_steps(heed::Fault fault);

/// Numbers in a model's metadata: "1700000000,0.5". Reading throws unless there are `count` finite ones.
std::string number_list(const std::vector<double>& numbers);
std::vector<double> read_number_list(const heed::Metadata& metadata, const std::string& name, heed::Index count,
                                     const std::filesystem::path& path);

}  // namespace classifier
