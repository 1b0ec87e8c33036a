#include "task.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "../support/checks.hpp"
#include "heed/core/error.hpp"
#include "missing_values.hpp"

namespace classifier {

using heed::Index;
using IndexColumn = heed::TableFormat::IndexColumn;

void add_task(CLI::App& command, TaskOptions& task) {
  const char* const group = "Tasks";
  command
      .add_option_function<std::string>(
          "--task", [&task](const std::string& name) { task.kind = heed::from_text<TaskKind>(name, "--task"); },
          "classification, regression (labels are numbers)\nor forecast (of a long series); as the data say")
      ->check(support::one_of({"classification", "regression", "forecast"}))
      ->option_text("NAME")
      ->group(group);
  command.add_option("--window", task.window, "Steps that a forecast looks back")
      ->check(support::whole(1, 1'000'000'000))
      ->option_text("N")
      ->group(group);
  command.add_option("--horizon", task.horizon, "Steps that a forecast looks ahead (1)")
      ->check(support::whole(1, 1'000'000))
      ->option_text("N")
      ->group(group);
  command.add_option("--target-column", task.target_column, "Columns to forecast: names, or numbers from 0 (all)")
      ->option_text("NAME,...")
      ->group(group);
  command.add_flag("--absolute", task.absolute, "Forecast values, not their changes from the last one")->group(group);
}

std::vector<Index> NumbersTask::features_of_outputs() const {
  std::vector<Index> features;
  for (Index h = 0; h < horizon; ++h) features.insert(features.end(), forecasts.begin(), forecasts.end());
  return features;
}

void NumbersTask::write(heed::Metadata& metadata) const {
  if (!numbers()) return;
  metadata["task"] = heed::to_text(kind);
  if (!means.empty()) metadata["target_means"] = number_list(means);
  if (!forecast()) return;
  heed::set(metadata, "window", window);
  heed::set(metadata, "horizon", horizon);
  metadata["forecasts"] = number_list({forecasts.begin(), forecasts.end()});
}

NumbersTask NumbersTask::read(const heed::Metadata& metadata, Index features, Index outputs,
                              const std::filesystem::path& path) {
  NumbersTask task;
  const auto said = metadata.find("task");
  if (said == metadata.end()) return task;
  task.kind = heed::from_text<TaskKind>(said->second, path.string() + ", task");
  if (metadata.contains("target_means")) task.means = read_number_list(metadata, "target_means", outputs, path);
  if (!task.forecast()) return task;
  task.window = heed::get_index(metadata, "window");
  task.horizon = heed::get_index(metadata, "horizon");
  const auto malformed = [&](bool ok) {
    heed::require(ok, [&] {
      return heed::Fault{
          "malformed metadata", path.string(), "a window, a horizon and features that fit the model", {}};
    });
  };
  constexpr Index most = Index(1) << 30;
  malformed(task.window > 0 && task.window <= most && task.horizon > 0 && task.horizon <= most &&
            outputs % task.horizon == 0 && metadata.contains("forecasts"));
  for (const double column : read_number_list(metadata, "forecasts", outputs / task.horizon, path)) {
    malformed(column >= 0 && column < static_cast<double>(features));
    task.forecasts.push_back(static_cast<Index>(column));
  }
  return task;
}

void Columns::complete(heed::TableFormat& format) const {
  if (format.sequence_column.empty()) format.sequence_column = sequence;
  if (format.time_column.empty()) format.time_column = time;
  if (format.feature_columns.empty()) format.feature_columns = features;
  if (format.index_column != IndexColumn::refuse) return;
  format.index_column = index == IndexColumn::drop ? IndexColumn::drop_known : index;
}

void Columns::check(const std::vector<std::string>& of_table, const std::filesystem::path& path) const {
  if (values.empty()) return;
  const std::vector<std::string> known = heed::detail::names_in(values);
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!places.emplace(known[i], i).second) return;  // the names do not tell the columns apart
  }
  const bool renamed =
      std::none_of(of_table.begin(), of_table.end(), [&](auto& name) { return places.contains(name); });
  for (std::size_t i = 0; i < of_table.size() && !renamed; ++i) {
    const auto found = places.find(of_table[i]);
    heed::require(found != places.end() || i >= known.size(), [&] {
      return heed::Fault{"a column of values that training had not; --label-column names that of the label",
                         path.string() + ", value " + std::to_string(i + 1), heed::in_quotes(known[i]),
                         heed::in_quotes(of_table[i])};
    });
    heed::require(found == places.end() || found->second == i, [&] {
      return heed::Fault{
          "the columns of values stand elsewhere than in training; --label-column names that of the label",
          path.string(), heed::in_quotes(of_table[i]) + " as value " + std::to_string(found->second + 1),
          "value " + std::to_string(i + 1)};
    });
  }
}

void Columns::write(heed::Metadata& metadata) const {
  if (!sequence.empty()) metadata["sequence_column"] = sequence;
  if (!time.empty()) metadata["time_column"] = time;
  if (!features.empty()) metadata["feature_columns"] = features;
  if (index != IndexColumn::refuse) metadata["index_column"] = index == IndexColumn::keep ? "keep" : "drop";
  if (!values.empty()) metadata["value_columns"] = values;
}

Columns Columns::read(const heed::Metadata& metadata, const std::filesystem::path& path) {
  Columns columns;
  const auto take = [&](const char* name, std::string& value) {
    if (const auto said = metadata.find(name); said != metadata.end()) value = said->second;
  };
  take("sequence_column", columns.sequence);
  take("time_column", columns.time);
  take("feature_columns", columns.features);
  take("value_columns", columns.values);
  std::string index;
  take("index_column", index);
  heed::require(index.empty() || index == "drop" || index == "keep", [&] {
    return heed::Fault{"malformed metadata", path.string() + ", index_column", "drop or keep", heed::in_quotes(index)};
  });
  if (!index.empty()) columns.index = index == "keep" ? IndexColumn::keep : IndexColumn::drop;
  if (!columns.features.empty()) columns.names = heed::detail::names_in(columns.features);
  return columns;
}

std::string name_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    if (name.empty() || name.find(',') != std::string::npos || heed::trim(name) != name) return {};
    list += (list.empty() ? "" : ",") + name;
  }
  return list;
}

}  // namespace classifier
