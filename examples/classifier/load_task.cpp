#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "built_in_task.hpp"
#include "class_names.hpp"
#include "command_line.hpp"
#include "heed/core/error.hpp"
#include "notes.hpp"
#include "numbers.hpp"
#include "training.hpp"

namespace classifier {

namespace {

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

heed::TableFormat format_of(const TrainArguments& a, const StoredModel<NumberModel>* init,
                            const std::filesystem::path& data) {
  return init ? format_like(a.format, init->columns, init->label_column, data) : format_like(a.format, {}, {}, data);
}

Columns columns_of(const heed::TableFormat& format, const NumberData& data, const std::filesystem::path& path) {
  using IndexColumn = heed::TableFormat::IndexColumn;
  Columns columns{.values = name_list(data.columns)};
  if (is_table(path)) {
    columns.index = format.index_column == IndexColumn::drop_known ? IndexColumn::drop : format.index_column;
  }
  if (data.features_of_table.empty()) return columns;
  columns.sequence = format.sequence_column;
  columns.time = format.time_column;
  columns.dates = data.date_order;
  columns.features = name_list(data.features_of_table);
  if (!columns.features.empty()) columns.names = data.features_of_table;
  return columns;
}

template <>
Task<NumberModel> load_task(const TrainArguments& a, const StoredModel<NumberModel>* init, const heed::Part& part) {
  std::optional<heed::Index> features = a.architecture.features;
  if (init) features = init->model.options.features;
  if (!a.data) return built_in_task(a, init, features, part);
  if (asks_for_numbers(a, init)) return load_numbers_task(a, init, part);
  require_absolute(init);
  MissingValues missing = init ? init->missing : MissingValues();
  if (a.missing) missing.how = *a.missing;
  const bool fills = missing.how != heed::Missing::error;
  heed::LoadOptions options{
      .table = format_of(a, init, a.data->data), .part = fills ? heed::Part() : part, .missing = missing.on_reading()};
  heed::Index filled = 0;  // of all, whatever the part
  heed::Sequences<double> raw;
  const auto load = [&](const DataFiles& files, std::optional<heed::Index> known) {
    NumberData data = load_numbers(files, known, options);
    const bool again = !a.task.kind && !data.targets.empty();  // it is read as a task of numbers
    if (!a.quiet && reads_all(part) && !again && &files == &*a.data) {
      note_far_values(data, data.features_of_table, files.data);
      note_sorted(data.sorted, options.table.time_column, files.data);
    }
    if (a.in_folds && fills && missing.means.empty()) raw = data;
    missing.learn(data);
    filled = missing.fill(data, files.data);
    if (fills && part) heed::detail::keep_part(data, part(data.count()));
    return data;
  };
  NumberData exact = load(*a.data, features);
  if (!a.task.kind && !exact.targets.empty()) return load_numbers_task(a, init, part);  // a .ts that says so
  if (init) init->columns.check(exact.columns, exact.features_of_table, a.format, a.data->data);
  const Columns columns = columns_of(options.table, exact, a.data->data);
  const std::string label_column = exact.is_long ? name_list(exact.labels_of_table) : "";  // its place may differ
  heed::Sequences<float> train = without_numbers(exact);
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
    if (a.format.label_column.empty() && !label_column.empty()) options.table.label_column = label_column;
    options.table = format_like(options.table, columns, {}, a.test->data);
    NumberData test = load(*a.test, like.features());
    columns.check(test.columns, test.features_of_table, a.format, a.test->data);
    task.exact_test = std::move(test);
    task.test.emplace(without_numbers(task.exact_test), names, a.test->labels_path().string(), part);
  }
  return task;
}

}  // namespace classifier
