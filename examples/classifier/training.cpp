#include "training.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "built_in_task.hpp"
#include "heed/core/error.hpp"
#include "heed/core/visit.hpp"
#include "heed/data/csv.hpp"
#include "heed/data/standardize.hpp"

namespace classifier {

namespace {

// The names of the classes: those of the model to start from, 0 to C-1 as --classes says, or those in the data.
heed::LabelMap names_for(const TrainArguments& a, const StoredModel* init, const std::vector<std::string>& labels,
                         const std::string& where) {
  if (init) return class_names(init->model);
  if (a.architecture.classes) return heed::LabelMap::fixed(*a.architecture.classes);
  heed::LabelMap names = heed::LabelMap::from(labels, where);
  heed::require(names.size() > 1, [&] {
    return heed::Fault{"all sequences have the same label " + heed::in_quotes(names.names.front()), where,
                       "two classes or more; --classes C fixes their number"};
  });
  return names;
}

}  // namespace

std::vector<std::filesystem::path> TrainArguments::inputs() const {
  std::vector<std::filesystem::path> paths;
  for (const auto* files : {&data, &test}) {
    if (!*files) continue;
    paths.push_back((*files)->data);
    if ((*files)->labels) paths.push_back(*(*files)->labels);
  }
  return paths;
}

Task load_task(const TrainArguments& a, const StoredModel* init, const heed::Part& part) {
  std::optional<heed::Index> features = a.architecture.features;
  if (init) features = init->model.options.features;
  if (!a.data) {
    const std::string where = "built-in task";
    heed::Sequences<float> train = training_gestures(a.fit.seed, part), test = test_gestures(a.fit.seed, part);
    heed::require(!features || *features == train.features(), [&] {
      return heed::Fault{"wrong number of features", where, std::to_string(*features),
                         std::to_string(train.features())};
    });
    const heed::LabelMap names = names_for(a, init, train.labels, where);
    return {names, {std::move(train), names, where, part}, LabelledData(std::move(test), names, where, part)};
  }
  heed::Sequences<float> train = load_data(*a.data, features, {.part = part});
  const std::string where = a.data->labels_path().string();
  const heed::LabelMap names = names_for(a, init, train.labels, where);
  Task task{names, {std::move(train), names, where, part}, {}};
  if (a.test) {
    const heed::Sequences<float>& like = task.train.sequences;
    task.test.emplace(load_data(*a.test, like.features(), {.steps = like.steps(), .part = part}), names,
                      a.test->labels_path().string(), part);
  }
  return task;
}

std::string fingerprint(const Task& task, const StoredModel* init) {
  std::string text;
  const auto add = [&](const auto& numbers) {
    const auto bytes = std::as_bytes(std::span(numbers));
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  for (const LabelledData* data : {&task.train, task.test ? &*task.test : nullptr}) {
    if (!data) continue;
    text += describe(*data) + counted(data->sequences.features(), " feature", " features");
    add(data->classes);
    add(data->sequences.lengths);
  }
  for (const std::string& name : task.names.names) text += name + '\n';
  if (init) heed::for_each_parameter([&](const heed::Path&, const auto& p) { add(p); }, init->model);
  return text;
}

StoredModel start_model(const TrainArguments& a, const Task& task, std::optional<StoredModel> init,
                        const Processes& processes) {
  const heed::Sequences<float>& data = task.train.sequences;
  StoredModel stored{init ? std::move(init->model) : Model(a.architecture.options(data.features(), task.names.size())),
                     a.model, data.steps()};
  if (!init) stored.model.initialize(heed::Key{a.fit.seed});
  stored.model.labels = task.names.names;
  if (a.standardize && !stored.model.standardize.active()) {  // that of `init` belongs to its weights
    const heed::LabelledSequences<float> part = task.train.view();
    const heed::FeatureStatistics s = heed::feature_statistics<float>(
        part.x, part.lengths, [&](std::span<double> sums, const auto& f) { processes.in_turn(sums, f); });
    stored.model.standardize = heed::Standardize<float>(s.mean, s.deviation);
  }
  return stored;
}

void print_plan(const Task& task, const Model& model, const Processes& processes, int threads) {
  std::printf("%s, %s, %s", describe(task.train).c_str(),
              counted(model.options.features, "feature", "features").c_str(),
              counted(model.options.classes, "class", "classes").c_str());
  if (task.test) std::printf("; %td to test", task.test->count());
  const std::string by = processes.launched() ? counted(processes.count(), "process of ", "processes of ") : "";
  std::printf("\n%s\n%td weights, %s%s\n", describe(model.options).c_str(), heed::parameter_count(model), by.c_str(),
              counted(threads, "thread", "threads").c_str());
}

void print_result(const heed::History& history, const std::filesystem::path& model) {
  if (!history.epochs.empty()) {
    const heed::EpochRecord& last = history.epochs.back();
    if (std::isnan(last.test_accuracy)) {
      std::printf("accuracy %.4f, loss %.6f in the last epoch, on the training data\n", last.accuracy, last.loss);
    } else {
      std::printf("test accuracy %.4f, loss %.6f\n", last.test_accuracy, last.test_loss);
    }
  }
  if (model.empty()) {
    std::printf("the model is not kept: --model FILE.safetensors writes it\n");
  } else {
    std::printf("model written to %s\n", model.string().c_str());
  }
}

void require_finished(const heed::History& history, const std::filesystem::path& model) {
  const std::string kept = model.empty() ? "" : " are in " + model.string();
  const auto epochs = std::to_string(history.epochs.size());
  heed::require(history.outcome != heed::Outcome::diverged, [&] {
    return heed::Fault{"the loss is not finite any more at epoch " + std::to_string(history.diverged_at) +
                       (kept.empty() ? "" : "; the last weights that gave a finite one" + kept)};
  });
  heed::require(history.outcome != heed::Outcome::stopped, [&] {
    return heed::Fault{"interrupted after epoch " + epochs + (kept.empty() ? "" : "; its weights" + kept)};
  });
}

void write_history(const std::filesystem::path& path, const heed::History& history) {
  constexpr int digits = 9;
  heed::CsvWriter csv({"epoch", "loss", "accuracy", "test_loss", "test_accuracy", "seconds"}, digits);
  const auto if_any = [](double value) { return std::isnan(value) ? std::optional<double>() : value; };
  for (const heed::EpochRecord& r : history.epochs) {
    csv.row(r.epoch, r.loss, r.accuracy, if_any(r.test_loss), if_any(r.test_accuracy), r.seconds);
  }
  csv.write(path);
}

}  // namespace classifier
