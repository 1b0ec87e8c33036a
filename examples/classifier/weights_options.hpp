#pragma once

// The options for the names of tensors in model files of other programs.

#include <CLI/CLI.hpp>

#include "heed/io/weight_names.hpp"

namespace classifier {

/// Adds the options to a subcommand.
void add_weights(CLI::App& command, heed::WeightsOptions& weights);
/// Throws if one of them is given, where no model file is read.
void refuse_weights(const heed::WeightsOptions& weights);

}  // namespace classifier
