#pragma once

// English names of months and days, in any case.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "heed/core/types.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// 1 to 12 for a name such as "Jan", "sept", "MARCH"; 0 for another word.
inline std::int64_t month_named(std::string_view word) {
  constexpr std::array<std::string_view, 12> names{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};
  const std::string small = ascii_lower(word);
  const auto is_name = [&](std::string_view name) { return small == name || small == name.substr(0, 3); };
  if (small == "sept") return 9;
  return (std::find_if(names.begin(), names.end(), is_name) - names.begin() + 1) % 13;
}

/// "Mon", "thurs", "SUNDAY"
inline bool is_weekday_name(std::string_view word) {
  constexpr std::array<std::string_view, 17> names{"mon",       "monday", "tue",      "tues",  "tuesday",  "wed",
                                                   "wednesday", "thu",    "thur",     "thurs", "thursday", "fri",
                                                   "friday",    "sat",    "saturday", "sun",   "sunday"};
  return std::find(names.begin(), names.end(), ascii_lower(word)) != names.end();
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA
