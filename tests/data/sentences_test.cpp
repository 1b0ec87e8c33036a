#include "heed/data/sentences.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace sentences_test {

using heed::parse_sentences;
using heed::Sentences;
using heed::Vocabulary;
using test_support::error_of;
using Words = std::vector<std::string>;

TEST(Sentences, AreALabelAndWordsALine) {
  const Sentences s = parse_sentences("0\tHow are  you ?\n\nNUM # is no  comment \r\n# hash\n", "t");
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

TEST(Sentences, OnlyLinesThatAreNoUtf8AreLatin1) {
  const Sentences s = parse_sentences(
      "1 m\xC3\xBC"
      "de\n\n1 caf\xE9\n0 \xE2\x82\xAC\n0 \xFF\n",
      "t");
  EXPECT_EQ(s.words, (std::vector<Words>{{"m\xC3\xBC"
                                          "de"},
                                         {"caf\xC3\xA9"},
                                         {"\xE2\x82\xAC"},
                                         {"\xC3\xBF"}}));
  EXPECT_EQ(s.latin1_lines, 2);
  EXPECT_EQ(s.first_latin1_line, 3);
  EXPECT_EQ(parse_sentences("M\xFCll a\n", "t").labels, (Words{"M\xC3\xBCll"})) << "labels too";
}

TEST(Sentences, AreOfTheEncodingThatIsSaid) {
  const auto read = [](std::string_view text, heed::Encoding encoding) {
    return parse_sentences(text, "t", {.labels = false, .encoding = encoding});
  };
  EXPECT_EQ(read("m\xC3\xBC\n", heed::Encoding::latin1).words[0], (Words{"m\xC3\x83\xC2\xBC"}));
  EXPECT_EQ(read("m\xFC\n", heed::Encoding::latin1).latin1_lines, 0) << "nothing to tell";
  EXPECT_EQ(error_of([&] { read("a\nm\xC3\xBC \xE9t\n", heed::Encoding::utf8); }),
            "t, line 2, column 4: not UTF-8 (expected UTF-8, or another encoding to be named, got byte 233)");
  EXPECT_EQ(error_of([&] {
              read(
                  "\xFF\xFE"
                  "a\n",
                  heed::Encoding::automatic);
            }),
            "t: a text of UTF-16 (expected UTF-8: save it so)");
}

TEST(Sentences, LabelsBeforeATabMayHoldBlanks) {
  const Sentences s = parse_sentences("very negative\tit is bad\nnegative \t it is\tbad\ngood it is\n 5 \ta\n", "t");
  EXPECT_EQ(s.labels, (Words{"very negative", "negative", "good", "5"}));
  EXPECT_EQ(s.words, (std::vector<Words>{{"it", "is", "bad"}, {"it", "is", "bad"}, {"it", "is"}, {"a"}}));
  EXPECT_EQ(error_of([] { parse_sentences("1 a\n\tit is\n", "t"); }),
            "t, line 2, column 1: no label (expected a label before the tab, got nothing)");
  EXPECT_EQ(parse_sentences("a\tb c\n", "t", {.labels = false}).words[0], (Words{"a", "b", "c"}));
}

TEST(Sentences, ControlCharactersAreBlanks) {
  const Sentences s = parse_sentences(
      "1 a\x0b"
      "b\x1f"
      "c\n\x0b\n \x0c\x1f\n0 \x1b[1mred\rd\n",
      "t");
  EXPECT_EQ(s.words, (std::vector<Words>{{"a", "b", "c"}, {"[1mred", "d"}}));
}

TEST(Sentences, BlankLinesMayBeSentencesWithoutWords) {
  const heed::SentenceOptions options{.labels = false, .blank_lines = true};
  const Sentences s = parse_sentences("\na\n \n\x0b\nb\n\n", "t", options);
  EXPECT_EQ(s.words, (std::vector<Words>{{}, {"a"}, {}, {}, {"b"}, {}}));
  EXPECT_EQ(parse_sentences("a\n\nb", "t", options).count(), 3);
  const Sentences labelled = parse_sentences("\n1 a\n\n", "t", {.blank_lines = true});
  EXPECT_EQ(labelled.labels, (Words{"", "1", ""}));
  EXPECT_EQ(heed::to_tokens(s, Vocabulary::from(s.words)).lengths, (std::vector<std::int32_t>{0, 1, 0, 0, 1, 0}));
  EXPECT_EQ(error_of([&] { parse_sentences("\n\n", "t", options); }), "t: no sentences (expected at least one line)");
}

TEST(Sentences, OfAnotherFormAreErrors) {
  const auto error = [](const std::string& text) { return error_of([&] { parse_sentences(text, "t"); }); };
  EXPECT_EQ(error("1,it is good\n0,it is bad\n"),
            "t, line 1, column 1: a table with commas (expected a label, a tab or a blank, and words, got '1,it')");
  EXPECT_NE(error("\"1\",\"it is good\"\n\"2\",\"bad, really\"\n").find("a table with commas"), std::string::npos);
  EXPECT_EQ(
      error("it is good\tpos\nit is bad\tneg\nit is fine\tpos\n"),
      "t, line 1, column 1: labels that stand behind their sentences (expected a label, a tab and words, got 'it is "
      "good')");
  const auto with_blank_line = [] {
    parse_sentences("it is good\tpos\n\nit is bad\tneg\nit is fine\tpos\n", "t", {.blank_lines = true});
  };
  EXPECT_NE(error_of(with_blank_line).find("labels that stand behind their sentences"), std::string::npos);
  EXPECT_EQ(parse_sentences("a,b it is\nc it\n", "t").labels, (Words{"a,b", "c"}));  // a label with a comma
  EXPECT_EQ(parse_sentences("a,b\tit is\n", "t").labels, Words{"a,b"});
  EXPECT_EQ(parse_sentences("very good\tnice\nvery bad\tugly\nvery bad\tworse\n", "t").count(), 3);
}

TEST(Sentences, AFirstLineThatMayHoldNamesIsAskedAbout) {
  const std::string named = "Label\ttext\npos\tit is good\nneg\tit is bad\n";
  EXPECT_EQ(error_of([&] { parse_sentences(named, "t"); }),
            "t, line 1, column 1: a first line that may hold names (expected header yes or no, got 'Label')");
  std::string many = "stars\treview\n";
  for (int i = 0; i < 10; ++i) many += i % 2 ? "5\tit is good\n" : "1\tit is bad\n";
  EXPECT_NE(error_of([&] { parse_sentences(many, "t"); }).find("may hold names"), std::string::npos);
  using Header = heed::SentenceOptions::Header;
  EXPECT_EQ(parse_sentences(named, "t", {.header = Header::yes}).labels, (Words{"pos", "neg"}));
  EXPECT_EQ(parse_sentences(named, "t", {.header = Header::no}).count(), 3);
  EXPECT_EQ(parse_sentences("pos\tgood\nneg\tvery bad\n", "t").count(), 2);
}

TEST(Sentences, NameThePlaceOfAFault) {
  EXPECT_EQ(error_of([] { parse_sentences("1 a\n2\n", "t"); }),
            "t, line 2, column 2: a sentence without words (expected a label and at least one word, got the label)");
  EXPECT_EQ(error_of([] { parse_sentences("1.5 a\n", "t"); }),
            "t, line 1, column 1: not a label (expected an integer of 64 bits or a word, got '1.5')");
  EXPECT_EQ(error_of([] { parse_sentences("\n \n", "t"); }), "t: no sentences (expected at least one line)");
  EXPECT_EQ(error_of([] { parse_sentences(std::string_view("1 a\0b", 5), "t"); }),
            "t, line 1, column 4: not a text file (expected text, got a control character, '\\x00')");
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

}  // namespace sentences_test
