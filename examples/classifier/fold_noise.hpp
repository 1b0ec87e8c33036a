#pragma once

// What differences between two ways to train say that were tried on the same folds.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "heed/train/folds.hpp"

namespace classifier {

/// Whether `best` has a higher mean by no more than chance may give: by the standard error of the mean difference on
/// the folds that both have, in order. `parts`: of the data, each of which is a fold of a round. Folds share training
/// data, so that the error is corrected (Nadeau and Bengio 2003): s sqrt(1/n + 1/(parts - 1)). On one fold only a tie
/// is.
inline bool within_noise(std::span<const double> scores, std::span<const double> best, int parts) {
  constexpr double rounding = 1e-9;
  const std::size_t folds = std::min(scores.size(), best.size());
  std::vector<double> behind;
  for (std::size_t i = 0; i < folds; ++i) behind.push_back(best[i] - scores[i]);
  const heed::MeanAndDeviation m = heed::mean_and_deviation(behind);
  const double tested = 1.0 / (parts - 1);  // sequences for each that is trained on
  return folds > 0 && m.mean <= m.deviation * std::sqrt(1 / static_cast<double>(folds) + tested) + rounding;
}

}  // namespace classifier
