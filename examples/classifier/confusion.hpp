#pragma once

// How often a classifier takes one class for another.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace classifier {

/// (true class, predicted class) -> number of sequences. A prediction is the largest logit, the first of equals.
heed::Tensor<heed::Index, 2> confusion_matrix(heed::TensorView<const float, 2> logits,
                                              std::span<const std::int32_t> classes);

/// "label  sequences  precision  recall", a line for each class. A ratio of nothing is "-".
std::string class_table(const heed::Tensor<heed::Index, 2>& confusion, const std::vector<std::string>& names);

/// The matrix, a row for each true class; where it is wider than `width` (0: any width), the most frequent mistakes.
std::string confusion_table(const heed::Tensor<heed::Index, 2>& confusion, const std::vector<std::string>& names,
                            int width);

}  // namespace classifier
