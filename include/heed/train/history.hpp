#pragma once

/// @file
/// What training tells: a record an epoch.

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// One epoch. Loss and accuracy are those of its own forward passes, before each update; without validation or test
/// those are NaN, and so is the accuracy of a loss that knows none.
struct EpochRecord {
  int epoch = 0;   ///< from 1
  int epochs = 0;  ///< of how many
  double loss = 0, accuracy = 0;
  double test_loss = std::numeric_limits<double>::quiet_NaN();
  double test_accuracy = std::numeric_limits<double>::quiet_NaN();
  double validation_loss = std::numeric_limits<double>::quiet_NaN();
  double validation_accuracy = std::numeric_limits<double>::quiet_NaN();
  double learning_rate = std::numeric_limits<double>::quiet_NaN();  ///< of the last step; NaN: the optimizer tells none
  double seconds = 0;                                               ///< since training began
  Index sequences = 0;                                              ///< trained on in this epoch

  /// What early stopping and schedules look at: the loss of the validation, else of the test, else of training.
  double monitored_loss() const {
    return !std::isnan(validation_loss) ? validation_loss : !std::isnan(test_loss) ? test_loss : loss;
  }
};

/// Called after every epoch; training goes on while all callbacks return true.
using Callback = std::function<bool(const EpochRecord&)>;

/// How training ended.
enum class Outcome {
  finished,   ///< all epochs
  stopped,    ///< a callback returned false
  diverged,   ///< a loss or a weight was not finite; the model has the last weights that gave a finite loss
  early,      ///< early stopping: the monitored loss fell no more
  cancelled,  ///< the stop signal, after a step
  failed,     ///< something was thrown: by a callback, a log, a disk, a layer. See `FitOptions::history`
};

struct History {
  std::vector<EpochRecord> epochs;  ///< those before a checkpoint included
  Outcome outcome = Outcome::finished;
  int diverged_at = 0;  ///< the epoch, from 1, where `outcome` is `diverged`
  int best_epoch = 0;   ///< with early stopping: whose weights the model has; 0: there is none
};

}  // namespace heed::inline HEED_ABI
