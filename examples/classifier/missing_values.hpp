#pragma once

// Missing values: how they are filled in training, and from then on.

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

/// The model's file keeps this choice, so that `predict` fills as training did.
struct MissingValues {
  heed::Missing how = heed::Missing::error;
  std::vector<double> means = {};  // of the features of the training data; empty: not known

  /// The option for a reader: this class fills, not the reader.
  heed::Missing on_reading() const { return how == heed::Missing::error ? how : heed::Missing::keep; }
  /// Computes the means from the data, if they are needed and not known.
  void learn(const heed::Sequences<double>& data);
  /// Fills in place. Returns the number of filled values. Throws if a mean is needed and not known.
  heed::Index fill(heed::Sequences<double>& data, const std::filesystem::path& path) const;

  void write(heed::Metadata& metadata) const;
  /// Throws if the metadata are malformed.
  static MissingValues read(const heed::Metadata& metadata, heed::Index features, const std::filesystem::path& path);
};

/// Adds --missing; without it the value is nothing.
void add_missing(CLI::App& command, std::optional<heed::Missing>& missing);

/// Numbers in a model's metadata: "1700000000,0.5". Reading throws unless there are `count` finite numbers.
std::string number_list(const std::vector<double>& numbers);
std::vector<double> read_number_list(const heed::Metadata& metadata, const std::string& name, heed::Index count,
                                     const std::filesystem::path& path);

}  // namespace classifier
