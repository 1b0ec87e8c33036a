#pragma once

/// @file
/// What every reader returns: labelled sequences in one row-major array.

#include <cstdint>
#include <string>
#include <vector>

#include "heed/core/check.hpp"
#include "heed/core/tensor.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// A set of sequences of the same features, of one length or ragged, with or without labels.
template <class S>
struct Sequences {
  Tensor<S, 3> x = {};                     // (n, steps, features), zero past a sequence's end
  std::vector<std::int32_t> lengths = {};  // valid steps of each sequence; empty: all full
  std::vector<std::string> labels = {};    // one a sequence, as text; empty: none

  Index count() const { return x.extent(0); }
  Index steps() const { return x.extent(1); }
  Index features() const { return x.extent(2); }
};

template <class S>
void check_finite(const Sequences<S>& sequences, const std::string& where) {
  check_finite<S>(sequences.x.view(), sequences.lengths, where);
}

}  // namespace heed::inline HEED_ISA
