// classifier cross-validate: how good a way to train is, on sequences that it was not trained on.

#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../support/checks.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/visit.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/folds.hpp"
#include "heed/train/interrupt.hpp"
#include "numbers.hpp"
#include "recipe.hpp"
#include "report.hpp"
#include "rocket.hpp"
#include "training.hpp"

namespace classifier {

namespace {

struct CrossValidateArguments {
  TrainArguments train;
  heed::CrossValidationOptions folds;
};

std::string name_of(const heed::FoldRows& fold) {
  return "fold " + std::to_string(fold.fold + 1) + " of repeat " + std::to_string(fold.repeat + 1);
}

// What is taken from data is taken from those that the fold trains on: mean and deviation, the words of sentences.
template <class M>
class Folds {
 public:
  Folds(const CrossValidateArguments& all, const Processes& processes)
      : a_(all.train), options_(all.folds), processes_(processes), guard_() {
    if (!a_.init.empty()) {
      Architecture said = a_.architecture;
      if (a_.new_head) said.classes.reset();
      init_ = load_model<M>(heed::SafetensorsFile(a_.init), a_.init, said);
      require_one_model(*init_);
    }
    a_.in_folds = true;
    task_ = load_task(a_, init_ ? &*init_ : nullptr, heed::Part());
    heed::require(!task_->numbers.forecast(), [] {
      return heed::Fault{"cross-validate is for classes and regressions: windows of one series overlap", "--task",
                         "train --validation X, which keeps the end of the series to test on", "forecast"};
    });
    if (a_.fit.threads == 0) a_.fit.threads = processes.threads();
    a_.fit.stop = guard_.signal();
  }

  void run() {
    options_.seed = a_.fit.seed;
    const bool numbers = task_->numbers.numbers();
    const auto folds =
        numbers ? heed::make_folds(task_->train.count(), options_) : heed::make_folds(task_->train.classes, options_);
    const heed::CrossValidation all =
        heed::cross_validate(folds, [&](const heed::FoldRows& fold) { return score(fold); }, reporting());
    if (numbers) return print_numbers();
    std::printf("accuracy %.4f +- %.4f, loss %.6f +- %.6f: mean and standard deviation of %zu folds\n",
                all.accuracy.mean, all.accuracy.deviation, all.loss.mean, all.loss.deviation, all.folds.size());
  }

 private:
  heed::CrossValidationOptions reporting() {
    heed::CrossValidationOptions options = options_;
    options.callback = [this](const heed::FoldResult& r) {
      const bool first = !std::exchange(begun_, true);
      if (!measured_.empty()) {
        const Metrics& m = measured_.back();
        if (first) std::printf("repeat  fold  training  validation          mse          mae       r2\n");
        std::printf("%6d  %4d  %8td  %10td  %11.6g  %11.6g  %7.4f\n", r.repeat + 1, r.fold + 1, r.training,
                    r.validation, m.mse, m.mae, m.r2);
        std::fflush(stdout);
        return true;
      }
      if (first) std::printf("repeat  fold  training  validation  accuracy        loss\n");
      std::printf("%6d  %4d  %8td  %10td  %8.4f  %10.6f\n", r.repeat + 1, r.fold + 1, r.training, r.validation,
                  r.accuracy, r.loss);
      std::fflush(stdout);
      return true;
    };
    return options;
  }

  void print_numbers() const {
    const auto figures = [&](double Metrics::*figure) {
      std::vector<double> all;
      for (const Metrics& m : measured_) all.push_back(m.*figure);
      return heed::mean_and_deviation(all);
    };
    const auto mse = figures(&Metrics::mse), mae = figures(&Metrics::mae), r2 = figures(&Metrics::r2);
    std::printf("mse %.6g +- %.6g, mae %.6g +- %.6g, r2 %.4f +- %.4f: mean and standard deviation of %zu folds\n",
                mse.mean, mse.deviation, mae.mean, mae.deviation, r2.mean, r2.deviation, measured_.size());
  }

  // On the part of a fold to test on.
  template <class Model>
  heed::Evaluation result_of(const StoredModel<Model>& stored, const Task<M>& task, const TrainArguments& a) {
    if constexpr (!is_text<Model>) {
      if (task.numbers.numbers()) {
        measured_.push_back(metrics_of(stored, *task.test, task.test_targets));
        return {measured_.back().mse, std::numeric_limits<double>::quiet_NaN()};
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
      if (a.recipe == "rocket") {
        const std::optional<StoredModel<RocketModel>> rocket = rocket_of(a, task, processes_);
        heed::require(rocket.has_value(), [&] { return heed::Fault{"interrupted in " + name_of(fold)}; });
        return result_of(*rocket, task, a);
      }
    }
    StoredModel<M> stored = start_model(a, task, init_, processes_);
    add_members(a, stored);
    if (!begun_ && !a_.quiet) {
      print_plan(data_of(*task_), plan_of(stored), stored.members() * heed::parameter_count(stored.model), processes_,
                 heed::ThreadPool(a.fit.threads).size());
    }
    for (const heed::History& history : fit_members(a, stored, task, false, processes_)) {
      check(history, fold);
    }
    if constexpr (!is_text<M>) {
      if (task.numbers.numbers()) to_units(stored, task.scale);
    }
    return result_of(stored, task, a);
  }

  static void check(const heed::History& history, const heed::FoldRows& fold) {
    heed::require(history.outcome != heed::Outcome::cancelled,
                  [&] { return heed::Fault{"interrupted in " + name_of(fold)}; });
    heed::require(history.outcome != heed::Outcome::diverged, [&] {
      return heed::Fault{"the loss is not finite any more at epoch " + std::to_string(history.diverged_at),
                         name_of(fold)};
    });
  }

  TrainArguments a_;
  heed::CrossValidationOptions options_;
  const Processes& processes_;
  heed::InterruptGuard guard_;
  std::optional<StoredModel<M>> init_;
  std::optional<Task<M>> task_;
  std::vector<Metrics> measured_ = {};  // of numbers
  bool begun_ = false;
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
