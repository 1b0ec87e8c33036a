#include "training.hpp"

#include <span>
#include <utility>

#include "built_in_task.hpp"
#include "heed/core/error.hpp"
#include "heed/core/visit.hpp"
#include "heed/data/standardize.hpp"
#include "heed/models/keras_start.hpp"

namespace classifier {

namespace {

// The names of the classes: those of the model to start from, 0 to C-1 as --classes says, or those in the data.
template <class M>
heed::LabelMap names_for(const TrainArguments& a, const StoredModel<M>* init, const std::vector<std::string>& labels,
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

Task<NumberModel> built_in_task(const TrainArguments& a, const StoredModel<NumberModel>* init,
                                std::optional<heed::Index> features, const heed::Part& part) {
  const std::string where = "built-in task";
  heed::Sequences<float> train = training_gestures(a.fit.seed, part), test = test_gestures(a.fit.seed, part);
  heed::require(!features || *features == train.features(), [&] {
    return heed::Fault{"wrong number of features", where, std::to_string(*features), std::to_string(train.features())};
  });
  const heed::LabelMap names = names_for(a, init, train.labels, where);
  return {names, {std::move(train), names, where, part}, LabelledData<float>(std::move(test), names, where, part)};
}

heed::Vocabulary vocabulary_for(const TrainArguments& a, const StoredModel<TextModel>* init,
                                const heed::Sentences& sentences) {
  if (init) return heed::Vocabulary(init->model.words);
  heed::Vocabulary words = heed::Vocabulary::from(sentences.words, a.min_count.value_or(1));
  heed::require(!words.words().empty(), [&] {
    return heed::Fault{"no word occurs --min-count " + std::to_string(a.min_count.value_or(1)) + " times",
                       a.text.string()};
  });
  return words;
}

template <class M>
M new_model(const TrainArguments& a, const Task<M>& task) {
  const heed::Index classes = task.names.size();
  M model = [&] {
    if constexpr (is_text<M>) {
      M text(a.architecture.text_options(static_cast<heed::Index>(task.words.size()) + 2, classes));
      text.words = task.words;
      return text;
    } else {
      return M(a.architecture.options(task.train.sequences.features(), classes));
    }
  }();
  if (a.keras()) {
    initialize_keras(model, heed::Key{a.fit.seed});
  } else {
    model.initialize(heed::Key{a.fit.seed});
  }
  return model;
}

}  // namespace

template <>
Task<NumberModel> load_task(const TrainArguments& a, const StoredModel<NumberModel>* init, const heed::Part& part) {
  std::optional<heed::Index> features = a.architecture.features;
  if (init) features = init->model.options.features;
  if (!a.data) return built_in_task(a, init, features, part);
  heed::Sequences<float> train = load_numbers(*a.data, features, {.part = part});
  const std::string where = a.data->labels_path().string();
  const heed::LabelMap names = names_for(a, init, train.labels, where);
  Task<NumberModel> task{names, {std::move(train), names, where, part}, {}};
  if (a.test) {
    const heed::Sequences<float>& like = task.train.sequences;
    task.test.emplace(load_numbers(*a.test, like.features(), {.steps = like.steps(), .part = part}), names,
                      a.test->labels_path().string(), part);
  }
  return task;
}

template <>
Task<TextModel> load_task(const TrainArguments& a, const StoredModel<TextModel>* init, const heed::Part& part) {
  heed::require(!init || !a.lower || init->lower, [&] {
    return heed::Fault{"--lower contradicts " + a.init.string() + ", which knows words as they are"};
  });
  const bool lower = init ? init->lower : a.lower;
  const auto read = [&](const std::filesystem::path& path) { return heed::read_sentences(path, {.lower = lower}); };
  const std::string where = a.text.string();
  heed::Sentences sentences = read(a.text);
  const heed::LabelMap names = names_for(a, init, sentences.labels, where);
  const heed::Vocabulary words = vocabulary_for(a, init, sentences);
  Task<TextModel> task{.names = names,
                       .train = {Tokens(std::move(sentences), words, where, part), names, where, part},
                       .test = {},
                       .words = {words.words().begin(), words.words().end()},
                       .lower = lower};
  if (a.test) {
    const std::string test = a.test->data.string();
    task.test.emplace(Tokens(read(a.test->data), words, test, part), names, test, part);
  }
  return task;
}

template <class M>
std::string fingerprint(const Task<M>& task, const StoredModel<M>* init) {
  std::string text;
  const auto add = [&](const auto& numbers) {
    const auto bytes = std::as_bytes(std::span(numbers));
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  for (const auto* data : {&task.train, task.test ? &*task.test : nullptr}) {
    if (!data) continue;
    text += describe(*data) + counted(data->sequences.features(), " feature", " features");
    add(data->classes);
    add(data->sequences.lengths);
  }
  for (const auto* names : {&task.names.names, &task.words}) {
    for (const std::string& name : *names) text += name + '\n';
  }
  if (init) heed::for_each_parameter([&](const heed::Path&, const auto& p) { add(p); }, init->model);
  return text;
}

template <class M>
StoredModel<M> start_model(const TrainArguments& a, const Task<M>& task, std::optional<StoredModel<M>> init,
                           const Processes& processes) {
  StoredModel<M> stored{init ? std::move(init->model) : new_model(a, task), a.model, task.train.sequences.steps(),
                        task.lower};
  NumberModel& classifier = classifier_of(stored.model);
  classifier.labels = task.names.names;
  if constexpr (!is_text<M>) {
    if (a.standardize && !classifier.standardize.active()) {  // that of `init` belongs to its weights
      const heed::LabelledSequences<float> part = task.train.view();
      const heed::FeatureStatistics s = heed::feature_statistics<float>(
          part.x, part.lengths, [&](std::span<double> sums, const auto& f) { processes.in_turn(sums, f); });
      classifier.standardize = heed::Standardize<float>(s.mean, s.deviation);
    }
  }
  return stored;
}

heed::AdamOptions adam_options(const TrainArguments& a, heed::CellKind cell) {
  // where Keras has one bias, the second of heed's two stays 0
  const bool one_bias = a.keras() && cell != heed::CellKind::gru;
  return {.learning_rate = a.fit.learning_rate,
          .epsilon = a.keras() ? 1e-7 : 1e-8,
          .weight_decay = a.fit.weight_decay,
          .decay_matrices_only = true,
          .decoupled = true,
          .epsilon_outside = a.keras(),
          .frozen = one_bias ? std::vector<std::string>{"bias_hh"} : std::vector<std::string>{}};
}

template std::string fingerprint(const Task<NumberModel>&, const StoredModel<NumberModel>*);
template std::string fingerprint(const Task<TextModel>&, const StoredModel<TextModel>*);
template StoredModel<NumberModel> start_model(const TrainArguments&, const Task<NumberModel>&,
                                              std::optional<StoredModel<NumberModel>>, const Processes&);
template StoredModel<TextModel> start_model(const TrainArguments&, const Task<TextModel>&,
                                            std::optional<StoredModel<TextModel>>, const Processes&);

}  // namespace classifier
