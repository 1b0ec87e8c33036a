#pragma once

// What the fuzzers of readers share: the parts of an input, and what must hold for everything that is read.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <utility>

#include "fuzz/memory_limit.hpp"
#include "heed/core/error.hpp"
#include "heed/core/types.hpp"

namespace heed::fuzz {

/// The choices of a reader's options, a byte each ('0' is 0), and the file, which is all other bytes.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  /// A number below `n`.
  unsigned choice(unsigned n) {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_[0] - '0');
    rest_ = rest_.subspan(1);
    return value % n;
  }
  template <class Enum>
  Enum one_of(unsigned n) {
    return static_cast<Enum>(choice(n));
  }

  std::span<const std::byte> bytes() const { return std::as_bytes(rest_); }
  std::string_view text() const { return {reinterpret_cast<const char*>(rest_.data()), rest_.size()}; }
  /// Two files, with a line "===" between them.
  std::pair<std::string_view, std::string_view> texts() const {
    constexpr std::string_view line = "\n===\n";
    const std::size_t at = std::min(text().find(line), text().size());
    return {text().substr(0, at), text().substr(std::min(at + line.size(), text().size()))};
  }

 private:
  std::span<const std::uint8_t> rest_;
};

inline void require_that(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "this does not hold: %s\n", what);
  std::abort();
}

/// Runs a reader on a file of so many bytes. It may throw an Error, but not because memory ends: a file that claims
/// more than it has is refused before. Returns whether it threw.
template <class Read>
bool refuses(std::size_t bytes, std::size_t factor, Read&& read) {
  const MemoryLimit limit(bytes, factor);
  try {
    read();
    return false;
  } catch (const Error& error) {
    require_that(error.fault().what != abi_detail::no_room, "no more memory is asked for than there is");
    return true;
  }
}

}  // namespace heed::fuzz
