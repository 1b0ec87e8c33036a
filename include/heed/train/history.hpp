#pragma once

/// @file
/// What training tells: a record an epoch.

#include <functional>
#include <limits>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// One epoch. Loss and accuracy are those of its own forward passes, before each update; without test data those of the
/// test are NaN.
struct EpochRecord {
  int epoch = 0;   ///< from 1
  int epochs = 0;  ///< of how many
  double loss = 0, accuracy = 0;
  double test_loss = std::numeric_limits<double>::quiet_NaN();
  double test_accuracy = std::numeric_limits<double>::quiet_NaN();
  double seconds = 0;   ///< since training began
  Index sequences = 0;  ///< trained on in this epoch
};

/// Called after every epoch; training goes on while all callbacks return true.
using Callback = std::function<bool(const EpochRecord&)>;

/// How training ended.
enum class Outcome {
  finished,  ///< all epochs
  stopped,   ///< a callback returned false
  diverged,  ///< loss, test loss or a weight was not finite; the model has the last weights that gave a finite loss
};

struct History {
  std::vector<EpochRecord> epochs;
  Outcome outcome = Outcome::finished;
  int diverged_at = 0;  ///< the epoch, from 1, where `outcome` is `diverged`
};

}  // namespace heed::inline HEED_ISA
