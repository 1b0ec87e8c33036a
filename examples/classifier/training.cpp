#include "training.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "built_in_task.hpp"
#include "heed/core/error.hpp"
#include "heed/core/visit.hpp"
#include "heed/data/standardize.hpp"
#include "heed/io/safetensors_file.hpp"
#include "heed/models/keras_start.hpp"
#include "heed/train/fit_ensemble.hpp"
#include "numbers.hpp"

namespace classifier {

namespace {

// The names of the classes: those of the model to start from, 0 to C-1 as --classes says, or those in the data.
template <class M>
heed::LabelMap names_for(const TrainArguments& a, const StoredModel<M>* init, const std::vector<std::string>& labels,
                         const std::string& where) {
  if (init && !a.new_head) {
    heed::LabelMap names = class_names(init->model);
    try {
      names.encode(labels, where);
    } catch (const heed::Error& e) {
      heed::Fault fault = e.fault();
      if (fault.what != "not a label")
        fault.what += "; --new-head starts a new last layer, for the classes of this data";
      throw heed::Error(std::move(fault));
    }
    return names;
  }
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
  return {.names = names,
          .train = {std::move(train), names, where, part},
          .test = LabelledData<float>(std::move(test), names, where, part)};
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
  if constexpr (is_text<M>) model.options.classifier.classes = classes;
  return model;
}

}  // namespace

void adopt_checkpoint(TrainArguments& a) {
  if (a.checkpoint.empty() || !a.init.empty() || !std::filesystem::exists(a.checkpoint)) return;
  const heed::SafetensorsFile file(a.checkpoint);
  heed::SequenceClassifierOptions options;
  for (const heed::FieldRecord& field : heed::fields_of(options).records) {
    const bool said = file.metadata().contains("model." + std::string(field.name));
    if (field.before && !said) a.architecture.given.try_emplace(field.name, field.before);
  }
}

heed::TableFormat format_of(const TrainArguments& a, const StoredModel<NumberModel>* init,
                            const std::filesystem::path& data) {
  heed::TableFormat format = a.format;
  if (!init || !is_table(data)) return format;
  if (format.label_column == "last" && !init->label_column.empty()) format.label_column = init->label_column;
  init->columns.complete(format);
  return format;
}

Columns columns_of(const heed::TableFormat& format, const NumberData& data) {
  if (data.features_of_table.empty()) return {};
  const std::string features = name_list(data.features_of_table);
  return {format.sequence_column, format.time_column, features,
          features.empty() ? std::vector<std::string>() : data.features_of_table};
}

template <>
Task<NumberModel> load_task(const TrainArguments& a, const StoredModel<NumberModel>* init, const heed::Part& part) {
  std::optional<heed::Index> features = a.architecture.features;
  if (init) features = init->model.options.features;
  if (!a.data) return built_in_task(a, init, features, part);
  if (asks_for_numbers(a, init)) return load_numbers_task(a, init, part);
  MissingValues missing = init ? init->missing : MissingValues();
  if (a.missing) missing.how = *a.missing;
  const bool fills = missing.how != heed::Missing::error;
  heed::LoadOptions options{
      .table = format_of(a, init, a.data->data), .part = fills ? heed::Part() : part, .missing = missing.on_reading()};
  heed::Index filled = 0;  // of all, whatever the part
  heed::Sequences<double> raw;
  const auto load = [&](const DataFiles& files, std::optional<heed::Index> known) {
    NumberData data = load_numbers(files, known, options);
    if (a.in_folds && fills && missing.means.empty()) raw = data;
    missing.learn(data);
    filled = missing.fill(data, files.data);
    if (fills && part) data.x = heed::detail::part_of(data.x, part(data.count()));
    return data;
  };
  NumberData exact = load(*a.data, features);
  if (!a.task.kind && !exact.targets.empty()) return load_numbers_task(a, init, part);  // a .ts that says so
  const Columns columns = columns_of(options.table, exact);
  const std::string label_column = exact.is_long ? name_list(exact.labels_of_table) : "";
  const std::vector<double> shift = init ? init->shift : std::vector<double>();
  const auto narrowed = [&](const heed::Sequences<double>& from, const DataFiles& files) {
    const auto count = static_cast<heed::Index>(from.labels.size());
    const heed::IndexRange rows = part ? part(count) : heed::IndexRange{0, count};
    const auto lengths = std::span<const std::int32_t>(from.lengths);
    const auto first = static_cast<std::size_t>(rows.first), all = static_cast<std::size_t>(rows.count());
    return heed::Sequences<float>{
        heed::narrowed<float>(from.x.view(), lengths.empty() ? lengths : lengths.subspan(first, all),
                              files.data.string(), shift),
        from.lengths, from.labels};
  };
  heed::Sequences<float> train = narrowed(exact, *a.data);
  const std::string where = a.data->labels_path().string();
  const heed::LabelMap names = names_for(a, init, train.labels, where);
  Task<NumberModel> task{.names = names, .train = {std::move(train), names, where, part}, .test = {}};
  task.exact = std::move(exact);
  task.columns = columns;
  task.label_column = label_column;
  task.missing = missing;
  task.raw = std::move(raw);
  task.filled = filled;
  if (a.test) {
    const heed::Sequences<float>& like = task.train.sequences;
    if (options.table.sequence_column.empty()) options.steps = like.steps();
    task.exact_test = load(*a.test, like.features());
    task.test.emplace(narrowed(task.exact_test, *a.test), names, a.test->labels_path().string(), part);
  }
  return task;
}

template <>
Task<TextModel> load_task(const TrainArguments& a, const StoredModel<TextModel>* init, const heed::Part& part) {
  heed::require(!init || !a.lower || init->lower, [&] {
    return heed::Fault{"--lower contradicts " + a.init.string() + ", which knows words as they are"};
  });
  const bool lower = init ? init->lower : a.lower;
  const auto read = [&](const std::filesystem::path& path) {
    heed::Sentences sentences = heed::read_sentences(path, {.lower = lower, .encoding = a.format.encoding});
    if (!a.quiet) note_encoding(sentences, path);
    return sentences;
  };
  const std::string where = a.text.string();
  heed::Sentences sentences = read(a.text);
  const heed::LabelMap names = names_for(a, init, sentences.labels, where);
  const heed::Vocabulary words = vocabulary_for(a, init, sentences);
  std::vector<std::vector<std::string>> kept = sentences.words;
  Task<TextModel> task{.names = names,
                       .train = {Tokens(std::move(sentences), words, where, part), names, where, part},
                       .test = {},
                       .words = {words.words().begin(), words.words().end()},
                       .lower = lower,
                       .sentences = std::move(kept)};
  if (a.test) {
    const std::string test = a.test->data.string();
    task.test.emplace(Tokens(read(a.test->data), words, test, part), names, test, part);
  }
  return task;
}

namespace {

template <class T>
std::vector<T> picked(const std::vector<T>& all, std::span<const heed::Index> rows) {
  std::vector<T> some;
  if (all.empty()) return some;
  for (const heed::Index row : rows) some.push_back(all[static_cast<std::size_t>(row)]);
  return some;
}

template <class S>
heed::Sequences<S> picked(const heed::Sequences<S>& all, std::span<const heed::Index> rows) {
  if (all.count() == 0) return {};
  heed::Sequences<S> some{heed::Tensor<S, 3>({static_cast<heed::Index>(rows.size()), all.steps(), all.features()}),
                          picked(all.lengths, rows), picked(all.labels, rows)};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto from = all.x[rows[i]];
    std::copy(from.begin(), from.end(), some.x[static_cast<heed::Index>(i)].begin());
  }
  return some;
}

}  // namespace

template <>
Task<NumberModel> fold_task(const TrainArguments& a, const Task<NumberModel>& all, const heed::Split& rows,
                            const StoredModel<NumberModel>* init) {
  const std::string where = a.data ? a.data->labels_path().string() : "built-in task";
  MissingValues missing = all.missing;
  heed::Sequences<double> exact = picked(all.exact, rows.training), exact_test = picked(all.exact, rows.validation);
  heed::Sequences<float> train = picked(all.train.sequences, rows.training);
  heed::Sequences<float> test = picked(all.train.sequences, rows.validation);
  if (all.raw.count() > 0) {  // filled by means of the training data alone
    missing.means.clear();
    exact = picked(all.raw, rows.training);
    exact_test = picked(all.raw, rows.validation);
    missing.learn(exact);
    for (auto* data : {&exact, &exact_test}) missing.fill(*data, a.data->data);
    const std::vector<double> shift = init ? init->shift : std::vector<double>();
    train = heed::narrowed<float>(exact, where, shift);
    test = heed::narrowed<float>(exact_test, where, shift);
  }
  Task<NumberModel> task{.names = all.names,
                         .train = {std::move(train), all.names, where},
                         .test = LabelledData<float>(std::move(test), all.names, where)};
  task.missing = std::move(missing);
  task.exact = std::move(exact);
  task.exact_test = std::move(exact_test);
  return task;
}

template <>
Task<TextModel> fold_task(const TrainArguments& a, const Task<TextModel>& all, const heed::Split& rows,
                          const StoredModel<TextModel>* init) {
  const auto some = [&](std::span<const heed::Index> which) {
    return heed::Sentences{.words = picked(all.sentences, which), .labels = picked(all.train.sequences.labels, which)};
  };
  const std::string where = a.text.string();
  heed::Sentences training = some(rows.training);
  const heed::Vocabulary words = vocabulary_for(a, init, training);
  return {.names = all.names,
          .train = {Tokens(std::move(training), words, where), all.names, where},
          .test = LabelledData<std::int32_t>(Tokens(some(rows.validation), words, where), all.names, where),
          .words = {words.words().begin(), words.words().end()},
          .lower = all.lower};
}

template <class M>
std::string fingerprint(const Task<M>& task, const StoredModel<M>* init) {
  std::string text;
  const auto add = [&](const auto& numbers) {
    const auto bytes = std::as_bytes(std::span(numbers.data(), static_cast<std::size_t>(numbers.size())));
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  for (const auto* data : {&task.train, task.test ? &*task.test : nullptr}) {
    if (!data) continue;
    text += describe(*data) + counted(data->sequences.features(), " feature", " features");
    add(data->classes);
    add(data->sequences.lengths);
  }
  add(task.targets.exact);
  add(task.test_targets.exact);
  for (const auto* names : {&task.names.names, &task.words}) {
    for (const std::string& name : *names) text += name + '\n';
  }
  if (init) heed::for_each_parameter([&](const heed::Path&, const auto& p) { add(p); }, init->model);
  return text;
}

namespace {

// Where features lose digits as floats: near their means. What is taken from them leaves numbers that keep their
// digits.
std::vector<double> shift_of(const heed::FeatureStatistics& s) {
  std::vector<double> shift(s.mean.size());
  for (const heed::Index f : s.losing_digits<float>()) {
    const double mean = s.mean[static_cast<std::size_t>(f)];
    shift[static_cast<std::size_t>(f)] = std::abs(mean) > 1 ? std::round(mean) : mean;
  }
  return shift;
}

void note_lost_digits(const TrainArguments& a, const heed::FeatureStatistics& s) {
  const auto features = s.losing_digits<float>();
  if (features.empty() || a.quiet) return;
  const auto f = static_cast<std::size_t>(features.front());
  std::fprintf(stderr,
               "%s: numbers of feature %td (counted from 0%s) lose digits: they come to %g and have a deviation of %g, "
               "where floats are %g apart; --standardize keeps the digits\n",
               a.data->data.string().c_str(), features.front(), features.size() > 1 ? ", and of others" : "",
               s.largest[f], s.deviation[f], s.largest[f] * static_cast<double>(std::numeric_limits<float>::epsilon()));
}

// in place
void standardize_exactly(const TrainArguments& a, Task<NumberModel>& task, StoredModel<NumberModel>& stored,
                         const Processes& processes) {
  const auto in_turn = [&](std::span<double> sums, const auto& f) { processes.in_turn(sums, f); };
  const bool standardizes = (a.standardize || task.numbers.numbers()) &&
                            !stored.model.standardize.active();  // that of `init` belongs to its weights
  if (!a.data) {  // the built-in task; of a file one of many processes may have no sequence
    if (!standardizes) return;
    const heed::LabelledSequences<float> part = task.train.view();
    const heed::FeatureStatistics s = heed::feature_statistics<float>(part.x, part.lengths, in_turn);
    stored.model.standardize = heed::Standardize<float>(s.mean, s.deviation);
    return;
  }
  const std::span<const std::int32_t> lengths = task.train.view().lengths;
  heed::FeatureStatistics s = heed::feature_statistics<double>(task.exact.x.view(), lengths, in_turn);
  if (standardizes) {
    if (!s.losing_digits<float>().empty() && stored.shift.empty()) {
      stored.shift = shift_of(s);
      const auto shifted = [&](const heed::Sequences<double>& exact, LabelledData<float>& data) {
        data.sequences.x =
            heed::narrowed<float>(exact.x.view(), data.view().lengths, a.data->data.string(), stored.shift);
      };
      shifted(task.exact, task.train);
      if (task.test) shifted(task.exact_test, *task.test);
      for (std::size_t f = 0; f < s.mean.size(); ++f) s.mean[f] -= stored.shift[f];
    }
    stored.model.standardize = heed::Standardize<float>(s.mean, s.deviation);
  } else if (stored.shift.empty() && processes.first()) {
    note_lost_digits(a, s);
  }
  task.exact = task.exact_test = {};
}

}  // namespace

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
    if (a.format.label_column != "last") stored.label_column = a.format.label_column;
    standardize_exactly(a, task, stored, processes);
  }
  return stored;
}

template <class M>
void add_members(const TrainArguments& a, StoredModel<M>& stored) {
  for (heed::Index i = 1; i < a.ensemble; ++i) {
    stored.more.push_back(stored.model);
    initialize(a, stored.more.back(), a.fit.seed + static_cast<std::uint64_t>(i));
  }
}

heed::History fit_task(TextModel& model, const Task<TextModel>& task, bool tests, heed::Adam<TextModel>& adam,
                       const heed::FitOptions& options, const Processes& processes) {
  std::optional<heed::LabelledSequences<std::int32_t>> test;
  if (tests && task.test) test = task.test->view();
  return processes.fit(model, task.train.view(), adam, options, test);
}

heed::History fit_task(NumberModel& model, const Task<NumberModel>& task, bool tests, heed::Adam<NumberModel>& adam,
                       const heed::FitOptions& options, const Processes& processes) {
  using Numbers = heed::TargetSequences<float>;
  std::optional<heed::LabelledSequences<float>> test;
  if (tests && task.test) test = task.test->view();
  const heed::LabelledSequences<float> train = task.train.view();
  if (!task.numbers.numbers()) return processes.fit(model, train, adam, options, test);
  std::optional<Numbers> numbers;
  if (test) numbers = Numbers{test->x, task.test_targets.scaled, test->lengths};
  return processes.fit(model, Numbers{train.x, task.targets.scaled, train.lengths}, adam, options, numbers);
}

template <class M>
std::vector<heed::History> fit_members(const TrainArguments& a, StoredModel<M>& stored, const Task<M>& task, bool tests,
                                       const Processes& processes) {
  const auto train = [&](M& model, const heed::FitOptions& options) {
    heed::Adam<M> adam(model, adam_options(a, classifier_of(model).options.cell));
    return fit_task(model, task, tests, adam, options, processes);
  };
  std::vector<M> all{std::move(stored.model)};
  std::move(stored.more.begin(), stored.more.end(), std::back_inserter(all));
  std::vector<heed::History> histories;
  if (processes.launched()) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      heed::FitOptions options = a.fit;
      options.seed += i;
      histories.push_back(train(all[i], options));
    }
  } else {
    histories = heed::fit_members(std::span<M>(all), a.fit, train);
  }
  stored.model = std::move(all.front());
  std::move(all.begin() + 1, all.end(), stored.more.begin());
  return histories;
}

heed::AdamOptions adam_options(const TrainArguments& a, heed::CellKind cell) {
  // where Keras has one bias, the second of heed's two stays 0
  const bool one_bias = a.keras() && cell != heed::CellKind::gru && cell != heed::CellKind::none;
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
template void add_members(const TrainArguments&, StoredModel<NumberModel>&);
template void add_members(const TrainArguments&, StoredModel<TextModel>&);
template std::vector<heed::History> fit_members(const TrainArguments&, StoredModel<NumberModel>&,
                                                const Task<NumberModel>&, bool, const Processes&);
template std::vector<heed::History> fit_members(const TrainArguments&, StoredModel<TextModel>&, const Task<TextModel>&,
                                                bool, const Processes&);
template StoredModel<NumberModel> start_model(const TrainArguments&, Task<NumberModel>&,
                                              std::optional<StoredModel<NumberModel>>, const Processes&);
template StoredModel<TextModel> start_model(const TrainArguments&, Task<TextModel>&,
                                            std::optional<StoredModel<TextModel>>, const Processes&);

}  // namespace classifier
