#pragma once

/// @file
/// The order of points in time, as tables write them.

#include <cstdint>
#include <string>
#include <string_view>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {

/// A point in time: a number, an ISO 8601 date (2024-03-31, 2024-03-31T02:30:00.5+01:00; a blank may replace the T and
/// stand before the zone), or a word. All times of a column have the same kind.
struct TimeKey {
  enum class Kind { number, date, word };
  Kind kind = Kind::word;
  std::int64_t whole = 0;  ///< the largest integer that is not above the number, or date in seconds since 1970, UTC
  double part = 0;         ///< what is above it; the number itself, if it is beyond 64-bit integers
  std::string word = {};
};

/// Parses a time. Does not throw: anything but a number or a date is a word. So is a month such as 01.2025.
HEED_FUNCTION TimeKey time_key(std::string_view text);

/// Whether a word is likely a time whose order as a word is not that of time: a day or a part of a year that stands before
/// the year ("31.12.2025", "12/31/25", "12/2025", "Q4 2025", "4Q25", "W50 2025"), the day and the month alone ("12/31"),
/// English names of months or weekdays ("31 Dec 2025", "Jan", "Mon 10:00"), hours of half a day ("11:40 PM"), a day that
/// does not exist or a zone with a name behind an ISO date ("2025-02-30", "2025-03-01 10:00 EST"), or a sign in front
/// ("-2 days"). Words that begin with the year and have numbers only are in order ("2025M12", "2025-W50", "2025/12/31").
HEED_FUNCTION bool is_other_date(std::string_view text);

/// "a number", "a date", "a word"
HEED_FUNCTION const char* to_text(TimeKey::Kind kind);

/// Whether a comes before b; both have the same kind. Words are compared by letters, and integers in them by value: t2
/// before t10.
HEED_FUNCTION bool before(const TimeKey& a, const TimeKey& b);

/// The time from a to b, where b has the same kind and is not before a: seconds between dates, the difference of
/// numbers, 0 for words.
HEED_FUNCTION double time_between(const TimeKey& a, const TimeKey& b);

}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>

#include "heed/core/denormals.hpp"
#include "heed/data/detail/date_reader.hpp"
#include "heed/data/detail/number_key.hpp"
#include "heed/data/detail/written_time.hpp"

namespace heed::inline HEED_ISA {

namespace detail {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace detail

HEED_FUNCTION TimeKey time_key(std::string_view text) {
  const DefaultFloatingMode mode;
  TimeKey key;
  const bool month = text.size() == 7 && text[0] == '0' && text[1] != '0' && text[2] == '.' &&
                     (text.substr(3, 2) == "19" || text.substr(3, 2) == "20");
  const auto number = abi_detail::number_key(text);
  if (number && !month) {
    key = {TimeKey::Kind::number, number->whole, number->part, {}};
  } else if (detail::DateReader(text).read_iso(key.whole, key.part)) {
    key.kind = TimeKey::Kind::date;
  } else {
    key.whole = 0;
    key.part = 0;
    key.word = text;
  }
  return key;
}

HEED_FUNCTION const char* to_text(TimeKey::Kind kind) {
  return kind == TimeKey::Kind::number ? "a number" : kind == TimeKey::Kind::date ? "a date" : "a word";
}

HEED_FUNCTION bool before(const TimeKey& a, const TimeKey& b) {
  if (a.kind != TimeKey::Kind::word) return a.whole != b.whole ? a.whole < b.whole : a.part < b.part;
  std::size_t i = 0, k = 0;
  while (i < a.word.size() && k < b.word.size()) {
    if (!detail::is_digit(a.word[i]) || !detail::is_digit(b.word[k])) {
      if (a.word[i] != b.word[k]) return static_cast<unsigned char>(a.word[i]) < static_cast<unsigned char>(b.word[k]);
      ++i, ++k;
      continue;
    }
    const auto run = [](const std::string& word, std::size_t& at) {
      while (at + 1 < word.size() && word[at] == '0' && detail::is_digit(word[at + 1])) ++at;
      const std::size_t first = at;
      while (at < word.size() && detail::is_digit(word[at])) ++at;
      return std::string_view(word).substr(first, at - first);
    };
    const std::string_view x = run(a.word, i), y = run(b.word, k);
    if (x != y) return x.size() != y.size() ? x.size() < y.size() : x < y;
  }
  return a.word.size() - i < b.word.size() - k;
}

HEED_FUNCTION double time_between(const TimeKey& a, const TimeKey& b) {
  const auto is_large = [](const TimeKey& key) { return key.part >= 1 || key.part < 0; };
  const auto number = [&](const TimeKey& key) { return is_large(key) ? key.part : static_cast<double>(key.whole); };
  if (is_large(a) || is_large(b)) return number(b) - number(a);
  const std::uint64_t whole = static_cast<std::uint64_t>(b.whole) - static_cast<std::uint64_t>(a.whole);  // exact
  return static_cast<double>(whole) + (b.part - a.part);
}

HEED_FUNCTION bool is_other_date(std::string_view text) {
  detail::DateReader reader(text);
  if (reader.begins_with_date()) {
    std::int64_t seconds = 0;
    double part = 0;
    const bool alone = reader.done(), hours = reader.starts_with_any("Tt ");
    if ((alone || hours) && !detail::DateReader(text.substr(0, 10)).read_iso(seconds, part)) return true;
    if (reader.goes_on_with_zone()) return !detail::DateReader(text).read_iso(seconds, part);
  }
  const bool negative = text.size() > 1 && text[0] == '-' && detail::is_digit(text[1]);  // and no number of any writing
  return (negative && text.find_first_not_of("0123456789.,+-eE") != text.npos) ||
         detail::WrittenTime(text).is_out_of_order();
}

}  // namespace heed::inline HEED_ISA

#endif
