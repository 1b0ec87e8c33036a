#pragma once

#include <string>
#include <vector>

#include "heed/heed.hpp"

// What a translation unit computes by heed, and the name that one of heed's types has in it.
struct Part {
  std::string type;
  std::vector<double> numbers;
};

// What each translation unit has. Data crosses: other objects call this, built for other instruction sets.
#define DECLARE_PART(name)                                                                            \
  namespace name {                                                                                    \
  Part compute();                                                                                     \
  void throw_error();                                                                                 \
  void throw_mismatch();                                                                              \
  heed::Shape with_steps(heed::Shape shape, heed::Index steps);                                       \
  heed::TensorView<const float, 3> first_half(heed::TensorView<const float, 3> x);                    \
  heed::Tensor<float, 3> copy_of(heed::TensorView<const float, 3> x);                                 \
  std::vector<std::int32_t> labels_of(heed::LabelsView labels);                                       \
  heed::Metadata metadata_of(const heed::SequenceClassifierOptions& options);                         \
  heed::SequenceClassifierOptions options_of(const heed::Metadata& metadata);                         \
  heed::History train(const heed::SequenceClassifierOptions& model, heed::LabelledSequences<float> x, \
                      const heed::FitOptions& options);                                               \
  }

DECLARE_PART(x86_64_v2)
DECLARE_PART(native)
DECLARE_PART(scalar)
#undef DECLARE_PART
