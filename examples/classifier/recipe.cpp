#include "recipe.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "../support/checks.hpp"
#include "../support/options.hpp"
#include "command_line.hpp"

namespace classifier {

using heed::Index;

namespace {

// Whether steps of an optimizer train a model of this recipe.
bool has_steps(const std::string& recipe) {
  return !recipe.empty() && recipe != "auto" && recipe != "rocket" && !is_mixed(recipe);
}

// One recipe, or several, each once.
std::string check_recipe(const std::string& text) {
  std::vector<std::string> names = heed::recipe_names();
  names.emplace_back("rocket");  // another kind of model
  if (text.find('+') != std::string::npos) {
    const std::vector<std::string> parts = parts_of(text);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (std::string wrong = support::one_of(names)(parts[i]); !wrong.empty()) return wrong;
      if (std::find(parts.begin(), parts.end(), parts[i]) != parts.begin() + static_cast<std::ptrdiff_t>(i)) {
        return heed::Error(heed::Fault{"wrong value", "", "each recipe once", '"' + text + '"'}).what();
      }
    }
    return {};
  }
  names.insert(names.begin(), {"strong", "auto"});
  return support::one_of(std::move(names))(text);
}

}  // namespace

std::vector<std::string> parts_of(const std::string& recipe) {
  if (recipe == "strong") return heed::strong_recipes();
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t at; (at = recipe.find('+', begin)) != std::string::npos; begin = at + 1) {
    parts.push_back(recipe.substr(begin, at - begin));
  }
  parts.push_back(recipe.substr(begin));
  return parts;
}

void add_recipe(CLI::App& command, TrainArguments& a) {
  a.command = &command;
  command
      .add_option(
          "--recipe", a.recipe,
          "rocket, fcn, wide, recurrent or lstm; rocket+fcn: a\nmodel of each, which answer by their mean; strong:\n"
          "rocket+fcn+wide; auto: the best of them")
      ->check(check_recipe)
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
  if (!has_steps(a.recipe)) return;
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
  if (!has_steps(a.recipe)) return;
  if (classes && a.command->count("--label-smoothing") == 0) {
    a.fit.label_smoothing = heed::recipe_of(a.recipe).label_smoothing;
  }
  if (a.command->count("--batch") == 0) a.fit.batch_size = std::min(heed::batch_for(count), count);
  const Index batch = a.fit.batch_size > 0 ? a.fit.batch_size : count;
  if (a.command->count("--epochs") == 0) a.fit.epochs = heed::epochs_for(heed::recipe_of(a.recipe), count, batch);
}

void refuse_without_effect(const std::string& recipe, const heed::Metadata& given) {
  std::vector<std::string> parts = recipe == "auto" ? heed::recipe_names() : parts_of(recipe);
  if (recipe == "auto") parts.emplace_back();  // the default
  std::erase(parts, "rocket");
  for (const auto& said : given) {
    const std::string& name = said.first;
    std::string lack;
    const bool lost = std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
      heed::Metadata all = given;
      if (!part.empty()) {
        for (const auto& [option, own] : heed::recipe_of(part).architecture) all.try_emplace(option, own);
      }
      lack = support::lack_of(name, all, heed::SequenceClassifierOptions());
      const bool of_cell = name == "hidden" || name == "layers" || name == "bidirectional";
      if (of_cell && all.contains("cell") && all.at("cell") == "none") lack = "--cell lstm, gru or rnn";
      return !lack.empty();
    });
    std::string option = "--" + name;
    std::replace(option.begin(), option.end(), '_', '-');
    require_usage(parts.empty() || !lost, option, "needs " + lack);
  }
}

TrainArguments with_recipe(TrainArguments a, const std::string& recipe, Index count, bool classes) {
  a.recipe = recipe;
  a.time_limit.reset();
  apply_recipe(a);
  complete_fit(a);
  apply_recipe_for(a, count, classes);
  return a;
}

}  // namespace classifier
