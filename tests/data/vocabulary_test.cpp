#include "heed/data/vocabulary.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace vocabulary_test {

using heed::Vocabulary;
using test_support::error_of;
using Words = std::vector<std::string>;

const std::vector<Words> sentences = {{"the", "cat", "saw", "the", "dog"}, {"a", "cat", "sat"}, {"<pad>", "<unk>"}};

Words words_of(const Vocabulary& v) { return {v.words().begin(), v.words().end()}; }

TEST(Vocabulary, HoldsTheMostFrequentWordsFirst) {
  EXPECT_EQ(words_of(Vocabulary::from(sentences)), (Words{"cat", "the", "a", "dog", "sat", "saw"}));
  EXPECT_EQ(words_of(Vocabulary::from(sentences, 2)), (Words{"cat", "the"}));
  EXPECT_EQ(words_of(Vocabulary::from(sentences, 1, 3)), (Words{"cat", "the", "a"}));
  EXPECT_EQ(words_of(Vocabulary::from(sentences, 3)), Words{});
  EXPECT_EQ(Vocabulary::from({}).size(), 2);
}

TEST(Vocabulary, KnowsPaddingAndUnknownWords) {
  const Vocabulary v = Vocabulary::from(sentences, 2);
  EXPECT_EQ(v.size(), 4);
  EXPECT_EQ(v.token("cat"), 2);
  EXPECT_EQ(v.token("the"), 3);
  EXPECT_EQ(v.token("dog"), Vocabulary::unknown);
  EXPECT_EQ(v.token("<unk>"), Vocabulary::unknown);
  EXPECT_EQ(v.token("<pad>"), Vocabulary::unknown);  // padding is no word of a sentence
  EXPECT_EQ(v.word(0), "<pad>");
  EXPECT_EQ(v.word(3), "the");
}

TEST(Vocabulary, IsMadeAgainOfItsWords) {
  const Vocabulary v = Vocabulary::from(sentences), again(v.words());
  for (const std::string& word : v.words()) EXPECT_EQ(again.token(word), v.token(word));
  EXPECT_EQ(words_of(again), words_of(v));
}

TEST(Vocabulary, HasMarksForStartAndEnd) {
  const Words marks{Vocabulary::start_mark, Vocabulary::end_mark};
  const std::vector<Words> text{{"the", "<s>", "cat", "the"}};
  const Vocabulary v = Vocabulary::from(text, 1, 0, marks), again(v.words());
  EXPECT_EQ(words_of(v), (Words{"<s>", "</s>", "the", "cat"}));
  EXPECT_EQ(v.start(), 2);
  EXPECT_EQ(again.end(), 3);
  EXPECT_TRUE(v.contains("cat"));
  EXPECT_FALSE(v.contains("dog"));
  EXPECT_EQ(error_of([] { Vocabulary().end(); }), "vocabulary: there is no such mark (expected </s>)");
}

TEST(Vocabulary, RefusesWhatIsNone) {
  EXPECT_EQ(error_of([] { Vocabulary(Words{"a", "b", "a"}); }), "vocabulary: a word twice (got 'a')");
  EXPECT_EQ(error_of([] { Vocabulary(Words{"<unk>"}); }), "vocabulary: a word twice (got '<unk>')");
  EXPECT_EQ(error_of([] { Vocabulary(Words{""}); }), "vocabulary: an empty word (got '')");
  EXPECT_EQ(error_of([] { Vocabulary::from({}, 0); }),
            "vocabulary: option out of range (expected a least count of at least 1 and a size of at least 0, got 0 and "
            "0)");
  EXPECT_EQ(error_of([] { Vocabulary().word(2); }), "vocabulary: token out of range (expected 0 to 1, got 2)");
  EXPECT_EQ(error_of([] { Vocabulary().word(-1); }), "vocabulary: token out of range (expected 0 to 1, got -1)");
}

}  // namespace vocabulary_test
