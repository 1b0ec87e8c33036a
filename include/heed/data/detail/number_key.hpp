#pragma once

// The order of numbers that are texts, exact on every platform.

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/isa.hpp"

namespace heed::inline HEED_ABI {

namespace abi_detail {

/// A finite number, as compared. A double does not hold every 64-bit integer, and a long double is no more on some
/// platforms.
struct NumberKey {
  std::int64_t whole = 0;  ///< the largest integer that is not above the number
  double part = 0;         ///< what is above it; the number itself, if it is beyond 64-bit integers

  friend auto operator<=>(const NumberKey&, const NumberKey&) = default;
};

/// Nothing if the text is no finite number.
HEED_FUNCTION std::optional<NumberKey> number_key(std::string_view text);

}  // namespace abi_detail

}  // namespace heed::inline HEED_ABI

#if HEED_BODIES

#include <cmath>
#include <limits>
#include <system_error>

#include "heed/data/text.hpp"

namespace heed::inline HEED_ABI {

namespace abi_detail {

HEED_SHARED_FUNCTION std::optional<NumberKey> number_key(std::string_view text) {
  NumberKey key;
  if (parse_number(text, key.whole) == std::errc()) return key;
  double number = 0;
  if (parse_number(text, number) != std::errc() || !std::isfinite(number)) return {};
  if (number >= 0x1p63) return NumberKey{std::numeric_limits<std::int64_t>::max(), number};
  if (number < -0x1p63) return NumberKey{std::numeric_limits<std::int64_t>::min(), number};
  return NumberKey{static_cast<std::int64_t>(std::floor(number)), number - std::floor(number)};
}

}  // namespace abi_detail

}  // namespace heed::inline HEED_ABI

#endif
