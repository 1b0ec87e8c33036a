#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "heed/core/visit.hpp"
#include "heed/io/safetensors_file.hpp"
#include "heed/models/keras_start.hpp"
#include "numbers.hpp"
#include "recipe.hpp"
#include "train_outputs.hpp"
#include "training.hpp"

namespace classifier {

namespace {

template <class M>
void initialize(const TrainArguments& a, M& model, std::uint64_t seed) {
  if (a.keras()) {
    initialize_keras(model, heed::Key{seed});
  } else {
    model.initialize(heed::Key{seed});
  }
}

template <class M>
M new_model(const TrainArguments& a, const Task<M>& task) {
  const heed::Index classes = task.outputs();
  M model = [&] {
    if constexpr (is_text<M>) {
      M text(a.architecture.text_options(static_cast<heed::Index>(task.words.size()) + 2, classes));
      text.words = task.words;
      return text;
    } else {
      return M(a.architecture.options(task.train.sequences.features(), classes));
    }
  }();
  initialize(a, model, a.fit.seed);
  return model;
}

template <class M>
M with_new_head(M model, heed::Index classes, heed::Key key) {
  NumberModel& classifier = classifier_of(model);
  classifier.fc2 = heed::Dense<float>({.in_features = classifier.fc2.in_features(), .out_features = classes});
  classifier.fc2.initialize(key);
  classifier.options.classes = classes;
  classifier.labels.clear();
  classifier.last_value = {};
  if constexpr (is_text<M>) model.options.classifier.classes = classes;
  return model;
}

}  // namespace

void adopt_checkpoint(TrainArguments& a) {
  if (a.checkpoint.empty() || !a.init.empty() || is_mixed(a.recipe)) return;  // several have one each
  const std::filesystem::path path = outputs_of_member(a, 0).checkpoint;
  if (!std::filesystem::exists(path)) return;
  const heed::SafetensorsFile file(path);
  heed::SequenceClassifierOptions options;
  for (const heed::FieldRecord& field : heed::fields_of(options).records) {
    const bool said = file.metadata().contains("model." + std::string(field.name));
    if (field.before && !said) a.architecture.given.try_emplace(field.name, field.before);
  }
}

template <class M>
StoredModel<M> start_model(const TrainArguments& a, Task<M>& task, std::optional<StoredModel<M>> init,
                           const Processes& processes) {
  if (init && a.new_head) {
    init->model = with_new_head(std::move(init->model), task.outputs(), heed::Key{a.fit.seed}.child(3));
  }
  StoredModel<M> stored{init ? std::move(init->model) : new_model(a, task), a.model, task.train.sequences.steps(),
                        task.lower};
  classifier_of(stored.model).labels = task.names.names;
  if constexpr (!is_text<M>) {
    if (init) {
      stored.shift = std::move(init->shift);
      stored.label_column = std::move(init->label_column);
    }
    stored.missing = task.missing;
    stored.task = task.numbers;
    stored.columns = task.columns;
    if (!task.label_column.empty()) stored.label_column = task.label_column;
    if (init && !a.new_head && task.numbers.numbers()) from_units(stored.model, task.scale);
    const std::string& said = a.format.label_column;
    if (!said.empty()) stored.label_column = said == "last" ? task.label_column : said;
    standardize_exactly(a, task, stored, processes);
  }
  return stored;
}

StoredModel<NumberModel> start_model_beside(const TrainArguments& a, const StoredModel<NumberModel>& model,
                                            const Task<NumberModel>& task) {
  StoredModel<NumberModel> stored{new_model(a, task), a.model};
  stored.model.labels = model.model.labels;
  stored.model.standardize = model.model.standardize;
  take_notes(stored, model);
  return stored;
}

template <class M>
void add_members(const TrainArguments& a, StoredModel<M>& stored) {
  for (heed::Index i = 1; i < a.ensemble; ++i) {
    stored.more.push_back(stored.model);
    initialize(a, stored.more.back(), a.fit.seed + static_cast<std::uint64_t>(i));
  }
}

template StoredModel<NumberModel> start_model(const TrainArguments&, Task<NumberModel>&,
                                              std::optional<StoredModel<NumberModel>>, const Processes&);
template StoredModel<TextModel> start_model(const TrainArguments&, Task<TextModel>&,
                                            std::optional<StoredModel<TextModel>>, const Processes&);
template void add_members(const TrainArguments&, StoredModel<NumberModel>&);
template void add_members(const TrainArguments&, StoredModel<TextModel>&);

}  // namespace classifier
