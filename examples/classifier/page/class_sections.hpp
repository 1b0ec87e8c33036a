#pragma once

// The parts of a report on a model of classes.

#include <string>

#include "findings.hpp"

namespace classifier::page {

/// Which classes are taken for which: a table, or of many classes those in the most mistakes.
Section confusion_section(const ClassFindings& findings, const Cases& cases);
/// Precision, recall, F1 and support of each class.
Section class_section(const ClassFindings& findings);
/// How far the probabilities can be believed.
Section calibration_section(const ClassFindings& findings, const Cases& cases);
/// The most certain wrong answers, with a picture of each.
Section mistake_section(const ClassFindings& findings, const Cases& cases);

}  // namespace classifier::page
