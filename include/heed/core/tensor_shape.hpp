#pragma once

/// @file
/// What a file says of one tensor before its numbers are read: models infer their options from it.

#include <string>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// The name of a tensor and the lengths of its axes, outermost first: {"lstm.weight_ih_l0", {128, 5}}.
struct TensorShape {
  std::string name;
  std::vector<Index> extents;
  friend bool operator==(const TensorShape&, const TensorShape&) = default;
};

/// Another beginning of tensors' names: {"rnn", "lstm"} makes "lstm.weight_ih_l0" of "rnn.weight_ih_l0".
struct Rename {
  std::string from, to;
  friend bool operator==(const Rename&, const Rename&) = default;
};

}  // namespace heed::inline HEED_ISA
