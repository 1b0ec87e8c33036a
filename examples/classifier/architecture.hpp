#pragma once

// What a command line says of a model's architecture, and models out of files.

#include <CLI/CLI.hpp>

#include <filesystem>
#include <optional>
#include <string>

#include "heed/core/types.hpp"
#include "heed/data/labels.hpp"
#include "heed/models/sequence_classifier.hpp"

namespace classifier {

using Model = heed::SequenceClassifier<float>;

/// What the command line says; nothing where it does not.
struct Architecture {
  std::optional<heed::Index> features, classes, hidden, dense, heads;
  std::optional<std::string> attention, pooling;

  /// With the defaults where nothing is said, for data of these features and classes.
  Model::Options options(heed::Index data_features, heed::Index data_classes) const;
};

/// Adds the options of an architecture to a subcommand.
void add_architecture(CLI::App& command, Architecture& architecture);

/// A model and what its file says besides.
struct StoredModel {
  Model model;
  std::filesystem::path path;
  heed::Index steps = 0;  // of the sequences it was trained on, the longest; 0: the file does not say
};

/// Reads a model. The architecture completes what a file without metadata leaves open. Throws where it contradicts the
/// file, and as heed::load does.
StoredModel load_model(const std::filesystem::path& path, const Architecture& architecture);

/// Writes a model, with the steps of its training data.
void save_model(const StoredModel& stored);

/// The names of a model's classes: 0, 1, ... where it has none.
heed::LabelMap class_names(const Model& model);

/// "LSTM(32) > attention pool > Dense(16) > ReLU > Dense(10)"
std::string describe(const Model::Options& options);

}  // namespace classifier
