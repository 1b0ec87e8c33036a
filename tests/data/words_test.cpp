#include "heed/data/words.hpp"

#include <gtest/gtest.h>

#include "../support/reference.hpp"

namespace words_test {

using Words = std::vector<std::string>;

TEST(Words, AreTokenizedAsSacrebleuDoes) {
  const test_support::Reference file("bleu/tokenizer_13a");
  const Words lines = heed::get_texts(file.options(), "lines"), expected = heed::get_texts(file.options(), "tokens");
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(file.value("output.count")));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(heed::joined(heed::tokenize_13a(lines[i])), expected[i]) << lines[i];
  }
  EXPECT_EQ(heed::tokenize_13a(""), Words{});
}

TEST(Words, LoseTheirCapitals) {
  EXPECT_EQ(heed::lower_case("Ein MANN über ÄÖÜẞ × ÀÞ ß"), "ein mann über äöüß × àþ ß");
  EXPECT_EQ(heed::lower_case("ĀĶĹŇŊŶŹŽ āķĺňŋŷźž ĸŉſ"), "āķĺňŋŷźž āķĺňŋŷźž ĸŉſ");
  EXPECT_EQ(heed::lower_case("[@`{ 日本\xC3"), "[@`{ 日本\xC3");
  for (const std::string no_utf8 : {"\xC4", "\xC5 b", "\xC4q\xC5"}) EXPECT_EQ(heed::lower_case(no_utf8), no_utf8);
}

TEST(Words, AreSplitAtBlanks) {
  EXPECT_EQ(heed::split_words(" a  b\tc\r\n"), (Words{"a", "b", "c"}));
  EXPECT_EQ(heed::split_words("a\xC2\xA0"
                              "b"),
            (Words{"a", "b"}));
  EXPECT_EQ(heed::split_words("  "), Words{});
  EXPECT_EQ(heed::joined(Words{"a", "b"}, ""), "ab");
}

TEST(Words, OfCharactersAreThoseOfUtf8) {
  EXPECT_EQ(heed::split_characters("5 März"), (Words{"5", " ", "M", "ä", "r", "z"}));
  EXPECT_EQ(heed::split_characters(""), Words{});
}

}  // namespace words_test
