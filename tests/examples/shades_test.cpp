// Numbers as letters and colours: what all programs draw with.

#include "../../examples/support/shades.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../../examples/support/alignment_map.hpp"
#include "../../examples/support/question_map.hpp"
#include "../../examples/support/sentence_map.hpp"

namespace shades_test {

using support::Colours;
using support::Grid;
using Lines = std::vector<std::string>;

TEST(Shades, GoFromABlankToTheDarkestLetter) {
  const std::vector<double> parts{-1, 0, 0.05, 0.1, 0.5, 0.95, 1, 7};
  EXPECT_EQ(support::shade_row(parts, 1, Colours::none, 1), "   .+@@@");
  EXPECT_EQ(support::shade_row(std::vector<float>{1, 2}, 2), "++@@") << "two columns a number";
  EXPECT_EQ(support::shade_row(std::vector<float>{0, 0}, 0), "    ") << "nothing is the largest";
}

TEST(Shades, AreColoursWhereThereAreSome) {
  const std::vector<double> values{0, 1};
  EXPECT_EQ(support::cells(values, 1, Colours::none), "|  @@|");
  EXPECT_EQ(support::cells(values, 1, Colours::full), "\x1b[48;2;68;1;84m  \x1b[48;2;253;231;37m  \x1b[0m");
  EXPECT_EQ(support::cells(values, 1, Colours::indexed), "\x1b[48;5;53m  \x1b[48;5;220m  \x1b[0m");
}

TEST(Shades, OfTheScaleAreAllDifferentColours) {
  const std::string scale = support::scale(Colours::full);
  for (const support::Colour& c : support::colour_ramp) {
    const std::string colour =
        "\x1b[48;2;" + std::to_string(c.red) + ';' + std::to_string(c.green) + ';' + std::to_string(c.blue) + 'm';
    EXPECT_NE(scale.find(colour), std::string::npos) << colour;
  }
}

TEST(Shades, KeepWordsReadable) {
  EXPECT_EQ(support::shaded("word", 1, Colours::none), "@word");
  EXPECT_NE(support::shaded("word", 1, Colours::full).find("\x1b[30m word "), std::string::npos) << "black on yellow";
  EXPECT_NE(support::shaded("word", 0, Colours::full).find("\x1b[97m word "), std::string::npos) << "white on blue";
}

TEST(Shades, BlendBetweenColoursOfARamp) {
  EXPECT_EQ(support::blended(support::paper_ramp, 0), (std::array<double, 3>{250, 250, 250}));
  EXPECT_EQ(support::blended(support::paper_ramp, 0.125), (std::array<double, 3>{252.5, 243, 210}));
  EXPECT_EQ(support::blended(support::paper_ramp, 2), (std::array<double, 3>{214, 47, 39}));
}

TEST(ShadeMap, HasALineForEachRow) {
  EXPECT_EQ(support::shade_map({{0, 1, 0.5F, 0}, 2}), "    @@\n  ++\n") << "no blanks at the ends of lines";
  EXPECT_EQ(support::shade_map({{0, 0}, 1}), "\n\n");
  EXPECT_EQ(support::shade_map({}), "");
}

TEST(ShadeMap, FitsItsColumns) {
  const Grid wide{std::vector<float>(100 * 3, 1.0F), 100};
  EXPECT_EQ(support::shade_map(wide, 100), ("  " + std::string(100, '@') + '\n') + "  " + std::string(100, '@') + '\n' +
                                               "  " + std::string(100, '@') + '\n');
  EXPECT_EQ(support::shade_map(wide, 40), "  " + std::string(34, '@') + '\n') << "three share a column and a row";
}

TEST(Grid, OfSomeNeighboursShowsTheLargest) {
  const Grid grid{{0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0}, 5};  // three rows
  const Grid thin = grid.thinned(3);
  EXPECT_EQ(thin.width, 3);
  EXPECT_EQ(thin.values, (std::vector<float>{1, 3, 4, 9, 0, 0}));
  EXPECT_EQ(grid.thinned(5).values, grid.values);
  EXPECT_EQ(grid.largest(), 9);
}

TEST(SideBySide, StandBlocksOfDifferentHeights) {
  EXPECT_EQ(support::side_by_side({Lines{"a", "bb"}, Lines{"c"}}, " | "), "  a  | c\n  bb |\n");
  EXPECT_EQ(support::side_by_side({Lines{"ä"}, Lines{"x", "y"}}, " "), "  ä x\n    y\n");
  EXPECT_EQ(support::side_by_side({}, " "), "");
}

TEST(AlignmentMap, HasWordsAboveAndBeside) {
  EXPECT_EQ(support::alignment_map({"ab", "c"}, {"x", "yz"}, std::vector<float>{1, 0, 0.25F, 0.75F}),
            "   a\n"
            "   b c\n"
            "x  @@\n"
            "yz ::##\n");
}

TEST(AlignmentMap, LeavesOutWhatDoesNotFit) {
  const Lines from(100, "w");
  const std::string map = support::alignment_map(from, {"x"}, std::vector<float>(100, 1.0F));
  EXPECT_EQ(map, "  " + std::string(78, 'w') + "\nx " + std::string(78, '@') + '\n');
}

TEST(QuestionMap, HasTheImageBesideTheWords) {
  const std::vector<float> pixels{0, 1, 0.5F, 0};
  const std::vector<double> weights{0.25, 0.75};
  EXPECT_EQ(support::question_map(pixels, 2, "is it ?  yes", Lines{"it"}, weights),
            "    @@  is it ?  yes\n"
            "  ++      (image)  0.25 ##########\n"
            "          it       0.75 ##############################\n");
}

TEST(SentenceMap, PutsUnknownWordsInBrackets) {
  const Lines words{"cats", "glow"};
  const std::vector<std::int32_t> tokens{7, heed::Vocabulary::unknown};
  const std::vector<float> weights{0.25F, 0.75F};
  EXPECT_EQ(support::sentence_map({3, "yes", words, tokens.data(), weights}, Colours::none, 80),
            "\nsentence 3, answer yes\n  -cats .25  @[glow] .75\n");
}

}  // namespace shades_test
