#pragma once

// The files that training writes.

#include "processes.hpp"
#include "train_arguments.hpp"

namespace classifier {

/// Throws where two are the same, or one is there that must not be overwritten.
void check_outputs(const TrainArguments& arguments);

/// A line an epoch for people, and for files; `live`: in the place of the one before.
void add_callbacks(TrainArguments& arguments, bool talks, bool live, const Processes& processes);

}  // namespace classifier
