#include "heed/data/csv.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "heed/core/tensor.hpp"
#include "heed/data/load.hpp"
#include "heed/data/text_table.hpp"
#include "support.hpp"

namespace csv_test {

using data_test::error_of;
using data_test::Folder;
using heed::CsvWriter;

TEST(CsvWriter, WritesCellsOfEveryKind) {
  CsvWriter csv({"name", "epoch", "loss", "test"});
  csv.row("a", 1, 0.5f, std::optional<double>());
  csv.row(std::string("b"), std::size_t{2}, 2.25, std::optional(-1));
  EXPECT_EQ(csv.text(), "name,epoch,loss,test\na,1,0.5,\nb,2,2.25,-1\n");
}

TEST(CsvWriter, ARangeIsOneCellForEachElement) {
  CsvWriter csv({"label", "0", "1", "2"});
  const heed::Tensor<float, 2> p({2, 3}, {0, 0.25f, 0.75f, 1, 0, 0});
  for (int i = 0; i < 2; ++i) csv.row(i ? "x" : "y", p[i]);
  csv.row("z", std::vector{1, 2, 3});
  EXPECT_EQ(csv.text(), "label,0,1,2\ny,0,0.25,0.75\nx,1,0,0\nz,1,2,3\n");
}

TEST(CsvWriter, FloatsReadBackAsTheSameNumber) {
  CsvWriter csv({"a"});
  csv.row(0.1f);
  csv.row(0.1);
  EXPECT_EQ(csv.text(), "a\n0.100000001\n0.10000000000000001\n");
}

TEST(CsvWriter, WritesAsManyDigitsAsAskedFor) {
  CsvWriter csv({"a", "b", "c"}, 9);
  csv.row(2.302585092994046, 1e-20 / 3, NAN);
  EXPECT_EQ(csv.text(), "a,b,c\n2.30258509,3.33333333e-21,nan\n");
  for (const int digits : {-1, 18})
    EXPECT_EQ(error_of([&] { CsvWriter({"a"}, digits); }),
              "csv: significant digits out of range (expected 0 to 17, got " + std::to_string(digits) + ")");
}

TEST(CsvWriter, QuotesTextThatNeedsIt) {
  CsvWriter csv({"a"});
  for (const std::string text : {"a,b", "say \"x\"", "", " a", "a ", "#a", "two\nlines", "left hand"}) csv.row(text);
  EXPECT_EQ(csv.text(), "a\n\"a,b\"\n\"say \"\"x\"\"\"\n\"\"\n\" a\"\n\"a \"\n\"#a\"\n\"two\nlines\"\nleft hand\n");
}

TEST(CsvWriter, RejectsARowOfAnotherWidth) {
  CsvWriter csv({"a", "b"});
  EXPECT_EQ(error_of([&] { csv.row(1); }), "csv: wrong number of cells in a row (expected 2, got 1)");
  EXPECT_EQ(error_of([&] { csv.row(1, std::vector{2, 3}); }),
            "csv: wrong number of cells in a row (expected 2, got 3)");
  EXPECT_EQ(csv.text(), "a,b\n");
  EXPECT_EQ(error_of([] { CsvWriter({}); }), "csv: no columns (expected at least one)");
}

TEST(CsvWriter, WhatItWritesReadsBack) {
  const Folder folder;
  CsvWriter csv({"x0", "x1", "label"});
  csv.row(0.1, -1e-300, "left, hand");
  csv.row(1.0 / 3, 1e300, "#\"b\"");
  csv.write(folder / "x.csv");
  const auto s = heed::read_table<double>(folder / "x.csv");
  EXPECT_EQ(std::vector<double>(s.x.begin(), s.x.end()), (std::vector<double>{0.1, -1e-300, 1.0 / 3, 1e300}));
  EXPECT_EQ(s.labels, (std::vector<std::string>{"left, hand", "#\"b\""}));
  CsvWriter({"\xEF\xBB\xBFup"}).write(folder / "labels.csv");
  EXPECT_EQ(heed::load_labels(folder / "labels.csv"), std::vector<std::string>{"\xEF\xBB\xBFup"});
}

}  // namespace csv_test
