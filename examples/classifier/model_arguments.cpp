#include "model_arguments.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "../support/checks.hpp"
#include "../support/file_names.hpp"
#include "command_line.hpp"
#include "heed/data/labels.hpp"
#include "heed/data/load.hpp"
#include "heed/data/missing.hpp"
#include "hints.hpp"
#include "notes.hpp"
#include "series.hpp"

namespace classifier {

void add_model_and_data(CLI::App& command, ModelArguments& a) {
  command.add_option("--model", a.model, "The model (.safetensors, .pt), required")->required()->option_text("FILE");
  command.add_option("--data", a.data.data, "Sequences: .npy, .npz:NAME, .ts, .arff, table, text,\nrequired")
      ->required()
      ->option_text("FILE");
  add_format(command, a.format);
  add_missing(command, a.missing);
  add_columns(command, a.format);
  command.add_option("--steps", a.steps, "Steps of a table's rows (as in the training data)")
      ->check(support::whole(1, 1'000'000'000))
      ->option_text("N");
  add_architecture(command, a.architecture, true);
}

void add_output(CLI::App& command, ModelArguments& a, const char* what) {
  support::check_name(command.add_option("--output", a.output, what)->option_text("FILE"), support::answer_file);
  command.add_flag("--labelled", a.labelled, "The lines of a text begin with a label");
}

void check_output(const ModelArguments& a) {
  if (!a.output.empty()) check_output(a.output, {a.model, a.data.data});
}

namespace {
// The means of the training data where the model takes them from its input, and not from changes of it.
template <class M>
std::vector<double> standardized_means(const StoredModel<M>& stored) {
  std::vector<double> means;
  if (stored.model.last_value.active()) return means;
  for (heed::Index f = 0; stored.model.standardize.active() && f < stored.model.options.features; ++f) {
    const double shift = stored.shift.empty() ? 0 : stored.shift[static_cast<std::size_t>(f)];
    means.push_back(static_cast<double>(stored.model.standardize.mean(f)) + shift);
  }
  return means;
}

// Throws if an option is given that says nothing about such data.
void check_options(const ModelArguments& a, const Columns& columns, bool forecast) {
  refuse_option(a.labelled, "--labelled", "text", a.model);
  check_format(a.format, is_table(a.data.data) ? FormatOf::table : FormatOf::other);
  const bool rows = !forecast && is_table(a.data.data) && a.format.sequence_column.empty() && columns.sequence.empty();
  require_usage(a.steps == 0 || rows, "--steps", "is for tables with one row a sequence");
  require_usage(
      a.format.date_order == heed::DateOrder::automatic || !columns.time.empty() || !a.format.time_column.empty(),
      "--date-order", "needs --time-column");
  if (!forecast) return;
  require_usage(!a.data.labels, "--labels", "is not for a forecast: the series says what follows");
  require_usage(a.format.label_column.empty(), "--label-column", "is not for a forecast");
}

// A row of a table with one value too many looks like a row with a label.
void refuse_value_as_label(const NumberData& data, const heed::LabelMap& names, const std::string& where) {
  const auto may_be = [&](const std::string& label) { return heed::is_missing(label) || names.find(label); };
  heed::require(data.labels.empty() || std::any_of(data.labels.begin(), data.labels.end(), may_be), [&] {
    return heed::Fault{"a row has one field more than values, and in no row is it a class of the model", where,
                       "rows of the values, or of these and a label; or --steps N", '"' + data.labels[0] + '"'};
  });
}

NumberData load_rows(const ModelArguments& a, heed::Index features, const heed::LoadOptions& options) try {
  return load_numbers(a.data, features, options);
} catch (const heed::Error& e) {
  throw heed::Error(a.steps == 0 && options.steps > 0 ? with_hint_at_length(e.fault()) : e.fault());
}

template <class M>
NumberData load_exact_of(const StoredModel<M>& stored, const ModelArguments& a, bool labels) {
  check_options(a, stored.columns, stored.task.forecast());
  heed::LoadOptions options{.steps = a.steps > 0 ? a.steps : stored.steps,
                            .labels = labels,
                            .table = format_like(a.format, stored.columns, stored.label_column, a.data.data),
                            .targets = output_kind_of(stored) == heed::OutputKind::numbers};
  MissingValues missing = stored.missing;
  if (a.missing) missing.how = *a.missing;
  if (missing.means.empty()) missing.means = standardized_means(stored);
  options.missing = missing.on_reading();
  const heed::Index features = stored.model.options.features;
  if (!stored.task.forecast()) {
    NumberData data = load_rows(a, features, options);
    const bool by_count = !labels && !options.targets && !data.is_long && is_table(a.data.data);
    if (by_count) refuse_value_as_label(data, class_names(stored.model), a.data.data.string());
    note_far_values(data, data.features_of_table, a.data.data);
    stored.columns.check(data.columns, data.features_of_table, a.format, a.data.data);
    missing.fill(data, a.data.data);
    if (labels) note_without_steps(data, a.data.data);
    return data;
  }
  NumberData series = load_series(a.data.data, options);
  heed::require(series.features() == features, [&] {
    return heed::Fault{"wrong number of features", a.data.data.string(), std::to_string(features) + ", as in training",
                       std::to_string(series.features())};
  });
  stored.columns.check({}, series.features_of_table, a.format, a.data.data);
  note_far_values(series, series.features_of_table, a.data.data);
  NumberData windows;
  if (labels) {
    SeriesParts parts = windows_of(series, stored.task, a.data.data);
    note_short_series(parts, series.count(), a.data.data);
    if (stored.task.season > 0) windows.a_season_before = values_a_season_before(parts, stored.task);
    windows.last_values = std::move(parts.last_values);
    static_cast<heed::Sequences<double>&>(windows) = std::move(parts);
  } else {
    windows = last_windows(series, stored.task, missing.how, a.data.data);
    note_empty_end(series, stored.task, windows.unanswered, a.data.data);
  }
  missing.fill(windows, a.data.data);
  return windows;
}

}  // namespace

NumberData load_exact(const StoredModel<NumberModel>& stored, const ModelArguments& a, bool labels) {
  return load_exact_of(stored, a, labels);
}
NumberData load_exact(const StoredModel<RocketModel>& stored, const ModelArguments& a, bool labels) {
  return load_exact_of(stored, a, labels);
}
NumberData load_exact(const StoredModel<MixedModel>& stored, const ModelArguments& a, bool labels) {
  return load_exact_of(stored, a, labels);
}

NamedSequences load_data(const StoredModel<NumberModel>& stored, const ModelArguments& a, bool labels) {
  return narrowed(stored, a, load_exact(stored, a, labels));
}
NamedSequences load_data(const StoredModel<RocketModel>& stored, const ModelArguments& a, bool labels) {
  return narrowed(stored, a, load_exact(stored, a, labels));
}
NamedSequences load_data(const StoredModel<MixedModel>& stored, const ModelArguments& a, bool labels) {
  return narrowed(stored, a, load_exact(stored, a, labels));
}

}  // namespace classifier
