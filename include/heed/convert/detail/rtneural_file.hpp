#pragma once

/// @file
/// RTNeural's JSON as plain arrays, read and written: an inner part of rtneural.hpp.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Numbers in nested lists of equal lengths, the last index fastest.
struct RtNeuralArray {
  std::vector<Index> extents;
  std::vector<double> numbers;
};

/// One entry of "layers".
struct RtNeuralLayer {
  std::string type, activation;
  Index out = 0;  ///< the last extent of "shape"
  Index kernel_size = 0, dilation = 1, groups = 1;
  std::optional<double> epsilon;
  std::vector<RtNeuralArray> weights;
};

/// What a file contains: layers with Keras' weights; or, without layers, the named tensors of a module of PyTorch.
struct RtNeuralFile {
  Index in = 0;  ///< the last extent of "in_shape"
  std::vector<RtNeuralLayer> layers;
  std::vector<std::pair<std::string, RtNeuralArray>> tensors;
};

inline constexpr std::size_t most_rtneural_layers = 1024, most_rtneural_weights = 8, most_rtneural_tensors = 10000,
                             most_rtneural_axes = 4;

/// How many numbers the arrays of a file have.
Index count_of(const RtNeuralFile& file);

/// Throws if the text is not JSON, if it has not RTNeural's structure, or if a number is not finite. `file` names it.
RtNeuralFile read_rtneural(std::string_view text, const std::string& file);

/// In the form of RTNeural's own script. Throws if a number is not finite.
std::string write_rtneural(const RtNeuralFile& file);

}  // namespace detail

}  // namespace heed::inline HEED_ISA
