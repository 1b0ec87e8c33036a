#pragma once

// Tells times that are words whose order is not that of time.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "heed/core/types.hpp"
#include "heed/data/detail/month_names.hpp"

namespace heed::inline HEED_ISA {
namespace detail {

/// The numbers and words of a text, and what stands between them.
class WrittenTime {
 public:
  explicit WrittenTime(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto is_letter = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    };
    std::size_t at = 0, end_before = 0;
    const auto add = [&](bool number, auto is) {
      Part part{number, text.substr(end_before, at - end_before), {}, text[at] >= 'A' && text[at] <= 'Z'};
      for (; at < text.size() && is(text[at]); ++at) {
        part.text += text[at] >= 'A' && text[at] <= 'Z' ? static_cast<char>(text[at] | 0x20) : text[at];
      }
      parts_.push_back(std::move(part));
      end_before = at;
    };
    while (at < text.size()) {
      if (is_digit(text[at])) {
        add(true, is_digit);
      } else if (is_letter(text[at])) {
        add(false, is_letter);
      } else {
        ++at;
      }
    }
    behind_ = text.substr(end_before);
  }

  /// Whether the order of such words is not that of time.
  bool is_out_of_order() const {
    if (parts_.empty()) return false;
    if (names_month() || has_half_day() || names_weekday()) return true;
    return !is_by_year() && (is_day_first() || is_pair() || is_period_of_year());
  }

 private:
  struct Part {
    bool number = false;
    std::string_view before = {};  // between the part before and this one
    std::string text = {};         // in small letters
    bool capital = false;          // whether the first letter is

    bool is(std::size_t digits) const { return number && text.size() == digits; }
    int value() const {  // of up to four digits
      int sum = 0;
      for (const char c : text) sum = 10 * sum + (c - '0');
      return sum;
    }
    bool is_from_1_to(int most) const { return number && text.size() <= 2 && value() >= 1 && value() <= most; }
    bool is_year() const { return is(4) && value() >= 1600 && value() < 2200; }
    template <class Words>
    bool is_one_of(const Words& words) const {
      return !number && std::find(words.begin(), words.end(), text) != words.end();
    }
    /// Whether a point, a slash or a hyphen joins it to the part before.
    bool is_joined() const { return before.size() <= 2 && before.find_first_of("./-") != before.npos; }
    /// Whether it may be the next number of a date.
    bool goes_on() const { return !before.empty() && before.find_first_not_of("./-_, ") == before.npos; }
  };
  /// A part of a year, with a letter or a word for it: the most that there are, and whether a year of two digits may
  /// follow.
  struct Period {
    std::string_view name;
    int most;
    bool short_year;
  };

  static bool is_month(const Part& part) { return !part.number && month_named(part.text) > 0; }
  static bool is_weekday(const Part& part) { return !part.number && is_weekday_name(part.text); }
  /// Of a period such as `first`.
  const Period* period(const Part& part) const {
    static constexpr std::array<Period, 16> periods{{{"q", 4, true},
                                                     {"quarter", 4, true},
                                                     {"h", 2, true},
                                                     {"half", 2, true},
                                                     {"wk", 53, true},
                                                     {"week", 53, true},
                                                     {"cw", 53, true},
                                                     {"kw", 53, true},
                                                     {"w", 53, false},
                                                     {"month", 12, false},
                                                     {"m", 12, false},
                                                     {"p", 13, false},
                                                     {"t", 4, false},
                                                     {"s", 2, false},
                                                     {"day", 31, false},
                                                     {"d", 31, false}}};
    const auto found =
        std::find_if(periods.begin(), periods.end(), [&](const Period& p) { return p.name == part.text; });
    return part.number || found == periods.end() ? nullptr : &*found;
  }
  static bool is_week(const Part& part) {
    return part.is_one_of(std::array<std::string_view, 5>{"w", "wk", "week", "cw", "kw"});
  }
  /// Whether it says that a year stands behind it.
  static bool is_year_word(const Part& part) {
    return part.is_one_of(std::array<std::string_view, 3>{"fy", "cy", "year"});
  }
  bool has_number() const {
    return std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.number; });
  }

  /// 2024-01-05, 2024M01, FY24 Q1
  bool is_by_year() const { return (parts_[0].is(4) && parts_[0].before.empty()) || is_year_word(parts_[0]); }
  /// 10-Jan-2026; Jan
  bool names_month() const {
    const auto month = [&](const Part& part) { return is_month(part); };
    const bool all = std::all_of(parts_.begin(), parts_.end(), month);
    return std::any_of(parts_.begin(), parts_.end(), month) && (all || has_number());
  }
  /// Mon; Mon 10:00; 2024-W05-Mon. Behind a date by year it does not matter.
  bool names_weekday() const {
    const bool by_date = parts_.size() > 2 && is_by_year() && parts_[1].number && parts_[2].number;
    return !by_date && !parts_[0].is(8) &&
           std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) { return is_weekday(part); }) &&
           std::all_of(parts_.begin(), parts_.end(), [&](const Part& part) {
             return part.number || is_weekday(part) || is_week(part) || is_year_word(part);
           });
  }
  /// 11:40 PM, 11:40 p.m.
  bool has_half_day() const {
    for (std::size_t i = 1; i < parts_.size(); ++i) {
      const std::string& word = parts_[i].text;
      if (!parts_[i - 1].number) continue;
      if (word == "am" || word == "pm") return true;
      const bool next_is_m = i + 1 < parts_.size() && parts_[i + 1].text == "m";
      if ((word == "a" || word == "p") && next_is_m && parts_[i + 1].before.starts_with('.')) return true;
    }
    return false;
  }
  /// 31.12.2025, 12/31/25, 10:00 31. 12. 2025; a month with a name of any language: 31. Dezember 2025
  bool is_day_first() const {
    for (std::size_t i = 0; i + 2 < parts_.size(); ++i) {
      const Part &a = parts_[i], &b = parts_[i + 1], &year = parts_[i + 2];
      const bool name = !b.number && b.text.size() > 2 && b.before.find('_') == b.before.npos;
      if (a.is_from_1_to(31) && name && b.goes_on() && year.goes_on() && year.is_year()) return true;
      const bool days = a.is_from_1_to(31) && b.is_from_1_to(31) && (a.is_from_1_to(12) || b.is_from_1_to(12));
      if (!days || !b.goes_on() || !year.goes_on()) continue;
      if (year.is_year()) return true;
      const bool starts = std::all_of(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(i),
                                      [&](const Part& part) { return part.number || is_weekday(part); });
      if (year.is(2) && b.is_joined() && year.is_joined() && starts) return true;
    }
    return false;
  }
  /// 12/2024, 01-2025; 12/24, 12/31 10:00; 31.12.
  bool is_pair() const {
    if (parts_.size() < 2 || !parts_[0].before.empty() || !parts_[0].number || !parts_[1].number) return false;
    const Part &a = parts_[0], &b = parts_[1];
    const std::string_view next = parts_.size() > 2 ? parts_[2].before : behind_;
    if (parts_.size() == 2 && behind_.empty() && a.is_from_1_to(53) && b.goes_on() && b.is_year()) return true;
    if (parts_.size() > 2 && next.find(' ') == next.npos) return false;
    const bool slash = b.before == "/", points = b.before == "." && next.starts_with('.');
    return (slash || points) && a.is_from_1_to(99) && b.is_from_1_to(99) && (a.is_from_1_to(12) || b.is_from_1_to(12));
  }
  /// Q4 2024, 4Q24, W50 2024, 1st half of FY24, Q1 2024/25; Winter 2024
  bool is_period_of_year() const {
    constexpr std::array<std::string_view, 9> fillers{"of", "fy", "cy", "year", "st", "nd", "rd", "th", "the"};
    constexpr std::array<std::string_view, 5> seasons{"spring", "summer", "autumn", "fall", "winter"};
    std::vector<const Part*> parts;
    for (const Part& part : parts_) {
      if (!part.is_one_of(fillers)) parts.push_back(&part);
    }
    if (parts.size() > 2 && parts.back()->is(2) && parts[parts.size() - 2]->is_year()) parts.pop_back();  // 2024/25
    if (parts.size() == 2) return parts[0]->is_one_of(seasons) && parts[1]->is_year();
    if (parts.size() != 3) return false;
    const std::size_t word = parts[0]->number ? 1 : 0;
    const Period* const kind = period(*parts[word]);
    if (!kind || !parts[1 - word]->is_from_1_to(kind->most) || parts[2]->before.find('_') != std::string_view::npos) {
      return false;
    }
    const bool hours = kind->name == "h" && !parts[word]->capital;        // 1h30
    const bool in_order = word == 1 && (hours || is_week(*parts[word]));  // 24WK05
    return parts[2]->is_year() || (kind->short_year && parts[2]->is(2) && !in_order);
  }

  std::vector<Part> parts_ = {};
  std::string_view behind_ = {};  // the last part
};

}  // namespace detail
}  // namespace heed::inline HEED_ISA
