#pragma once

// The loop that all training has: of `fit` and `fit_nodes` a round is an epoch, of `learn_q` the steps up to an
// evaluation.

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
    run.take(record);
    bool go_on = true;
    for (const auto& callback : callbacks) go_on = callback(record) && go_on;
    if (!run.all(go_on)) {
      run.ended(Outcome::stopped);
      return Outcome::stopped;
    }
  }
  return Outcome::finished;
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
