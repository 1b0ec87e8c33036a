// What is trained by steps, tried on folds in a share of the time.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "heed/train/evaluate.hpp"
#include "heed/train/fit_ensemble.hpp"
#include "numbers.hpp"
#include "recipe.hpp"
#include "recipe_trials.hpp"

namespace classifier {

using heed::Index;

namespace {

Index size_of(const heed::FoldRows& fold) { return static_cast<Index>(fold.rows.training.size()); }

}  // namespace

Index steps_of(const TrainArguments& a, Index count) {
  const Index batch = a.fit.batch_size > 0 ? a.fit.batch_size : count;
  return a.fit.epochs * ((count + batch - 1) / std::max<Index>(batch, 1));
}

double RecipeTrials::time_step(const TrainArguments& arguments, const heed::FoldRows& fold) const {
  TrainArguments a = arguments;
  a.fit.threads = 1;
  struct Timer {
    const Deadline& deadline;
    double longest;
    double first = 0, last = 0;
    Index steps = -1;  // the first one warms up
    bool stop_requested() {
      last = deadline.spent();
      if (++steps == 0) first = last;
      return last - first > longest || steps >= 50 || deadline.stop_requested();
    }
  } timer{.deadline = deadline_, .longest = std::min(2.0, deadline_.seconds / 100)};
  struct Token {
    Timer* timer;
    bool stop_requested() const { return timer->stop_requested(); }
  };
  a.fit.stop = Token{&timer};
  Task<NumberModel> task = fold_task<NumberModel>(a, task_, fold.rows, nullptr);
  NumberModel model = start_model<NumberModel>(a, task, {}, processes_).model;
  heed::Adam<NumberModel> adam(model, adam_options(a, model.options.cell));
  fit_task(model, task, false, adam, a.fit, processes_);
  return timer.steps > 0 ? (timer.last - timer.first) / static_cast<double>(timer.steps) : 0;
}

std::span<const heed::FoldRows> RecipeTrials::fit_into(double share, TrainArguments& a, Candidate& c,
                                                       std::span<const heed::FoldRows> folds) const {
  constexpr double sure = 0.8;  // other programs may want the processor, too
  const double one = static_cast<double>(steps_of(a, size_of(folds.front()))) * c.step_seconds;
  const double all = one * std::ceil(static_cast<double>(folds.size()) / threads_);
  if (all <= sure * share) return folds;
  c.note = "one fold";
  const double alone = one / (1 + 0.5 * (std::min(threads_, 4) - 1));  // threads on one batch are no perfect help
  if (alone > sure * share) {
    const int epochs = std::max(1, static_cast<int>(a.fit.epochs * sure * share / alone));
    c.note += ", " + std::to_string(epochs) + " of " + std::to_string(a.fit.epochs) + " epochs";
    a.fit.epochs = epochs;
  }
  return folds.first(1);
}

// the folds side by side on the threads
bool RecipeTrials::run_trained(Candidate& c, std::span<const heed::FoldRows> folds, double share) const {
  if (deadline_.stop_requested()) return false;
  TrainArguments a = with_recipe(a_, c.name, size_of(folds.front()), !task_.numbers.numbers());
  a.fit.bucket_by_length = a.fit.batch_size > 0 && task_.train.is_ragged();
  a.fit.stop = within(share, c.accuracies.empty());
  const double before = deadline_.spent();
  if (c.step_seconds == 0) c.step_seconds = time_step(a, folds.front());
  if (c.accuracies.empty()) folds = fit_into(share - (deadline_.spent() - before), a, c, folds);
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
    StoredModel<NumberModel> stored{std::move(models[i]), {}};
    stored.task = tasks[i].numbers;
    if (tasks[i].numbers.numbers()) to_units(stored, tasks[i].scale);
    add_score(c, stored, tasks[i], folds[i]);
  }
  return true;
}

}  // namespace classifier
