#pragma once

// Reads dates and times of day, part by part.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "heed/core/types.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Seconds from 1970-01-01 to the day, in the Gregorian calendar: years begin in March, an era has 400 of them.
inline std::int64_t seconds_to_day(std::int64_t y, std::int64_t m, std::int64_t d) {
  y -= m <= 2;
  const std::int64_t era = y < 0 ? -1 : y / 400, of_era = y - era * 400;  // -1: in January of the year 0
  const std::int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return 86400 * (era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468);
}

/// Whether the month has such a day.
inline bool is_day(std::int64_t year, std::int64_t month, std::int64_t day) {
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const bool is_short = month == 4 || month == 6 || month == 9 || month == 11;
  return month >= 1 && month <= 12 && day >= 1 && day <= (month == 2 ? 28 + leap : is_short ? 30 : 31);
}

/// Takes the parts of a date from the front of a text.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view characters) { return starts_with_any(characters) && take(rest_[0]); }
  void skip(std::string_view characters) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size()));
  }
  bool starts_with_any(std::string_view characters) const {
    return !rest_.empty() && characters.find(rest_[0]) != characters.npos;
  }
  bool starts_with_letter() const { return !rest_.empty() && is_letter(rest_[0]); }
  /// The digits in front.
  std::size_t count_digits() const { return std::min(rest_.find_first_not_of("0123456789"), rest_.size()); }
  bool digits(std::size_t count, std::int64_t& value) {
    if (count_digits() < count) return false;
    for (std::size_t i = 0; i < count; ++i) value = 10 * value + (rest_[i] - '0');
    rest_.remove_prefix(count);
    return true;
  }
  /// The ASCII letters in front; the reader passes them.
  std::string_view word() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_letter);
    const std::string_view word = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(word.size());
    return word;
  }

  /// 2024-03-31, 2024-03-31T02:30:00.5+01:00; a blank may replace the T and stand before the zone. Seconds since 1970,
  /// UTC, and a part of one.
  bool read_iso(std::int64_t& seconds, double& part) {
    std::int64_t year = 0, month = 0, day = 0;
    if (!digits(4, year) || !take('-') || !digits(2, month) || !take('-') || !digits(2, day)) return false;
    if (!heed::detail::is_day(year, month, day)) return false;
    seconds = seconds_to_day(year, month, day);
    part = 0;
    if (rest_.empty()) return true;
    if (!take('T') && !take('t') && !take(' ')) return false;
    std::int64_t hour = 0;
    if (!digits(2, hour) || !minutes(hour, seconds, part)) return false;
    return zone(seconds) && rest_.empty();
  }

  /// :30:00.5 behind an hour of the day
  bool minutes(std::int64_t hour, std::int64_t& seconds, double& part) {
    std::int64_t minute = 0, second = 0;
    if (!take(':') || !digits(2, minute)) return false;
    if (take(':') && !(digits(2, second) && fraction(part))) return false;
    if (hour > 24 || minute > 59 || second > 60) return false;
    seconds += 3600 * hour + 60 * minute + second;
    return true;
  }

  /// Z, UTC, +01:00, +0100, +01, UTC+1, +01:00[Europe/Berlin], +0100 (CET), +0100 CET; or nothing
  bool zone(std::int64_t& seconds) {
    skip(" ");
    const std::string_view name = word();
    const bool universal = name == "Z" || name == "z" || name == "UTC" || name == "GMT";
    if (rest_.empty()) return name.empty() || universal;
    if (!name.empty() && !universal) return false;
    if (universal && rest_[0] == '[') return place_in_brackets();
    const int sign = take('+') ? 1 : take('-') ? -1 : 0;
    std::int64_t hours = 0, minutes = 0;
    if (sign == 0 || !digits(name.empty() || count_digits() > 1 ? 2 : 1, hours)) return false;
    if (take(':') || count_digits() > 0) {
      if (!digits(2, minutes)) return false;
    }
    seconds -= sign * (3600 * hours + 60 * minutes);
    return place_in_brackets();
  }

  /// Whether it begins as a date of ISO 8601 does.
  bool begins_with_date() {
    std::int64_t year = 0, month = 0, day = 0;
    return digits(4, year) && take('-') && digits(2, month) && take('-') && digits(2, day) && count_digits() == 0 &&
           month >= 1 && month <= 12 && day >= 1 && day <= 31;
  }
  /// Whether a time of day follows, and then what may be a zone: its name (EST, Europe/Berlin) or a sign and a digit.
  bool goes_on_with_zone() {
    std::int64_t hour = 0, seconds = 0;
    double part = 0;
    if (!take_any("Tt ") || !digits(2, hour) || !minutes(hour, seconds, part)) return false;
    skip(" ");
    if (take_any("+-")) return count_digits() > 0;
    const std::string_view name = word();
    const bool capitals = std::all_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return !name.empty() && (rest_.starts_with('/') || (capitals && name.size() >= 3 && name.size() <= 5));
  }

 private:
  /// Behind an offset from UTC the name of the zone says nothing new.
  bool place_in_brackets() {
    skip(" ");
    const char close = take('[') ? ']' : take('(') ? ')' : '\0';
    if (close == '\0') {
      word();
    } else {
      rest_.remove_prefix(std::min(rest_.find(close), rest_.size()));
      if (!take(close)) return false;
    }
    return rest_.empty();
  }
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  bool fraction(double& part) {
    if (!take('.') && !take(',')) return true;
    const std::size_t count = count_digits();
    if (count == 0) return false;
    std::int64_t digits_read = 0;
    double unit = 1;
    constexpr std::size_t most = 18;  // further ones are less than a double tells apart
    for (std::size_t i = 0; i < std::min(count, most); ++i) {
      digits_read = 10 * digits_read + (rest_[i] - '0');
      unit *= 10;
    }
    part = static_cast<double>(digits_read) / unit;
    rest_.remove_prefix(count);
    return true;
  }

  std::string_view rest_;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
