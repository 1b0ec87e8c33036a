#include "rocket.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/visit.hpp"
#include "heed/options/fields.hpp"
#include "heed/train/recipe.hpp"
#include "numbers.hpp"
#include "report.hpp"

namespace classifier {

StoredModel<RocketModel> start_rocket(const TrainArguments& a, Task<NumberModel>& task, const Processes& processes) {
  TrainArguments standardized = a;  // channels are added up: their units must be alike
  standardized.standardize = true;
  return start_rocket_beside(a, start_model<NumberModel>(standardized, task, {}, processes), task);
}

StoredModel<RocketModel> start_rocket_beside(const TrainArguments& a, const StoredModel<NumberModel>& like,
                                             const Task<NumberModel>& task) {
  const heed::Index steps = task.train.sequences.steps();
  heed::RocketClassifierOptions o{
      .features = task.train.sequences.features(), .classes = task.outputs(), .steps = steps, .seed = a.fit.seed};
  o.num_features = a.num_features.value_or(o.num_features);
  heed::set_fields(o, heed::rocket_architecture());
  StoredModel<RocketModel> stored{RocketModel(o), a.model, steps};
  stored.model.labels = like.model.labels;
  stored.model.standardize = like.model.standardize;
  take_notes(stored, like);
  for (heed::Index i = 1; i < a.ensemble; ++i) {  // of the same kernels; each draws its biases from other series
    stored.more.push_back(stored.model);
    stored.more.back().rocket.options.seed += static_cast<std::uint64_t>(i);
  }
  return stored;
}

std::vector<heed::RocketFit> fit_rockets(StoredModel<RocketModel>& stored, const Task<NumberModel>& task,
                                         const heed::FitOptions& options) {
  std::vector<heed::RocketFit> fits;
  const bool numbers = task.numbers.numbers();
  const auto fit = [&](RocketModel& model) {
    const heed::RocketFitOptions o{
        .seed = options.seed + fits.size(), .threads = options.threads, .stop = options.stop};
    const heed::LabelledSequences<float> train = task.train.view();
    const heed::TargetSequences<float> targets{train.x, task.targets.scaled, train.lengths, train.mask};
    fits.push_back(numbers ? heed::fit_rocket(model, targets, o) : heed::fit_rocket(model, train, o));
  };
  fit(stored.model);
  for (RocketModel& member : stored.more) fit(member);
  if (numbers) to_units(stored, task.scale);
  return fits;
}

std::optional<StoredModel<RocketModel>> rocket_of(const TrainArguments& a, Task<NumberModel>& fold,
                                                  const Processes& processes) {
  StoredModel<RocketModel> stored = start_rocket(a, fold, processes);
  for (const heed::RocketFit& fit : fit_rockets(stored, fold, a.fit)) {
    if (fit.cancelled) return {};
  }
  return stored;
}

void print_fit(const std::string& name, const heed::RocketFit& fit, const NumbersTask& task) {
  // windows overlap: one that is left out stands in its neighbours, and says nothing of a forecast
  if (!fit.ridge || task.forecast()) return;
  if (!name.empty()) std::printf("%s: ", name.c_str());
  if (task.numbers()) {
    std::printf("r2 about %.4f on sequences left out one by one, alpha %.4g\n", 1 - fit.error, fit.alpha);
  } else {
    std::printf("accuracy %.4f on sequences left out one by one, alpha %.4g\n", fit.accuracy, fit.alpha);
  }
}

void train_rocket(const TrainArguments& a, Task<NumberModel>& task, const Processes& processes) {
  StoredModel<RocketModel> stored = start_rocket(a, task, processes);
  check_gaps(a, task, stored.model);
  if (!a.model.empty()) check_save(stored);
  heed::FitOptions options = a.fit;
  if (options.threads == 0) options.threads = processes.threads();
  if (!a.quiet) {
    print_plan(data_of(task), plan_of(stored), stored.members() * heed::parameter_count(stored.model), processes,
               heed::ThreadPool(options.threads).size());
  }
  const std::vector<heed::RocketFit> fits = fit_rockets(stored, task, options);
  if (!a.model.empty()) save_model(stored);
  if (a.quiet) return;
  for (std::size_t i = 0; i < fits.size(); ++i) {
    print_fit(fits.size() > 1 ? "seed " + std::to_string(a.fit.seed + i) : "", fits[i], task.numbers);
  }
  const char* const together = fits.size() > 1 ? "together: " : "";
  if (task.numbers.numbers()) {
    const std::string metrics =
        task.test ? metrics_of(std::string(together) + "test ", stored, *task.test, task.test_targets)
                  : metrics_of(std::string(together) + "on the training data ", stored, task.train, task.targets);
    std::fputs(metrics.c_str(), stdout);
  } else if (task.test) {
    const heed::Evaluation test = heed::evaluate(ensemble_of(stored), task.test->view(), options.threads);
    std::printf("%stest accuracy %.4f, loss %.6f\n", together, test.accuracy, test.loss);
  }
  print_place(a);
}

}  // namespace classifier
