#include "choose_recipe.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "confusion.hpp"
#include "pick_candidate.hpp"
#include "recipe.hpp"
#include "recipe_table.hpp"
#include "recipe_trials.hpp"
#include "train_outputs.hpp"

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
  all.front().alone = !wants_epochs(a);
  for (std::string& name : heed::recipe_names()) all.push_back({.name = std::move(name)});
  all.push_back({});
  return all;
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

// Throws where too few sequences can be left out: the only one of its class is always trained on.
void require_enough(const TrainArguments& a, const Task<NumberModel>& task) {
  Index left_out = task.train.count(), alone = 0;
  if (!task.numbers.numbers()) {
    std::vector<Index> counts(static_cast<std::size_t>(task.outputs()));
    for (const std::int32_t c : task.train.classes) ++counts[static_cast<std::size_t>(c)];
    alone = std::count(counts.begin(), counts.end(), 1);
  }
  left_out -= alone;
  heed::require(left_out >= folds_of_a_round, [&] {
    return heed::Fault{"too few sequences for --recipe auto, which compares recipes on some that it leaves out",
                       a.data ? a.data->data.string() : std::string(),
                       "at least " + std::to_string(folds_of_a_round) +
                           ", not counting classes with a single one; or the name of a recipe, as --recipe strong",
                       std::to_string(left_out)};
  });
  if (alone > 0 && !a.quiet) {
    std::printf("%s one sequence, which is never left out: no accuracy below counts it\n",
                alone == 1 ? "1 class has" : (std::to_string(alone) + " classes have").c_str());
  }
}

// Where a recipe has learnt nothing, high figures on the training data would hide it.
void note_no_better(const Candidate& taken, const Task<NumberModel>& task) {
  if (!taken.fault.empty()) return;
  const bool numbers = task.numbers.numbers();
  const double simple = numbers ? 0 : share_of_largest(task.train.classes);
  const std::size_t folds = taken.accuracies.size();
  const heed::MeanAndDeviation m = accuracy_of(taken, folds);
  if (m.mean - m.deviation / std::sqrt(static_cast<double>(folds)) > simple) return;
  if (numbers) {
    std::printf("it is not clearly better than %s is 0: it may have learnt nothing\n",
                task.numbers.forecast() ? "the last value, whose skill" : "the mean of the training targets, whose r2");
  } else {
    std::printf("it is not clearly better than always the most frequent class, %.4f: it may have learnt nothing\n",
                simple);
  }
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
  require_usage(!processes.launched(), "--recipe", "auto runs as one process: start it without mpirun");
  require_enough(a, task);
  RecipeTrials trials(a, task, processes);
  std::vector<Candidate> candidates = all_candidates(a);
  if (!a.quiet) {
    std::printf("trying recipes for at most %g seconds, all on the same folds, up to %d\n", trials.limit(),
                folds_of_a_round * trials.rounds());
    std::fflush(stdout);
  }
  trials.run(candidates);
  const Index held_out = task.train.count() / folds_of_a_round;
  add_means(candidates, trials, held_out);
  const std::size_t best = best_of(candidates, held_out);
  // r2 and skill have no least value: one bad fold would make noise of all differences
  const std::size_t taken = numbers ? best : taken_of(candidates, best);
  if (!a.quiet) {
    print_candidates(candidates, best, taken, task.numbers);
    note_no_better(candidates[taken], task);
  }
  a = with_recipe(a, candidates[taken].name, task.train.count(), !numbers);
  a.ensemble = members_for(a, candidates[taken], task.train.count(), !numbers, trials);
  check_outputs(a);  // of all models that are trained now
}

}  // namespace classifier
