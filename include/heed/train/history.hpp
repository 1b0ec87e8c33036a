#pragma once

/// @file
/// The records of training: one per epoch.

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// One epoch. Loss and accuracy come from the epoch's own forward passes, before each update. Values for validation and
/// test are NaN if there are none; so is the accuracy if the loss has none.
struct EpochRecord {
  int epoch = 0;   ///< from 1
  int epochs = 0;  ///< the number of epochs in all
  double loss = 0, accuracy = 0;
  double test_loss = std::numeric_limits<double>::quiet_NaN();
  double test_accuracy = std::numeric_limits<double>::quiet_NaN();
  double validation_loss = std::numeric_limits<double>::quiet_NaN();
  double validation_accuracy = std::numeric_limits<double>::quiet_NaN();
  /// of the last step; NaN: the optimizer does not tell
  double learning_rate = std::numeric_limits<double>::quiet_NaN();
  double seconds = 0;   ///< since training began
  Index sequences = 0;  ///< trained on in this epoch

  /// What early stopping and schedules use: the validation loss; without one the test loss; without either the training
  /// loss.
  double monitored_loss() const {
    return !std::isnan(validation_loss) ? validation_loss : !std::isnan(test_loss) ? test_loss : loss;
  }
};

/// Called after every epoch. Training continues while all callbacks return true.
using Callback = std::function<bool(const EpochRecord&)>;

/// How training ended.
enum class Outcome {
  finished,   ///< all epochs
  stopped,    ///< a callback returned false
  diverged,   ///< a loss or a weight was not finite; the model has the last weights that gave a finite loss
  early,      ///< early stopping: the monitored loss did not fall any more
  cancelled,  ///< the stop signal, after a step
  failed,     ///< an exception from a callback, a log, a disk, a layer; see `FitOptions::history`
};

/// The result of training: a record per epoch, and how it ended.
struct History {
  std::vector<EpochRecord> epochs;  ///< including those before a checkpoint
  Outcome outcome = Outcome::finished;
  int diverged_at = 0;  ///< the epoch, from 1, if `outcome` is `diverged`
  int best_epoch = 0;   ///< with early stopping: the epoch of the model's weights; 0: none
};

}  // namespace heed::inline HEED_ABI
