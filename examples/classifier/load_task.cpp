#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "built_in_task.hpp"
#include "command_line.hpp"
#include "heed/core/error.hpp"
#include "numbers.hpp"
#include "training.hpp"

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

}  // namespace

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
    heed::Sentences sentences =
        heed::read_sentences(path, {.lower = lower, .encoding = a.format.encoding, .header = text_header(a.format)});
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

}  // namespace classifier
