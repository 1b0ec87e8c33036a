#include "heed/data/conll.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"
#include "support.hpp"

namespace conll_test {

using heed::parse_conll;
using heed::TaggedSentences;
using test_support::error_of;
using Words = std::vector<std::string>;

TEST(Conll, IsAWordALineAndABlankLineBetweenSentences) {
  const TaggedSentences s = parse_conll("\n\nAl\tPROPN\n-\tPUNCT\r\n\nAmerican ADJ\n\n\n#  SYM\n", "t");
  EXPECT_EQ(s.words, (std::vector<Words>{{"Al", "-"}, {"American"}, {"#"}}));
  EXPECT_EQ(s.tags, (std::vector<Words>{{"PROPN", "PUNCT"}, {"ADJ"}, {"SYM"}}));
  EXPECT_EQ(s.count(), 3);
  EXPECT_EQ(s.word_count(), 4);
}

TEST(Conll, ALineOfATabAloneIsBlank) { EXPECT_EQ(parse_conll("a\tO\n\t\nb\tO\n \t \nc\tO", "t").count(), 3); }

TEST(Conll, TakesTheColumnsThatItIsTold) {
  const std::string text = "EU NNP I-NP I-ORG\nrejects VBZ I-VP O\n";
  EXPECT_EQ(parse_conll(text, "t").tags[0], (Words{"I-ORG", "O"}));
  const TaggedSentences s = parse_conll(text, "t", {.word = 2, .tag = 1});
  EXPECT_EQ(s.words[0], (Words{"I-NP", "I-VP"}));
  EXPECT_EQ(s.tags[0], (Words{"NNP", "VBZ"}));
}

TEST(Conll, ColumnsBetweenTabsMayHoldBlanks) { EXPECT_EQ(parse_conll("2 000\tNUM\n", "t").words[0], (Words{"2 000"})); }

TEST(Conll, OfUniversalDependencies) {
  const std::string text =
      "# text = don't go\n1-2\tdon't\t_\t_\n1\tdo\tdo\tAUX\n2\tn't\tnot\tPART\n2.1\tx\tx\tX\n3\tgo\tgo\tVERB\n\n# "
      "text = a\n1\ta\ta\tDET\n";
  const TaggedSentences s = parse_conll(text, "t", heed::conllu_options);
  EXPECT_EQ(s.words, (std::vector<Words>{{"do", "n't", "go"}, {"a"}}));
  EXPECT_EQ(s.tags, (std::vector<Words>{{"AUX", "PART", "VERB"}, {"DET"}}));
  const data_test::Folder folder;
  folder.file("x.conllu", text);
  EXPECT_EQ(heed::read_conll(folder / "x.conllu").words, s.words);
  folder.file("x.tsv", "a\tO\n");
  EXPECT_EQ(heed::read_conll(folder / "x.tsv").tags[0], (Words{"O"}));
}

TEST(Conll, NamesTheLineOfAFault) {
  EXPECT_EQ(error_of([] { parse_conll("a\tO\n\nword\n", "t"); }),
            "t, line 3, column 5: too few columns (expected 2 or more, a word and its tag, got 1)");
  EXPECT_EQ(error_of([] { parse_conll("a b c\n", "t", {.word = 0, .tag = 3}); }),
            "t, line 1, column 6: too few columns (expected 4 or more, a word and its tag, got 3)");
  EXPECT_EQ(error_of([] { parse_conll("a\t\tO\n", "t", {.word = 1}); }),
            "t, line 1, column 3: an empty column (expected a word and its tag, got nothing)");
  EXPECT_EQ(error_of([] { parse_conll(" \n\t\n", "t"); }), "t: no sentences (expected at least one word and its tag)");
  EXPECT_EQ(error_of([] { parse_conll(std::string_view("a\tO\nb\0\tO\n", 9), "t"); }),
            "t, line 2, column 2: not a text file (expected text, got a control character, '\\x00')");
  EXPECT_NE(error_of([] { parse_conll("a O\n", "t", {.word = -1}); }), "no error");
}

TEST(Conll, TagsBecomeClasses) {
  const TaggedSentences s = parse_conll("a\tO\nb\tB-x\nc\tI-x\n\nd\tO\n", "t");
  const heed::LabelMap names = heed::tag_names(s);
  EXPECT_EQ(names.names, (Words{"B-x", "I-x", "O"}));
  const auto classes = tag_classes(s, names, 4, "t");
  EXPECT_EQ(classes.extents(), (heed::Extents<2>{2, 4}));
  EXPECT_EQ(std::vector<std::int32_t>(classes.begin(), classes.end()),
            (std::vector<std::int32_t>{2, 0, 1, -100, 2, -100, -100, -100}));
  EXPECT_EQ(error_of([&] { tag_classes(s, names, 2, "t"); }),
            "t, sentence 1: a sentence is too long (expected 2 words or fewer, got 3)");
  EXPECT_EQ(error_of([&] { tag_classes(parse_conll("a\tO\nb\tB-y\n", "u"), names, 4, "u"); }),
            "u, sentence 1, word 2: unknown tag (expected one of the 3 of the model, got 'B-y')");
}

TEST(Conll, SentencesNeedTheirTags) {
  heed::TaggedSentences s = parse_conll("a\tO\n\nb\tO\n", "t");
  s.tags.pop_back();
  EXPECT_EQ(error_of([&] { tag_classes(s, heed::LabelMap{{"O"}}, 4, "t"); }),
            "t: not tags for each sentence (expected 2, got 1)");
}

TEST(Conll, DocstartIsNoSentence) {
  for (const std::string mark : {"-DOCSTART- -X- -X- O", "-DOCSTART-\t-X-\tO", "-DOCSTART-"}) {
    const TaggedSentences s = parse_conll(mark + "\n\na O\n\n" + mark + "\n\n\nb O\n" + mark + "\nc O\n", "t");
    EXPECT_EQ(s.words, (std::vector<Words>{{"a"}, {"b"}, {"c"}})) << mark;
  }
}

TEST(Conll, LinesMayBeLatin1AndHoldControlCharacters) {
  const TaggedSentences s = parse_conll(
      "M\xFCll B\n\x0b\nm\xC3\xBC"
      "de O\n\x0b O\n",
      "t");
  EXPECT_EQ(s.words, (std::vector<Words>{{"M\xC3\xBCll"},
                                         {"m\xC3\xBC"
                                          "de",
                                          "\x0b"}}));
  EXPECT_THROW(parse_conll("M\xFCll B\n", "t", {.encoding = heed::Encoding::utf8}), heed::Error);
}

}  // namespace conll_test
