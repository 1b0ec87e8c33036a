#pragma once

// Files and texts into what Python holds.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "heed/data/sequences.hpp"
#include "model.hpp"

namespace heed_python {

/// A file of sequences in double; values that are missing are NaN. `targets`: they have numbers, and no labels. `table`:
/// the options of a `heed::TableFormat` that were given, by name. `steps`: of rows that may have no label; 0: all have
/// one, but where the label column is "none".
heed::Sequences<double> read_series(const std::filesystem::path& path, Index features, bool targets, Index steps,
                                    const Metadata& table);

/// The words of sentences.
Words split_sentences(const std::vector<std::string>& sentences, bool lower);

/// Rows to train on and rows to test on, for folds of classes; of so many numbers where there are no classes.
struct Fold {
  std::vector<Index> training, validation;
};
/// The folds of forecasts, in the order of time. Each row of `places` is a window: its series, and the steps of its
/// targets, [first, last).
std::vector<Fold> make_forward_folds(std::span<const Index> places, int folds);
std::vector<Fold> make_folds(std::span<const std::int32_t> classes, Index count, int folds, int repeats,
                             std::uint64_t seed);

/// What a recipe sets for so many sequences, in batches of so many (0: as it says): "model.kernels", "fit.epochs",
/// "schedule", ...
Metadata recipe_settings(const std::string& name, Index count, Index batch, bool classes);
std::vector<std::string> recipe_names();
std::vector<std::string> strong_recipes();

}  // namespace heed_python
