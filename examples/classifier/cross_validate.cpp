// classifier cross-validate: how good a way to train is, on sequences that it was not trained on.

#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "../support/checks.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "fold_report.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/visit.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/folds.hpp"
#include "heed/train/interrupt.hpp"
#include "notes.hpp"
#include "numbers.hpp"
#include "recipe.hpp"
#include "report.hpp"
#include "rocket.hpp"
#include "together.hpp"
#include "training.hpp"

namespace classifier {

namespace {

struct CrossValidateArguments {
  TrainArguments train;
  heed::CrossValidationOptions folds;
};

// What is taken from data is taken from those that the fold trains on: mean and deviation, the words of sentences.
template <class M>
class Folds {
 public:
  Folds(const CrossValidateArguments& all, const Processes& processes)
      : a_(all.train), options_(all.folds), processes_(processes), guard_() {
    if (!a_.init.empty()) {
      Architecture said = a_.architecture;
      if (a_.new_head) said.classes.reset();
      init_ = load_model<M>(read_model_file(a_.init), a_.init, said);
      require_one_model(*init_);
      if (a_.data && !a_.task.kind && !a_.new_head && init_->task.forecast()) complete_forecast(a_);
    }
    require_usage(a_.task.held_out == 0, "--validation",
                  "excludes a forecast here, which is tested on what follows its training data");
    a_.in_folds = true;
    task_ = load_task(a_, init_ ? &*init_ : nullptr, heed::Part());
    if (a_.fit.threads == 0) a_.fit.threads = processes.threads();
    a_.fit.stop = guard_.signal();
  }

  void run() {
    options_.seed = a_.fit.seed;
    const bool numbers = task_->numbers.numbers();
    const auto folds = folds_of(*task_, options_);
    if (!numbers) note_untested(task_->train.classes, a_.quiet);
    options_.callback = [this](const heed::FoldResult& fold) {
      report_.row(fold);
      return true;
    };
    report_.summary(heed::cross_validate(folds, [&](const heed::FoldRows& fold) { return score(fold); }, options_));
  }

 private:
  // On the part of a fold to test on.
  template <class Model>
  heed::Evaluation result_of(const StoredModel<Model>& stored, const Task<M>& task, const TrainArguments& a) {
    if constexpr (!is_text<Model>) {
      if (task.numbers.numbers()) {
        const Metrics metrics = metrics_of(stored, *task.test, task.test_targets);
        report_.add(metrics);
        return {metrics.mse, std::numeric_limits<double>::quiet_NaN()};
      }
    }
    return heed::evaluate(ensemble_of(stored), task.test->view(), a.fit.threads);
  }

  heed::Evaluation score(const heed::FoldRows& fold) {
    TrainArguments a = a_;
    a.fit.seed += static_cast<std::uint64_t>(fold.repeat);
    apply_recipe_for(a, static_cast<heed::Index>(fold.rows.training.size()), !task_->numbers.numbers());
    a.fit.bucket_by_length = a.fit.batch_size > 0 && task_->train.is_ragged();
    Task<M> task = fold_task(a, *task_, fold.rows, init_ ? &*init_ : nullptr);
    if constexpr (!is_text<M>) {
      const auto result_if_any = [&](const auto& stored) {
        heed::require(stored.has_value(), [&] { return heed::Fault{"interrupted in " + name_of(fold)}; });
        return result_of(*stored, task, a);
      };
      if (a.recipe == "rocket") return result_if_any(rocket_of(a, task, processes_));
      if (is_mixed(a.recipe)) return result_if_any(mixed_of(a, task, processes_));
    }
    StoredModel<M> stored = start_model(a, task, init_, processes_);
    add_members(a, stored);
    check_gaps(a, *task_, stored.model);
    if (!report_.begun() && !a_.quiet) {
      print_plan(data_of(*task_), plan_of(stored), stored.members() * heed::parameter_count(stored.model), processes_,
                 heed::ThreadPool(a.fit.threads).size());
    }
    for (const heed::History& history : fit_members(a, stored, task, false, processes_)) {
      check_trained(history, fold);
    }
    if constexpr (!is_text<M>) {
      if (task.numbers.numbers()) to_units(stored, task.scale);
    }
    return result_of(stored, task, a);
  }

  TrainArguments a_;
  heed::CrossValidationOptions options_;
  const Processes& processes_;
  heed::InterruptGuard guard_;
  std::optional<StoredModel<M>> init_;
  std::optional<Task<M>> task_;
  FoldReport report_;
};

}  // namespace

void add_cross_validate(CLI::App& program, const Processes& processes) {
  CLI::App& command = *program.add_subcommand("cross-validate", "Train and test on parts of the data in turn");
  const auto a = std::make_shared<CrossValidateArguments>();
  command.add_option("--folds", a->folds.folds, "Parts, each of which is tested on once (5)")
      ->check(support::whole(2, 1'000'000))
      ->option_text("N");
  command.add_option("--repeats", a->folds.repeats, "Times that the parts are drawn anew (1)")
      ->check(support::whole(1, 1'000'000))
      ->option_text("N");
  add_train_options(command, a->train, false);
  command.callback([a, &processes] {
    check_rocket(a->train);
    complete(a->train);
    require_usage(a->train.recipe != "auto", "--recipe", "auto is of train: name one here");
    require_usage(!a->train.fit.early_stopping.patience || a->train.fit.validation > 0, "--early-stopping",
                  "needs --validation");
    if (a->train.text.empty()) {
      Folds<NumberModel>(*a, processes).run();
    } else {
      Folds<TextModel>(*a, processes).run();
    }
  });
}

}  // namespace classifier
