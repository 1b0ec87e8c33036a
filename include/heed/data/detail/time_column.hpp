#pragma once

// The column of times in a table of one row a time step.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/data/detail/table_numbers.hpp"
#include "heed/data/detail/word_times.hpp"
#include "heed/data/detail/written_date.hpp"
#include "heed/data/table_format.hpp"
#include "heed/data/text.hpp"
#include "heed/data/text_reader.hpp"
#include "heed/data/time_key.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// Reads the times of a column, one after the other. All have the same form.
class TimeColumn {
 public:
  TimeColumn(const TextReader& reader, const TableFormat& format, const TableNumbers& numbers)
      : reader_(reader), decimal_(format.decimal), numbers_(numbers), dates_(reader, format.date_order) {}

  /// The time in a field, whose contents are `text`. A written date has its place in time from `set_times`.
  TimeKey read(std::string_view field, const std::string& text) {
    TimeKey time = parse(field, text);
    ++count_;
    if (count_ == 1) kind_ = time.kind;
    const bool of_one_form = dates_.size() == 0 || dates_.size() == count_;
    if (time.kind != kind_ || !of_one_form) {
      const std::string kind = to_text(kind_) + std::string(of_one_form ? "" : " written");
      reader_.fail(field, "times of two kinds", kind + " as in the first row", in_quotes(field));
    }
    return time;
  }

  /// The order of day and month in written dates.
  DateOrder date_order() const { return dates_.order(); }

  /// Sets `time` of each row to its written date. Numbers are days if all of them are such as 20251231.
  template <class Rows>
  void set_times(Rows& rows, DateOrder order) const {
    for (std::size_t i = 0; i < dates_.size(); ++i) rows[i].time = dates_.key(i, order);
    if (std::all_of(rows.begin(), rows.end(), [](auto& row) { return compact_day(row.time).has_value(); })) {
      for (auto& row : rows) row.time = *compact_day(row.time);
    }
  }

 private:
  TimeKey parse(std::string_view field, const std::string& text) {
    TimeKey time = decimal_ == '.' ? time_key(text) : time_key(with_decimal_point(text, decimal_));
    if (time.kind != TimeKey::Kind::word) return time;
    if (is_other_date(text)) {
      time.kind = TimeKey::Kind::date;
      if (!dates_.add(field, text)) {
        reader_.fail(field, unclear, "a date such as 2025-12-31 or 2025-12-31T23:40+01:00, or a number",
                     in_quotes(text));
      }
      return time;
    }
    numbers_.refuse_decimals(field, text);
    if (!words_.add(text)) {
      reader_.fail(field, unclear, "numbers, such as seconds, or dates", in_quotes(text));
    }
    time.word = text;
    return time;
  }

  static constexpr const char* unclear = "a time that cannot be put in order";

  const TextReader& reader_;
  char decimal_;
  const TableNumbers& numbers_;
  WrittenDates dates_;
  WordTimes words_ = {};
  TimeKey::Kind kind_ = TimeKey::Kind::word;
  std::size_t count_ = 0;
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
