#pragma once

// Recipes of `classifier train`: settings that go together, chosen once by cross-validation on training data.

#include <CLI/CLI.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "heed/core/types.hpp"
#include "train_arguments.hpp"

namespace classifier {

/// A way to train that needs no further options, whatever the set.
struct Recipe {
  std::string_view name;
  heed::Metadata architecture;  ///< options of a `SequenceClassifier`, by the names of its fields
  double learning_rate, weight_decay, label_smoothing, clip_norm;
  const char* schedule;
  heed::Index steps;  ///< of training: the epochs follow from the number of sequences
  int least_epochs, most_epochs;
};

/// The names of all recipes, the first for sets of which nothing is known.
std::vector<std::string> recipe_names();
/// The recipe of that name. Throws where there is none.
const Recipe& recipe_of(std::string_view name);

/// Sequences a step, for so many: 16 of few, so that there are steps enough, up to 64.
heed::Index batch_for(heed::Index count);
/// Epochs of a recipe on so many sequences.
int epochs_for(const Recipe& recipe, heed::Index count, heed::Index batch);

/// Seconds that the choice of a recipe may take where nothing is said.
inline constexpr double default_time_limit = 300;

/// Adds --recipe and --time-limit.
void add_recipe(CLI::App& command, TrainArguments& arguments);

/// Sets what the recipe says and the command line does not. Throws where other options do not go with a recipe.
void apply_recipe(TrainArguments& arguments);

/// The same for what depends on the data: the batch and the epochs on how many sequences there are to train on, smoothed
/// labels on whether they are classes.
void apply_recipe_for(TrainArguments& arguments, heed::Index count, bool classes);

}  // namespace classifier
