#pragma once

#include <cstddef>
#include <vector>

#include "heed/train/folds.hpp"
#include "recipe_trials.hpp"

namespace classifier {

/// The mean and the deviation of the first folds of a candidate.
heed::MeanAndDeviation accuracy_of(const Candidate& c, std::size_t folds);

/// Prints what each candidate reached, which one is best, and which is taken: accuracies, of a regression R2, of a
/// forecast its skill.
void print_candidates(const std::vector<Candidate>& candidates, std::size_t best, std::size_t taken,
                      const NumbersTask& task);

}  // namespace classifier
