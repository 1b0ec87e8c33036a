#include "choose_recipe.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "heed/core/error.hpp"
#include "heed/data/standardize.hpp"
#include "heed/train/cross_validate.hpp"
#include "recipe.hpp"

namespace classifier {

using heed::Index;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Deadline {
  Clock::time_point start;
  double seconds;
  bool stop_requested() const { return seconds_since(start) > seconds; }
};

// The arguments with a recipe; empty: the default.
TrainArguments with_recipe(TrainArguments a, const std::string& recipe, Index count) {
  a.recipe = recipe;
  a.time_limit.reset();
  apply_recipe(a);
  complete_fit(a);
  apply_recipe_for(a, count, true);
  return a;
}

heed::CrossValidation cross_validate(const TrainArguments& a, const Task<NumberModel>& task, int folds) {
  const auto make = [&](const heed::LabelledSequences<float>& training) {
    NumberModel model(a.architecture.options(training.x.extent(2), task.names.size()));
    model.initialize(heed::Key{a.fit.seed});
    if (a.standardize) {
      const heed::FeatureStatistics s = heed::feature_statistics<float>(training.x, training.lengths);
      model.standardize = heed::Standardize<float>(s.mean, s.deviation);
    }
    return model;
  };
  return heed::cross_validate(make, task.train.view(), a.fit, {.folds = folds, .seed = a.fit.seed});
}

}  // namespace

void choose_recipe(TrainArguments& a, const Task<NumberModel>& task, const Processes& processes) {
  require_usage(!task.numbers.numbers(), "--recipe", "auto is for classes");
  require_usage(processes.count() == 1, "--recipe", "auto is for one process");
  constexpr int folds = 3;
  const Deadline deadline{Clock::now(), *a.time_limit};
  const Index count = task.train.count();
  std::vector<std::string> candidates = recipe_names();
  candidates.emplace_back();  // the default
  std::string best = candidates.front();
  double most = -1;
  if (!a.quiet) std::printf("recipe       accuracy of %d folds  seconds\n", folds);
  for (const std::string& name : candidates) {
    const Clock::time_point start = Clock::now();
    TrainArguments one = with_recipe(a, name, count * (folds - 1) / folds);
    one.fit.stop = deadline;
    one.fit.bucket_by_length = one.fit.batch_size > 0 && !task.train.sequences.lengths.empty();
    const char* const shown = name.empty() ? "default" : name.c_str();
    if (deadline.stop_requested()) {
      if (!a.quiet) std::printf("%-12s not tried: the time is over\n", shown);
      continue;
    }
    const heed::CrossValidation all = cross_validate(one, task, folds);
    const bool ended = all.folds.size() == folds;
    if (!a.quiet && ended) {
      std::printf("%-12s %.4f +- %.4f      %7.1f\n", shown, all.accuracy.mean, all.accuracy.deviation,
                  seconds_since(start));
    } else if (!a.quiet) {
      std::printf("%-12s not ended in time\n", shown);
    }
    std::fflush(stdout);
    if (!ended || all.accuracy.mean <= most) continue;
    most = all.accuracy.mean;
    best = name;
  }
  if (!a.quiet) std::printf("%s is taken\n", best.empty() ? "the default" : best.c_str());
  a = with_recipe(a, best, count);
}

}  // namespace classifier
