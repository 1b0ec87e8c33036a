// classifier train: data in, a trained model out.

#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

#include "commands.hpp"
#include "heed/core/error.hpp"
#include "heed/core/parallel.hpp"
#include "heed/train/callbacks.hpp"
#include "interrupt.hpp"
#include "terminal.hpp"
#include "training.hpp"

namespace classifier {

namespace {

void check_outputs(const TrainArguments& a) {
  for (const auto& output : {a.model, a.history}) {
    if (!output.empty()) check_output(output, a.inputs());
  }
  heed::require(a.model.empty() || a.model != a.history, [&] {
    return heed::Fault{"model and history need files of their own", a.model.string()};
  });
}

void train(TrainArguments& a, const Processes& processes) {
  std::optional<StoredModel> init;
  std::optional<Task> loaded;
  processes.agree([&] {
    if (processes.first()) check_outputs(a);
    if (!a.init.empty()) init = load_model(a.init, a.architecture);
    loaded = load_task(a, init ? &*init : nullptr, [&](heed::Index count) { return processes.part(count); });
  });
  const Task& task = *loaded;
  processes.require_same(fingerprint(task, init ? &*init : nullptr));
  StoredModel stored = start_model(a, task, std::move(init), processes);

  const bool talks = processes.first() && !a.quiet;
  const bool live = talks && !processes.launched() && is_terminal(stdout);
  if (a.fit.threads == 0) a.fit.threads = processes.threads();
  const InterruptGuard guard;
  if (talks) {
    print_plan(task, stored.model, processes, heed::ThreadPool(a.fit.threads).size());
    a.fit.callbacks.push_back(live ? heed::live_progress(stdout) : heed::plain_progress(stdout));
  }
  a.fit.callbacks.push_back([&](const heed::EpochRecord&) { return !guard.interrupted(); });
  std::optional<heed::LabelledSequences<float>> test;
  if (task.test) test = task.test->view();
  const heed::History history = processes.fit(stored.model, task.train.view(), a.fit, test);
  if (live && !history.epochs.empty() && static_cast<int>(history.epochs.size()) < a.fit.epochs) std::printf("\n");

  processes.agree([&] {
    if (processes.first() && !a.model.empty()) save_model(stored);
    if (processes.first() && !a.history.empty()) write_history(a.history, history);
    require_finished(history, a.model);
  });
  if (talks) print_result(history, a.model);
}

heed::Index batch_size(const std::string& text) {
  heed::Index size = 0;
  if (text == "full") return size;
  if (CLI::detail::lexical_cast(text, size) && size > 0) return size;
  throw CLI::ValidationError("--batch", "full, or a number of at least 1; got " + text);
}

std::string whole(const std::string& text) {  // CLI11 takes -1 for 2^64 - 1
  const bool negative = text.find('-') != std::string::npos;
  return negative ? "a number of at least 0; got " + text : "";
}

std::string positive(const std::string& text) {
  double value = 0;
  if (CLI::detail::lexical_cast(text, value) && std::isfinite(value) && value > 0) return {};
  return "a positive number; got " + text;
}

}  // namespace

void add_train(CLI::App& program, const Processes& processes) {
  CLI::App& command = *program.add_subcommand("train", "Train a model; without --data on a built-in task");
  const auto a = std::make_shared<TrainArguments>();
  const auto file = [&](const std::string& name, auto set, const char* text, const char* what) {
    return command.add_option_function<std::string>(name, set, what)->option_text(text);
  };
  const auto data = [](auto& files) -> DataFiles& { return files ? *files : files.emplace(); };
  auto* const x = file(
      "--data", [=](auto& f) { data(a->data).data = f; }, "FILE", "Sequences: .npy, .ts or a table");
  file(
      "--labels", [=](auto& f) { data(a->data).labels = f; }, "FILE", "Labels of a .npy, as .npy or text")
      ->needs(x);
  auto* const t = file(
      "--test", [=](auto& f) { data(a->test).data = f; }, "FILE", "Sequences to test every epoch on");
  t->needs(x);
  file(
      "--test-labels", [=](auto& f) { data(a->test).labels = f; }, "FILE", "Labels of a .npy --test")
      ->needs(t);
  file(
      "--init", [=](auto& f) { a->init = f; }, "FILE", "Model to start from (.safetensors)");
  file(
      "--model", [=](auto& f) { a->model = f; }, "FILE", "Where to write the model (.safetensors)");
  file(
      "--history", [=](auto& f) { a->history = f; }, "FILE", "Where to write a table of the epochs (.csv)");

  auto& fit = a->fit;
  command.add_option("--epochs", fit.epochs, "Times through the data (100)")
      ->check(CLI::Range(1, 1'000'000'000))
      ->option_text("N");
  command.add_option("--learning-rate", fit.learning_rate, "Of Adam (0.01)")->check(positive)->option_text("X");
  command
      .add_option_function<std::string>(
          "--batch", [=](auto& text) { a->fit.batch_size = batch_size(text); },
          "Sequences a step: full or a number (full)")
      ->option_text("N");
  command.add_flag("--standardize", a->standardize, "Give each feature mean 0 and deviation 1");
  command.add_option("--seed", fit.seed, "Of all random numbers (0)")->check(whole)->option_text("N");
  command.add_option("--threads", fit.threads, "Threads of each process (all); the result is the same")
      ->check(CLI::Range(1, 1024))
      ->option_text("N");
  command.add_flag("--quiet", a->quiet, "Print nothing but errors");
  add_architecture(command, a->architecture);
  command.callback([a, &processes] { train(*a, processes); });
}

}  // namespace classifier
