#include "heed/data/text_reader.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support.hpp"

namespace text_reader_test {

using data_test::error_of;
using heed::TextReader;

std::vector<std::string> fields_of(std::string_view line) {
  TextReader reader(line, "x.csv");
  EXPECT_TRUE(reader.next());
  std::vector<std::string_view> fields;
  reader.split(fields);
  return {fields.begin(), fields.end()};
}

TEST(TextReader, PassesOverBlankLinesAndComments) {
  TextReader reader("\xEF\xBB\xBF# first\r\n\r\n  a b \r\n\t\n\t# comment\nlast", "x.csv");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.line(), "a b");
  EXPECT_EQ(reader.place(reader.line()), "x.csv, line 3, column 3");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.line(), "last");
  EXPECT_EQ(reader.place(reader.line()), "x.csv, line 6, column 1");
  EXPECT_EQ(reader.place_of_end(), "x.csv, line 6, column 5");
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(TextReader("", "x.csv").next());
}

TEST(TextReader, RejectsControlCharacters) {
  for (const std::string& control :
       {std::string(1, '\0'), std::string("\r"), std::string("\x1B"), std::string("\x7F")}) {
    const std::string text = "1,2\n3," + control + "4\n";
    TextReader reader(text, "x.csv");
    EXPECT_TRUE(reader.next());
    const std::string error = error_of([&] { reader.next(); });
    EXPECT_EQ(error, "x.csv, line 2, column 3: not a text file (expected text, got a control character, " +
                         heed::in_quotes(control) + ")");
  }
}

TEST(TextReader, ColumnsCountCharactersNotBytes) {
  TextReader reader("\xC3\xA4\xE2\x82\xAC,x", "x.csv");
  ASSERT_TRUE(reader.next());
  std::vector<std::string_view> fields;
  reader.split(fields);
  EXPECT_EQ(reader.place(fields[1]), "x.csv, line 1, column 4");
}

TEST(TextReader, SplitsAtCommasIfThereIsOneAndAtBlanksOtherwise) {
  using Fields = std::vector<std::string>;
  EXPECT_EQ(fields_of("1,2,3"), (Fields{"1", "2", "3"}));
  EXPECT_EQ(fields_of(" 47,100, 27\t, left hand "), (Fields{"47", "100", "27", "left hand"}));
  EXPECT_EQ(fields_of(",,1,"), (Fields{"", "", "1", ""}));
  EXPECT_EQ(fields_of("  1 \t 2  3\t"), (Fields{"1", "2", "3"}));
  EXPECT_EQ(fields_of("word"), (Fields{"word"}));
  EXPECT_EQ(fields_of("1 2, 3 4"), (Fields{"1 2", "3 4"}));
}

TEST(TextReader, QuotesHoldSeparators) {
  using Fields = std::vector<std::string>;
  EXPECT_EQ(fields_of(R"(1, "a, b" ,"c ""d""","")"), (Fields{"1", R"("a, b")", R"("c ""d""")", R"("")"}));
  EXPECT_EQ(fields_of(R"(1 "left hand")"), (Fields{"1", R"("left hand")"}));
  EXPECT_EQ(fields_of(R"(5" 6)"), (Fields{R"(5")", "6"}));
  EXPECT_EQ(heed::unquote(R"("c ""d""")"), R"(c "d")");
  EXPECT_EQ(heed::unquote(R"("")"), "");
  EXPECT_EQ(heed::unquote("plain"), "plain");
}

TEST(TextReader, RejectsMalformedQuotes) {
  EXPECT_EQ(error_of([] { fields_of(R"(1,"a)"); }),
            R"(x.csv, line 1, column 3: quote is not closed (expected a closing " on the same line, got '"a'))");
  EXPECT_EQ(error_of([] { fields_of(R"(1,"a"")"); }),
            R"(x.csv, line 1, column 3: quote is not closed (expected a closing " on the same line, got '"a""'))");
  EXPECT_EQ(error_of([] { fields_of(R"("a" b,1)"); }),
            R"(x.csv, line 1, column 5: text after the closing quote (expected a separator, got 'b'))");
}

template <class S>
S number_in(std::string_view field) {
  TextReader reader(field, "x.csv");
  EXPECT_TRUE(reader.next());
  return reader.number<S>(reader.line());
}

TEST(ReadNumber, ReadsDecimalNumbers) {
  EXPECT_EQ(number_in<double>("0.1"), 0.1);
  EXPECT_EQ(number_in<float>("0.1"), 0.1f);
  EXPECT_EQ(number_in<double>("+2.5E-3"), 2.5e-3);
  EXPECT_EQ(number_in<double>("-.5"), -0.5);
  EXPECT_EQ(number_in<double>("7."), 7);
  EXPECT_EQ(number_in<double>("-5.8E-5"), -5.8e-5);
  EXPECT_EQ(number_in<std::int64_t>("-9223372036854775808"), INT64_MIN);
}

TEST(ReadNumber, AFloatTooSmallIsZero) {
  EXPECT_EQ(number_in<float>("1e-50"), 0);
  EXPECT_EQ(number_in<float>("-1e-50"), 0);
  EXPECT_EQ(number_in<float>("1e-45"), 1e-45f);
}

TEST(ReadNumber, RejectsAnythingElse) {
  for (const std::string text :
       {"abc", "1x", "0x10", "1,5", "--1", "+-1", "++1", "+", "-", "1e", "1 2", "?", "1_000"}) {
    EXPECT_EQ(error_of([&] { number_in<float>(text); }),
              "x.csv, line 1, column 1: not a number (expected a number, got '" + text + "')");
  }
  EXPECT_EQ(error_of([] { number_in<float>(std::string(50, 'a')); }),
            "x.csv, line 1, column 1: not a number (expected a number, got '" + std::string(40, 'a') + "...')");
  EXPECT_EQ(error_of([] { number_in<float>("1e39"); }),
            "x.csv, line 1, column 1: number out of range (expected a number that fits a float, got '1e39')");
  EXPECT_EQ(error_of([] { number_in<double>("-1e400"); }),
            "x.csv, line 1, column 1: number out of range (expected a number that fits a double, got '-1e400')");
  EXPECT_EQ(error_of([] { number_in<std::int32_t>("3000000000"); }),
            "x.csv, line 1, column 1: number out of range (expected an integer of 32 bits, got '3000000000')");
  for (const std::string text : {"nan", "NaN", "-nan", "inf", "-Infinity", "+inf"}) {
    EXPECT_EQ(error_of([&] { number_in<double>(text); }),
              "x.csv, line 1, column 1: value is not finite (expected a finite number, got '" + text + "')");
  }
}

}  // namespace text_reader_test
