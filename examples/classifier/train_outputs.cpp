#include "train_outputs.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "../support/gnuplot.hpp"
#include "../support/training_curves.hpp"
#include "heed/core/error.hpp"
#include "heed/data/load.hpp"
#include "heed/io/checkpoint.hpp"
#include "heed/train/callbacks.hpp"
#include "heed/train/loggers.hpp"
#include "model_arguments.hpp"
#include "recipe.hpp"
#include "report.hpp"

namespace classifier {

namespace {

// All trainings that have epochs; the model is of all of them.
std::vector<TrainArguments> trainings_of(TrainArguments a) {
  a.model.clear();
  std::vector<TrainArguments> all;
  for (const std::string& name : parts_of(a.recipe)) {
    if (name == "rocket") continue;
    const TrainArguments part = is_mixed(a.recipe) ? outputs_of_part(a, name) : a;
    for (heed::Index i = 0; i < a.ensemble; ++i) all.push_back(outputs_of_member(part, i));
  }
  return all;
}

}  // namespace

TrainArguments outputs_of_part(TrainArguments a, const std::string& part) {
  for (auto* path : {&a.log, &a.history, &a.curve, &a.checkpoint}) {
    if (path->empty()) continue;
    const std::string name = path->stem().string() + '-' + part + path->extension().string();
    path->replace_filename(name);
  }
  return a;
}

TrainArguments outputs_of_member(const TrainArguments& a, heed::Index member) {
  return a.ensemble == 1 ? a : outputs_of_part(a, std::to_string(a.fit.seed + static_cast<std::uint64_t>(member)));
}

void check_outputs(const TrainArguments& a) {
  const std::vector<TrainArguments> trainings = trainings_of(a);
  std::vector<std::filesystem::path> outputs;
  if (!a.model.empty()) outputs.push_back(a.model);
  for (const TrainArguments& one : trainings) {
    for (const std::filesystem::path& path : one.outputs()) outputs.push_back(path);
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    check_output(outputs[i], a.inputs());
    for (std::size_t k = 0; k < i; ++k) {
      heed::require(outputs[i].lexically_normal() != outputs[k].lexically_normal(), [&] {
        return heed::Fault{"model, history, log, curve and checkpoint need files of their own", outputs[i].string()};
      });
    }
  }
  for (const TrainArguments& one : trainings) {
    heed::require(one.checkpoint.empty() || one.resume || !std::filesystem::exists(one.checkpoint), [&] {
      return heed::Fault{"there is a checkpoint already: --resume goes on from it; remove it to start anew",
                         one.checkpoint.string()};
    });
  }
}

void add_files(TrainArguments& a, const Processes& processes) {
  if (!a.checkpoint.empty()) {
    a.fit.checkpoint =
        heed::checkpoint(a.checkpoint, {.every = a.checkpoint_every.value_or(1), .write = processes.first()});
  }
  if (a.log.empty() || !processes.first()) return;
  a.fit.callbacks.push_back(heed::detail::extension(a.log) == ".csv" ? heed::csv_logger(a.log)
                                                                     : heed::json_logger(a.log));
}

void write_files(const TrainArguments& a, const heed::History& history) {
  if (!a.history.empty()) write_history(a.history, history);
  if (!a.curve.empty()) support::draw(a.curve, support::training_curves(history));
}

void add_progress(TrainArguments& a, bool live) {
  a.fit.callbacks.push_back(live ? heed::live_progress(stdout) : heed::plain_progress(stdout));
}

}  // namespace classifier
