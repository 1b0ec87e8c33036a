#include "recipe_trials.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/train/evaluate.hpp"
#include "recipe.hpp"
#include "rocket.hpp"

namespace classifier {

using heed::Index;

namespace {

constexpr int most_rounds = 3;
constexpr Index enough_answers = 300;  // on sequences left out, of all rounds; fewer say little

std::size_t first_of(int round) { return static_cast<std::size_t>(round) * folds_of_a_round; }

// Folds in the order of time are the same each time.
int rounds_for(const Task<NumberModel>& task) {
  if (task.numbers.forecast()) return 1;
  return static_cast<int>(std::clamp<Index>((enough_answers - 1) / task.train.count() + 1, 1, most_rounds));
}

}  // namespace

RecipeTrials::RecipeTrials(const TrainArguments& a, const Task<NumberModel>& task, const Processes& processes)
    : a_(a),
      task_(task),
      processes_(processes),
      deadline_{Clock::now(), a.time_limit.value_or(default_time_limit)},
      threads_(heed::ThreadPool(a.fit.threads == 0 ? processes.threads() : a.fit.threads).size()),
      rounds_(rounds_for(task)),
      folds_(folds_of(task, {.folds = folds_of_a_round, .repeats = rounds_, .seed = a.fit.seed})) {
  a_.quiet = true;  // the last training says what there is to say
  a_.ensemble = 1;
  a_.fit.threads = threads_;
  if (a_.fit.validation == 0) a_.fit.early_stopping = {};  // the data to test on are no part of the choice
}

void RecipeTrials::run(std::vector<Candidate>& candidates) {
  for (int round = 0; round < rounds_; ++round) {
    const double spent = deadline_.spent();
    if (round > 0 && spent + spent / round > deadline_.seconds) return;  // this one would not end in time
    bool all_ended = true;
    auto left = static_cast<double>(candidates.size());
    for (Candidate& c : candidates) {
      const double share = (deadline_.seconds - deadline_.spent()) / left--;
      if (!c.fault.empty()) continue;
      try {
        run(c, round, share);
      } catch (const heed::Error& e) {
        c.fault = "cannot be: " + e.fault().what;
        c.error = std::current_exception();
      }
      const bool ended = c.accuracies.size() == first_of(round + 1) || (round == 0 && !c.note.empty());
      if (round == 0 && c.fault.empty() && !ended) c.fault = "not ended in time";
      all_ended = all_ended && (!c.fault.empty() || (ended && c.note.empty()));
    }
    if (!all_ended) {
      for (Candidate& c : candidates) c.keep(first_of(std::max(round, 1)));
      return;
    }
    if (std::all_of(candidates.begin() + 1, candidates.end(), [](const Candidate& c) { return c.error != nullptr; })) {
      std::rethrow_exception(candidates.back().error);  // options that no recipe can do with
    }
  }
}

void RecipeTrials::run(Candidate& c, int round, double share) const {
  const Clock::time_point start = Clock::now();
  const std::span<const heed::FoldRows> folds = std::span(folds_).subspan(first_of(round), folds_of_a_round);
  const bool in_time = c.rocket() ? run_rocket(c, folds, share) : run_trained(c, folds, share);
  if (!in_time) {
    c.keep(first_of(round));
    c.note.clear();
  }
  c.seconds += std::chrono::duration<double>(Clock::now() - start).count();
}

bool RecipeTrials::run_rocket(Candidate& c, std::span<const heed::FoldRows> folds, double share) const {
  const double before = deadline_.spent();
  const bool first = c.accuracies.empty();
  TrainArguments a = a_;
  a.fit.stop = within(share, first);
  for (std::size_t i = 0; i < folds.size(); ++i) {
    if (deadline_.stop_requested()) return false;
    const double each = i == 0 ? 0 : (deadline_.spent() - before) / static_cast<double>(i);
    if (first && each * static_cast<double>(folds.size()) > share) {  // the others would have less
      c.note = "one fold";
      c.keep(1);
      return true;
    }
    Task<NumberModel> fold = fold_task<NumberModel>(a, task_, folds[i].rows, nullptr);
    const std::optional<StoredModel<RocketModel>> rocket = rocket_of(a, fold, processes_);
    if (!rocket) return false;
    add_score(c, *rocket, fold, folds[i]);
  }
  return true;
}

// On their first folds candidates leave the others time.
RecipeTrials::Deadline RecipeTrials::within(double share, bool first) const {
  constexpr double more = 1.3;
  return {deadline_.start, first ? std::min(deadline_.seconds, deadline_.spent() + more * share) : deadline_.seconds};
}

}  // namespace classifier
