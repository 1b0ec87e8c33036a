#include "heed/data/next_tokens.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace next_tokens_test {

using heed::Sentences;
using heed::Vocabulary;
using Tokens = std::vector<std::int32_t>;

const Sentences sentences{.words = {{"a", "b"}, {"c"}, {}}};
Vocabulary vocabulary() { return Vocabulary(std::vector<std::string>{"</s>", "a", "b"}); }
template <class T>
Tokens row(const T& t, heed::Index i) {
  const auto steps = static_cast<std::ptrdiff_t>(t.extent(1));
  return {t.begin() + i * steps, t.begin() + (i + 1) * steps};
}

TEST(NextTokens, BeginAndEndWithTheBoundary) {
  const auto t = heed::next_tokens(sentences, vocabulary(), "</s>");
  EXPECT_EQ(t.steps(), 3);
  EXPECT_EQ(t.lengths, (Tokens{3, 2, 1}));
  EXPECT_EQ(row(t.x, 0), (Tokens{2, 3, 4}));
  EXPECT_EQ(row(t.labels, 0), (Tokens{3, 4, 2}));
  EXPECT_EQ(row(t.x, 1), (Tokens{2, 1, 0}));
  EXPECT_EQ(row(t.labels, 1), (Tokens{1, 2, -100}));
  EXPECT_EQ(row(t.x, 2), (Tokens{2, 0, 0}));
  EXPECT_EQ(row(t.labels, 2), (Tokens{2, -100, -100}));
  EXPECT_EQ(t.view().x.data(), t.x.data());
  EXPECT_EQ(t.view().labels.each(), 3) << "what comes next at each step";
  EXPECT_EQ(t.view().lengths.data(), t.lengths.data());
}

TEST(NextTokens, WhatIsCutHasNoEnd) {
  const auto t = heed::next_tokens(sentences, vocabulary(), "</s>", 2);
  EXPECT_EQ(t.steps(), 2);
  EXPECT_EQ(t.lengths, (Tokens{2, 2, 1}));
  EXPECT_EQ(row(t.x, 0), (Tokens{2, 3}));
  EXPECT_EQ(row(t.labels, 0), (Tokens{3, 4}));
  EXPECT_EQ(row(t.labels, 1), (Tokens{1, 2}));
}

TEST(NextTokens, MayBeCharacters) {
  const Sentences some{.words = {{"ab", "c\xC3\xA9"}, {}}, .labels = {"x", "y"}};
  const Sentences letters = heed::to_characters(some);
  EXPECT_EQ(letters.words, (std::vector<std::vector<std::string>>{{"a", "b", " ", "c", "\xC3\xA9"}, {}}));
  EXPECT_EQ(letters.labels, some.labels);
}

TEST(NextTokens, NeedTheirBoundary) {
  EXPECT_EQ(test_support::error_of([] { heed::next_tokens(sentences, vocabulary(), "<s>"); }),
            "next_tokens: the vocabulary does not have the boundary of texts (expected '<s>', got none)");
}

}  // namespace next_tokens_test
