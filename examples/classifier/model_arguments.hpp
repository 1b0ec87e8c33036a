#pragma once

// The command line that evaluate, predict and explain share: a model, and data for it.

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>

#include "architecture.hpp"
#include "data.hpp"

namespace classifier {

struct ModelArguments {
  std::filesystem::path model, output;  // no output: standard output
  DataFiles data;
  Architecture architecture;
  heed::Index steps = 0;  // of the rows of a table; 0: not said
};

void add_model_and_data(CLI::App& command, ModelArguments& arguments);

/// Adds --output, and --steps for tables that may lack labels.
void add_output(CLI::App& command, ModelArguments& arguments, const char* what);

/// Throws where the output cannot be written, or is the model or the data.
void check_output(const ModelArguments& arguments);

bool is_npy(const std::filesystem::path& path);

}  // namespace classifier
