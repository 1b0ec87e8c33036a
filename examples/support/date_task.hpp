#pragma once

// Dates as people write them in five languages, and as computers do: a task for models from sequence to sequence.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "heed/core/rng.hpp"
#include "heed/data/parallel_text.hpp"
#include "heed/data/words.hpp"

namespace support {

/// Characters of dates by chance, and of their ISO form. Days of 1950 to 2029; those of which `unseen` is true, one in
/// ten, are a set of their own.
class DateTask {
 public:
  static heed::ParallelText make(heed::Index count, bool unseen, heed::Key key) {
    heed::ParallelText text;
    for (std::uint64_t draw = 0; text.count() < count; ++draw) {
      const heed::Key one = key.child(draw);
      const Date date{static_cast<int>(1950 + one.below(0, 80)), static_cast<int>(1 + one.below(1, 12)), 1};
      const Date day{date.year, date.month, static_cast<int>(1 + one.below(2, days_of(date)))};
      if (is_unseen(day) != unseen) continue;
      text.source.push_back(heed::split_characters(written(day, one.below(3, 16))));
      text.target.push_back(heed::split_characters(iso(day)));
    }
    return text;
  }

 private:
  struct Date {
    int year, month, day;
  };
  using Months = std::array<const char*, 12>;

  static bool is_unseen(const Date& d) {
    return heed::Key{7}.below(static_cast<std::uint64_t>((d.year * 12 + d.month) * 31 + d.day), 10) == 0;
  }
  static std::uint64_t days_of(const Date& d) {
    if (d.month == 2) return d.year % 4 == 0 ? 29 : 28;  // 2000 was a leap year
    return d.month == 4 || d.month == 6 || d.month == 9 || d.month == 11 ? 30 : 31;
  }
  static std::string iso(const Date& d) { return numbers("%04d-%02d-%02d", d.year, d.month, d.day); }
  template <class... N>
  static std::string numbers(const char* format, N... n) {
    char text[40];
    std::snprintf(text, sizeof text, format, n...);
    return text;
  }

  static std::string written(const Date& d, std::uint64_t form) {
    constexpr Months english{"january", "february", "march",     "april",   "may",      "june",
                             "july",    "august",   "september", "october", "november", "december"};
    constexpr Months german{"januar", "februar", "märz",      "april",   "mai",      "juni",
                            "juli",   "august",  "september", "oktober", "november", "dezember"};
    constexpr Months french{"janvier", "février", "mars",      "avril",   "mai",      "juin",
                            "juillet", "août",    "septembre", "octobre", "novembre", "décembre"};
    constexpr Months spanish{"enero", "febrero", "marzo",      "abril",   "mayo",      "junio",
                             "julio", "agosto",  "septiembre", "octubre", "noviembre", "diciembre"};
    constexpr Months italian{"gennaio", "febbraio", "marzo",     "aprile",  "maggio",   "giugno",
                             "luglio",  "agosto",   "settembre", "ottobre", "novembre", "dicembre"};
    const auto in = [&](const Months& names) { return std::string(names[static_cast<std::size_t>(d.month - 1)]); };
    const std::string day = std::to_string(d.day), year = std::to_string(d.year);
    const char* const endings[] = {"th", "st", "nd", "rd"};
    const std::string ordinal = day + endings[d.day % 10 < 4 && d.day / 10 != 1 ? d.day % 10 : 0];
    switch (form) {
      case 0:
        return in(english) + " " + day + ", " + year;
      case 1:
        return day + " " + in(english) + " " + year;
      case 2:
        return in(english).substr(0, 3) + " " + ordinal + " " + year;
      case 3:
        return "the " + ordinal + " of " + in(english) + " " + year;
      case 4:
        return day + "-" + in(english).substr(0, 3) + "-" + year;
      case 5:
        return day + ". " + in(german) + " " + year;
      case 6:
        return "den " + day + ". " + in(german) + " " + year;
      case 7:
        return day + " " + in(french) + " " + year;
      case 8:
        return "le " + (d.day == 1 ? "1er" : day) + " " + in(french) + " " + year;
      case 9:
        return day + " de " + in(spanish) + " de " + year;
      case 10:
        return "el " + day + " de " + in(spanish) + " del " + year;
      case 11:
        return day + " " + in(italian) + " " + year;
      case 12:
        return numbers("%d.%d.%d", d.day, d.month, d.year);
      case 13:
        return numbers("%02d/%02d/%d", d.day, d.month, d.year);
      case 14:
        return numbers("%d %02d %02d", d.year, d.month, d.day);
      default:
        return year + ", " + in(english) + " " + day;
    }
  }
};

}  // namespace support
