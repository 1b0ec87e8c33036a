#include "heed/data/word_features.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace word_features_test {

using heed::word_feature;
using heed::WordFeatures;
using test_support::error_of;
using Words = std::vector<std::string>;

TEST(WordFeatures, AreOfOneWord) {
  EXPECT_EQ(word_feature("word", "McDonald's"), "McDonald's");
  EXPECT_EQ(word_feature("lower", "McDonald's"), "mcdonald's");
  EXPECT_EQ(word_feature("prefix3", "McDonald's"), "mcd");
  EXPECT_EQ(word_feature("suffix3", "McDonald's"), "d's");
  EXPECT_EQ(word_feature("shape", "McDonald's"), "AaAaa'a");
  EXPECT_EQ(word_feature("shape", "1,234.56"), "0,00.00");
  EXPECT_EQ(word_feature("shape", "NASA"), "AA");
  EXPECT_EQ(word_feature("shape", "http://x.org/y"), "aa://a.a");
  EXPECT_EQ(word_feature("suffix9", "an"), "an");
  EXPECT_EQ(word_feature("prefix9", "An"), "an");
}

TEST(WordFeatures, CountCharactersAndNotBytes) {
  const std::string word = "\xC3\xA9t\xC3\xA9";  // an e with an accent takes two bytes
  EXPECT_EQ(word_feature("prefix1", word), "\xC3\xA9");
  EXPECT_EQ(word_feature("prefix2", word), "\xC3\xA9t");
  EXPECT_EQ(word_feature("suffix1", word), "\xC3\xA9");
  EXPECT_EQ(word_feature("suffix2", word), "t\xC3\xA9");
  EXPECT_EQ(word_feature("suffix3", word), word);
}

TEST(WordFeatures, BecomeTokensWithPadding) {
  const std::vector<Words> sentences{{"The", "the", "cat"}, {"a"}};
  const Words names{"lower", "suffix1"};
  const WordFeatures features = WordFeatures::from(sentences, names, 2);
  EXPECT_EQ(features.features(), (std::vector<heed::TokenFeature>{{"lower", {"the"}}, {"suffix1", {"e"}}}));
  EXPECT_EQ(features.sizes(), (std::vector<heed::Index>{3, 3}));
  const auto tokens = features.encode(sentences);
  EXPECT_EQ(tokens.x.extents(), (heed::Extents<3>{2, 3, 2}));
  EXPECT_EQ(std::vector<std::int32_t>(tokens.x.begin(), tokens.x.end()),
            (std::vector<std::int32_t>{2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(tokens.lengths, (std::vector<std::int32_t>{3, 1}));
  const WordFeatures again(features.features());
  EXPECT_EQ(again.features(), features.features());
  EXPECT_EQ(again.encode({}).x.extents(), (heed::Extents<3>{0, 1, 2}));
}

TEST(TokenizeEnglish, SetsPunctuationApart) {
  using heed::tokenize_english;
  EXPECT_EQ(tokenize_english("Hello, world!"), (Words{"Hello", ",", "world", "!"}));
  EXPECT_EQ(tokenize_english(" (He  said: \"no\".)"), (Words{"(", "He", "said", ":", "\"", "no", "\"", ".", ")"}));
  EXPECT_EQ(tokenize_english("I don't like Bob's car, it's 3.5 m"),
            (Words{"I", "do", "n't", "like", "Bob", "'s", "car", ",", "it", "'s", "3.5", "m"}));
  EXPECT_EQ(tokenize_english("DON'T 'quote' o' ..."), (Words{"DO", "N'T", "'quote", "'", "o", "'", ".", ".", "."}));
  EXPECT_EQ(tokenize_english("'t . '"), (Words{"'t", ".", "'"}));
  EXPECT_TRUE(tokenize_english(" \t\n").empty());
}

TEST(WordFeatures, RefuseNamesThatTheyDoNotKnow) {
  for (const char* name : {"suffix", "suffix0", "prefix-1", "suffix2x", "Word", ""}) {
    EXPECT_EQ(
        error_of([&] { word_feature(name, "a"); }),
        "unknown feature of words (expected word, lower, shape, prefixN or suffixN, got '" + std::string(name) + "')");
  }
  const std::vector<heed::TokenFeature> twice{{"lower", {"a", "a"}}}, unknown{{"stem", {}}};
  EXPECT_NE(error_of([&] { WordFeatures{twice}; }), "no error");
  EXPECT_NE(error_of([&] { WordFeatures{unknown}; }), "no error");
}

}  // namespace word_features_test
