#pragma once

// The output of cross-validation: a row for each fold, then the mean over all folds.

#include <string>
#include <vector>

#include "heed/train/folds.hpp"
#include "heed/train/history.hpp"
#include "numbers.hpp"

namespace classifier {

std::string name_of(const heed::FoldRows& fold);
/// Throws if the training of a fold was interrupted or diverged.
void check_trained(const heed::History& history, const heed::FoldRows& fold);

class FoldReport {
 public:
  /// The figures of a fold for numbers. Folds of classes have none.
  void add(const Metrics& metrics) { measured_.push_back(metrics); }
  void row(const heed::FoldResult& fold);
  void summary(const heed::CrossValidation& all) const;

  /// Whether a row has been printed.
  bool begun() const { return begun_; }

 private:
  std::vector<Metrics> measured_ = {};
  bool begun_ = false;
};

}  // namespace classifier
