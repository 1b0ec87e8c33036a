#pragma once

// `classifier train --recipe rocket+fcn`, or `strong`: a model of each recipe, all of them one model.

#include <optional>

#include "training.hpp"

namespace classifier {

/// Trains a model of each recipe on the part of a fold; with --ensemble so many of each. Nothing where it was stopped.
std::optional<StoredModel<MixedModel>> mixed_of(const TrainArguments& arguments, Task<NumberModel>& fold,
                                                const Processes& processes);

/// Trains on all data, writes the model and says how good it is.
void train_together(const TrainArguments& arguments, Task<NumberModel>& task, const Processes& processes);

}  // namespace classifier
