#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "numbers.hpp"
#include "series.hpp"

namespace classifier {

using heed::Index;

bool asks_for_numbers(const TrainArguments& a, const StoredModel<NumberModel>* init) {
  if (a.task.kind) return a.task.kind != TaskKind::classification;
  return init && !a.new_head && output_kind_of(*init) == heed::OutputKind::numbers;
}

void require_absolute(const StoredModel<NumberModel>* init) {
  heed::require(!init || !init->model.last_value.active(), [&] {
    return heed::Fault{"this model forecasts changes from the last value; other tasks have no last value",
                       init->path.string(),
                       "a model that was trained with --absolute",
                       {}};
  });
}

std::string index_list(const std::vector<Index>& columns) {
  std::string list;
  for (const Index column : columns) list += (list.empty() ? "" : ",") + std::to_string(column);
  return list;
}

void require_same_changes(const StoredModel<NumberModel>* init, const NumbersTask& task,
                          const std::filesystem::path& data) {
  if (!init || !task.relative) return;
  const auto each = [](std::vector<Index> features) {
    std::sort(features.begin(), features.end());
    features.erase(std::unique(features.begin(), features.end()), features.end());
    return features;
  };
  const std::vector<Index> seen = each(init->model.last_value.features_of_outputs()), wanted = each(task.forecasts);
  heed::require(seen == wanted && task.window > 1, [&] {
    return heed::Fault{"the model to start from sees changes of other columns; --target-column names those to forecast",
                       data.string(), index_list(seen) + " (counted from 0), in windows of two steps at least",
                       index_list(wanted)};
  });
}

void set_forecasts(NumbersTask& task, const TrainArguments& a, const NumberData& series) {
  if (!task.forecasts.empty() && a.task.target_column.empty()) return;
  std::vector<Index> said = columns_to_forecast(a.task.target_column, series, a.data->data);
  heed::require(task.forecasts.empty() || said == task.forecasts, [&] {
    return heed::Fault{"--target-column contradicts " + a.init.string() + "; --new-head starts a new last layer",
                       a.data->data.string(), "column " + index_list(task.forecasts) + " (counted from 0)",
                       index_list(said)};
  });
  task.forecasts = std::move(said);
}

NumbersTask numbers_task_of(const TrainArguments& a, const StoredModel<NumberModel>* init) {
  NumbersTask task = init && !a.new_head ? init->task : NumbersTask();
  const TaskKind kind = a.task.kind.value_or(task.numbers() ? task.kind : TaskKind::regression);
  heed::require(!task.numbers() || task.kind == kind, [&] {
    return heed::Fault{"--task " + std::string(heed::to_text(kind)) + " contradicts " + a.init.string() +
                       ", a model of a " + std::string(heed::to_text(task.kind)) +
                       "; --new-head starts a new last layer"};
  });
  heed::require(!init || a.new_head || output_kind_of(*init) == heed::OutputKind::numbers, [&] {
    return heed::Fault{a.init.string() + " is a model of classes; --new-head starts a new last layer, for numbers"};
  });
  task.kind = kind;
  if (!task.forecast()) {
    require_absolute(init);
    heed::require(!a.task.absolute, [] { return heed::Fault{"--absolute needs --task forecast"}; });
    return task;
  }
  const auto agree = [&](const char* option, const std::optional<Index>& given, Index& known, Index otherwise) {
    heed::require(!given || known == 0 || *given == known, [&] {
      return heed::Fault{std::string(option) + ' ' + std::to_string(*given) + " contradicts " + a.init.string() +
                         ", which has " + std::to_string(known)};
    });
    if (known == 0) known = given.value_or(otherwise);
  };
  agree("--window", a.task.window, task.window, 0);
  agree("--horizon", a.task.horizon, task.horizon, 1);
  heed::require(task.window > 0, [] { return heed::Fault{"--task forecast needs --window"}; });
  // a window of one step has no changes; a model to start from keeps its kind
  task.relative = init ? init->model.last_value.active() : !a.task.absolute && task.window > 1;
  heed::require(!task.relative || !a.task.absolute, [&] {
    return heed::Fault{"--absolute contradicts " + a.init.string() + ", which forecasts changes from the last value"};
  });
  return task;
}

}  // namespace classifier
