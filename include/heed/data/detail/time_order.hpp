#pragma once

// The order of a table's rows in time. If it is not that of the file: whether the times are what the user means.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/time_steps.hpp"
#include "heed/data/text.hpp"
#include "heed/data/time_key.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// A word with 0 in place of each integer. Words that differ in this are ordered by their letters.
inline std::string letters_of(std::string_view word) {
  std::string letters;
  bool in_number = false;
  for (const char c : word) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) letters += c;
    if (digit && !in_number) letters += '0';
    in_number = digit;
  }
  return letters;
}

/// Whether a word is a time of day without a date: 7:05, 23:59, 23:59:30.
inline bool is_time_of_day(std::string_view word) {
  const std::string letters = letters_of(word);
  return letters == "0:0" || letters == "0:0:0" || letters == "0:0:0.0";
}

/// Whether a number may be a month and a year: 7.2025 (7.202 is one of 7.2020).
inline bool may_be_month(const TimeKey& time) {
  const double year = std::round(time.part * 1e4);
  return time.kind == TimeKey::Kind::number && time.whole >= 1 && time.whole <= 12 && year >= 1900 && year < 2100 &&
         std::abs(time.part * 1e4 - year) < 1e-6;
}

/// Whether an integer may be a date whose parts stand side by side in an order that is not that of numbers: ddmmyyyy,
/// mmddyyyy, mmyyyy or ddmmyy, by `form`.
inline bool may_be_date(const TimeKey& time, std::string_view form) {
  if (form == "m.yyyy") return may_be_month(time);
  if (time.kind != TimeKey::Kind::number || time.part != 0 || time.whole <= 0) return false;
  std::string digits = std::to_string(time.whole);
  if (digits.size() + 1 == form.size()) digits.insert(digits.begin(), '0');  // a number has no zero in front
  if (digits.size() != form.size()) return false;
  Index day = 1, month = 1, year = 2000;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool first = i == 0 || form[i - 1] != form[i];
    Index& part = form[i] == 'd' ? day : form[i] == 'm' ? month : year;
    part = (first ? 0 : 10 * part) + (digits[i] - '0');
  }
  const bool century = form.find("yyyy") == form.npos || (year >= 1900 && year < 2100);
  return day >= 1 && day <= 31 && month >= 1 && month <= 12 && century;
}

/// The order of the rows of a table in time, and in the file. A row has `time`, `line` and `sequence`, a place in `ids`.
template <class Row>
class TimeOrder {
 public:
  TimeOrder(const std::string& where, const std::vector<std::string>& ids) : where_(where), ids_(ids) {}

  void begin_sequence() {
    steps_.begin_sequence();
    in_order_ = true;
  }

  /// Two rows of a sequence that follow one another in time. Throws if they have the same time, or if they stand the other
  /// way round in the file and have words or times of day: the order of the rows is more likely the right one.
  void add(const Row& earlier, const Row& later) {
    require_later(earlier, later);
    steps_.add(earlier.time, later.time);
    if (earlier.line < later.line) return;
    sorted_ += std::exchange(in_order_, false);
    earlier_ = &earlier;
    later_ = &later;
    if (earlier.time.kind != TimeKey::Kind::word) return;
    const std::string &a = earlier.time.word, &b = later.time.word;
    if (is_time_of_day(a) && is_time_of_day(b)) {
      refuse("times of day that go back", "dates with the times, or rows in order of time", a, b);
    }
    if (letters_of(a) != letters_of(b)) {
      refuse("words as times, whose alphabetical order is not that of the rows",
             "numbers or dates as times, or rows in alphabetical order", a, b);
    }
  }

  /// Throws if all rows have integers that may be dates which do not begin with the year, and are in another order.
  void finish(const std::vector<Row>& rows) const {
    if (!earlier_ || earlier_->time.kind != TimeKey::Kind::number) return;
    constexpr std::array<std::string_view, 5> forms{"ddmmyyyy", "mmddyyyy", "mmyyyy", "ddmmyy", "m.yyyy"};
    for (const std::string_view form : forms) {
      if (!std::all_of(rows.begin(), rows.end(), [&](const Row& row) { return may_be_date(row.time, form); })) continue;
      refuse("numbers as times that may be dates, whose order is not that of the rows",
             "dates such as 2025-12-31, 20251231 or 31.12.2025, or rows in order of the numbers",
             written(earlier_->time), written(later_->time));
    }
  }

  const TimeSteps& steps() const { return steps_; }
  /// The number of sequences whose rows stand in another order than their times.
  Index sorted() const { return sorted_; }

 private:
  void require_later(const Row& earlier, const Row& row) const {
    require(before(earlier.time, row.time), [&] {
      const std::string of = ids_[row.sequence].empty() ? "" : " of sequence " + in_quotes(ids_[row.sequence]);
      return Fault{"two rows" + of + " have the same time",
                   where_ + ", lines " + std::to_string(std::min(earlier.line, row.line)) + " and " +
                       std::to_string(std::max(earlier.line, row.line)),
                   "one row for each time",
                   {}};
    });
  }
  static std::string written(const TimeKey& time) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.15g", static_cast<double>(time.whole) + time.part);
    return text;
  }
  [[noreturn]] void refuse(const char* what, const char* expected, const std::string& a, const std::string& b) const {
    throw Error({what, where_ + ", lines " + std::to_string(later_->line) + " and " + std::to_string(earlier_->line),
                 expected, in_quotes(b) + " above " + in_quotes(a)});
  }

  const std::string& where_;
  const std::vector<std::string>& ids_;
  TimeSteps steps_ = {};
  Index sorted_ = 0;
  bool in_order_ = true;
  const Row* earlier_ = nullptr;  // of the last pair that stands the other way round
  const Row* later_ = nullptr;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
