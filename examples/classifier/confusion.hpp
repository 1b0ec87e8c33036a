#pragma once

// The confusion matrix of a classifier.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace classifier {

/// Of more classes there is no matrix.
inline constexpr heed::Index most_classes_compared = 4000;

/// (true class, predicted class) -> number of sequences. The prediction is the class with the largest logit; the lower
/// class wins a tie.
heed::Tensor<heed::Index, 2> confusion_matrix(heed::TensorView<const float, 2> logits,
                                              std::span<const std::int32_t> classes);

/// The accuracy of answering the most frequent class always; 0 without sequences.
double share_of_largest(std::span<const std::int32_t> classes);

/// "label  sequences  precision  recall", one line per class. 0 / 0 is "-".
std::string class_table(const heed::Tensor<heed::Index, 2>& confusion, const std::vector<std::string>& names);

/// The matrix, one row per true class. If it is wider than `width` (0: no limit), the most frequent mistakes instead.
std::string confusion_table(const heed::Tensor<heed::Index, 2>& confusion, const std::vector<std::string>& names,
                            int width);

}  // namespace classifier
