#pragma once

// `classifier train --recipe auto`: the best of a few ways to train.

#include "training.hpp"

namespace classifier {

/// Tries the recipes and the default, one after the other, by three-fold cross-validation on the training data, as long
/// as --time-limit allows; prints a table; sets `arguments` to what was best. One that did not come to its end in time
/// does not count; where none did it is the first. Throws where the task is no classification or there are several
/// processes.
void choose_recipe(TrainArguments& arguments, const Task<NumberModel>& task, const Processes& processes);

}  // namespace classifier
