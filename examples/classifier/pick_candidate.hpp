#pragma once

// Which of the candidates that were tried is taken.

#include <cstddef>
#include <vector>

#include "recipe_trials.hpp"

namespace classifier {

/// The first of the best by mean accuracy; where none counts, the first that may be taken. `held_out`: the sequences of
/// a fold, of which one is the least difference that counts for who has fewer folds.
std::size_t best_of(const std::vector<Candidate>& candidates, heed::Index held_out);

/// The best that is trained by steps with a recipe; null: there is none.
const Candidate* best_network_of(const std::vector<Candidate>& candidates, heed::Index held_out);

/// The mean that is as good as the best within the noise of the folds, that of `strong` before another; otherwise the
/// best. Models of different kinds err on different sequences: among equals a mean is the safer choice.
std::size_t taken_of(const std::vector<Candidate>& candidates, std::size_t best);

}  // namespace classifier
