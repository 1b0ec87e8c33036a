#pragma once

// The sections of a report on a model of classes.

#include <string>

#include "findings.hpp"

namespace classifier::page {

/// The confusion matrix. If there are many classes: those with the most mistakes.
Section confusion_section(const ClassFindings& findings, const Cases& cases);
/// Precision, recall, F1 and support of each class.
Section class_section(const ClassFindings& findings);
/// How reliable the probabilities are.
Section calibration_section(const ClassFindings& findings, const Cases& cases);
/// The wrong answers with the highest probability, each with a picture.
Section mistake_section(const ClassFindings& findings, const Cases& cases);

}  // namespace classifier::page
