#pragma once

/// @file
/// What a program does with heed, each time on a tiny model and data, and what is promised about it whether it succeeds
/// or fails.

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/task.hpp"
#include "contents.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/checkpoint.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/optim/adam.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/loggers.hpp"

namespace faults {

using Model = heed::SequenceClassifier<float>;
using test_support::flat;

inline constexpr int epochs = 2;

inline Model new_model(std::uint64_t seed) {
  return Model({.features = 2, .classes = 3, .hidden = 4, .dense = 3, .seed = seed});
}
inline const test_support::Task<float>& task() {
  static const test_support::Task<float> task(100, {4, 2}, 3);
  return task;
}

/// Everything that has a state.
inline heed::FitOptions everything(int count) {
  return {.epochs = count,
          .learning_rate = 0.02,
          .batch_size = 40,
          .seed = 3,
          .threads = 1,
          .clip_norm = 1,
          .validation = 0.2,
          .early_stopping = {.patience = 1000},
          .ema_decay = 0.9};
}
/// A run that is stored and logged after each epoch, or goes on from where it was stored.
struct StoredRun {
  std::filesystem::path file, log;
  heed::FitOptions options;
  Model model = new_model(1);

  /// Closes the log at the end, as the end of a program does.
  struct Closing {
    heed::FitOptions& options;
    ~Closing() {
      options.callbacks.clear();
      options.checkpoint = {};
    }
  };

  explicit StoredRun(const std::filesystem::path& folder, int count = epochs)
      : file(folder / "run.safetensors"), log(folder / "log.csv"), options(everything(count)) {
    options.callbacks.reserve(1);
  }
  void run() {
    const Closing closing{options};
    options.checkpoint = heed::checkpoint(file);
    options.callbacks.push_back(heed::csv_logger(log));
    heed::fit(model, task().view(), options);
  }
  static Model result(const std::filesystem::path& folder, int count = epochs) {
    StoredRun run(folder, count);
    run.run();
    return run.model;
  }
};

/// Each function returns what is wrong, or nothing. `faulty` says which calls failed.
struct Job {
  std::string name;
  std::function<void()> prepare;  // the folder, which is empty
  std::function<void()> run;      // the only part during which calls fail
  std::function<std::string()> after_success;
  std::function<std::string()> after_error;
  std::vector<std::string> files = {};  // that may be in the folder at the end
  Kind spared = Kind::none;             // of these calls none fails
  long every = 1;                       // of the allocations each so-many-th fails, unless all are asked for
};

/// The parameters and the optimizer of training without a checkpoint, after each epoch.
struct Trained {
  Model model = new_model(1);
  heed::Adam<Model> adam{model, {.learning_rate = 0.02}};

  void run(heed::FitOptions options = {.epochs = epochs, .threads = 1}) {
    options.shuffle = false;
    heed::fit(model, task().view(), adam, options);
  }
  std::vector<float> numbers() {
    std::vector<float> all = flat(model);
    adam.visit_state([&]<class Part>(const char*, Part& part) {
      if constexpr (std::same_as<Part, std::int64_t>) {
        all.push_back(static_cast<float>(part));
      } else {
        for (heed::Index i = 0; i < part.view().count(); ++i) {
          all.insert(all.end(), part.view()[i].begin(), part.view()[i].end());
        }
      }
    });
    return all;
  }
};

inline Job training(std::string name, std::function<void(Trained&)> train, Kind spared = Kind::none) {
  const auto expected = std::make_shared<std::vector<std::vector<float>>>();
  for (int count = 0; count <= epochs; ++count) {
    Trained reference;
    reference.run({.epochs = count, .threads = 1});
    expected->push_back(reference.numbers());
  }
  const auto trained = std::make_shared<Trained>();
  return {.name = std::move(name),
          .prepare = [=] { *trained = {}; },
          .run = [=] { train(*trained); },
          .after_success = [=] { return trained->numbers() == expected->back() ? "" : "other weights"; },
          .after_error =
              [=] {
                const bool whole = std::find(expected->begin(), expected->end(), trained->numbers()) != expected->end();
                return whole ? "" : "weights and optimizer are not those after a whole number of steps";
              },
          .spared = spared};
}

/// A thread for each task.
class Threads {
 public:
  Threads() = default;
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() {
    for (std::size_t i = 0; i < count_; ++i) threads_[i].join();
  }
  int size() const { return 2; }
  void run(std::function<void()> task) {
    threads_.at(count_) = std::thread(std::move(task));
    ++count_;
  }

 private:
  std::array<std::thread, 100> threads_;
  std::size_t count_ = 0;
};

inline std::vector<Job> trainings() {
  // Eigen's pool does not look whether it gets memory; a user's threads throw errors of their own
  return {training("train", [](Trained& t) { t.run(); }),
          training(
              "train_threads", [](Trained& t) { t.run({.epochs = epochs, .threads = 3}); }, Kind::memory),
          training(
              "train_executor",
              [](Trained& t) {
                Threads threads;
                t.run({.epochs = epochs, .executor = threads});
              },
              Kind::thread)};
}

/// `from`: the epochs that are stored already.
inline Job stored_training(std::string name, const std::filesystem::path& folder, int from) {
  write_files(folder, {});
  if (from > 0) StoredRun::result(folder, from);
  const Files before = files_in(folder);
  const auto run = std::make_shared<std::optional<StoredRun>>();
  const auto expected = std::make_shared<const std::vector<float>>(flat(StoredRun::result(folder)));
  const Contents stored = contents_of_checkpoint(folder / "run.safetensors");
  const auto check = [=](const Model& model) {
    if (flat(model) != *expected) return "other weights";
    return contents_of_checkpoint(folder / "run.safetensors") == stored ? "" : "another checkpoint";
  };
  return {.name = std::move(name),
          .prepare =
              [=] {
                write_files(folder, before);
                run->emplace(folder);
              },
          .run = [=] { (*run)->run(); },
          .after_success =
              [=] {
                if (count_lines(folder / "log.csv") != 1 + epochs) return "another log";
                return check((*run)->model);
              },
          .after_error = [=] { return check(StoredRun::result(folder)); },  // it goes on, without a fault
          .files = {"run.safetensors", "log.csv"},
          .every = 29};  // thousands of calls, with minutes of time
}

inline Job predicting() {
  const auto model = std::make_shared<const Model>(new_model(1));
  const auto outputs = std::make_shared<heed::Tensor<float, 2>>(heed::predict(*model, task().x));
  const heed::Tensor<float, 2> expected = *outputs;
  const auto predictor = std::make_shared<heed::Predictor<Model>>(*model);
  const auto check = [=] { return std::equal(outputs->begin(), outputs->end(), expected.begin()) ? "" : "others"; };
  return {.name = "predict",
          .prepare =
              [=] {
                *predictor = heed::Predictor<Model>(*model);
                std::fill(outputs->begin(), outputs->end(), 0.0f);
              },
          .run =
              [=] {
                (*predictor)(task().x[0]);
                (*predictor)(task().x, outputs->view());
                const heed::Tensor<float, 2> again = heed::predict(*model, task().x);
              },
          .after_success = check,
          .after_error =
              [=] {
                (*predictor)(task().x, outputs->view());  // it can still be used
                return check();
              }};
}

inline Job making() {
  return {.name = "make",
          .prepare = [] {},
          .run =
              [] {
                const Model model = new_model(1);
                const heed::Adam<Model> adam(model);
              },
          .after_success = [] { return ""; },
          .after_error = [] { return ""; }};
}

}  // namespace faults
