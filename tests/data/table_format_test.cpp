#include "heed/data/table_format.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "heed/data/text_reader.hpp"

namespace table_format_test {

using Words = std::vector<std::string>;

Words row_of(std::string_view line, char delimiter) {
  heed::TextReader reader(line, "x.csv");
  EXPECT_TRUE(reader.next());
  std::vector<std::string_view> fields;
  heed::detail::split_row(reader, delimiter, fields);
  return {fields.begin(), fields.end()};
}

TEST(TableFormat, ADelimiterSplitsRows) {
  EXPECT_EQ(row_of("a, b;c\td", '\0'), (Words{"a", "b;c\td"}));
  EXPECT_EQ(row_of("a b\tc", '\0'), (Words{"a", "b", "c"}));
  EXPECT_EQ(row_of("a, b;c\td", ';'), (Words{"a, b", "c\td"}));
  EXPECT_EQ(row_of("a,\tb", ' '), (Words{"a,", "b"}));
}

TEST(TableFormat, TabsAtTheEndsHaveEmptyFields) { EXPECT_EQ(row_of("\ta b\t", '\t'), (Words{"", "a b", ""})); }

TEST(TableFormat, AListOfNamesHasCommasBetweenThem) {
  EXPECT_EQ(heed::detail::names_in("a, b c ,d"), (Words{"a", "b c", "d"}));
  EXPECT_EQ(heed::detail::names_in("a,"), (Words{"a", ""}));
}

TEST(TableFormat, SaysWhichColumnsThereAre) {
  const Words many(12, "c");
  EXPECT_EQ(heed::detail::no_such_column("x", {"a", "b"}, "t.csv").expected, "one of a, b");
  EXPECT_EQ(heed::detail::no_such_column("x", many, "t.csv").expected, "one of c, c, c, c, c, c, c, c, c, ..., c");
}

}  // namespace table_format_test
