#pragma once

// Recipes of heed (heed/train/recipe.hpp) on the command line of `classifier train`.

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/train/recipe.hpp"
#include "train_arguments.hpp"

namespace classifier {

/// The default time limit for choosing a recipe, in seconds.
inline constexpr double default_time_limit = 300;

/// The recipes in "rocket+fcn", one model each, also those of `strong`. A single recipe, or none, gives itself.
std::vector<std::string> parts_of(const std::string& recipe);
inline bool is_mixed(const std::string& recipe) { return parts_of(recipe).size() > 1; }

/// Adds --recipe and --time-limit.
void add_recipe(CLI::App& command, TrainArguments& arguments);

/// Sets what the recipe defines and the command line does not. Throws if other options contradict a recipe.
void apply_recipe(TrainArguments& arguments);

/// Sets what depends on the data. The number of training sequences gives batch and epochs; labels are smoothed for
/// classes only.
void apply_recipe_for(TrainArguments& arguments, heed::Index count, bool classes);

/// Throws wrong usage if a given option of the architecture has a meaning in no model that the recipe trains; an empty name:
/// the model without a recipe.
void refuse_without_effect(const std::string& recipe, const heed::Metadata& given);

/// The arguments with a recipe, for this many sequences; empty: the default.
TrainArguments with_recipe(TrainArguments arguments, const std::string& recipe, heed::Index count, bool classes);

}  // namespace classifier
