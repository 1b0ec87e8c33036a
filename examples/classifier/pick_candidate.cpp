#include "pick_candidate.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "fold_noise.hpp"
#include "recipe.hpp"
#include "recipe_table.hpp"

namespace classifier {

using heed::Index;

namespace {

// Two are compared on the folds that both have. Who has fewer folds must be better by more than one sequence.
bool beats(const Candidate& challenger, const Candidate& best, Index held_out) {
  constexpr double rounding = 1e-9;
  const std::size_t folds = std::min(challenger.accuracies.size(), best.accuracies.size());
  const bool fewer = challenger.accuracies.size() < best.accuracies.size();
  const double margin = fewer ? 1 / static_cast<double>(held_out) : 0;
  return accuracy_of(challenger, folds).mean > accuracy_of(best, folds).mean + margin + rounding;
}

}  // namespace

std::size_t best_of(const std::vector<Candidate>& candidates, Index held_out) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!candidates[i].counts() || !candidates[i].alone) continue;
    if (!best || beats(candidates[i], candidates[*best], held_out)) best = i;
  }
  if (best) return *best;
  const auto first = std::find_if(candidates.begin(), candidates.end(), [](const Candidate& c) { return c.alone; });
  return static_cast<std::size_t>(first - candidates.begin());
}

const Candidate* best_network_of(const std::vector<Candidate>& candidates, Index held_out) {
  const Candidate* best = nullptr;
  for (const Candidate& c : candidates) {
    if (!c.counts() || c.rocket() || c.name.empty()) continue;
    if (!best || beats(c, *best, held_out)) best = &c;
  }
  return best;
}

// The last is that of `strong`, in whose parts the folds have no say.
std::size_t taken_of(const std::vector<Candidate>& candidates, std::size_t best) {
  for (std::size_t i = candidates.size(); i-- > 0 && candidates[best].counts();) {
    const Candidate& c = candidates[i];
    const bool counts = c.counts() && is_mixed(c.name);
    if (counts && within_noise(c.accuracies, candidates[best].accuracies, folds_of_a_round)) return i;
  }
  return best;
}

}  // namespace classifier
