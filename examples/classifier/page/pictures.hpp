#pragma once

// One sequence as a picture.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/data/sequences.hpp"

namespace classifier::page {

/// The number of features that have their own colours.
inline constexpr heed::Index most_drawn = 6;

/// A drawing shows (value - mean) / deviation of each feature.
struct FeatureScale {
  std::vector<double> mean = {}, deviation = {};
};

/// Lines over time. If there are weights, a strip below shows them.
std::string series_picture(const heed::Sequences<float>& data, heed::Index i, heed::Index length,
                           const FeatureScale& scale, const std::vector<float>& attention);

/// Words, shaded by their weights if there are any. The tokens tell which words are unknown.
std::string sentence_picture(const std::vector<std::string>& words, const std::int32_t* tokens,
                             const std::vector<float>& attention);

/// Puts the weights of a sequence into `cells` cells. A cell holds the sum of its weights.
std::vector<double> in_cells(const std::vector<float>& weights, heed::Index cells);

/// One strip of cells for each row, with its name on the left. Colours go from 0 to the largest value of all rows.
std::string strips(const std::string& title, const std::string& description,
                   const std::vector<std::pair<std::string, std::vector<double>>>& rows, const std::string& from,
                   const std::string& to);

/// A square of `side` times `side` numbers.
std::string square_map(const std::string& title, const std::vector<double>& values, heed::Index side);

}  // namespace classifier::page
