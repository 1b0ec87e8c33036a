// Files of other formats under the names of tables.

#include <gtest/gtest.h>

#include <string>

#include "heed/data/long_table.hpp"
#include "heed/data/text_table.hpp"
#include "support.hpp"

namespace other_formats_test {

using data_test::error_of;

std::string table_error(const std::string& text) {
  return error_of([&] { heed::parse_table<float>(text, "x.txt"); });
}
std::string fault(const std::string& what, const std::string& got) {
  return "x.txt: not a table, but what looks like " + what +
         " (expected the end of the name to tell the format: .npy, .npz, .ts, .arff, or another for a table; .tsf and "
         "JSON are not read, got '" +
         got + "')";
}

TEST(OtherFormats, WithAHeaderOfTheArchivesAreNamed) {
  const std::string kinds = ".ts, .arff or .tsf";
  EXPECT_EQ(table_error("@problemName x\n@classLabel true a b\n@data\n1,2:a\n3,4:b\n"), fault(kinds, "@problemName x"));
  EXPECT_EQ(table_error("\xEF\xBB\xBF# a comment\r\n\r\n@problemName x\r\nsome words\r\n@DATA # here\r\n1,2:a\r\n"),
            fault(kinds, "@problemName x"));
  EXPECT_EQ(table_error("% a comment\n@relation x\n@attribute a numeric\n@data\n1\n"), fault(kinds, "@relation x"));
  EXPECT_EQ(table_error("# Dataset\n@relation x\n@attribute series_name string\n@data\nT1:1,2\n"),
            fault(kinds, "@relation x"));
  heed::LongTableOptions steps;
  steps.format.sequence_column = "id";
  EXPECT_EQ(error_of([&] { heed::parse_long_table<float>("@relation x\n@data\n1\n", "x.txt", steps); }),
            fault(kinds, "@relation x"));
}

TEST(OtherFormats, JsonIsNamed) {
  EXPECT_EQ(table_error("[{\"a\": 1, \"b\": 2}]\n"), fault("JSON", "[{\"a\": 1, \"b\": 2}]"));
  EXPECT_EQ(table_error("{\n  \"a\": [1, 2]\n}\n\n"), fault("JSON", "{"));
  EXPECT_EQ(table_error("{\"a\": 1}\n{\"a\": 2}\n"), fault("JSON", "{\"a\": 1}"));
  EXPECT_EQ(table_error("[[1, 2],\n [3, 4]]"), fault("JSON", "[[1, 2],"));
}

TEST(OtherFormats, NamesOfColumnsMayBeginWithTheSameCharacters) {
  heed::TableOptions options;
  options.format.header = heed::TableFormat::Header::yes;
  const auto rows = [&](const std::string& text) { return heed::parse_table<float>(text, "x.txt", options).count(); };
  EXPECT_EQ(rows("@timestamp,value,label\n1,2,a\n3,4,b\n"), 2);
  EXPECT_EQ(rows("@a,b,c\n1,2,@data\n3,4,b\n"), 2);
  EXPECT_EQ(rows("[0],[1],label\n1,2,a\n3,4,b\n"), 2);
  EXPECT_EQ(rows("{a},{b},label\n1,2,a\n3,4,b\n"), 2);
  EXPECT_EQ(rows("[a] b,c,label\n1,2,[a] 1\n3,4,[b] 2\n"), 2);
  EXPECT_NE(table_error("@relation\n").find("wrong number of fields"), std::string::npos);
  EXPECT_EQ(table_error(""), "x.txt: no data (expected at least one row)");
  EXPECT_EQ(table_error("# {\n"), "x.txt: no data (expected at least one row)");
}

}  // namespace other_formats_test
