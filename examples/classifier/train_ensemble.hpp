#pragma once

// Trains several models as one.

#include "training.hpp"

namespace classifier {

/// Trains the members and writes them. Prints a line for each, then the score of all together.
template <class M>
void train_ensemble(const TrainArguments& arguments, StoredModel<M>& stored, const Task<M>& task,
                    const Processes& processes, bool talks);
extern template void train_ensemble(const TrainArguments&, StoredModel<NumberModel>&, const Task<NumberModel>&,
                                    const Processes&, bool);
extern template void train_ensemble(const TrainArguments&, StoredModel<TextModel>&, const Task<TextModel>&,
                                    const Processes&, bool);

}  // namespace classifier
