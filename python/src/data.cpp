#include "data.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/data/load.hpp"
#include "heed/data/sentences.hpp"
#include "heed/data/text.hpp"
#include "heed/options/metadata.hpp"
#include "heed/train/folds.hpp"
#include "heed/train/recipe.hpp"

namespace heed_python {

namespace {

/// Which of these names an option has; the first where it was not given.
template <class E>
E choice(const Metadata& said, const char* option, const std::vector<std::pair<std::string, E>>& names) {
  const auto value = said.find(option);
  if (value == said.end()) return names.front().second;
  std::string known;
  for (const auto& [name, result] : names) {
    if (name == value->second) return result;
    if (!name.empty()) known += (known.empty() ? "" : " or ") + name;
  }
  throw heed::Error({"wrong value", option, known, heed::in_quotes(value->second)});
}

heed::TableFormat format_of(const Metadata& said) {
  using Header = heed::TableFormat::Header;
  using IndexColumn = heed::TableFormat::IndexColumn;
  heed::TableFormat format;
  format.header =
      choice<Header>(said, "header", {{"auto", Header::automatic}, {"yes", Header::yes}, {"no", Header::no}});
  format.index_column = choice<IndexColumn>(
      said, "index_column", {{"", IndexColumn::refuse}, {"drop", IndexColumn::drop}, {"keep", IndexColumn::keep}});
  const auto take = [&](const char* option, std::string& value) {
    if (const auto given = said.find(option); given != said.end()) value = given->second;
  };
  take("label_column", format.label_column);
  take("sequence_column", format.sequence_column);
  take("time_column", format.time_column);
  take("feature_columns", format.feature_columns);
  using heed::DateOrder;
  format.date_order = choice<DateOrder>(said, "date_order",
                                        {{"", DateOrder::automatic},
                                         {"day-first", DateOrder::day_first},
                                         {"month-first", DateOrder::month_first},
                                         {"year-first", DateOrder::year_first}});
  std::string delimiter;
  take("delimiter", delimiter);
  heed::require(delimiter.size() < 2,
                [&] { return heed::Fault{"wrong value", "delimiter", "one character", heed::in_quotes(delimiter)}; });
  if (!delimiter.empty()) format.delimiter = delimiter[0];
  format.decimal = choice<char>(said, "decimal", {{".", '.'}, {",", ','}});
  return format;
}

}  // namespace

heed::Sequences<double> read_series(const std::filesystem::path& path, Index features, bool targets, Index steps,
                                    const Metadata& table) {
  const std::string extension = heed::detail::extension(path);
  const bool is_table = !heed::detail::is_array(path) && extension != ".ts" && extension != ".arff";
  heed::require(is_table || table.empty(),
                [&] { return heed::Fault{table.begin()->first + " is for tables", path.string()}; });
  heed::TableFormat format = format_of(table);
  const bool is_long = !format.sequence_column.empty();
  heed::require(is_long || (format.time_column.empty() && format.feature_columns.empty()),
                [&] { return heed::Fault{"time_column and feature_columns need sequence_column", path.string()}; });
  const bool labels = is_table && format.label_column != "none" && (is_long || steps == 0);
  return heed::load_sequences<double>(path, {},
                                      {.features = features,
                                       .steps = steps,
                                       .labels = labels,
                                       .table = std::move(format),
                                       .missing = heed::Missing::keep,
                                       .targets = targets});
}

Words split_sentences(const std::vector<std::string>& sentences, bool lower) {
  if (sentences.empty()) return {};
  std::string text;
  for (const std::string& sentence : sentences) {
    std::string line = sentence;
    std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    text += line + '\n';
  }
  return heed::parse_sentences(text, "X",
                               {.labels = false, .lower = lower, .blank_lines = true, .encoding = heed::Encoding::utf8})
      .words;
}

namespace {
std::vector<Fold> rows_of(const std::vector<heed::FoldRows>& folds) {
  std::vector<Fold> all;
  for (const heed::FoldRows& fold : folds) {
    all.push_back({{fold.rows.training.begin(), fold.rows.training.end()},
                   {fold.rows.validation.begin(), fold.rows.validation.end()}});
  }
  return all;
}
}  // namespace

std::vector<Fold> make_folds(std::span<const std::int32_t> classes, Index count, int folds, int repeats,
                             std::uint64_t seed) {
  const heed::CrossValidationOptions o{.folds = folds, .repeats = repeats, .seed = seed};
  return rows_of(classes.empty() ? heed::make_folds(count, o) : heed::make_folds(classes, o));
}

std::vector<Fold> make_forward_folds(std::span<const Index> places, int folds) {
  std::vector<heed::SeriesSteps> targets;
  for (std::size_t i = 0; i + 2 < places.size(); i += 3) {
    targets.push_back({places[i], {places[i + 1], places[i + 2]}});
  }
  return rows_of(heed::make_folds(targets, {.folds = folds}));
}

std::vector<std::string> recipe_names() { return heed::recipe_names(); }
std::vector<std::string> strong_recipes() { return heed::strong_recipes(); }

Metadata recipe_settings(const std::string& name, Index count, Index batch, bool classes) {
  const heed::Recipe& recipe = heed::recipe_of(name);
  if (batch <= 0) batch = std::min(heed::batch_for(count), count);
  Metadata settings;
  for (const auto& [key, value] : recipe.architecture) settings["model." + key] = value;
  heed::set(settings, "fit.learning_rate", recipe.learning_rate);
  heed::set(settings, "fit.weight_decay", recipe.weight_decay);
  heed::set(settings, "fit.clip_norm", recipe.clip_norm);
  if (classes) heed::set(settings, "fit.label_smoothing", recipe.label_smoothing);
  heed::set(settings, "fit.batch_size", batch);
  heed::set(settings, "fit.epochs", heed::epochs_for(recipe, count, batch));
  heed::set(settings, "schedule", recipe.schedule);
  return settings;
}

}  // namespace heed_python
