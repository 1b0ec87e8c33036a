#pragma once

// The parts of a report on a model that gives numbers.

#include <string>

#include "findings.hpp"

namespace classifier::page {

/// mse, mae and r2 of all outputs and of each, beside the baseline.
Section error_section(const NumberFindings& findings);
/// Answers against the truth, and what is between them.
Section scatter_section(const NumberFindings& findings, const Cases& cases);
/// The answers that are furthest off, with a picture of each sequence.
Section far_off_section(const NumberFindings& findings, const Cases& cases);

/// mse, mae, r2 of answers.
struct Errors {
  double mse = 0, mae = 0, r2 = 0;
};
Errors errors_of(const heed::Tensor<double, 2>& answers, const heed::Tensor<double, 2>& truth);
heed::Tensor<double, 2> in_double(const heed::Tensor<float, 2>& values);

}  // namespace classifier::page
