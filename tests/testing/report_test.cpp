#include "heed/testing/report.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace report_test {

TEST(Report, ListsEveryFault) {
  heed::testing::Report report;
  report.expect(1, 2, "fine");
  EXPECT_TRUE(report.ok());
  report.expect(3, 2, "first");
  report.expect(std::nan(""), 2, "second");
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.checks(), 3);
  EXPECT_EQ(report.text().rfind("first: relative error 3, limit 2\n", 0), 0U) << report.text();
  EXPECT_NE(report.text().find("\nsecond: a number that is not finite, limit 2"), std::string::npos);
}

TEST(Report, TellsOfAGuessAndOfWhatDoesNotHold) {
  heed::testing::Report report;
  report.expect(true, "this holds");
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.text(), "");
  report.expect(2, 0.5, "gradient", "a sign?");
  report.expect(false, "a warm pass allocates");
  EXPECT_EQ(report.text(), "gradient: relative error 2, limit 0.5: a sign?\na warm pass allocates\n");
  EXPECT_EQ(report.checks(), 3);
}

}  // namespace report_test
