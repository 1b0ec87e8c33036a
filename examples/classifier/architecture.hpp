#pragma once

// The architecture options of the command line.

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

#include "heed/core/types.hpp"
#include "heed/io/weight_names.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier_options.hpp"
#include "heed/models/series_ensemble.hpp"
#include "heed/models/text_classifier.hpp"

namespace classifier {

/// The values given on the command line; nothing for options that were not given.
struct Architecture {
  heed::Metadata given;  ///< options of a `SequenceClassifier`, by the names of its fields
  std::optional<heed::Index> features, classes, embedding;
  heed::WeightsOptions weights;  ///< names of tensors in files of other programs

  /// The options of a model for data with these features and classes; options that were not given keep their defaults.
  /// Throws if the heads do not divide the states.
  heed::SequenceClassifierOptions options(heed::Index data_features, heed::Index data_classes) const;
  /// The same for sentences, with this many tokens.
  heed::TextClassifierOptions text_options(heed::Index tokens, heed::Index data_classes) const;
};

/// Adds the architecture options to a subcommand. `in_file`: a model file has them, so they are only for files of other
/// programs.
void add_architecture(CLI::App& command, Architecture& architecture, bool in_file = false);

/// "2 x bidirectional LSTM(32) > attention pool > Dense(16) > ReLU > Dense(10)"
std::string describe(const heed::SequenceClassifierOptions& options);
/// "9996 features of random convolutions > Dense(10)"
std::string describe(const heed::RocketClassifierOptions& options);
/// "mean of several: ..., and ..." of different kinds.
std::string describe(const heed::SeriesEnsembleOptions& options);
/// The same after "Embedding(8000, 32) > ".
std::string describe(const heed::TextClassifierOptions& options);

}  // namespace classifier
