#include "data.hpp"

#include <algorithm>

#include "heed/data/load.hpp"
#include "heed/data/sentences.hpp"
#include "heed/options/metadata.hpp"
#include "heed/train/folds.hpp"
#include "heed/train/recipe.hpp"

namespace heed_python {

heed::Sequences<double> read_series(const std::filesystem::path& path, Index features, bool targets) {
  return heed::load_sequences<double>(
      path, {}, {.features = features, .labels = false, .missing = heed::Missing::keep, .targets = targets});
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

std::vector<Fold> make_folds(std::span<const std::int32_t> classes, Index count, int folds, int repeats,
                             std::uint64_t seed) {
  std::vector<Fold> all;
  const heed::CrossValidationOptions o{.folds = folds, .repeats = repeats, .seed = seed};
  for (const heed::FoldRows& fold : classes.empty() ? heed::make_folds(count, o) : heed::make_folds(classes, o)) {
    all.push_back({{fold.rows.training.begin(), fold.rows.training.end()},
                   {fold.rows.validation.begin(), fold.rows.validation.end()}});
  }
  return all;
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
