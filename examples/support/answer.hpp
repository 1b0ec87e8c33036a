#pragma once

// What a classifier answers, as text.

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "heed/infer/prediction.hpp"

namespace support {

/// "positive (0.98)": the class and its probability.
template <class S>
std::string answer_text(const heed::Prediction<S>& answer, const std::vector<std::string>& names, int digits = 2) {
  const auto label = static_cast<std::size_t>(answer.label);
  char probability[32];
  std::snprintf(probability, sizeof probability, " (%.*f)", digits, static_cast<double>(answer.probabilities[label]));
  return names[label] + probability;
}

}  // namespace support
