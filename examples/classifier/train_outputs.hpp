#pragma once

// The files that training writes.

#include <string>

#include "heed/train/history.hpp"
#include "processes.hpp"
#include "train_arguments.hpp"

namespace classifier {

/// The arguments of one of several trainings, with files of its own: of "log.csv" its log is "log-fcn.csv".
TrainArguments outputs_of_part(TrainArguments arguments, const std::string& part);
/// The same for a member of an ensemble: the seed is the part. A single model has the files as they are named.
TrainArguments outputs_of_member(const TrainArguments& arguments, heed::Index member);

/// Throws if two files of all trainings are the same, or if one exists and must not be overwritten.
void check_outputs(const TrainArguments& arguments);

/// Adds the log and the checkpoint of a training to its options.
void add_files(TrainArguments& arguments, const Processes& processes);
/// Writes the history and the curve of a training.
void write_files(const TrainArguments& arguments, const heed::History& history);

/// Reports each epoch to people; `live`: in place of the line before.
void add_progress(TrainArguments& arguments, bool live);

}  // namespace classifier
