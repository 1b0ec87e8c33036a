#include "heed/data/text.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace text_test {

TEST(Text, IsTheBytesOfAFile) {
  const std::string_view text = "a\0b";
  EXPECT_EQ(heed::as_text(std::as_bytes(std::span(text.data(), text.size()))), text);
  EXPECT_EQ(heed::as_text({}), "");
}

TEST(Trim, TakesBlanksAndTabsAtTheEndsAlone) {
  EXPECT_EQ(heed::trim(" \ta b\t "), "a b");
  EXPECT_EQ(heed::trim("a"), "a");
  EXPECT_EQ(heed::trim(" \t"), "");
  EXPECT_EQ(heed::trim(""), "");
  EXPECT_EQ(heed::trim("a\n"), "a\n");
}

TEST(AsciiLower, LeavesAllButLettersOfAscii) {
  EXPECT_EQ(heed::ascii_lower("aBZ [1]"), "abz [1]");
  EXPECT_EQ(heed::ascii_lower("\xC3\x84"), "\xC3\x84");
}

TEST(Unquote, TwoQuotesStandForOne) {
  EXPECT_EQ(heed::unquote("\"a, b\""), "a, b");
  EXPECT_EQ(heed::unquote("\"say \"\"yes\"\"\""), "say \"yes\"");
  EXPECT_EQ(heed::unquote("\"\""), "");
  EXPECT_EQ(heed::unquote("a\"b"), "a\"b");  // none in front: a part of the text
}

TEST(ParseNumber, LeavesWhatIsNoNumber) {
  int whole = 7;
  EXPECT_EQ(heed::parse_number("+12", whole), std::errc());
  EXPECT_EQ(whole, 12);
  EXPECT_EQ(heed::parse_number("1.5", whole), std::errc::invalid_argument);
  EXPECT_EQ(heed::parse_number("99999999999", whole), std::errc::result_out_of_range);
  float narrow = 1;
  EXPECT_EQ(heed::parse_number("1e-60", narrow), std::errc());
  EXPECT_EQ(narrow, 0);
  EXPECT_EQ(heed::parse_number("1e60", narrow), std::errc::result_out_of_range);
}

TEST(ParseNumber, DecimalsMayStandBehindAComma) {
  const auto parsed = [](std::string_view text, char decimal) {
    double value = 0;
    return std::pair(heed::parse_number(text, value, decimal), value);
  };
  constexpr std::errc none = std::errc::invalid_argument;
  EXPECT_EQ(parsed("-1,25e1", ','), std::pair(std::errc(), -12.5));
  EXPECT_EQ(parsed("+,5", ','), std::pair(std::errc(), 0.5));
  EXPECT_EQ(parsed("7", ','), std::pair(std::errc(), 7.0));
  EXPECT_EQ(parsed("1.5", '.'), std::pair(std::errc(), 1.5));
  for (const char* text : {"1.5", "1.000,5", "1,000,000", ",", ""}) EXPECT_EQ(parsed(text, ',').first, none) << text;
  EXPECT_EQ(parsed("1,5", '.').first, none);
  EXPECT_EQ(heed::with_decimal_point("1.000,5", ','), "1,000.5");
  EXPECT_EQ(heed::with_decimal_point("1.5", '.'), "1.5");
}

TEST(InQuotes, CutsBetweenCharacters) {
  const std::string letters(39, 'a');
  std::string text = letters, cut = "'";
  text += "\xE2\x82\xAC";
  cut.append(letters).append("...'");
  EXPECT_EQ(heed::in_quotes(text), cut);
}

}  // namespace text_test
