#pragma once

// Numbers in the byte order of files, which is little-endian but for some arrays of NumPy. All numbers of files pass
// through these functions. Where the machine has the file's order, they copy.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA::detail {

/// The number at `from`, which need not be aligned.
template <class T>
T load_number(const std::byte* from, std::endian order = std::endian::little) {
  std::array<std::byte, sizeof(T)> bytes;
  std::memcpy(bytes.data(), from, sizeof(T));
  if (order != std::endian::native) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

/// Writes a number to `to`, in little-endian order.
template <class T>
void store_number(T number, std::byte* to) {
  auto bytes = std::bit_cast<std::array<std::byte, sizeof(T)>>(number);
  if constexpr (std::endian::native != std::endian::little) std::reverse(bytes.begin(), bytes.end());
  std::memcpy(to, bytes.data(), sizeof(T));
}

/// The numbers as a file has them: a view of their bytes; on a big-endian machine, a copy.
template <class T>
auto bytes_in_file(std::span<const T> numbers) {
  if constexpr (std::endian::native == std::endian::little) {
    return std::as_bytes(numbers);
  } else {
    std::vector<std::byte> bytes(numbers.size_bytes());
    for (std::size_t i = 0; i < numbers.size(); ++i) store_number(numbers[i], bytes.data() + i * sizeof(T));
    return bytes;
  }
}

}  // namespace heed::inline HEED_ISA::detail
