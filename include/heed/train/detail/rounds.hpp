#pragma once

// The loop that all training has: of `fit` and `fit_nodes` a round is an epoch, of `learn_q` the steps up to an
// evaluation.

#include <exception>
#include <functional>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/train/history.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Rounds until none is left or something ends them.
///
/// - `run.left()`: whether there is another round. `run.enough()`: no more is wanted, the outcome is `early`.
/// - `run.asked_to_stop()`: the outcome is `cancelled`.
/// - `run.round(record)`: fills the record; another outcome than `finished` ends training, and the record is not kept.
/// - `run.take(record)`: a round is over. `run.all(yes)`: whether all processes say yes.
/// - `run.ended(outcome)`: training ends with another outcome than `finished` or `early`.
///
/// Where a callback, or what keeps a round, throws, training ends for all processes as if a callback had said so.
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
        if (!failure) throw;  // the first failure is told
      }
      if (failure) std::rethrow_exception(failure);
      return Outcome::stopped;
    }
  }
  return Outcome::finished;
}

/// The rounds and then, however they ended, `run.finish(outcome)`: `failed` where something was thrown, which then goes
/// on to the caller.
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
