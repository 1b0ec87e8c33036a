#pragma once

// One sequence as a picture.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/data/sequences.hpp"

namespace classifier::page {

/// As many features as have colours of their own.
inline constexpr heed::Index most_drawn = 6;

/// What is taken from each feature, and what it is divided by, to be drawn.
struct FeatureScale {
  std::vector<double> mean = {}, deviation = {};
};

/// Lines over time, and below them, where there are weights, how much was attended to.
std::string series_picture(const heed::Sequences<float>& data, heed::Index i, heed::Index length,
                           const FeatureScale& scale, const std::vector<float>& attention);

/// Words, shaded by weights where there are any. Tokens say which are unknown.
std::string sentence_picture(const std::vector<std::string>& words, const std::int32_t* tokens,
                             const std::vector<float>& attention);

/// Weights of a sequence in `cells` cells; those that share one are added up.
std::vector<double> in_cells(const std::vector<float>& weights, heed::Index cells);

/// A strip of cells for each row, named on the left: 0 to the largest value of all.
std::string strips(const std::string& title, const std::string& description,
                   const std::vector<std::pair<std::string, std::vector<double>>>& rows, const std::string& from,
                   const std::string& to);

/// A square of `side` times `side` numbers.
std::string square_map(const std::string& title, const std::vector<double>& values, heed::Index side);

}  // namespace classifier::page
