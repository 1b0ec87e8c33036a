#pragma once

// `classifier train --recipe auto`: the best of a few ways to train.

#include "training.hpp"

namespace classifier {

/// Tries rocket, the recipes and the default by three-fold cross-validation on the training data, each on the same
/// folds; of few sequences more than once, on new folds. Prints a table; sets `arguments` to what has the best mean
/// accuracy, or, of several such, to the first. --time-limit ends it: a recipe that has not come to its end once does
/// not count, and folds that not all of them came to the end of do not either; where none ended it is the first. Throws
/// where the task is no classification, or mpirun has started this process.
///
/// The task must have been loaded with `in_folds`.
void choose_recipe(TrainArguments& arguments, const Task<NumberModel>& task, const Processes& processes);

}  // namespace classifier
