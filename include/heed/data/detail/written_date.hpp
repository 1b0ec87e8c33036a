#pragma once

// Dates that do not begin with the year, as spreadsheets and people write them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/compiled.hpp"
#include "heed/core/types.hpp"
#include "heed/data/table_format.hpp"
#include "heed/data/text_reader.hpp"
#include "heed/data/time_key.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// 31.12.2025, 12/31/25 11:40 PM, 31 Dec 2025, Dec 31, 2025, Dec 2025, 12/2025, Q4 2025, 2025-12-31 11:40 PM
struct WrittenDate {
  std::array<std::int64_t, 3> numbers = {};  // year, month, day; if that is not known, as they stand
  bool known = true;
  bool points = false;       // 31.12.2025: the day is first unless another order is said
  bool short_year = false;   // of two digits: 69 to 99 are of the 20th century, as POSIX has it
  std::int64_t seconds = 0;  // of the day
  double part = 0;           // of a second

  /// The date in this order. Its numbers may not allow it: then nothing.
  std::optional<TimeKey> in(DateOrder order) const;
};

/// The day that a number such as 20251231 is, of the years 1900 to 2099; nothing if it is none.
HEED_FUNCTION std::optional<TimeKey> compact_day(const TimeKey& number);

/// Nothing if the text is no such date.
HEED_FUNCTION std::optional<WrittenDate> written_date(std::string_view text);

/// The dates of a column. Whether the day or the month stands first, one of them may tell for all.
class WrittenDates {
 public:
  /// `said`: the order, if the user knows it.
  WrittenDates(const TextReader& reader, DateOrder said) : reader_(reader), said_(said) {}

  std::size_t size() const { return dates_.size(); }
  /// Adds the date in a field, whose contents are `text`. False if it is none. Throws if no order suits all.
  bool add(std::string_view field, const std::string& text);
  /// The order of their numbers; `automatic` if each date is clear without. Throws if several are possible.
  DateOrder order() const;
  TimeKey key(std::size_t i, DateOrder order) const { return *dates_[i].in(order); }

 private:
  static constexpr std::array orders{DateOrder::day_first, DateOrder::month_first, DateOrder::year_first};

  const TextReader& reader_;
  DateOrder said_;
  std::vector<WrittenDate> dates_ = {};
  std::vector<DateOrder> possible_{orders.begin(), orders.end()};
  std::string unclear_ = {}, place_ = {};  // the first date that needs an order
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA

#if HEED_BODIES

#include <algorithm>
#include <iterator>

#include "heed/core/error.hpp"
#include "heed/data/detail/date_reader.hpp"
#include "heed/data/detail/month_names.hpp"
#include "heed/data/text.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

inline std::int64_t of_century(std::int64_t short_year) { return short_year + (short_year < 69 ? 2000 : 1900); }

class WrittenDateReader {
 public:
  explicit WrittenDateReader(std::string_view text) : reader_(text) {}

  std::optional<WrittenDate> read() {
    if (!day() || !time_of_day()) return {};
    return date_;
  }

 private:
  bool day() {
    const std::size_t digits = reader_.count_digits();
    if (digits > 0) return digits == 4 ? from_year() : digits <= 2 && from_number();
    std::string_view word = reader_.word();
    if (!is_weekday_name(word)) return from_word(word);
    reader_.take_any(".,");
    reader_.skip(" ");
    return !reader_.starts_with_letter() ? from_number() : from_word(reader_.word());
  }

  /// 2025-12-31, 2025-Dec-31
  bool from_year() {
    std::int64_t year = 0, month = 0, day = 0;
    reader_.digits(4, year);
    const char between = separator();
    return between != '\0' && (month_name(month) || number(month)) && separator() == between && number(day) &&
           set(year, month, day);
  }
  /// 31.12.2025, 12/31/25, 12/2025, 31 Dec 2025
  bool from_number() {
    std::int64_t a = 0, b = 0, year = 0;
    if (!number(a)) return false;
    const char between = separator();
    if (month_name(b)) {
      gap();
      return any_year(year) && set(date_.short_year ? of_century(year) : year, b, a);
    }
    if (between == '/' || between == '-') {
      if (reader_.count_digits() == 4) return reader_.digits(4, year) && set(year, a, 1);
    } else if (between != '.') {
      return false;
    }
    if (!number(b) || separator() != between || !any_year(year)) return false;
    date_.numbers = {a, b, year};
    date_.known = false;
    date_.points = between == '.' && !date_.short_year;
    return !date_.points || date_.in(DateOrder::day_first) || date_.in(DateOrder::month_first);
  }
  /// Dec 31, 2025; Dec 2025; Q4 2025
  bool from_word(std::string_view word) {
    std::int64_t year = 0, month = month_named(word), day = 0, quarter = 0;
    if (month == 0) {
      if (ascii_lower(word) != "q" || !number(quarter) || quarter < 1 || quarter > 4) return false;
      month = 3 * quarter - 2;
    }
    gap();
    if (quarter == 0 && number(day)) gap();
    return reader_.count_digits() == 4 && reader_.digits(4, year) && set(year, month, std::max<std::int64_t>(day, 1));
  }

  /// Between numbers; the blanks of "31. 12. 2025" belong to it.
  char separator() {
    for (const char c : {'/', '-', '.', ' '}) {
      if (!reader_.take(c)) continue;
      if (c == '.') reader_.skip(" ");
      return c;
    }
    return '\0';
  }
  /// Beside a word: "31-Dec-2025", "Dec. 31, 2025".
  void gap() {
    reader_.take_any(".,/-'");
    reader_.skip(" ");
  }
  bool number(std::int64_t& value) {
    const std::size_t count = reader_.count_digits();
    return (count == 1 || count == 2) && reader_.digits(count, value);
  }
  bool month_name(std::int64_t& month) {
    if (reader_.starts_with_letter()) month = month_named(reader_.word());
    return month > 0;
  }
  bool any_year(std::int64_t& value) {
    const std::size_t count = reader_.count_digits();
    date_.short_year = count == 2;
    return (count == 2 || count == 4) && reader_.digits(count, value);
  }
  bool set(std::int64_t year, std::int64_t month, std::int64_t day) {
    date_.numbers = {year, month, day};
    date_.short_year = false;
    return date_.in(DateOrder::automatic).has_value();
  }

  /// 23:40, 11:40:59.5 PM; or nothing
  bool time_of_day() {
    if (reader_.done()) return true;
    const bool comma = reader_.take(',');
    if (!reader_.take_any("Tt ") && !comma) return false;
    reader_.skip(" ");
    std::int64_t hour = 0;
    if (!number(hour) || !reader_.minutes(hour, date_.seconds, date_.part)) return false;
    reader_.skip(" ");
    if (!reader_.starts_with_any("aApP")) return reader_.zone(date_.seconds) && reader_.done();
    const bool evening = reader_.take_any("pP") || !reader_.take_any("aA");
    reader_.take('.');
    reader_.skip(" ");
    if (!reader_.take_any("mM") || hour < 1 || hour > 12) return false;
    reader_.take('.');
    date_.seconds += 43200 * ((evening ? 1 : 0) - (hour == 12 ? 1 : 0));
    return reader_.done();
  }

  DateReader reader_;
  WrittenDate date_ = {};
};

HEED_FUNCTION std::optional<WrittenDate> written_date(std::string_view text) { return WrittenDateReader(text).read(); }

HEED_FUNCTION std::optional<TimeKey> compact_day(const TimeKey& number) {
  const std::int64_t year = number.whole / 10000, month = number.whole / 100 % 100, day = number.whole % 100;
  const bool is = number.kind == TimeKey::Kind::number && number.part == 0 && year >= 1900 && year <= 2099;
  if (!is || !is_day(year, month, day)) return {};
  return TimeKey{TimeKey::Kind::date, seconds_to_day(year, month, day), 0, {}};
}

HEED_FUNCTION std::optional<TimeKey> WrittenDate::in(DateOrder order) const {
  auto [year, month, day] = numbers;
  if (!known) {
    const auto [a, b, c] = numbers;
    if (order == DateOrder::automatic && points) order = DateOrder::day_first;
    if (order == DateOrder::automatic || (order == DateOrder::year_first && !short_year)) return {};
    if (order == DateOrder::day_first) day = a, month = b, year = c;
    if (order == DateOrder::month_first) day = b, month = a, year = c;
    if (short_year) year = of_century(year);
  }
  if (!is_day(year, month, day)) return {};
  return TimeKey{TimeKey::Kind::date, seconds_to_day(year, month, day) + seconds, part, {}};
}

HEED_FUNCTION bool WrittenDates::add(std::string_view field, const std::string& text) {
  const std::optional<WrittenDate> date = written_date(text);
  if (!date) return false;
  const bool is_said = said_ != DateOrder::automatic;
  if (is_said && !date->known && !date->in(said_)) {
    reader_.fail(field, "a date in another order", std::string(to_text(said_)), in_quotes(text));
  }
  if (!is_said && !date->known && !date->points) {
    std::vector<DateOrder> still;
    std::copy_if(possible_.begin(), possible_.end(), std::back_inserter(still),
                 [&](DateOrder order) { return date->in(order).has_value(); });
    if (still.empty()) {
      if (unclear_.empty()) return false;  // no date at all
      reader_.fail(field, "dates of several orders", "day, month and year in one order in all rows", in_quotes(text));
    }
    possible_ = std::move(still);
    if (unclear_.empty()) {
      unclear_ = text;
      place_ = reader_.place(field);
    }
  }
  if (!is_said && date->points && !date->in(DateOrder::automatic)) return false;
  dates_.push_back(*date);
  return true;
}

HEED_FUNCTION DateOrder WrittenDates::order() const {
  if (unclear_.empty() || said_ != DateOrder::automatic) return said_;
  require(possible_.size() == 1, [&] {
    std::string orders_there;
    for (const DateOrder order : possible_) {
      orders_there += (orders_there.empty() ? "date_order " : " or ") + std::string(to_text(order));
    }
    return Fault{"dates that could be in several orders", place_, orders_there, in_quotes(unclear_)};
  });
  return possible_[0];
}

}  // namespace detail
}  // namespace heed::inline HEED_ISA

#endif
