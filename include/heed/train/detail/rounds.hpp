#pragma once

// The loop of all training. A round is an epoch of `fit` or `fit_nodes`. For `learn_q` it is the steps up to an
// evaluation.

#include <exception>
#include <functional>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/train/history.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Runs rounds until none is left or something ends them.
///
/// - `run.left()`: whether there is another round. `run.enough()`: no more rounds are wanted; the outcome is `early`.
/// - `run.asked_to_stop()`: the outcome is `cancelled`.
/// - `run.round(record)`: runs a round and fills the record. Any outcome except `finished` ends training, and the
///   record is dropped.
/// - `run.take(record)`: called after a round. `run.all(yes)`: whether all processes say yes.
/// - `run.ended(outcome)`: called if training ends with an outcome other than `finished` or `early`.
///
/// If a callback, or the code that stores a round, throws, training ends in all processes as if a callback had asked
/// for it.
template <class Record, class Run>
Outcome train_rounds(Run& run, const std::vector<std::function<bool(const Record&)>>& callbacks) {
  while (run.left()) {
    if (run.enough()) return Outcome::early;
    Record record;
    const Outcome outcome = run.asked_to_stop() ? Outcome::cancelled : run.round(record);
    if (outcome != Outcome::finished) {
      run.ended(outcome);
      return outcome;
    }
    bool go_on = true;
    std::exception_ptr failure;
    try {
      run.take(record);
      for (const auto& callback : callbacks) go_on = callback(record) && go_on;
    } catch (...) {
      failure = std::current_exception();
      go_on = false;
    }
    if (!run.all(go_on)) {
      try {
        run.ended(Outcome::stopped);
      } catch (...) {
        if (!failure) throw;  // only the first failure is reported
      }
      if (failure) std::rethrow_exception(failure);
      return Outcome::stopped;
    }
  }
  return Outcome::finished;
}

/// Runs the rounds and then, however they ended, `run.finish(outcome)`. The outcome is `failed` if something was
/// thrown; the exception then continues to the caller.
template <class Record, class Run>
void train_to_the_end(Run& run, const std::vector<std::function<bool(const Record&)>>& callbacks) {
  Outcome outcome = Outcome::failed;
  std::exception_ptr failure;
  try {
    outcome = train_rounds(run, callbacks);
  } catch (...) {
    failure = std::current_exception();
  }
  run.finish(outcome);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
