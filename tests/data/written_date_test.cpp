#include "heed/data/detail/written_date.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "heed/data/long_table.hpp"
#include "heed/data/time_key.hpp"
#include "support.hpp"

namespace written_date_test {

using data_test::error_of;
using heed::DateOrder;
using heed::detail::written_date;

// The ISO date as which it is read; its error otherwise.
void is_read_as(const std::string& text, const std::string& iso, DateOrder order = DateOrder::automatic) {
  const auto date = written_date(text);
  ASSERT_TRUE(date) << text;
  const auto key = date->in(order);
  ASSERT_TRUE(key) << text;
  const heed::TimeKey expected = heed::time_key(iso);
  EXPECT_EQ(key->kind, heed::TimeKey::Kind::date);
  EXPECT_EQ(key->whole, expected.whole) << text;
  EXPECT_EQ(key->part, expected.part) << text;
}

TEST(WrittenDate, SaysItsDay) {
  for (const auto& [text, iso] : std::vector<std::pair<std::string, std::string>>{
           {"31.12.2025", "2025-12-31"},       {"1.2.2025", "2025-02-01"},
           {"31. 12. 2025", "2025-12-31"},     {"31 Dec 2025", "2025-12-31"},
           {"01JAN2024", "2024-01-01"},        {"31-Dec-25", "2025-12-31"},
           {"31-DEC-99", "1999-12-31"},        {"1 sept. 2025", "2025-09-01"},
           {"Dec 31, 2025", "2025-12-31"},     {"December 1 2025", "2025-12-01"},
           {"Wed, 31 Dec 2025", "2025-12-31"}, {"Wednesday, December 31, 2025", "2025-12-31"},
           {"2025-Dec-31", "2025-12-31"},      {"Dec 2025", "2025-12-01"},
           {"Dec-2025", "2025-12-01"},         {"12/2025", "2025-12-01"},
           {"1-2025", "2025-01-01"},           {"Q4 2025", "2025-10-01"},
           {"q1/2025", "2025-01-01"},
       }) {
    is_read_as(text, iso);
  }
}

TEST(WrittenDate, SaysItsTimeOfDay) {
  for (const auto& [text, iso] : std::vector<std::pair<std::string, std::string>>{
           {"31.12.2025 9:05", "2025-12-31 09:05"},
           {"31.12.2025, 23:40:59.5", "2025-12-31 23:40:59.5"},
           {"31.12.2025T23:40:00+01:00", "2025-12-31T22:40:00"},
           {"31 Dec 2025 12:00 AM", "2025-12-31 00:00"},
           {"31 Dec 2025 12:30 pm", "2025-12-31 12:30"},
           {"31 Dec 2025 01:30PM", "2025-12-31 13:30"},
           {"31 Dec 2025 11:40 a.m.", "2025-12-31 11:40"},
           {"2025-12-31 11:40:00 PM", "2025-12-31 23:40"},
           {"2025/12/31 1:40 PM", "2025-12-31 13:40"},
       }) {
    is_read_as(text, iso);
  }
}

TEST(WrittenDate, MayNeedAnOrder) {
  is_read_as("1/2/2025", "2025-02-01", DateOrder::day_first);
  is_read_as("1/2/2025", "2025-01-02", DateOrder::month_first);
  is_read_as("1-2-25 11:40 PM", "2025-01-02 23:40", DateOrder::month_first);
  is_read_as("25/01/02", "2025-01-02", DateOrder::year_first);
  is_read_as("01.02.70", "1970-02-01", DateOrder::day_first);
  is_read_as("12.30.2025", "2025-12-30", DateOrder::month_first);
  is_read_as("1.2.2025", "2025-01-02", DateOrder::month_first);
  EXPECT_FALSE(written_date("1/2/2025")->in(DateOrder::automatic));
  EXPECT_FALSE(written_date("1/2/2025")->in(DateOrder::year_first)) << "the year has four digits";
  EXPECT_FALSE(written_date("31/12/2025")->in(DateOrder::month_first));
  EXPECT_FALSE(written_date("99/12/31")->in(DateOrder::day_first));
}

TEST(WrittenDate, IsNoOtherText) {
  for (const char* text : {"",
                           "31",
                           "31.12",
                           "31.13.2025",
                           "30.02.2025",
                           "31.4.2025",
                           "29.2.2025",
                           "32.12.2025",
                           "31.12.202",
                           "31.12.20251",
                           "31/12-2025",
                           "31 12 2025",
                           "31. 12 .2025",
                           "0.1.2025",
                           "1.0.2025",
                           "13/2025",
                           "0/2025",
                           "Q5 2025",
                           "Q0 2025",
                           "Q12025 ",
                           "Dec",
                           "Dec 25",
                           "Dec 32, 2025",
                           "Foo 31, 2025",
                           "31 Foo 2025",
                           "Mon",
                           "Mon Tue 31 Dec 2025",
                           "31.12.2025 25:00",
                           "31.12.2025 10",
                           "31.12.2025 1:5",
                           "31.12.2025 13:00 PM",
                           "31.12.2025 0:10 AM",
                           "31.12.202510:00",
                           "31.12.2025 10:00 X",
                           "31.12.2025 10:00 P",
                           "2025-12-31-01",
                           "2025.12-31",
                           "12/31/2025/1"}) {
    EXPECT_FALSE(written_date(text)) << text;
  }
}

// The values of a column x in the order of the times of a column t, and the order of the dates.
std::pair<std::string, DateOrder> sorted(const std::vector<std::string>& times, DateOrder said = DateOrder::automatic) {
  std::string text = "t,x\n";
  for (std::size_t i = 0; i < times.size(); ++i) text += '"' + times[i] + "\"," + std::to_string(i) + '\n';
  const auto table = heed::parse_long_table<float>(
      text, "x.csv", {.format = {.label_column = "none", .time_column = "t", .date_order = said}});
  EXPECT_TRUE(table.dates);
  std::string order;
  for (const float value : table.sequences.x) order += std::to_string(static_cast<int>(value));
  return {order, table.date_order};
}
std::string error(const std::vector<std::string>& times, DateOrder said = DateOrder::automatic) {
  return error_of([&] { sorted(times, said); });
}

TEST(WrittenDates, OrderTheStepsOfATable) {
  const DateOrder none = DateOrder::automatic;
  EXPECT_EQ(sorted({"01.02.2025", "31.01.2025", "1.1.2026"}), (std::pair<std::string, DateOrder>("102", none)));
  EXPECT_EQ(sorted({"Feb 1, 2025", "Jan 31, 2025"}).first, "10");
  EXPECT_EQ(sorted({"1/2025", "12/2024"}).first, "10");
  EXPECT_EQ(sorted({"Q1 2025", "Q4 2024"}).first, "10");
  EXPECT_EQ(sorted({"2025-01-01 01:00 PM", "2025-01-01 11:00 AM", "2025-01-01 12:00 AM"}).first, "210");
}

TEST(WrittenDates, NumbersOfEightDigitsAreDaysIfAllAre) {
  EXPECT_EQ(sorted({"20250201", "20250131", "20241231"}).first, "210");
  const auto table = [](const std::string& rows) {
    return heed::parse_long_table<float>("t,x\n" + rows, "x.csv",
                                         {.format = {.label_column = "none", .time_column = "t"}});
  };
  EXPECT_EQ(table("20250131,1\n20250201,2\n").most_step, 86400) << "the next day, not 70 later";
  for (const char* other : {"20250132", "20251301", "20250229", "21000101", "18991231", "20250131.5", "2025013"}) {
    EXPECT_FALSE(table("20250131,1\n" + std::string(other) + ",2\n").dates) << other;
  }
  EXPECT_TRUE(table("20240229,1\n").dates);
}

TEST(WrittenDates, OneDayAboveTwelveTellsTheOrderOfAll) {
  EXPECT_EQ(sorted({"1/2/2025", "2/1/2025", "1/31/2025"}),
            (std::pair<std::string, DateOrder>("021", DateOrder::month_first)));
  EXPECT_EQ(sorted({"1/2/2025", "2/1/2025", "31/1/2025"}),
            (std::pair<std::string, DateOrder>("120", DateOrder::day_first)));
  EXPECT_EQ(sorted({"1/2/25", "1/31/25"}), (std::pair<std::string, DateOrder>("01", DateOrder::month_first)))
      << "25 is no day of the first month";
  EXPECT_EQ(sorted({"1.12.2025", "2.1.2025"}, DateOrder::month_first).first, "01") << "with points, too";
  EXPECT_EQ(sorted({"24/01/05", "23/12/31"}, DateOrder::year_first).first, "10");
}

TEST(WrittenDates, AreRefusedIfSeveralOrdersArePossible) {
  EXPECT_EQ(error({"1/2/2025", "3/2/2025"}),
            "x.csv, line 2, column 1: dates that could be in several orders (expected date_order day-first or "
            "month-first, got '1/2/2025')");
  EXPECT_EQ(error({"24/01/05", "24/01/06"}),
            "x.csv, line 2, column 1: dates that could be in several orders (expected date_order day-first or "
            "year-first, got '24/01/05')");
  EXPECT_EQ(sorted({"1/2/2025", "3/2/2024"}, DateOrder::day_first).first, "10");
  EXPECT_EQ(sorted({"1/2/2025", "2/1/2025"}, DateOrder::month_first).first, "01");
  EXPECT_EQ(sorted({"24/01/05", "24/01/04"}, DateOrder::year_first).first, "10");
}

TEST(WrittenDates, AreRefusedIfNoOrderSuitsAll) {
  EXPECT_EQ(error({"1/2/2025", "31/1/2025", "1/31/2025"}),
            "x.csv, line 4, column 1: dates of several orders (expected day, month and year in one order in all rows, "
            "got '1/31/2025')");
  EXPECT_EQ(error({"1/31/2025", "31/1/2025"}, DateOrder::month_first),
            "x.csv, line 3, column 1: a date in another order (expected month-first, got '31/1/2025')");
  EXPECT_NE(error({"12.30.2025", "1.2.2025"}).find("cannot be put in order"), std::string::npos);
  EXPECT_NE(error({"31.12.2025"}, DateOrder::month_first).find("a date in another order"), std::string::npos);
  EXPECT_NE(error({"31.12.2025", "2026-01-01"}).find("times of two kinds (expected a date written as in the first row"),
            std::string::npos);
  EXPECT_NE(error({"2026-01-01", "31.12.2025"}).find("times of two kinds"), std::string::npos);
  EXPECT_NE(error({"31.12.2025", "31.12.2025"}).find("the same time"), std::string::npos);
  EXPECT_NE(error({"31.12.2025", "Jan"}).find("cannot be put in order"), std::string::npos);
}

}  // namespace written_date_test
