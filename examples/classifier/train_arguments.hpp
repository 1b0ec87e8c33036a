#pragma once

// The command line of `classifier train`.

#include <CLI/CLI.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "architecture.hpp"
#include "data.hpp"
#include "heed/train/fit_options.hpp"
#include "task.hpp"

namespace classifier {

/// The values given on the command line; nothing for options that were not given.
struct TrainArguments {
  std::optional<DataFiles> data, test;                     // neither data nor text: the built-in task
  std::filesystem::path text;                              // sentences; the test file then has sentences, too
  std::filesystem::path init, model, history, log, curve;  // empty: none
  std::filesystem::path checkpoint;
  bool new_head = false;  // of the model to start from
  bool resume = false;
  std::optional<int> checkpoint_every;

  Architecture architecture;
  heed::TableFormat format;  // of data and text
  std::optional<heed::Missing> missing;
  TaskOptions task;
  bool standardize = false, quiet = false;
  bool lower = false;
  bool in_folds = false;  // whether parts of the data are for training, and others for testing
  std::optional<heed::Index> min_count;

  std::string recipe;                       // empty: none; "rocket": random convolutions and ridge regression
  std::optional<heed::Index> num_features;  // of rocket
  std::optional<double> time_limit;         // seconds, to choose a recipe in; nothing: 300
  const CLI::App* command = nullptr;        // tells which options were given

  heed::Index ensemble = 1;  // models, with consecutive seeds

  std::string flavor = "pytorch";
  bool keras() const { return flavor == "keras"; }
  heed::FitOptions fit = {.learning_rate = 0.01};
  std::optional<heed::Index> batch;
  std::string schedule = "constant";
  std::optional<heed::Index> warmup, decay_every;
  std::optional<double> decay;

  std::vector<std::filesystem::path> inputs() const, outputs() const;
};

/// Adds all options of the subcommand. If it does not keep a model (`keeps` false), the options for output files and
/// for a test are left out.
void add_train_options(CLI::App& command, TrainArguments& arguments, bool keeps = true);

/// Throws if an option is given that does not apply to the recipe rocket, which has no epochs.
void check_rocket(const TrainArguments& arguments);

/// Throws if options contradict each other; sets the options of `fit` that follow from others.
void complete(TrainArguments& arguments);
/// The same for a forecast: --validation keeps the end of the series to test on.
void complete_forecast(TrainArguments& arguments);
/// Sets options of `fit` that follow from others; again if these have changed.
void complete_fit(TrainArguments& arguments);

}  // namespace classifier
