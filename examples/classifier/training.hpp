#pragma once

// What `classifier train` trains, and on what.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "architecture.hpp"
#include "data.hpp"
#include "heed/train/fit.hpp"
#include "processes.hpp"

namespace classifier {

struct TrainArguments {
  std::optional<DataFiles> data, test;  // no data: the built-in task
  Architecture architecture;
  heed::FitOptions fit = {.learning_rate = 0.01};
  bool standardize = false, quiet = false;
  std::filesystem::path init, model, history;  // empty: none

  std::vector<std::filesystem::path> inputs() const;
};

/// Labelled sequences to train on, and maybe others to test on.
struct Task {
  heed::LabelMap names;
  LabelledData train;
  std::optional<LabelledData> test;
};

/// Reads the data, or makes that of the built-in task. `init` is the model to start from, or null. Throws where the
/// data are faulty, do not fit each other or the model, or have one class alone that nobody asked for. `part` tells
/// which of the sequences this process needs.
Task load_task(const TrainArguments& arguments, const StoredModel* init, const heed::Part& part);

/// All that decides what is trained, but the options and the numbers of the sequences.
std::string fingerprint(const Task& task, const StoredModel* init);

/// The model to train: `init` where there is one, or a new one.
StoredModel start_model(const TrainArguments& arguments, const Task& task, std::optional<StoredModel> init,
                        const Processes& processes);

/// Prints what is about to be trained: three lines.
void print_plan(const Task& task, const Model& model, const Processes& processes, int threads);

/// Prints what came of it, and where it is.
void print_result(const heed::History& history, const std::filesystem::path& model);

/// Throws where training did not come to its end. `model` is where its weights have been written by then, or empty.
void require_finished(const heed::History& history, const std::filesystem::path& model);

/// Writes the columns epoch, loss, accuracy, test_loss, test_accuracy, seconds.
void write_history(const std::filesystem::path& path, const heed::History& history);

}  // namespace classifier
