#include "heed/metrics/bleu.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/data/words.hpp"

namespace bleu_test {

using test_support::Reference;
using Sentences = std::vector<std::vector<std::string>>;

Sentences sentences(const Reference& file, const char* key) {
  Sentences result;
  for (const std::string& line : heed::get_texts(file.options(), key)) result.push_back(heed::split_words(line));
  return result;
}

TEST(Bleu, EqualsSacrebleu) {
  int files = 0;
  for (const auto& name : test_support::reference_names("bleu")) {
    if (name == "bleu/tokenizer_13a") continue;
    SCOPED_TRACE(name);
    ++files;
    const Reference file(name);
    const heed::BleuScore score = heed::bleu(sentences(file, "translations"), sentences(file, "references"));
    EXPECT_NEAR(score.score, file.value("output.score"), 1e-10);
    EXPECT_NEAR(score.brevity, file.value("output.brevity"), 1e-14);
    EXPECT_TRUE(test_support::equals(score.precisions, file.values("output.precisions")));
    EXPECT_EQ(static_cast<double>(score.words), file.values("output.words")[0]);
    EXPECT_EQ(static_cast<double>(score.references), file.values("output.words")[1]);
  }
  EXPECT_EQ(files, 7);
}

TEST(Bleu, NeedsAReferenceForEachTranslation) {
  const Sentences one{{"a"}}, two{{"a"}, {"b"}};
  EXPECT_EQ(test_support::error_of([&] { heed::bleu(one, two); }),
            "bleu: translations and references differ in number (expected 2 translations, at least one, got 1)");
  EXPECT_NE(test_support::error_of([&] { heed::bleu(Sentences{}, Sentences{}); }), "no error");
}

TEST(ExactMatch, IsTheShareOfEqualSentences) {
  const std::vector<std::string> a{"x", "y", "z", ""}, b{"x", "z", "z", ""};
  EXPECT_EQ(heed::exact_match<std::string>(a, b), 0.75);
}

}  // namespace bleu_test
