#pragma once

// `classifier train --recipe rocket+fcn`, or `strong`: one model per recipe, combined to one.

#include <optional>

#include "training.hpp"

namespace classifier {

/// Trains one model per recipe on the part of a fold; with --ensemble that many of each. Nothing if it was stopped.
std::optional<StoredModel<MixedModel>> mixed_of(const TrainArguments& arguments, Task<NumberModel>& fold,
                                                const Processes& processes);

/// Trains on all data, writes the model and prints its score.
void train_together(const TrainArguments& arguments, Task<NumberModel>& task, const Processes& processes);

}  // namespace classifier
