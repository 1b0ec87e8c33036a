#pragma once

// The sections of a report on a model of numbers.

#include <string>

#include "findings.hpp"

namespace classifier::page {

/// mse, mae and r2 of all outputs together and of each, with those of the baselines.
Section error_section(const NumberFindings& findings);
/// The answers against the true numbers, and their differences.
Section scatter_section(const NumberFindings& findings, const Cases& cases);
/// The answers with the largest errors, each with a picture of its sequence.
Section far_off_section(const NumberFindings& findings, const Cases& cases);

/// mse, mae, r2 of answers.
struct Errors {
  double mse = 0, mae = 0, r2 = 0;
};
Errors errors_of(const heed::Tensor<double, 2>& answers, const heed::Tensor<double, 2>& truth);
heed::Tensor<double, 2> in_double(const heed::Tensor<float, 2>& values);

}  // namespace classifier::page
