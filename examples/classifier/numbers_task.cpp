#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/data/standardize.hpp"
#include "notes.hpp"
#include "numbers.hpp"
#include "series.hpp"

namespace classifier {

using heed::Index;

namespace {

// Sequences as they were read, and what they should give.
struct Half {
  heed::Sequences<double> exact;
  Targets targets;
};

}  // namespace

Task<NumberModel> load_numbers_task(const TrainArguments& a, const StoredModel<NumberModel>* init,
                                    const heed::Part& part) {
  heed::require(a.data.has_value(), [] { return heed::Fault{"a task of numbers needs --data"}; });
  heed::require(!a.architecture.classes && a.fit.label_smoothing == 0 && !a.fit.balance_classes, [&] {
    return heed::Fault{"--classes, --label-smoothing and --class-weights are for classes, these are numbers",
                       a.data->data.string()};
  });
  NumbersTask numbers = numbers_task_of(a, init);
  const std::string& label = a.format.label_column;
  heed::require(!numbers.forecast() || label.empty() || label == "last" || label == "none", [&] {
    return heed::Fault{"--label-column is not for a forecast; --target-column names the columns to forecast",
                       a.data->data.string()};
  });
  MissingValues missing = init ? init->missing : MissingValues();
  if (a.missing) missing.how = *a.missing;
  heed::LoadOptions options{
      .table = format_of(a, init, a.data->data), .missing = missing.on_reading(), .targets = true};
  std::optional<Index> features = a.architecture.features;
  if (init) features = init->model.options.features;

  Index filled = 0;
  heed::Sequences<double> raw;
  const auto load = [&](const DataFiles& files) {
    NumberData data = numbers.forecast() ? load_series(files.data, options) : load_numbers(files, features, options);
    heed::require(!features || data.features() == *features, [&] {
      return heed::Fault{"wrong number of features", files.data.string(),
                         std::to_string(*features) + ", as in training", std::to_string(data.features())};
    });
    features = data.features();
    if (!a.quiet && reads_all(part) && &files == &*a.data) {
      note_far_values(data, data.features_of_table, files.data);
      note_sorted(data.sorted, options.table.time_column, files.data);
    }
    if (numbers.forecast()) {  // its windows are filled one by one
      if (!a.quiet) note_uneven_times(data, files.data);
      filled = missing_values(data);
      return data;
    }
    if (a.in_folds && missing.how != heed::Missing::error && missing.means.empty()) raw = data;
    missing.learn(data);
    filled = missing.fill(data, files.data);
    return data;
  };
  NumberData read = load(*a.data);
  if (init) init->columns.check(read.columns, read.features_of_table, a.format, a.data->data);
  if (numbers.forecast()) set_forecasts(numbers, a, read);
  std::optional<std::vector<double>> offsets;  // where windows are relative: of those for training
  if (init) offsets = init->shift;
  std::optional<Index> season;            // of the series for training
  std::vector<heed::SeriesSteps> places;  // of its windows
  require_same_changes(init, numbers, a.data->data);
  const auto half = [&](const heed::Sequences<double>& data, const std::filesystem::path& path, bool end) {
    Half result;
    if (numbers.forecast()) {
      SeriesParts windows = windows_of(data, numbers, path, a.task.held_out, end);
      if (!a.quiet) note_short_series(windows, data.count(), path);
      if (!season) season = season_of(windows, numbers);
      numbers.season = *season;
      if (numbers.season > 0) result.targets.a_season_before = values_a_season_before(windows, numbers);
      result.targets.last_values = std::move(windows.last_values);
      if (places.empty()) places = std::move(windows.places);
      result.exact = std::move(windows);
    } else {
      result.exact = data;
    }
    result.targets.exact = std::exchange(result.exact.targets, {});
    if (numbers.forecast()) {
      if (a.in_folds && missing.how != heed::Missing::error && missing.means.empty()) raw = result.exact;
      missing.learn(a.task.held_out > 0 ? without_end(data, a.task.held_out) : data);
      missing.fill(result.exact, path);
    }
    if (numbers.relative) {
      if (!offsets) offsets = heed::feature_statistics(result.exact).offsets<float>();
      result.targets.last = subtract_last(result.exact, numbers, *offsets, path);
    }
    return result;
  };
  Half train = half(read, a.data->data, false);
  const Index outputs = train.targets.exact.extent(1);
  heed::require(!init || a.new_head || init->model.options.classes == outputs, [&] {
    return heed::Fault{"wrong number of targets; --new-head starts a new last layer", a.data->data.string(),
                       std::to_string(init->model.options.classes), std::to_string(outputs)};
  });
  const auto prepared = [&](Half& from) {
    const Index count = from.exact.count();
    if (part) heed::detail::keep_part(from.exact, part(count));
    from.exact.labels.clear();
    return LabelledData<float>(without_numbers(from.exact), count, part);
  };
  LabelledData<float> data = prepared(train);
  Task<NumberModel> task{.names = {}, .train = std::move(data), .test = {}};
  if (!numbers.forecast() && std::ssize(read.labels_of_table) == outputs) task.names.names = read.labels_of_table;
  task.columns = columns_of(options.table, read, a.data->data);
  task.numbers = numbers;
  task.missing = missing;
  task.filled = filled;
  task.exact = std::move(train.exact);
  task.raw = std::move(raw);
  task.places = std::move(places);
  task.offsets = offsets.value_or(std::vector<double>());
  if (!a.test && a.task.held_out == 0) {
    set_targets(task, std::move(train.targets), {}, part);
    return task;
  }
  options.steps = !numbers.forecast() && is_table(a.data->data) && !read.is_long ? read.steps() : 0;
  const auto load_test = [&] {
    options.table = format_like(options.table, task.columns, {}, a.test->data);
    NumberData other = load(*a.test);
    task.columns.check(other.columns, other.features_of_table, a.format, a.test->data);
    return other;
  };
  Half test = a.test ? half(load_test(), a.test->data, false) : half(read, a.data->data, true);
  heed::require(test.targets.exact.extent(1) == outputs, [&] {
    return heed::Fault{"wrong number of targets", a.test->data.string(), std::to_string(outputs),
                       std::to_string(test.targets.exact.extent(1))};
  });
  task.filled = a.test ? task.filled : filled;
  task.test = prepared(test);
  task.exact_test = std::move(test.exact);
  set_targets(task, std::move(train.targets), std::move(test.targets), part);
  return task;
}

}  // namespace classifier
