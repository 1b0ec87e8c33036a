#include "heed/data/arff.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "heed/data/load.hpp"
#include "support.hpp"

namespace arff_test {

using data_test::error_of;
using heed::parse_arff;
using Words = std::vector<std::string>;

const std::string univariate =
    "% a comment\n@RELATION Days\n\n@attribute att1 numeric\n@ATTRIBUTE 'att 2' REAL\n@attribute target {1, "
    "2}\n\n@DATA\n";
const std::string multivariate =
    "@relation Motions\n@attribute relationalAtt relational\n  @attribute t0 numeric\n  @attribute t1 numeric\n"
    "@end relationalAtt\n@attribute activity {Standing,'Running fast'}\n@data\n";

std::string arff_error(const std::string& text) {
  return error_of([&] { parse_arff<float>(text, "x.arff"); });
}

// In a time that does not grow with the square of their number, which would be minutes.
TEST(Arff, MayHaveManyClasses) {
  constexpr int n = 20'000;
  std::string classes = "@attribute a numeric\n@attribute c {0", cases = "}\n@data\n";
  for (int i = 0; i < n; ++i) {
    if (i > 0) classes += ',' + std::to_string(i);
    cases += "1," + std::to_string(i) + "\n";
  }
  const auto s = heed::parse_arff<double>(classes + cases, "x.arff");
  ASSERT_EQ(std::ssize(s.labels), n);
  EXPECT_EQ(s.labels.back(), "19999");
}

TEST(Arff, OfOneDimension) {
  const auto s = parse_arff<float>(univariate + "1.5,-2e1,1\n%no\n3, 4 ,2.0\r\n", "x.arff");
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 2, 1}));
  EXPECT_EQ(s.x(0, 1, 0), -20);
  EXPECT_EQ(s.labels, (Words{"1", "2"}));
  EXPECT_TRUE(s.lengths.empty());
}

TEST(Arff, OfSeveralDimensions) {
  const auto s = parse_arff<double>(
      multivariate + "\"1,2,3\\n4,5,6\",Standing\n'7,8,9\\n10,11,12\\n', \"Running fast\"\n", "x.arff");
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 3, 2}));
  EXPECT_EQ(s.x(0, 2, 0), 3);
  EXPECT_EQ(s.x(0, 0, 1), 4);
  EXPECT_EQ(s.x(1, 1, 1), 11);
  EXPECT_EQ(s.labels, (Words{"Standing", "Running fast"}));
}

TEST(Arff, MayHaveNoClassAndOtherLengths) {
  const auto s = parse_arff<float>(
      "@attribute r relational\n@attribute a numeric\n@end r\n@data\n\"1,2\\n3,4\"\n'5\\n6'\n", "x.arff");
  EXPECT_EQ(s.lengths, (std::vector<std::int32_t>{2, 1}));
  EXPECT_TRUE(s.labels.empty());
}

TEST(Arff, IsStrictWithData) {
  EXPECT_EQ(arff_error(univariate + "1,?,1\n"), "x.arff, line 9, column 3: missing value (expected a number, got '?')");
  EXPECT_EQ(arff_error(univariate + "1,2\n"), "x.arff, line 9, column 4: too few values (expected 3, got 2)");
  EXPECT_EQ(arff_error(univariate + "1,2,1,5\n"), "x.arff, line 9, column 6: too many values (expected 3, got ',5')");
  EXPECT_EQ(arff_error(univariate + "1,x,1\n"), "x.arff, line 9, column 3: not a number (expected a number, got 'x')");
  EXPECT_EQ(arff_error(univariate + "1,2,3\n"),
            "x.arff, line 9, column 5: class is not declared (expected one of those of the attribute, got '3')");
  EXPECT_EQ(arff_error(multivariate + "\"1,2\\n3\",Standing\n"),
            "x.arff, line 8, column 7: dimensions of one case differ in length (expected 2 values as in the first "
            "dimension, got 1)");
  EXPECT_EQ(arff_error(multivariate + "\"1\\n2\",Standing\n\"1\",Standing\n"),
            "x.arff, line 9, column 1: wrong number of dimensions (expected 2 as in the first case, got 1)");
  EXPECT_EQ(arff_error(univariate), "x.arff: no data (expected at least one case after @data)");
  EXPECT_EQ(arff_error("@attribute a string\n@data\nx\n"),
            "x.arff, line 1, column 14: an attribute that is no number (expected numeric, relational or {classes}, got "
            "'string')");
  EXPECT_EQ(arff_error("hello\n"), "x.arff: no data (expected a line @data)");
}

// As in a table.
TEST(Arff, AFirstAttributeThatNumbersTheCasesIsAnError) {
  const auto cases = [](const std::string& name, const std::vector<std::string>& first, const std::string& more) {
    std::string text = "@attribute " + name + " numeric\n@attribute a numeric\n@attribute c {x,y}\n@data\n";
    for (const std::string& value : first) text += value + ',' + more + ",x\n";
    return text;
  };
  const std::string fault =
      "x.arff: an index column in front: the first field of each row is its number (expected values in each attribute: "
      "remove the first attribute, and the first value of each case";
  EXPECT_EQ(arff_error(cases("id", {"7", "5", "6"}, "2")), fault + ", got 'id')");
  EXPECT_EQ(arff_error(cases("'Row_ID'", {"7", "5", "6"}, "2")), fault + ", got 'Row_ID')");
  Words count{"1", "2", "3", "4", "5", "6", "7", "8", "9"};
  EXPECT_EQ(arff_error(cases("b", count, "0.5")), "no error");
  count.emplace_back("10");
  EXPECT_EQ(arff_error(cases("b", count, "0.5")), fault + ")");
  EXPECT_EQ(arff_error(cases("b", count, "2")), "no error") << "they may all be counts";
  EXPECT_EQ(arff_error(cases("id", {"7", "5", "5"}, "2")), "no error") << "it does not tell them apart";
  EXPECT_EQ(arff_error(cases("id", {"7", "5", "6.5"}, "2")), "no error");
  std::swap(count[3], count[4]);
  EXPECT_EQ(arff_error(cases("b", count, "0.5")), "no error");
  const std::string missing = cases("id", {"7", "?", "6"}, "0.5");
  EXPECT_EQ(parse_arff<float>(missing, "x.arff", {.missing = heed::Missing::zero}).steps(), 2);
  const std::string target = "@attribute id numeric\n@attribute a numeric\n@attribute t numeric\n@data\n";
  EXPECT_EQ(error_of([&] { parse_arff<float>(target + "3,0.5,1\n2,0.5,2\n1,0.5,3\n", "x.arff", {.targets = true}); }),
            fault + ", got 'id')");
  EXPECT_EQ(arff_error("@attribute id numeric\n@data\n3\n2\n1\n"), "no error") << "nothing else is there";
}

TEST(Arff, AFileCutAtAnyByteGivesFewerCasesOrAnError) {
  const std::string text = multivariate + "\"1,2,3\\n4,5,6\",Standing\n'7,8,9\\n10,11,12', 'Running fast'\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    try {
      EXPECT_LE(parse_arff<float>(std::string(text.data(), size), "x").count(), 2);
    } catch (const heed::Error&) {
    }
  }
}

// The last attribute may be the target, or one more step.
TEST(Arff, WithoutClassesItSaysThatTargetsMayBeAskedFor) {
  const data_test::Folder folder;
  const auto path = folder.file("x.arff", "@attribute a numeric\n@attribute t numeric\n@data\n1.5,2.5\n");
  const auto load = [&](const heed::LoadOptions& options) { return heed::load_sequences<float>(path, {}, options); };
  EXPECT_EQ(
      error_of([&] { load({}); }),
      path.string() + ": no labels (expected an attribute of classes such as {up,down}, or targets to be asked for)");
  EXPECT_EQ(load({.targets = true}).targets(0, 0), 2.5);
  EXPECT_EQ(load({.labels = false}).steps(), 2);
  EXPECT_EQ(arff_error("@attribute r relational\n@attribute a numeric\n@end r\n@attribute t numeric\n@data\n'1',2\n"),
            "x.arff: attributes that are no series with a class (expected numbers or one relational "
            "attribute, and at most one of classes, or targets to be asked for, got 1, 1 and 0)");
}

TEST(Arff, IsReadByItsExtension) {
  const data_test::Folder folder;
  const auto path = folder.file("x.ARFF", univariate + "1,2,1\n");
  EXPECT_EQ(heed::load_sequences<float>(path).labels, Words{"1"});
}

}  // namespace arff_test
