#pragma once

/// @file
/// Conversion between row-major files and column-major parameters: an inner part of safetensors_save.hpp and
/// safetensors_load.hpp.

#include <cstddef>
#include <span>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/detail/byte_order.hpp"
#include "heed/core/parameter.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

/// Calls f(position in the file, position in the parameter) for each element, in the order of the file.
template <class S, class F>
void for_each_element(const ParameterArray<S>& parameter, F&& f) {
  if (parameter.row_major()) {
    for (Index i = 0; i < parameter.size(); ++i) f(i, i);
    return;
  }
  const std::span<const Index> extents = parameter.extents();
  const std::size_t rank = extents.size();
  std::vector<Index> index(rank), stride(rank);
  Index count = 1;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    stride[axis] = count;
    count *= extents[axis];
  }
  Index column_major = 0;
  for (Index row_major = 0; row_major < count; ++row_major) {
    f(row_major, column_major);
    for (std::size_t axis = rank; axis-- > 0;) {
      column_major += stride[axis];
      if (++index[axis] < extents[axis]) break;
      column_major -= stride[axis] * extents[axis];
      index[axis] = 0;
    }
  }
}

/// Writes the numbers in the order of the file, and returns the place after them.
template <class S>
std::byte* write_elements(const ParameterArray<S>& parameter, std::byte* out) {
  for_each_element(parameter, [&](Index, Index position) {
    store_number(parameter.data()[position], out);
    out += sizeof(S);
  });
  return out;
}

/// Reads the numbers in the order of the file.
template <class S>
void set_elements(ParameterArray<S>& parameter, const std::vector<S>& values) {
  S* const data = parameter.data();
  for_each_element(parameter, [&](Index row_major, Index position) {
    data[position] = values[static_cast<std::size_t>(row_major)];
  });
}

}  // namespace detail

}  // namespace heed::inline HEED_ISA

HEED_COMPILED_FUNCTION(heed::detail::write_elements)
HEED_COMPILED_FUNCTION(heed::detail::set_elements)
