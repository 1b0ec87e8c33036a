#pragma once

// What a model predicts, classes or numbers, and which columns of a table it reads.

#include <CLI/CLI.hpp>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/data/text_table.hpp"
#include "heed/options/metadata.hpp"
#include "heed/options/named_enum.hpp"

namespace classifier {

enum class TaskKind { classification, regression, forecast };
constexpr std::array<std::string_view, 3> names_of(TaskKind) { return {"classification", "regression", "forecast"}; }

/// The values given on the command line; nothing for options that were not given.
struct TaskOptions {
  std::optional<TaskKind> kind;
  std::optional<heed::Index> window, horizon;  // of a forecast
  std::string target_column;                   // "a,b"; empty: all
  bool absolute = false;                       // not changes from the last value
  double held_out = 0;                         // share of the series, at its end
  bool forecasts() const { return kind == TaskKind::forecast; }
};

/// Adds --task, --horizon, --window, --target-column, --absolute.
void add_task(CLI::App& command, TaskOptions& task);

/// The task of a model of numbers; its file stores it.
struct NumbersTask {
  TaskKind kind = TaskKind::classification;
  heed::Index window = 0, horizon = 0;      // of a forecast
  std::vector<heed::Index> forecasts = {};  // the features to forecast
  bool relative = false;                    // a forecast of changes; a model is told when it is trained
  heed::Index season = 0;                   // the steps after which a series repeats itself; 0: it does not
  std::vector<double> means = {};           // of the training targets, the baseline of a regression

  bool numbers() const { return kind != TaskKind::classification; }
  bool forecast() const { return kind == TaskKind::forecast; }
  heed::Index outputs() const { return horizon * static_cast<heed::Index>(forecasts.size()); }
  /// The feature that each output of a forecast gives.
  std::vector<heed::Index> features_of_outputs() const;
  void write(heed::Metadata& metadata) const;
  /// Throws if the metadata are malformed, or do not fit a model of these sizes.
  static NumbersTask read(const heed::Metadata& metadata, heed::Index features, heed::Index outputs,
                          const std::filesystem::path& path);
};

/// The columns of a table by name; a model's file stores them. Empty: none, or not given.
struct Columns {
  std::string sequence = {}, time = {}, features = {};
  std::vector<std::string> names = {};  // of the features
  std::string values = {};              // of a table with a row per sequence
  // A column in front counts or names the rows: no value (drop), or one (keep).
  heed::TableFormat::IndexColumn index = heed::TableFormat::IndexColumn::refuse;
  heed::DateOrder dates = heed::DateOrder::automatic;  // in the column of times

  /// Fills in what a format does not set.
  void complete(heed::TableFormat& format) const;
  /// Throws if a column of values stands elsewhere in a row than in training, or a feature elsewhere in a long table; if
  /// names are numbers and nobody said that there is a header, also if they are others.
  void check(const std::vector<std::string>& of_table, const std::vector<std::string>& features_of_table,
             const heed::TableFormat& said, const std::filesystem::path& path) const;
  /// Whether all columns of values have numbers for names, such as 400, 402, 404, which could be values.
  bool names_are_numbers() const;
  void write(heed::Metadata& metadata) const;
  static Columns read(const heed::Metadata& metadata, const std::filesystem::path& path);
};

/// "a,b"; empty if a name contains a comma or has blanks at its ends.
std::string name_list(const std::vector<std::string>& names);

}  // namespace classifier
