#pragma once

// `classifier train --recipe auto`: the best of a few ways to train.

#include "training.hpp"

namespace classifier {

/// Compares rocket, the recipes of networks and the default by three-fold cross-validation on the training data, all on
/// the same folds. Those of a forecast are in the order of time: each is trained on what comes before. Other small data
/// sets repeat it on new folds. Two means are candidates, too, without further training: that of rocket and the best
/// network, and that of the parts of `strong`. Prints a table. Sets `arguments` to the candidate with the best mean score;
/// the first one wins a tie. For classes a mean that is behind by no more than the noise of the folds is taken instead:
/// that of `strong` before the other one.
///
/// --time-limit ends the comparison. A recipe that would take more than its share of the time gets one fold or fewer
/// epochs. A recipe that has not finished does not count, and neither do folds that not all recipes have finished. If
/// none has finished, the first one is chosen.
///
/// If the winner has a network and --ensemble is not given, it becomes an ensemble: as many models, up to five, as fit
/// into the time limit once more. Throws if mpirun has started this process.
///
/// The task must have been loaded with `in_folds`.
void choose_recipe(TrainArguments& arguments, const Task<NumberModel>& task, const Processes& processes);

}  // namespace classifier
