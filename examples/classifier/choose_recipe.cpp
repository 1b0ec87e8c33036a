#include "choose_recipe.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "recipe.hpp"
#include "recipe_table.hpp"
#include "recipe_trials.hpp"

namespace classifier {

using heed::Index;

namespace {

constexpr Index most_members = 5;

bool wants_epochs(const TrainArguments& a) {
  return !a.log.empty() || !a.history.empty() || !a.curve.empty() || !a.checkpoint.empty();
}

// In the order in which they win where they are equally good: the quicker first.
std::vector<Candidate> all_candidates(const TrainArguments& a) {
  std::vector<Candidate> all{{.name = "rocket"}};
  if (wants_epochs(a)) all.front().fault = "not tried: it has no epochs to write of";
  for (std::string& name : heed::recipe_names()) all.push_back({.name = std::move(name)});
  all.push_back({});
  return all;
}

// Two are compared on the folds that both have. Who has fewer folds must be better by more than one sequence.
bool beats(const Candidate& challenger, const Candidate& best, Index held_out) {
  constexpr double rounding = 1e-9;
  const std::size_t folds = std::min(challenger.accuracies.size(), best.accuracies.size());
  const bool fewer = challenger.accuracies.size() < best.accuracies.size();
  const double margin = fewer ? 1 / static_cast<double>(held_out) : 0;
  return accuracy_of(challenger, folds).mean > accuracy_of(best, folds).mean + margin + rounding;
}

// The first of the best; where none counts, the first that may be taken.
std::size_t best_of(const std::vector<Candidate>& candidates, Index held_out) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!candidates[i].fault.empty()) continue;
    if (!best || beats(candidates[i], candidates[*best], held_out)) best = i;
  }
  if (best) return *best;
  const auto first = std::find_if(candidates.begin(), candidates.end(),
                                  [](const Candidate& c) { return !c.fault.starts_with("not tried"); });
  return static_cast<std::size_t>(first - candidates.begin());
}

// The best that is trained by steps with a recipe.
const Candidate* best_network_of(const std::vector<Candidate>& candidates, Index held_out) {
  const Candidate* best = nullptr;
  for (const Candidate& c : candidates) {
    if (!c.counts() || c.rocket() || c.name.empty()) continue;
    if (!best || beats(c, *best, held_out)) best = &c;
  }
  return best;
}

// Random convolutions and networks err on different series. The mean of what has been tried needs no training: of
// rocket and the best network, and of what `strong` is.
void add_means(std::vector<Candidate>& candidates, const RecipeTrials& trials, Index held_out) {
  std::vector<std::string> pair{"rocket"};
  if (const Candidate* const network = best_network_of(candidates, held_out)) pair.push_back(network->name);
  std::vector<Candidate> means;
  for (const std::vector<std::string>& names : {pair, heed::strong_recipes()}) {
    std::vector<const Candidate*> parts;
    for (const Candidate& c : candidates) {
      if (c.counts() && std::find(names.begin(), names.end(), c.name) != names.end()) parts.push_back(&c);
    }
    if (parts.size() == names.size() && names.size() > 1) means.push_back(trials.together(parts));
  }
  for (Candidate& mean : means) candidates.push_back(std::move(mean));
}

// Models of other seeds beside one that is trained by steps answer better together: as many as are trained within the
// limit once more.
Index members_for(const TrainArguments& a, const Candidate& taken, Index count, bool classes,
                  const RecipeTrials& trials) {
  const bool said = a.command->count("--ensemble") > 0;
  if (said || taken.rocket() || !taken.fault.empty() || taken.step_seconds == 0 || wants_epochs(a)) return a.ensemble;
  double one = 0;
  for (const std::string& name : parts_of(taken.name)) {
    if (name != "rocket")
      one = std::max(one, static_cast<double>(steps_of(with_recipe(a, name, count, classes), count)));
  }
  one *= taken.step_seconds;
  Index members = 1;
  for (Index m = 2; m <= most_members; ++m) {
    const Index in_turn = (m + trials.threads() - 1) / trials.threads();
    if (static_cast<double>(in_turn) * one <= trials.limit()) members = m;
  }
  return members;
}

}  // namespace

void choose_recipe(TrainArguments& a, const Task<NumberModel>& task, const Processes& processes) {
  const bool numbers = task.numbers.numbers();
  require_usage(!task.numbers.forecast(), "--recipe",
                "auto compares by cross-validation, and windows of one series overlap: name a recipe for a forecast");
  require_usage(!processes.launched(), "--recipe", "auto runs as one process: start it without mpirun");
  RecipeTrials trials(a, task, processes);
  std::vector<Candidate> candidates = all_candidates(a);
  if (!a.quiet) {
    std::printf("trying recipes for at most %g seconds, all on the same folds, up to %d\n", trials.limit(),
                folds_of_a_round * trials.rounds());
    std::fflush(stdout);
  }
  trials.run(candidates);
  const Index held_out = task.train.count() / folds_of_a_round;
  if (!numbers) add_means(candidates, trials, held_out);
  const std::size_t best = best_of(candidates, held_out);
  if (!a.quiet) print_candidates(candidates, best, numbers);
  a = with_recipe(a, candidates[best].name, task.train.count(), !numbers);
  a.ensemble = members_for(a, candidates[best], task.train.count(), !numbers, trials);
}

}  // namespace classifier
