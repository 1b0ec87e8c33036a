#include "choose_recipe.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "heed/core/error.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit_ensemble.hpp"
#include "heed/train/folds.hpp"
#include "recipe.hpp"
#include "rocket.hpp"

namespace classifier {

using heed::Index;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int folds_of_a_round = 3, most_rounds = 3;
constexpr Index enough_answers = 300;  // on sequences left out, of all rounds; fewer say little

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Deadline {
  Clock::time_point start;
  double seconds;
  bool stop_requested() const { return seconds_since(start) > seconds; }
};

struct Candidate {
  std::string name;                     // empty: the default
  std::string fault = {};               // why it does not count; empty: it does
  std::vector<double> accuracies = {};  // of the folds, round after round
  double seconds = 0;
  std::exception_ptr error = {};  // options beside it do not go with its own

  const char* shown() const { return name.empty() ? "default" : name.c_str(); }
  bool ended(int rounds) const { return std::ssize(accuracies) == rounds * folds_of_a_round; }
};

// In the order in which they win where they are equally good: the quicker first.
std::vector<Candidate> all_candidates(const TrainArguments& a) {
  std::vector<Candidate> all{{.name = "rocket"}};
  const bool epochs_wanted = !a.log.empty() || !a.history.empty() || !a.curve.empty() || !a.checkpoint.empty();
  if (epochs_wanted) all.front().fault = "not tried: it has no epochs to write of";
  for (std::string& name : recipe_names()) all.push_back({.name = std::move(name)});
  all.push_back({});
  return all;
}

// The arguments with a recipe; empty: the default.
TrainArguments with_recipe(TrainArguments a, const std::string& recipe, Index count) {
  a.recipe = recipe;
  a.time_limit.reset();
  apply_recipe(a);
  complete_fit(a);
  apply_recipe_for(a, count, true);
  return a;
}

// Compares ways to train: what is taken from data, as their means, is taken from those that the fold trains on.
class Comparison {
 public:
  Comparison(const TrainArguments& a, const Task<NumberModel>& task, const Processes& processes)
      : a_(a),
        task_(task),
        processes_(processes),
        deadline_{Clock::now(), a.time_limit.value_or(default_time_limit)},
        rounds_(static_cast<int>(
            std::clamp<Index>((enough_answers + task.train.count() - 1) / task.train.count(), 1, most_rounds))),
        folds_(
            heed::make_folds(task.train.classes, {.folds = folds_of_a_round, .repeats = rounds_, .seed = a.fit.seed})) {
    a_.quiet = true;  // the last training says what there is to say
    a_.ensemble = 1;
    if (a_.fit.threads == 0) a_.fit.threads = processes.threads();
    if (a_.fit.validation == 0) a_.fit.early_stopping = {};  // the data to test on are no part of the choice
  }

  int rounds() const { return rounds_; }
  double limit() const { return deadline_.seconds; }

  void run(std::vector<Candidate>& candidates) {
    for (int round = 0; round < rounds_; ++round) {
      const double spent = seconds_since(deadline_.start);
      if (round > 0 && spent + spent / round > deadline_.seconds) return;  // this one would not end in time
      bool all_ended = true;
      for (Candidate& c : candidates) {
        if (!c.fault.empty()) continue;
        try {
          run(c, round);
        } catch (const heed::Error& e) {
          c.fault = "cannot be: " + e.fault().what;
          c.error = std::current_exception();
        }
        all_ended = all_ended && (c.ended(round + 1) || !c.fault.empty());
      }
      for (Candidate& c : candidates) {
        if (round == 0 && c.fault.empty() && !c.ended(1)) c.fault = "not ended in time";
        if (round > 0 && !all_ended) c.accuracies.resize(std::min(c.accuracies.size(), first_of(round)));
      }
      if (round > 0 && !all_ended) return;
      if (std::all_of(candidates.begin() + 1, candidates.end(),
                      [](const Candidate& c) { return c.error != nullptr; })) {
        std::rethrow_exception(candidates.back().error);  // options that no recipe can do with
      }
    }
  }

 private:
  static std::size_t first_of(int round) { return static_cast<std::size_t>(round) * folds_of_a_round; }

  void run(Candidate& c, int round) {
    const Clock::time_point start = Clock::now();
    const std::span<const heed::FoldRows> folds = std::span(folds_).subspan(first_of(round), folds_of_a_round);
    const bool in_time = c.name == "rocket" ? run_rocket(c, folds) : run_trained(c, folds);
    if (!in_time) c.accuracies.resize(first_of(round));
    c.seconds += seconds_since(start);
  }

  bool run_rocket(Candidate& c, std::span<const heed::FoldRows> folds) const {
    for (const heed::FoldRows& rows : folds) {
      if (deadline_.stop_requested()) return false;
      Task<NumberModel> fold = fold_task<NumberModel>(a_, task_, rows.rows, nullptr);
      c.accuracies.push_back(score_rocket(a_, fold, processes_).accuracy);
    }
    return true;
  }

  // the folds side by side on the threads
  bool run_trained(Candidate& c, std::span<const heed::FoldRows> folds) const {
    if (deadline_.stop_requested()) return false;
    TrainArguments a = with_recipe(a_, c.name, static_cast<Index>(folds.front().rows.training.size()));
    a.fit.stop = deadline_;
    a.fit.bucket_by_length = a.fit.batch_size > 0 && !task_.train.sequences.lengths.empty();
    std::vector<Task<NumberModel>> tasks;
    std::vector<NumberModel> models;
    for (const heed::FoldRows& rows : folds) {
      tasks.push_back(fold_task<NumberModel>(a, task_, rows.rows, nullptr));
      models.push_back(start_model<NumberModel>(a, tasks.back(), {}, processes_).model);
    }
    const std::vector<heed::History> histories =
        heed::fit_members(std::span(models), a.fit, [&](NumberModel& model, const heed::FitOptions& options) {
          heed::Adam<NumberModel> adam(model, adam_options(a, model.options.cell));
          return fit_task(model, tasks[static_cast<std::size_t>(&model - models.data())], false, adam, options,
                          processes_);
        });
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (histories[i].outcome == heed::Outcome::cancelled) return false;
      if (histories[i].outcome == heed::Outcome::diverged) c.fault = "diverged";
      c.accuracies.push_back(heed::evaluate(models[i], tasks[i].test->view(), a.fit.threads).accuracy);
    }
    return true;
  }

  TrainArguments a_;
  const Task<NumberModel>& task_;
  const Processes& processes_;
  Deadline deadline_;
  int rounds_;
  std::vector<heed::FoldRows> folds_;
};

// The first of the best; where none counts, the first that may be taken.
std::size_t best_of(const std::vector<Candidate>& candidates) {
  constexpr double rounding = 1e-9;
  std::optional<std::size_t> best;
  double most = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!candidates[i].fault.empty()) continue;
    const double mean = heed::mean_and_deviation(candidates[i].accuracies).mean;
    if (best && mean <= most + rounding) continue;
    best = i;
    most = mean;
  }
  if (best) return *best;
  const auto first = std::find_if(candidates.begin(), candidates.end(),
                                  [](const Candidate& c) { return !c.fault.starts_with("not tried"); });
  return static_cast<std::size_t>(first - candidates.begin());
}

void print_candidates(const std::vector<Candidate>& candidates, std::size_t best) {
  std::printf("recipe     accuracy  deviation  seconds\n");
  for (const Candidate& c : candidates) {
    if (!c.fault.empty()) {
      std::printf("%-9s  %s\n", c.shown(), c.fault.c_str());
      continue;
    }
    const heed::MeanAndDeviation m = heed::mean_and_deviation(c.accuracies);
    std::printf("%-9s  %8.4f  %9.4f  %7.1f\n", c.shown(), m.mean, m.deviation, c.seconds);
  }
  const Candidate& taken = candidates[best];
  std::printf("%s%s is taken: ", taken.name.empty() ? "the " : "", taken.shown());
  if (taken.fault.empty()) {
    std::printf("the best of %zu folds\n", taken.accuracies.size());
  } else {
    std::printf("none came to its end\n");
  }
  std::fflush(stdout);
}

}  // namespace

void choose_recipe(TrainArguments& a, const Task<NumberModel>& task, const Processes& processes) {
  require_usage(!task.numbers.numbers(), "--recipe", "auto is for classes, and this task is of numbers");
  require_usage(!processes.launched(), "--recipe", "auto runs as one process: start it without mpirun");
  Comparison comparison(a, task, processes);
  std::vector<Candidate> candidates = all_candidates(a);
  if (!a.quiet) {
    std::printf("trying recipes for at most %g seconds, all on the same folds, up to %d\n", comparison.limit(),
                folds_of_a_round * comparison.rounds());
    std::fflush(stdout);
  }
  comparison.run(candidates);
  const std::size_t best = best_of(candidates);
  if (!a.quiet) print_candidates(candidates, best);
  a = with_recipe(a, candidates[best].name, task.train.count());
}

}  // namespace classifier
