#pragma once

// Tells times that are words, and whose order would not be that of time because of what other rows hold.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/data/text.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// The words of a column of times. They are put in order by their letters, and integers in them by value (`before`).
class WordTimes {
 public:
  /// False if that is not the order of time, for this word and those before it:
  /// - decimals of different lengths: 0.5s would stand before 0.25s
  /// - numbers with a minus: day -2; t-2, or week-2 beside week2
  /// - durations in different units: 45m would stand behind 1h30m, and 23:00:00 behind 1 day, 1:00:00
  bool add(std::string_view text) { return add_decimals(text) && add_sign(text) && add_duration(ascii_lower(text)); }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
  }
  static std::size_t end_of_digits(std::string_view text, std::size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
  }

  bool add_decimals(std::string_view text) {
    std::vector<std::size_t> lengths;  // of all decimals
    bool at_end = false;
    for (std::size_t at = 0; at < text.size();) {
      if (!is_digit(text[at])) {
        ++at;
        continue;
      }
      std::vector<std::size_t> runs;  // 1.2.10 has three, and no decimals
      while (true) {
        const std::size_t end = end_of_digits(text, at);
        runs.push_back(end - at);
        at = end;
        if (at + 1 >= text.size() || text[at] != '.' || !is_digit(text[at + 1])) break;
        ++at;
      }
      if (runs.size() == 2) lengths.push_back(runs[1]);
      at_end = runs.size() == 2 && at == text.size();
    }
    if (lengths.empty()) {
      without_decimals_ = true;
    } else {
      if (!decimals_.empty() && lengths != decimals_) return false;
      decimals_ = std::move(lengths);
      inside_ = inside_ || !at_end;
    }
    return !without_decimals_ || !inside_;  // 10:00:00 stands before 10:00:00.5, but 1s behind 1.5s
  }

  bool add_sign(std::string_view text) {
    const std::size_t digit = text.find_first_of("0123456789");
    if (digit == text.npos || digit == 0) return true;
    const char sign = text[digit - 1];
    const bool minus = sign == '-';
    const std::string_view stem = text.substr(0, minus || sign == '+' ? digit - 1 : digit);
    if (minus && (stem.empty() || !is_letter(stem.back()) || stem == "t" || stem == "T")) return false;
    (minus ? with_minus_ : without_minus_) = stem;
    return with_minus_.empty() || with_minus_ != without_minus_;
  }

  bool add_duration(std::string_view text) {
    const std::optional<std::string> units = units_of(text);
    if (!units) return true;
    if (!units_) units_ = units;
    return units_ == units;
  }

  /// The units of a duration: "h m" of 1h30m, "day : :" of 1 day, 1:00:00; nothing if the text is none.
  static std::optional<std::string> units_of(std::string_view text) {
    std::string units;
    std::size_t at = text.starts_with('p') ? 1 : 0;
    bool clock = false;
    while (at < text.size()) {
      if (clock || (text[at] == 't' && !text.starts_with('p'))) return {};
      if (text[at] == 't' || text[at] == ' ' || text[at] == ',') {
        ++at;
        continue;
      }
      if (!is_digit(text[at])) return {};
      at = end_of_digits(text, at);
      while (at < text.size() && text[at] == ':') {
        units += " :";
        clock = true;
        const std::size_t end = end_of_digits(text, at + 1);
        if (end == at + 1) return {};
        at = end;
      }
      if (at + 1 < text.size() && text[at] == '.') at = end_of_digits(text, at + 1);
      if (clock) continue;
      if (at < text.size() && text[at] == ' ') ++at;
      std::size_t end = at;
      while (end < text.size() && is_letter(text[end])) ++end;
      std::string_view unit = text.substr(at, end - at);
      if (unit.size() > 2 && unit.ends_with('s')) unit.remove_suffix(1);
      if (std::find(known_units.begin(), known_units.end(), unit) == known_units.end()) return {};
      units += ' ' + std::string(unit);
      at = end;
    }
    return units;
  }

  static constexpr std::array<std::string_view, 23> known_units{
      "y",    "yr", "year", "mo",     "month", "w",   "wk",     "week", "d",           "day", "h", "hr",
      "hour", "m",  "min",  "minute", "s",     "sec", "second", "ms",   "millisecond", "us",  "ns"};

  std::vector<std::size_t> decimals_ = {};
  bool without_decimals_ = false, inside_ = false;  // a word has no decimals; behind those of one something stands
  std::string with_minus_ = {}, without_minus_ = {};
  std::optional<std::string> units_ = {};
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
