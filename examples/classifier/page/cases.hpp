#pragma once

// How a report shows sequences: as pictures of series, or as sentences with shaded words.

#include <string>
#include <vector>

#include "../data.hpp"
#include "../model_arguments.hpp"
#include "findings.hpp"

namespace classifier::page {

/// `features` are their names. The data must outlive the result.
Cases cases_of(const NamedSequences& data, const std::vector<std::string>& features, const std::vector<double>& shift);
Cases cases_of(const Tokens& data);

/// The names of a model's features: the columns of the table that it was trained on, or "feature 0", "feature 1" ...
std::vector<std::string> feature_names(const Columns& columns, heed::Index features);

}  // namespace classifier::page
