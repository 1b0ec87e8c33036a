#include "recipe.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "../support/checks.hpp"
#include "command_line.hpp"

namespace classifier {

using heed::Index;

void add_recipe(CLI::App& command, TrainArguments& a) {
  a.command = &command;
  std::vector<std::string> names = heed::recipe_names();
  names.emplace_back("auto");
  names.emplace_back("rocket");  // another kind of model
  command.add_option("--recipe", a.recipe, "strong, recurrent, lstm, rocket, or auto: their best")
      ->check(support::one_of(std::move(names)))
      ->option_text("NAME")
      ->group("Training");
  command.add_option("--time-limit", a.time_limit, "Seconds that auto may try them in (300)")
      ->check(positive)
      ->option_text("X")
      ->group("Training");
}

void apply_recipe(TrainArguments& a) {
  const bool chooses = a.recipe == "auto";
  require_usage(!a.time_limit || chooses, "--time-limit", "needs --recipe auto");
  if (a.recipe.empty()) return;
  require_usage(a.text.empty(), "--recipe", "excludes --text: it is for sequences of numbers");
  require_usage(a.init.empty(), "--recipe", "excludes --init, which has an architecture");
  if (chooses || a.recipe == "rocket") return;
  const heed::Recipe& recipe = heed::recipe_of(a.recipe);
  for (const auto& [name, value] : recipe.architecture) a.architecture.given.try_emplace(name, value);
  const auto set = [&](const char* option, auto& to, auto value) {
    if (a.command->count(option) == 0) to = value;
  };
  set("--learning-rate", a.fit.learning_rate, recipe.learning_rate);
  set("--weight-decay", a.fit.weight_decay, recipe.weight_decay);
  set("--clip", a.fit.clip_norm, recipe.clip_norm);
  set("--schedule", a.schedule, recipe.schedule);
  a.standardize = true;
}

void apply_recipe_for(TrainArguments& a, Index count, bool classes) {
  if (a.recipe.empty() || a.recipe == "auto" || a.recipe == "rocket") return;
  if (classes && a.command->count("--label-smoothing") == 0) {
    a.fit.label_smoothing = heed::recipe_of(a.recipe).label_smoothing;
  }
  if (a.command->count("--batch") == 0) a.fit.batch_size = std::min(heed::batch_for(count), count);
  const Index batch = a.fit.batch_size > 0 ? a.fit.batch_size : count;
  if (a.command->count("--epochs") == 0) a.fit.epochs = heed::epochs_for(heed::recipe_of(a.recipe), count, batch);
}

}  // namespace classifier
