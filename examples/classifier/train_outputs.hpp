#pragma once

// The files that training writes.

#include "processes.hpp"
#include "train_arguments.hpp"

namespace classifier {

/// Throws if two of them are the same, or if one exists and must not be overwritten.
void check_outputs(const TrainArguments& arguments);

/// Reports each epoch, for people and in files; `live`: in place of the line before.
void add_callbacks(TrainArguments& arguments, bool talks, bool live, const Processes& processes);

}  // namespace classifier
