#include "heed/data/sentences.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace {

using heed::parse_sentences;
using heed::Sentences;
using heed::Vocabulary;
using test_support::error_of;
using Words = std::vector<std::string>;

TEST(Sentences, AreALabelAndWordsALine) {
  const Sentences s = parse_sentences("0\tHow are  you ?\n\nNUM # is no\tcomment \r\n# hash\n", "t");
  EXPECT_EQ(s.labels, (Words{"0", "NUM", "#"}));
  EXPECT_EQ(s.words, (std::vector<Words>{{"How", "are", "you", "?"}, {"#", "is", "no", "comment"}, {"hash"}}));
  EXPECT_EQ(s.count(), 3);
}

TEST(Sentences, MayHaveNoLabels) {
  const Sentences s = parse_sentences("How are you\n", "t", {.labels = false});
  EXPECT_EQ(s.words, (std::vector<Words>{{"How", "are", "you"}}));
  EXPECT_TRUE(s.labels.empty());
}

TEST(Sentences, CanBeLowered) {
  const Sentences s = parse_sentences("A Was IT \xC3\x89t\xC3\xA9\n", "t", {.lower = true});
  EXPECT_EQ(s.labels, (Words{"A"}));
  EXPECT_EQ(s.words[0], (Words{"was", "it", "\xC3\x89t\xC3\xA9"}));
}

TEST(Sentences, ThatAreNoUtf8AreLatin1) {
  EXPECT_EQ(parse_sentences("1 caf\xE9\n", "t").words[0], (Words{"caf\xC3\xA9"}));
  EXPECT_EQ(parse_sentences("1 caf\xC3\xA9\n", "t").words[0], (Words{"caf\xC3\xA9"}));
  for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xC3("}) {
    EXPECT_FALSE(heed::detail::is_utf8(bad)) << bad;
  }
  EXPECT_TRUE(heed::detail::is_utf8("a\xE2\x82\xAC\xF0\x9F\x98\x80"));
}

TEST(Sentences, NameThePlaceOfAFault) {
  EXPECT_EQ(error_of([] { parse_sentences("1 a\n2\n", "t"); }),
            "t, line 2, column 2: a sentence without words (expected a label and at least one word, got the label)");
  EXPECT_EQ(error_of([] { parse_sentences("1.5 a\n", "t"); }),
            "t, line 1, column 1: not a label (expected an integer of 64 bits or a word, got '1.5')");
  EXPECT_EQ(error_of([] { parse_sentences("\n \n", "t"); }), "t: no sentences (expected at least one line)");
  EXPECT_EQ(error_of([] { parse_sentences(std::string_view("1 a\0b", 5), "t"); }),
            "t, line 1, column 4: not a text file (expected text, got a control character)");
}

TEST(Sentences, BecomeTokensWithPadding) {
  const Sentences s = parse_sentences("1 a b a c\n0 b\n", "t");
  const Vocabulary v = Vocabulary::from(s.words, 2);  // a, b
  const auto tokens = heed::to_tokens(s, v);
  EXPECT_EQ(tokens.x.extents(), (heed::Extents<3>{2, 4, 1}));
  EXPECT_EQ(std::vector<std::int32_t>(tokens.x.begin(), tokens.x.end()),
            (std::vector<std::int32_t>{2, 3, 2, 1, 3, 0, 0, 0}));
  EXPECT_EQ(tokens.lengths, (std::vector<std::int32_t>{4, 1}));
  EXPECT_EQ(tokens.labels, (Words{"1", "0"}));
  const auto cut = heed::to_tokens(s, v, 2);
  EXPECT_EQ(cut.x.extents(), (heed::Extents<3>{2, 2, 1}));
  EXPECT_EQ(cut.lengths, (std::vector<std::int32_t>{2, 1}));
}

}  // namespace
