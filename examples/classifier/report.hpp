#pragma once

// The messages of `classifier train`, and the tables it writes.

#include <filesystem>
#include <string>

#include "heed/train/history.hpp"
#include "processes.hpp"
#include "train_arguments.hpp"
#include "training.hpp"

namespace classifier {

/// "24 sequences of 6 steps, 2 features, 3 classes; 12 to test"
template <class M>
std::string data_of(const Task<M>& task) {
  const heed::Index features = task.train.sequences.features();
  const heed::Index words = static_cast<heed::Index>(task.words.size());
  std::string text = describe(task.train) + ", " +
                     (is_text<M> ? std::to_string(words) + " known words" : counted(features, "feature", "features")) +
                     ", ";
  const NumbersTask& numbers = task.numbers;
  text += !numbers.numbers()   ? counted(task.names.size(), "class", "classes")
          : numbers.forecast() ? "forecasts of " + counted(numbers.horizon, "step", "steps") + " of " +
                                     counted(std::ssize(numbers.forecasts), "feature", "features")
                               : counted(task.outputs(), "target", "targets");
  if (task.filled > 0) {
    text += ", " + counted(task.filled, "missing value", "missing values") +
            (task.missing.how == heed::Missing::mask ? "" : " filled") + " (" + std::string(to_text(task.missing.how)) +
            ")";
  }
  if (task.test) text += "; " + std::to_string(task.test->count()) + " to test";
  return text;
}

/// "ensemble of 5: GRU(32) > attention pool > Dense(10)"
template <class M>
std::string plan_of(const StoredModel<M>& stored) {
  const std::string one = describe(stored.model.options);
  return stored.more.empty() ? one : "ensemble of " + std::to_string(stored.members()) + ": " + one;
}

/// Prints what will be trained, one line each.
void print_plan(const std::string& data, const std::string& model, heed::Index weights, const Processes& processes,
                int threads);

/// Prints the result, and where the model is. `metrics`: for models of numbers, in place of the accuracy.
void print_result(const heed::History& history, const TrainArguments& arguments, const std::string& metrics = {});

/// The same in two parts: the figures of the last or best epoch; where the model is.
void print_figures(const heed::History& history);
void print_place(const TrainArguments& arguments);

/// Throws if training did not finish. The model has been written before.
void require_finished(const heed::History& history, const TrainArguments& arguments);

/// Writes the columns epoch, loss, accuracy, test_loss, test_accuracy, seconds.
void write_history(const std::filesystem::path& path, const heed::History& history);

}  // namespace classifier
