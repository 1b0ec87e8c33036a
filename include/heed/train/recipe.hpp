#pragma once

/// @file
/// Recipes: settings of a `SequenceClassifier` and of `fit` that fit together, for data of which nothing is known.

#include <string>
#include <string_view>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ABI {

/// A way to train that needs no further options. It also standardises the features.
struct Recipe {
  std::string_view name;
  Metadata architecture;  ///< options of a `SequenceClassifier`, by field name
  double learning_rate, weight_decay, label_smoothing, clip_norm;
  const char* schedule;  ///< "one-cycle"
  Index steps;           ///< of training; the number of sequences then gives the epochs
  int least_epochs, most_epochs;
};

}  // namespace heed::inline HEED_ABI

namespace heed::inline HEED_ISA {

/// The names of all recipes of networks, which `fit` trains.
std::vector<std::string> recipe_names();
/// What `strong` is, for sets of which nothing is known: recipes, a model each, which answer by the mean of their
/// probabilities (`SeriesEnsemble`). "rocket" is that of random convolutions.
std::vector<std::string> strong_recipes();
/// The recipe with this name. Throws if there is none.
const Recipe& recipe_of(std::string_view name);
/// The recipe of random convolutions: options of a `RocketClassifier`, by the names of its fields. The features are
/// standardised besides. `fit_rocket` fits it, without epochs.
Metadata rocket_architecture();

/// The batch size for this many sequences: 16 for small sets, to have enough steps, up to 64.
HEED_FUNCTION Index batch_for(Index count);
/// The number of epochs of a recipe for this many sequences and this batch size.
HEED_FUNCTION int epochs_for(const Recipe& recipe, Index count, Index batch);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>

#include "heed/core/error.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

// Chosen by the mean accuracy of three-fold cross-validation on the training parts of five sets (ERing, Libras,
// ItalyPowerDemand, ArrowHead, PickupGestureWiimoteZ), with one choice for all of them.
HEED_COLD HEED_FUNCTION const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all = [] {
    const Recipe wide{.name = "wide",
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
    Recipe fcn = wide;  // a fully convolutional network (Wang et al. 2017)
    fcn.name = "fcn";
    fcn.architecture = {
        {"kernels", "8,5,3"}, {"channels", "64"}, {"cell", "none"}, {"attention", "mean"}, {"dense", "0"}};
    Recipe recurrent = wide;
    recurrent.name = "recurrent";
    recurrent.architecture["cell"] = "gru";
    recurrent.architecture["bidirectional"] = "true";
    recurrent.architecture["hidden"] = "32";
    Recipe lstm = wide;  // for short sequences with many examples convolutions do not help
    lstm.name = "lstm";
    lstm.architecture = {
        {"cell", "lstm"}, {"layers", "2"}, {"bidirectional", "true"}, {"hidden", "64"}, {"dropout", "0.3"}};
    return std::vector<Recipe>{fcn, wide, recurrent, lstm};  // the quicker first
  }();
  return all;
}

}  // namespace detail

HEED_COLD HEED_FUNCTION std::vector<std::string> recipe_names() {
  std::vector<std::string> all;
  for (const Recipe& recipe : detail::recipes()) all.emplace_back(recipe.name);
  return all;
}

// Chosen by three-fold cross-validation on the training parts of six sets (JapaneseVowels, ERing, 400 of PenDigits,
// ArrowHead, ItalyPowerDemand, Libras). Mean accuracy: all three .940; rocket and wide .936, rocket and fcn .926,
// rocket .935, wide .910, fcn .830.
HEED_COLD HEED_FUNCTION std::vector<std::string> strong_recipes() { return {"rocket", "fcn", "wide"}; }

HEED_COLD HEED_FUNCTION const Recipe& recipe_of(std::string_view name) {
  const std::vector<Recipe>& all = detail::recipes();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Recipe& r) { return r.name == name; });
  require(found != all.end(), [&] {
    std::string names;
    for (const Recipe& recipe : all) names += (names.empty() ? "" : ", ") + std::string(recipe.name);
    return Fault{"no recipe of this name", "recipe", names, name};
  });
  return *found;
}

// Statistics and groups were chosen by cross-validation on the training parts of ten sets, together. The values of the
// series are for relations that are linear, or that depend on the place in time, of which convolutions know little.
HEED_COLD HEED_FUNCTION Metadata rocket_architecture() {
  return {{"statistics", "all"}, {"groups", "64"}, {"values", "1000"}};
}

HEED_FUNCTION Index batch_for(Index count) { return count < 1000 ? 16 : count < 4000 ? 32 : 64; }

HEED_FUNCTION int epochs_for(const Recipe& recipe, Index count, Index batch) {
  const Index steps_an_epoch = (count + batch - 1) / std::max<Index>(batch, 1);
  const Index epochs = (recipe.steps + steps_an_epoch - 1) / std::max<Index>(steps_an_epoch, 1);
  return static_cast<int>(std::clamp<Index>(epochs, recipe.least_epochs, recipe.most_epochs));
}

}  // namespace heed::inline HEED_ISA

#endif
