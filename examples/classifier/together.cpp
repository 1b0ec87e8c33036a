#include "together.hpp"

#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/parallel.hpp"
#include "heed/core/visit.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/interrupt.hpp"
#include "numbers.hpp"
#include "recipe.hpp"
#include "report.hpp"
#include "rocket.hpp"
#include "train_outputs.hpp"

namespace classifier {

namespace {

// Models of one recipe that is trained by steps.
struct Trained {
  TrainArguments arguments;
  StoredModel<NumberModel> models;
};

// What is trained, part by part; all see the same input, standardised as the first says.
class Parts {
 public:
  Parts(const TrainArguments& a, Task<NumberModel>& task, const Processes& processes)
      : task_(task), processes_(processes) {
    const bool classes = !task.numbers.numbers();
    const heed::Index count = task.train.count();
    for (const std::string& name : parts_of(a.recipe)) {
      TrainArguments part = with_recipe(a, name, count, classes);
      part.model.clear();  // what is written is all of them
      part = outputs_of_part(std::move(part), name);
      adopt_checkpoint(part);
      if (name == "rocket") {
        rocket_arguments_ = std::move(part);
        continue;
      }
      part.fit.bucket_by_length = part.fit.batch_size > 0 && task.train.is_ragged();
      if (part.fit.threads == 0) part.fit.threads = processes.threads();
      StoredModel<NumberModel> models = trained_.empty() ? start_model<NumberModel>(part, task, {}, processes)
                                                         : start_model_beside(part, trained_.front().models, task);
      add_members(part, models);
      trained_.push_back({std::move(part), std::move(models)});
    }
    if (rocket_arguments_) rocket_ = start_rocket_beside(*rocket_arguments_, trained_.front().models, task);
  }

  /// As they stand, as one.
  StoredModel<MixedModel> together(const std::filesystem::path& path) const {
    std::vector<NumberModel> networks;
    std::vector<RocketModel> rockets;
    for (const Trained& t : trained_) {
      networks.push_back(t.models.model);
      networks.insert(networks.end(), t.models.more.begin(), t.models.more.end());
    }
    if (rocket_) {
      rockets.push_back(rocket_->model);
      rockets.insert(rockets.end(), rocket_->more.begin(), rocket_->more.end());
    }
    StoredModel<MixedModel> all{MixedModel(std::move(networks), std::move(rockets)), path};
    take_notes(all, trained_.front().models);
    return all;
  }

  /// Trains all of them. `tests`: with test data, models with epochs are tested after each epoch, and the result is
  /// printed. Returns false if it was stopped.
  bool fit(bool tests) {
    if (rocket_) {
      for (const heed::RocketFit& fit : fit_rockets(*rocket_, task_, rocket_arguments_->fit)) {
        if (fit.cancelled) return false;
        if (tests) print_fit("rocket", fit, task_.numbers);
      }
    }
    for (Trained& t : trained_) {
      for (const heed::History& history : fit_members(t.arguments, t.models, task_, tests, processes_)) {
        if (history.outcome == heed::Outcome::cancelled) return false;
        require_finished(history, t.arguments);
        if (!tests) continue;
        std::printf("%s: ", t.arguments.recipe.c_str());
        print_figures(history);
        std::fflush(stdout);
      }
      if (task_.numbers.numbers()) to_units(t.models, task_.scale);
    }
    return true;
  }

 private:
  Task<NumberModel>& task_;
  const Processes& processes_;
  std::vector<Trained> trained_;
  std::optional<TrainArguments> rocket_arguments_;
  std::optional<StoredModel<RocketModel>> rocket_;
};

}  // namespace

std::optional<StoredModel<MixedModel>> mixed_of(const TrainArguments& a, Task<NumberModel>& fold,
                                                const Processes& processes) {
  Parts parts(a, fold, processes);
  if (!parts.fit(false)) return {};
  return parts.together(a.model);
}

void train_together(const TrainArguments& arguments, Task<NumberModel>& task, const Processes& processes) {
  TrainArguments a = arguments;
  const heed::InterruptGuard guard;
  a.fit.stop = guard.signal();
  if (a.fit.threads == 0) a.fit.threads = processes.threads();
  Parts parts(a, task, processes);
  {
    const StoredModel<MixedModel> before = parts.together(a.model);
    check_gaps(a, task, before.model);
    if (!a.model.empty()) check_save(before);
    if (!a.quiet) {
      print_plan(data_of(task), plan_of(before), heed::parameter_count(before.model), processes,
                 heed::ThreadPool(a.fit.threads).size());
      std::fflush(stdout);
    }
  }
  heed::require(parts.fit(!a.quiet), [&] {
    const bool kept = !a.checkpoint.empty();
    return heed::Fault{std::string("interrupted: the model is not written") + (kept ? "; --resume goes on" : "")};
  });
  const StoredModel<MixedModel> stored = parts.together(a.model);
  if (!a.model.empty()) save_model(stored);
  if (a.quiet) return;
  if (task.numbers.numbers()) {
    const std::string metrics = task.test
                                    ? metrics_of("together: test ", stored, *task.test, task.test_targets)
                                    : metrics_of("together: on the training data ", stored, task.train, task.targets);
    std::fputs(metrics.c_str(), stdout);
  } else if (task.test) {
    const heed::Evaluation test = heed::evaluate(stored.model, task.test->view(), a.fit.threads);
    std::printf("together: test accuracy %.4f, loss %.6f\n", test.accuracy, test.loss);
  }
  print_place(a);
}

}  // namespace classifier
