#pragma once

// What a command line says of a model's architecture.

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

/// What the command line says; nothing where it does not.
struct Architecture {
  heed::Metadata given;  ///< options of a `SequenceClassifier`, by the names of its fields
  std::optional<heed::Index> features, classes, embedding;
  heed::WeightsOptions weights;  ///< what the tensors of a file are called, where other programs wrote it

  /// With the defaults where nothing is said, for data of these features and classes. Throws where the heads do not
  /// divide the states.
  heed::SequenceClassifierOptions options(heed::Index data_features, heed::Index data_classes) const;
  /// The same for sentences of so many tokens.
  heed::TextClassifierOptions text_options(heed::Index tokens, heed::Index data_classes) const;
};

/// Adds the options of an architecture to a subcommand. `in_file`: a model file says them, but for files of others.
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
