#include "heed/data/time_key.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <iterator>
#include <string>

namespace time_key_test {

using heed::time_key;
using Kind = heed::TimeKey::Kind;

TEST(TimeKey, NumbersDatesAndWords) {
  EXPECT_EQ(time_key("-3").kind, Kind::number);
  EXPECT_EQ(time_key("1e3").whole, 1000);
  for (const char* number : {"0.2025", "00.2025", "1.2025", "01.5000", "01.20250", "12.2025"})
    EXPECT_EQ(time_key(number).kind, Kind::number) << number;
  EXPECT_EQ(time_key("01.2025").kind, Kind::word) << "a month";
  for (const char* date :
       {"2024-03-31", "2024-03-31T02:30", "2024-03-31 02:30:00.25", "2024-03-31T02:30:00,5+01:00",
        "2024-03-31t23:59:60Z", "2024-03-31T02:30:00-0530", "2024-03-31T02:30:00+01", "2024-03-31 02:30:00 +0100",
        "2024-03-31 02:30 UTC", "2024-03-31T02:30 GMT+1", "2024-03-31T02:30:00+01:00[Europe/Berlin]",
        "2024-03-31 02:30:00.0000000 +02:00", "2024-02-29", "2000-02-29", "2025-01-01T10:00Z[UTC]",
        "2025-01-01 11:00:00+0100 CET", "2025-01-01 11:00:00 GMT+0100 (Central European Time)"})
    EXPECT_EQ(time_key(date).kind, Kind::date) << date;
  for (const char* word : {"Monday", "2024-13-01", "2024-3-1", "31.03.2024", "2024-03-31T", "2024-03-31T02:30+", "nan",
                           "2024-03-31T02:30:00.", "2024-03-31T02:61", "", "2024-02-30", "2023-02-29", "1900-02-29",
                           "2024-04-31", "2024-03-31 02:30 EST", "2024-03-31 +01"})
    EXPECT_EQ(time_key(word).kind, Kind::word) << word;
}

TEST(TimeKey, DatesAreSecondsSince1970) {
  EXPECT_EQ(time_key("1970-01-01").whole, 0);
  EXPECT_EQ(time_key("1969-12-31T23:59:59").whole, -1);
  EXPECT_EQ(time_key("2000-03-01").whole, 951868800);
  EXPECT_EQ(time_key("2024-02-29T12:00:00.5+02:00").whole, 1709200800);
  EXPECT_EQ(time_key("2024-02-29T12:00:00.5+02:00").part, 0.5);
  EXPECT_EQ(time_key("2024-02-29 12:00:00 +0200").whole, 1709200800);
  EXPECT_EQ(time_key("2024-02-29 12:00:00 UTC+2").whole, 1709200800);
  EXPECT_EQ(time_key("2024-02-29T12:00:00+02:00[Africa/Cairo]").whole, 1709200800);
  EXPECT_EQ(time_key("2024-02-29 10:00:00 UTC").whole, 1709200800);
  EXPECT_EQ(time_key("2024-02-29T12:00:00." + std::string(5000, '9')).kind, Kind::date);
  EXPECT_EQ(time_key("0000-03-01").whole - time_key("0000-02-29").whole, 86400);
}

TEST(TimeKey, NumbersAreInOrder) {
  const char* const sorted[] = {"-1e300",
                                "-9223372036854777856",
                                "-9223372036854775808",
                                "-9223372036854775807",
                                "-1.5",
                                "-1.25",
                                "-1",
                                "-0.5",
                                "0",
                                "1e-300",
                                "0.5",
                                "1",
                                "1700000000000000001",
                                "1700000000000000002",
                                "9223372036854775807",
                                "9223372036854775808",
                                "1e300"};
  for (std::size_t i = 0; i < std::size(sorted); ++i) {
    ASSERT_EQ(time_key(sorted[i]).kind, Kind::number) << sorted[i];
    for (std::size_t k = 0; k < std::size(sorted); ++k) {
      EXPECT_EQ(heed::before(time_key(sorted[i]), time_key(sorted[k])), i < k) << sorted[i] << " and " << sorted[k];
    }
  }
}

TEST(TimeKey, TimeBetween) {
  const auto between = [](const char* a, const char* b) { return heed::time_between(time_key(a), time_key(b)); };
  EXPECT_EQ(between("1.25", "4"), 2.75);
  EXPECT_EQ(between("-3", "-1.5"), 1.5);
  EXPECT_EQ(between("1711846800000000000", "1711846800000000001"), 1) << "nanoseconds";
  EXPECT_EQ(between("-9223372036854775808", "9223372036854775807"), 0x1p64);
  EXPECT_EQ(between("0", "1e300"), 1e300);
  EXPECT_EQ(between("1e300", "3e300"), 2e300);
  EXPECT_EQ(between("2024-02-28", "2024-03-01T00:00:00.5"), 2 * 86400 + 0.5);
  EXPECT_EQ(between("monday", "tuesday"), 0);
}

TEST(TimeKey, DatesOfOtherFormsAreToldFromWords) {
  for (const char* date : {"31.12.2025", "12/31/2025", "31-12-2025", "31.12.25 00:00", "1.2.25", "31. 12. 2025",
                           "24/01/05", "05.01.24", "10:00 31.12.2025", "Wed 31.12.25", "run 31.12.2025", "12/31",
                           "31/12 10:00", "31.12.", "31.12. 10:00", "5. Januar 2024", "5-d\u00e9c-2024 10:00"}) {
    EXPECT_TRUE(heed::is_other_date(date)) << date;
  }
  for (const char* word : {"2026/01/10",
                           "2026.01.10 10:00",
                           "2026-1-9",
                           "20260110 Sat",
                           "2026-01-10 Sat",
                           "10:05:30",
                           "5 steps 24",
                           "1_run_2000",
                           "0:05",
                           "1.2.3",
                           "run 1-2-10",
                           "run 1-2-3",
                           "1-2",
                           "40/50",
                           "99-12-31",
                           "100/2024",
                           "1/5/7",
                           "t10",
                           "step 1-2",
                           "step-10",
                           "1.5",
                           "run1_step2_part3",
                           "a1",
                           "",
                           "-",
                           "..."}) {
    EXPECT_FALSE(heed::is_other_date(word)) << word;
  }
}

TEST(TimeKey, DatesThatDoNotExistZonesWithNamesAndSignsAreNoWords) {
  for (const char* date :
       {"2025-02-30", "2025-04-31", "2025-02-29 10:00", "2024-11-03 01:30 EDT", "2024-11-03T01:30CET",
        "2024-11-03 01:30:00 Europe/Berlin", "-2 days", "-0:02", "-1 day +10:00", "2025-01-01 10:00 +1"}) {
    EXPECT_TRUE(heed::is_other_date(date)) << date;
  }
  for (const char* word : {"2025-02-28", "2024-11-03 01:30 -0400", "2025-01-10 Sat", "2025-01-10-b", "-a", "-", "-2",
                           "2025-20-99", "2025-01-101", "2025-01-01 10:00:00:500", "2025-01-01 10:00 - 11:00",
                           "2025-01-01 10:00/11:00", "2025-01-01 10:00 run 3", "2025-01-01 10:00 a"}) {
    EXPECT_FALSE(heed::is_other_date(word)) << word;
  }
}

TEST(TimeKey, PartsOfAYearBeforeTheYearAreNoWords) {
  for (const char* date : {"12/2024",       "01-2025",       "1/2025",    "12 2024",  "50/2024",
                           "Q1 2026",       "1Q2026",        "Q4'24",     "4Q24",     "1Q25",
                           "Q1/25",         "q4-24",         "Q4 24",     "Q1 FY24",  "1st quarter of 2024",
                           "Q1 2024/25",    "H1 2024",       "2H24",      "W50 2024", "W5/2024",
                           "Week 50, 2024", "KW 50/24",      "CW50 2024", "M01 2024", "T1 2024",
                           "Winter 2024",   "winter 2024/25"}) {
    EXPECT_TRUE(heed::is_other_date(date)) << date;
  }
  for (const char* word : {"2026-W05", "2026-Q1",       "2024Q1",           "2024M01",  "2024 H1",
                           "2024/12",  "2024-12",       "2024/25",          "24Q1",     "FY24",
                           "FY24 Q1",  "FY2024-H1",     "Year 2024 week 3", "Q1",       "q3 run 12",
                           "1h30",     "24W05",         "24WK05",           "2h45",     "s1_2000",
                           "W50",      "sensor Q 1200", "Q 1200",           "Q5 2024",  "Q4 7",
                           "t10 2024", "w5 24",         "week 1 day 10",    "run 2024", "spring"}) {
    EXPECT_FALSE(heed::is_other_date(word)) << word;
  }
}

TEST(TimeKey, NamesOfMonthsAndDaysAndHalvesOfDaysAreNoWords) {
  for (const char* date : {"10-Jan-2026",
                           "Jan 10 2026",
                           "Sat 29 Nov 2025 11:40:00",
                           "December 3",
                           "2026-Jan-10",
                           "Jan-24",
                           "Jan 2024",
                           "Jan-Mar 2024",
                           "01JAN2024",
                           "Thu Jan 01 2026 10:00:00 GMT+0100 (Central European Standard Time)",
                           "Jan",
                           "may",
                           "Sept.",
                           "JANUARY",
                           "Mon",
                           "friday",
                           "Mon 10:00",
                           "Week 1 Monday",
                           "2024-W05-Mon",
                           "2025-11-29 11:40 AM",
                           "11:40 pm",
                           "11PM",
                           "11:40 p.m.",
                           "11:40 a. m."}) {
    EXPECT_TRUE(heed::is_other_date(date)) << date;
  }
  for (const char* word :
       {"mark1", "amp 3", "3 amp", "may be", "sensor sat 3", "Day 1 Mon", "sun exposure", "monday morning"}) {
    EXPECT_FALSE(heed::is_other_date(word)) << word;
  }
}

TEST(TimeKey, WordsHaveTheirNumbersInOrder) {
  const auto before = [](const char* a, const char* b) {
    return heed::before(time_key(a), time_key(b)) && !heed::before(time_key(b), time_key(a));
  };
  EXPECT_TRUE(before("t2", "t10"));
  EXPECT_TRUE(before("t2a", "t2b"));
  EXPECT_TRUE(before("t", "t1"));
  EXPECT_TRUE(before("day 2, 9:30", "day 2, 10:05"));
  EXPECT_TRUE(before("a99999999999999999999", "a100000000000000000000"));
  EXPECT_FALSE(before("t1", "t01")) << "the same";
  EXPECT_FALSE(before("t01", "t1"));
}

}  // namespace time_key_test
