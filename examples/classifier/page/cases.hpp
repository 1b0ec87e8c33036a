#pragma once

// Sequences as a report shows them: pictures of series, sentences with shaded words.

#include <string>
#include <vector>

#include "../data.hpp"
#include "../model_arguments.hpp"
#include "findings.hpp"

namespace classifier::page {

/// `features`: what they are called. The data must live on.
Cases cases_of(const NamedSequences& data, const std::vector<std::string>& features, const std::vector<double>& shift);
Cases cases_of(const Tokens& data);

/// What the features of a model's data are called: by the columns of the table it learnt from, or feature 0, 1, ...
std::vector<std::string> feature_names(const Columns& columns, heed::Index features);

}  // namespace classifier::page
