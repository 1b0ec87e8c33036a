#pragma once

// `classifier train --recipe auto`: the best of a few ways to train.

#include "training.hpp"

namespace classifier {

/// Tries rocket, the recipes of networks and the default by three-fold cross-validation on the training data, each on the
/// same folds; of few sequences more than once, on new folds. Of classes the means of rocket and the best network, and of
/// what `strong` is, are candidates, too, without further training. Prints a table; sets `arguments` to what has the best
/// mean accuracy, or, of several such, to the first. --time-limit ends it: a recipe that would take more than its share of
/// the time has one fold or fewer epochs, one that has not come to its end does not count, and folds that not all of them
/// came to the end of do not either; where none ended it is the first. Where it has a network and the command line does
/// not say --ensemble, it becomes an ensemble of as many models, five at most, as the limit leaves time for once more.
/// Throws for a forecast, and if mpirun has started this process.
///
/// The task must have been loaded with `in_folds`.
void choose_recipe(TrainArguments& arguments, const Task<NumberModel>& task, const Processes& processes);

}  // namespace classifier
