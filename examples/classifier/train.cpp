// classifier train: data in, a trained model out.

#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "../support/gnuplot.hpp"
#include "../support/terminal.hpp"
#include "choose_recipe.hpp"
#include "commands.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/core/visit.hpp"
#include "heed/train/interrupt.hpp"
#include "notes.hpp"
#include "numbers.hpp"
#include "recipe.hpp"
#include "report.hpp"
#include "rocket.hpp"
#include "together.hpp"
#include "train_ensemble.hpp"
#include "train_outputs.hpp"
#include "training.hpp"

namespace classifier {

using namespace support;

namespace {

template <class M>
void train(TrainArguments& a, const Processes& processes) {
  std::optional<StoredModel<M>> init;
  std::optional<Task<M>> loaded;
  heed::require(!is_mixed(a.recipe) || !processes.launched(),
                [] { return heed::Fault{"--recipe of several runs as one process: start it without mpirun"}; });
  processes.agree([&] {
    if (processes.first()) check_outputs(a);
    if (processes.first() && !a.curve.empty()) support::check_picture(a.curve);
    adopt_checkpoint(a);
    if (!a.init.empty()) {
      Architecture said = a.architecture;
      if (a.new_head) said.classes.reset();  // those of the data
      init = load_model<M>(read_model_file(a.init), a.init, said);
      require_one_model(*init);
      if (a.data && !a.task.kind && !a.new_head && init->task.forecast()) complete_forecast(a);
    }
    a.in_folds = a.recipe == "auto";
    loaded = load_task(a, init ? &*init : nullptr, [&](heed::Index count) { return processes.part(count); });
  });
  Task<M>& task = *loaded;
  if constexpr (!is_text<M>) {
    if (processes.first() && !a.quiet) note_columns(a, task);
  }
  if constexpr (!is_text<M>) {
    if (a.recipe == "auto") choose_recipe(a, task, processes);
    a.in_folds = false;  // from here on the data are for training
    if (a.recipe == "rocket") return train_rocket(a, task, processes);
    if (is_mixed(a.recipe)) return train_together(a, task, processes);
  }
  apply_recipe_for(a, task.train.count(), !task.numbers.numbers());
  processes.require_same(fingerprint(task, init ? &*init : nullptr));
  StoredModel<M> stored = start_model(a, task, std::move(init), processes);
  add_members(a, stored);
  processes.agree([&] {
    check_gaps(a, task, stored.model);
    if (processes.first() && !a.model.empty()) check_save(stored);
  });

  const bool talks = processes.first() && !a.quiet;
  const bool live = talks && !processes.launched() && is_terminal(stdout);
  if (a.fit.threads == 0) a.fit.threads = processes.threads();
  a.fit.bucket_by_length = a.fit.batch_size > 0 && task.train.is_ragged();
  const heed::InterruptGuard guard;  // Ctrl-C ends the step; a second one ends the program at once
  a.fit.stop = guard.signal();
  if (talks) {
    if constexpr (!is_text<M>) print_features(a, task);
    print_plan(data_of(task), plan_of(stored), stored.members() * heed::parameter_count(stored.model), processes,
               heed::ThreadPool(a.fit.threads).size());
  }
  if (a.ensemble > 1) return train_ensemble(a, stored, task, processes, talks);
  if (talks) add_progress(a, live);
  add_files(a, processes);
  heed::Adam<M> adam(stored.model, adam_options(a, classifier_of(stored.model).options.cell));
  heed::History history;
  a.fit.history = &history;
  std::exception_ptr failure;  // of a log or a checkpoint: what has been learnt is kept all the same
  try {
    fit_task(stored.model, task, true, adam, a.fit, processes);
  } catch (...) {
    if (history.epochs.empty()) throw;
    failure = std::current_exception();
  }
  if constexpr (!is_text<M>) {  // numbers in the units of the data
    if (task.numbers.numbers()) to_units(stored, task.scale);
  }
  if (live && !history.epochs.empty() && static_cast<int>(history.epochs.size()) < a.fit.epochs) std::printf("\n");

  processes.agree([&] {
    if (processes.first() && !a.model.empty()) save_model(stored);
    if (processes.first()) write_files(a, history);
    if (failure) std::rethrow_exception(failure);
    require_finished(history, a);
  });
  if (!talks) return;
  std::string metrics;
  if constexpr (!is_text<M>) metrics = metrics_of(a, stored, task, processes);
  print_result(history, a, metrics);
}

void train_rocket(const TrainArguments& a, const Processes& processes) {
  heed::require(processes.count() == 1,
                [] { return heed::Fault{"--recipe rocket runs as one process: start it without mpirun"}; });
  check_outputs(a);
  Task<NumberModel> task = load_task<NumberModel>(a, nullptr, heed::Part());
  if (!a.quiet) {
    note_columns(a, task);
    print_features(a, task);
  }
  train_rocket(a, task, processes);
}

}  // namespace

void add_train(CLI::App& program, const Processes& processes) {
  CLI::App& command = *program.add_subcommand("train", "Train a model; without --data on a built-in task");
  const auto a = std::make_shared<TrainArguments>();
  add_train_options(command, *a);
  command.callback([a, &processes] {
    check_rocket(*a);
    complete(*a);
    if (a->recipe == "rocket") {
      train_rocket(*a, processes);
    } else if (a->text.empty()) {
      train<NumberModel>(*a, processes);
    } else {
      train<TextModel>(*a, processes);
    }
  });
}

}  // namespace classifier
