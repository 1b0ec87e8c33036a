#pragma once

// What `classifier train` says, and the tables it writes.

#include <filesystem>
#include <string>

#include "heed/train/history.hpp"
#include "processes.hpp"
#include "train_arguments.hpp"

namespace classifier {

/// Prints what is about to be trained: a line each.
void print_plan(const std::string& data, const std::string& model, heed::Index weights, const Processes& processes,
                int threads);

/// Prints what came of it, and where it is. `metrics`: of models of numbers, instead of the accuracy.
void print_result(const heed::History& history, const TrainArguments& arguments, const std::string& metrics = {});

/// The same in parts: the figures of the last epoch, or the best one; where the model is.
void print_figures(const heed::History& history);
void print_place(const TrainArguments& arguments);

/// Throws where training did not come to its end. The model has been written by then.
void require_finished(const heed::History& history, const TrainArguments& arguments);

/// Writes the columns epoch, loss, accuracy, test_loss, test_accuracy, seconds.
void write_history(const std::filesystem::path& path, const heed::History& history);

}  // namespace classifier
