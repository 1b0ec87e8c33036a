#pragma once

// Simple guesses, which a model of numbers is compared with.

#include <string>
#include <vector>

#include "heed/core/tensor.hpp"
#include "numbers.hpp"

namespace classifier {

/// What somebody would guess without a model.
struct Baseline {
  std::string name;                ///< "the last value"
  std::string column;              ///< the same over a column of a table
  heed::Tensor<double, 2> values;  ///< (n, outputs)
};

/// Of a regression the mean of the training targets. Of a forecast the last value that was known and, where the series
/// has a season, the value one season before. What was not known is the mean. Empty if the mean is not known either.
std::vector<Baseline> baselines_of(const Targets& targets, const NumbersTask& task);

/// 1 - mse / mse of the last value, the mean over the outputs: 1 is perfect, 0 is as good as the last value. An output
/// that the last value forecasts without an error counts as 1 or, if the answers differ from it, as 0. For a forecast.
template <class S>
double skill_of(const heed::Tensor<S, 2>& answers, const Targets& targets, const NumbersTask& task);

/// "the last value: mse 0.25, mae 0.4, r2 0.9" for each baseline, and where the model is worse. `names` are those of the
/// outputs.
std::string comparison(const heed::Tensor<float, 2>& answers, const Targets& targets, const NumbersTask& task,
                       const std::vector<std::string>& names);

/// A row for each target of a regression or column of a forecast: its name, mse, mae and r2, and the mse of each baseline.
/// Empty if there is one. Of many the first are shown.
std::string target_table(const heed::Tensor<float, 2>& answers, const Targets& targets, const NumbersTask& task,
                         const std::vector<std::string>& names);
/// The same for each output: each step of a forecast has a row.
std::string output_table(const heed::Tensor<float, 2>& answers, const Targets& targets, const NumbersTask& task,
                         const std::vector<std::string>& names);

}  // namespace classifier
