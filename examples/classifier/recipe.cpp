#include "recipe.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "heed/core/error.hpp"

namespace classifier {

using heed::Index;

namespace {

// Chosen by the mean accuracy of three-fold cross-validation on the training parts of five sets (ERing, Libras,
// ItalyPowerDemand, ArrowHead, PickupGestureWiimoteZ): one choice for all of them.
const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all = [] {
    const Recipe strong{.name = "strong",
                        .architecture = {{"kernels", "48,24,12"},
                                         {"channels", "64"},
                                         {"residual", "true"},
                                         {"norm", "sequence"},
                                         {"cell", "none"},
                                         {"attention", "meanmax"},
                                         {"dense", "0"}},
                        .learning_rate = 0.003,
                        .weight_decay = 0.01,
                        .label_smoothing = 0.05,
                        .clip_norm = 1,
                        .schedule = "one-cycle",
                        .steps = 1000,
                        .least_epochs = 100,
                        .most_epochs = 200};
    Recipe recurrent = strong;
    recurrent.name = "recurrent";
    recurrent.architecture["cell"] = "gru";
    recurrent.architecture["bidirectional"] = "true";
    recurrent.architecture["hidden"] = "32";
    return std::vector<Recipe>{strong, recurrent};
  }();
  return all;
}

}  // namespace

std::vector<std::string> recipe_names() {
  std::vector<std::string> all;
  for (const Recipe& recipe : recipes()) all.emplace_back(recipe.name);
  return all;
}

const Recipe& recipe_of(std::string_view name) {
  const auto found = std::find_if(recipes().begin(), recipes().end(), [&](const Recipe& r) { return r.name == name; });
  heed::require(found != recipes().end(), [&] {
    return heed::Fault{"no recipe of this name", "--recipe", recipe_names().front(), std::string(name)};
  });
  return *found;
}

Index batch_for(Index count) { return count < 1000 ? 16 : count < 4000 ? 32 : 64; }

int epochs_for(const Recipe& recipe, Index count, Index batch) {
  const Index steps_an_epoch = (count + batch - 1) / std::max<Index>(batch, 1);
  const Index epochs = (recipe.steps + steps_an_epoch - 1) / std::max<Index>(steps_an_epoch, 1);
  return static_cast<int>(std::clamp<Index>(epochs, recipe.least_epochs, recipe.most_epochs));
}

void add_recipe(CLI::App& command, TrainArguments& a) {
  a.command = &command;
  std::vector<std::string> names = recipe_names();
  names.emplace_back("auto");
  names.emplace_back("rocket");  // another kind of model
  command.add_option("--recipe", a.recipe, "strong, recurrent, rocket, or auto: the best of them")
      ->check(CLI::IsMember(std::move(names)))
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
  const Recipe& recipe = recipe_of(a.recipe);
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
    a.fit.label_smoothing = recipe_of(a.recipe).label_smoothing;
  }
  if (a.command->count("--batch") == 0) a.fit.batch_size = std::min(batch_for(count), count);
  const Index batch = a.fit.batch_size > 0 ? a.fit.batch_size : count;
  if (a.command->count("--epochs") == 0) a.fit.epochs = epochs_for(recipe_of(a.recipe), count, batch);
}

}  // namespace classifier
