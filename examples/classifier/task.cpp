#include "task.hpp"

#include "../support/checks.hpp"
#include "heed/core/error.hpp"
#include "missing_values.hpp"

namespace classifier {

using heed::Index;

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
  if (season > 0) heed::set(metadata, "season", season);
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
  if (metadata.contains("season")) {
    task.season = heed::get_index(metadata, "season");
    malformed(task.season > 1 && task.season <= task.window);
  }
  for (const double column : read_number_list(metadata, "forecasts", outputs / task.horizon, path)) {
    malformed(column >= 0 && column < static_cast<double>(features));
    task.forecasts.push_back(static_cast<Index>(column));
  }
  return task;
}

}  // namespace classifier
