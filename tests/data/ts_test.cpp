#include "heed/data/ts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support.hpp"

namespace ts_test {

using data_test::error_of;
using heed::Sequences;
using Words = std::vector<std::string>;

Sequences<double> parsed_ts(std::string_view text) { return heed::parse_ts<double>(text, "x.ts"); }
std::string ts_error(std::string_view text) {
  return error_of([&] { parsed_ts(text); });
}
/// The error of these cases, which stand from line 3 on, under `tags` in line 1.
std::string case_error(const std::string& tags, const std::string& cases) {
  return ts_error(tags + "\n@data\n" + cases);
}

const std::string ragged_file =
    "# comment\n"
    "@problemName Two Dimensions\n"
    "@timeStamps false\n"
    "@missing false\n"
    "@univariate false\n"
    "@dimensions 2\n"
    "@equalLength false\n"
    "@seriesLength 3\n"
    "@classLabel true up down\n"
    "\n"
    "@data\n"
    "1,2,3:4,5,6:up\n"
    "-7,8e1:9, .5 : down\n";

// In a time that does not grow with the square of their number, which would be minutes.
TEST(Ts, MayHaveManyClasses) {
  constexpr int n = 20'000;
  std::string classes = "@classLabel true", cases = "\n@data\n";
  for (int i = 0; i < n; ++i) {
    classes += ' ' + std::to_string(i);
    cases += "1:" + std::to_string(i) + ".0\n";
  }
  const auto s = heed::parse_ts<double>(classes + cases, "x.ts");
  ASSERT_EQ(std::ssize(s.labels), n);
  EXPECT_EQ(s.labels.back(), "19999");
}

TEST(Ts, ReadsRaggedCases) {
  const auto s = parsed_ts(ragged_file);
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 3, 2}));
  EXPECT_EQ(std::vector<double>(s.x.begin(), s.x.end()), (std::vector<double>{1, 4, 2, 5, 3, 6, -7, 9, 80, .5, 0, 0}));
  EXPECT_EQ(s.lengths, (std::vector<std::int32_t>{3, 2}));
  EXPECT_EQ(s.labels, (Words{"up", "down"}));
}

TEST(Ts, CasesOfOneLengthNeedNoLengths) {
  const auto s = parsed_ts(
      "@univariate true\n@equalLength true\n@seriesLength 2\n@classLabel true 1 2\n@data\n"
      "1,2:1\n3,4:2\n");
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 2, 1}));
  EXPECT_TRUE(s.lengths.empty());
  EXPECT_EQ(s.labels, (Words{"1", "2"}));
}

TEST(Ts, MostTagsMayBeLeftOut) {
  auto s = parsed_ts("@DATA\r\n1,2:3,4\r\n# comment\r\n5,6:7,8\r\n");
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 2, 2}));
  EXPECT_EQ(s.x(1, 1, 0), 6);
  EXPECT_TRUE(s.labels.empty());
  s = parsed_ts("@dimension 1\n@targetLabel TRUE 01 2\n@targetLabel true 01 2\n@missing true\n@data\n5:01\n6:2.0\n");
  EXPECT_EQ(s.labels, (Words{"01", "2"}));
  EXPECT_TRUE(parsed_ts("@classLabel false\n@data\n5\n").labels.empty());
}

// As aeon and sktime write them, and the archives ship them.
TEST(Ts, HeadersMayBeWrittenInManyWays) {
  const std::string cases = "@data\n1,2:up\n3,4:down\n";
  for (const std::string header :
       {"% a comment\n@problemName x\n@classLabel true up down\n", "@class_label true up down # two of them\n",
        "@classlabel true\n", "@classLabel true %any\n", "@targetlabel true\n",
        "@univariate true #one\n@classLabel true up down\n",
        "@author me and you\n@missing maybe\n@classLabel true up down\n",
        "A text about the data.\n\n@CLASS_LABEL TRUE up down\n",
        "@series_length 2\n@equal_length true\n@classLabel true\n",
        "@seriesLength -1\n@dimensions 1\n@classLabel true\n",
        "@classLabel true up down\n@class_label true up down\n"}) {
    const auto s = parsed_ts(header + cases);
    EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 2, 1})) << header;
    EXPECT_EQ(s.labels, (Words{"up", "down"})) << header;
  }
  EXPECT_EQ(parsed_ts("@classLabel true\n@data # from here\n1:a\n% two\n2:b\n").count(), 2);
}

TEST(Ts, DataStayStrict) {
  EXPECT_EQ(case_error("@classLabel true", "1,2:a\n1,x:a\n"),
            "x.ts, line 4, column 3: not a number (expected a number, got 'x')");
  EXPECT_EQ(case_error("@class_label true a b", "1,2:c\n"),
            "x.ts, line 3, column 5: class is not declared (expected one of those after @classLabel, got 'c')");
  EXPECT_EQ(case_error("@series_length 3", "1,2\n"),
            "x.ts, line 3, column 1: wrong length (expected 3 as @seriesLength says, got 2 values)");
}

TEST(Ts, RejectsMissingAndMalformedValues) {
  EXPECT_EQ(case_error("@classLabel true a", "1,2:3,4:a\n1,2:3,?:a\n"),
            "x.ts, line 4, column 7: missing value (expected a number, got '?')");
  EXPECT_EQ(case_error("@missing true", "?,2\n"), "x.ts, line 3, column 1: missing value (expected a number, got '?')");
  EXPECT_EQ(case_error("", "1,NaN\n"),
            "x.ts, line 3, column 3: value is not finite (expected a finite number, got 'NaN')");
  EXPECT_EQ(case_error("", "1,,2\n"), "x.ts, line 3, column 3: empty field (expected a number, got nothing)");
  EXPECT_EQ(case_error("", "1,2:\n"),
            "x.ts, line 3, column 5: dimensions of one case differ in length (expected 2 "
            "values as in the first dimension, got 1)");
  EXPECT_EQ(case_error("", "1, x\n"), "x.ts, line 3, column 4: not a number (expected a number, got 'x')");
  EXPECT_EQ(case_error("", "(1,2)\n"), "x.ts, line 3, column 1: not a number (expected a number, got '(1')");
}

TEST(Ts, RejectsTimeStamps) {
  EXPECT_EQ(
      ts_error("@timeStamps true\n@data\n(1,2)\n"),
      "x.ts, line 1, column 13: time stamps are not supported (expected @timeStamps false, or a table with one row a "
      "time step, its sequence_column and its time_column, got true)");
}

// As sktime and old versions of aeon write them.
TEST(Ts, WithoutLabelsALineMayEndWithAColon) {
  for (const std::string tags : {"@class_label false", "@classLabel false", "@targetLabel false", "@dimensions 2"}) {
    const auto s = parsed_ts(tags + "\n@data\n1,2:3,4:\n5,6:7,8: \n9,10:11,12\n");
    EXPECT_EQ(s.x.extents(), (heed::Extents<3>{3, 2, 2})) << tags;
    EXPECT_EQ(s.x(1, 1, 1), 8) << tags;
    EXPECT_TRUE(s.labels.empty()) << tags;
  }
  EXPECT_EQ(parsed_ts("@data\n1,2:3,4\n5,6:7,8:\n").features(), 2) << "as in the other cases";
  EXPECT_EQ(parsed_ts("@univariate true\n@classLabel false\n@data\n1,2:\n3,4:\n").features(), 1);
  const heed::ReadOptions kept{.missing = heed::Missing::keep};
  EXPECT_EQ(heed::parse_ts<double>("@data\n1:2\n3:\n", "x.ts", kept).features(), 2) << "a missing value";
}

TEST(Ts, AnEmptyDimensionIsNoEndOfTheLine) {
  const std::string fault = ": wrong number of dimensions (expected 2, got ";
  EXPECT_EQ(case_error("@classLabel false", "1,2:3,4:\n5,6:\n"),
            "x.ts, line 4, column 5: dimensions of one case differ in length (expected 2 values as in the first "
            "dimension, got 1)");
  EXPECT_EQ(case_error("@classLabel false\n@dimensions 2", "1,2:3,4::\n").substr(0, 22), "x.ts, line 4, column 9");
  EXPECT_EQ(case_error("@dimensions 2", "1,2:3,4:\n1,2:3,4:5,6:\n"), "x.ts, line 4, column 9" + fault + "4)");
  EXPECT_EQ(case_error("@classLabel false", ":\n"),
            "x.ts, line 3, column 1: empty field (expected a number, got nothing)");
  EXPECT_EQ(case_error("@classLabel true", "1,2:3,4:\n"),
            "x.ts, line 3, column 9: not a label (expected an integer of 64 bits or a word, got nothing)");
}

TEST(Ts, RejectsMissingTargets) {
  const std::string fault = ": missing target (expected a number, got ";
  EXPECT_EQ(case_error("@univariate true\n@targetLabel true", "1,2:?\n3,4:?\n"),
            "x.ts, line 4, column 5" + fault + "'?')");
  EXPECT_EQ(case_error("@targetLabel true", "1,2:5\n3,4:NaN\n"), "x.ts, line 4, column 5" + fault + "'NaN')");
  EXPECT_EQ(case_error("@targetLabel true", "1,2:0.5\n3,4:\n"), "x.ts, line 4, column 5" + fault + "nothing)");
  const std::string text = "@targetLabel true\n@data\n1,2:?\n3,4:5\n";
  const auto s = heed::parse_ts<double>(text, "x.ts", {.needs_labels = false});
  EXPECT_EQ(s.x.extents(), (heed::Extents<3>{2, 2, 1}));
  EXPECT_TRUE(s.labels.empty());
  EXPECT_EQ(parsed_ts("@targetLabel true\n@data\n1:up\n2:?\n").labels, (Words{"up", "?"})) << "classes";
}

TEST(Ts, RejectsUndeclaredClasses) {
  EXPECT_EQ(case_error("@classLabel true up down", "1,2:up\n1,2:left\n"),
            "x.ts, line 4, column 5: class is not declared (expected one of those after @classLabel, got 'left')");
  EXPECT_EQ(case_error("@classLabel true 1 2", "1,2: \n"),
            "x.ts, line 3, column 5: not a label (expected an integer of 64 bits or a word, got nothing)");
  EXPECT_EQ(ts_error("@classLabel true 1 2 2\n"), "x.ts, line 1, column 22: class is declared twice (got '2')");
  EXPECT_EQ(ts_error("@classLabel false a\n"),
            "x.ts, line 1, column 19: classes without labels (expected nothing after false, got 'a')");
  EXPECT_EQ(ts_error("@classLabel true 1.5\n"),
            "x.ts, line 1, column 18: not a label (expected an integer of 64 bits or a word, got '1.5')");
}

TEST(Ts, ChecksTheNumberOfDimensions) {
  EXPECT_EQ(case_error("@dimensions 2", "1:2:3\n"),
            "x.ts, line 3, column 5: wrong number of dimensions (expected 2, got 3)");
  EXPECT_EQ(case_error("@univariate true", "1:2\n"),
            "x.ts, line 3, column 3: wrong number of dimensions (expected 1, got 2)");
  EXPECT_EQ(case_error("", "1:2\n3\n"), "x.ts, line 4, column 2: wrong number of dimensions (expected 2, got 1)");
  EXPECT_EQ(case_error("@classLabel true 1", "1\n"),
            "x.ts, line 3, column 2: wrong number of dimensions (expected 1 and a class, got 0)");
  const std::string disagree = ": @univariate and @dimensions disagree (expected one dimension, got 2)";
  EXPECT_EQ(ts_error("@univariate true\n@dimensions 2\n"), "x.ts, line 2, column 13" + disagree);
  EXPECT_EQ(ts_error("@dimensions 2\n@univariate true\n"), "x.ts, line 2, column 13" + disagree);
}

TEST(Ts, ChecksLengths) {
  EXPECT_EQ(case_error("", "1,2:3,4,5\n"),
            "x.ts, line 3, column 5: dimensions of one case differ in length (expected "
            "2 values as in the first dimension, got 3)");
  EXPECT_EQ(case_error("@equalLength true", "1,2\n1,2\n1,2,3\n"),
            "x.ts, line 5, column 1: wrong length (expected 2 as in the first case, for @equalLength, got 3 values)");
  EXPECT_EQ(case_error("@seriesLength 3", "1,2,3\n1,2\n"),
            "x.ts, line 4, column 1: wrong length (expected 3 as @seriesLength says, got 2 values)");
  EXPECT_EQ(ts_error("@seriesLength 2\n@equalLength false\n@data\n1\n1,2,3\n"),
            "x.ts, line 5, column 1: wrong length (expected at most 2 as @seriesLength says, got 3 values)");
}

TEST(Ts, RejectsMalformedTags) {
  EXPECT_EQ(ts_error("@univariate maybe\n"),
            "x.ts, line 1, column 13: not a truth value (expected true or false, got 'maybe')");
  EXPECT_EQ(ts_error("@univariate\n"),
            "x.ts, line 1, column 12: tag without a value (expected true or false, got nothing)");
  EXPECT_EQ(ts_error("@univariate true false\n"),
            "x.ts, line 1, column 18: more than one value (expected true or false, got 'false')");
  for (const std::string count : {"x", "1.5", "99999999999999999999"}) {
    EXPECT_EQ(ts_error("@dimensions " + count),
              "x.ts, line 1, column 13: not a count (expected a positive integer, got '" + count + "')");
  }
  EXPECT_EQ(ts_error("@univariate true\n@univariate false\n"),
            "x.ts, line 2, column 1: tag occurs twice (got '@univariate')");
  EXPECT_EQ(ts_error("@classLabel true 1\n@targetLabel true 1\n"), "x.ts, line 2, column 1: labels are declared twice");
  EXPECT_EQ(ts_error("@dimension 1\n@targetLabel true\n@data\n5:0.5\n6:high\n"),
            "x.ts, line 5, column 3: a class among targets (expected a number, got 'high')");
  EXPECT_NE(ts_error("@dimension 1\n@targetLabel true\n@data\n5:high\n6:0.5\n").find("line 5, column 3: not a label"),
            std::string::npos);
  EXPECT_EQ(ts_error("@dimension 1\n@dimensions 2\n"), "x.ts, line 2, column 1: dimensions are declared twice");
  EXPECT_EQ(ts_error("@data 1,2\n"), "x.ts, line 1, column 7: text after @data (expected a new line, got '1,2')");
}

TEST(Ts, RejectsEmptyData) {
  EXPECT_EQ(ts_error(""), "x.ts: no data (expected a line @data)");
  EXPECT_EQ(ts_error("@missing false\n"), "x.ts: no data (expected a line @data)");
  EXPECT_EQ(ts_error("@missing false\n@data\n\n# nothing\n"), "x.ts: no data (expected at least one case after @data)");
}

TEST(Ts, AFileCutAtAnyByteGivesFewerCasesOrAnError) {
  const std::size_t first_end = ragged_file.find(":up") + 3;
  for (std::size_t size = 0; size + 1 < ragged_file.size(); ++size) {
    const std::string cut(ragged_file.data(), size);
    if (size == first_end || size == first_end + 1) {
      EXPECT_EQ(parsed_ts(cut).count(), 1);
    } else {
      EXPECT_THROW(parsed_ts(cut), heed::Error) << size;
    }
  }
}

struct Archive {
  const char* file;
  heed::Index count, steps, features;
  std::size_t classes;
  bool ragged;
};

TEST(Ts, ReadsTheArchives) {
  int found = 0;
  for (const Archive& archive : std::vector<Archive>{
           {"japanese_vowels/JapaneseVowels_TRAIN.ts", 270, 26, 12, 9, true},
           {"japanese_vowels/JapaneseVowels_TEST.ts", 370, 29, 12, 9, true},
           {"basic_motions/BasicMotions_TRAIN.ts", 40, 100, 6, 4, false},
           {"basic_motions/BasicMotions_TEST.ts", 40, 100, 6, 4, false},
           {"ucr_univariate/GunPoint_TRAIN.ts", 50, 150, 1, 2, false},
           {"ucr_univariate/GunPoint_TEST.ts", 150, 150, 1, 2, false},
           {"ucr_univariate/ItalyPowerDemand_TRAIN.ts", 67, 24, 1, 2, false},
           {"ucr_univariate/ItalyPowerDemand_TEST.ts", 1029, 24, 1, 2, false},
           {"ucr_univariate/ArrowHead_TRAIN.ts", 36, 251, 1, 3, false},
           {"ucr_univariate/ArrowHead_TEST.ts", 175, 251, 1, 3, false},
       }) {
    const auto path = data_test::data_set(archive.file);
    if (!path) continue;
    ++found;
    const auto s = heed::read_ts<float>(*path);
    EXPECT_EQ(s.x.extents(), (heed::Extents<3>{archive.count, archive.steps, archive.features})) << archive.file;
    EXPECT_EQ(heed::LabelMap::from(s.labels, archive.file).names.size(), archive.classes);
    EXPECT_EQ(s.lengths.size(), archive.ragged ? s.labels.size() : 0);
    EXPECT_NO_THROW(heed::check_finite(s, archive.file));
  }
  if (!found) GTEST_SKIP() << "no .ts files in the folder of HEED_DATA_DIR";
}

TEST(Ts, ReadsJapaneseVowels) {
  const auto path = data_test::data_set("japanese_vowels/JapaneseVowels_TRAIN.ts");
  if (!path) GTEST_SKIP() << "no japanese_vowels in the folder of HEED_DATA_DIR";
  const auto s = heed::read_ts<double>(*path);
  EXPECT_EQ(s.lengths[0], 20);
  EXPECT_EQ(s.x(0, 0, 0), 1.860936);
  EXPECT_EQ(s.x(0, 19, 0), 1.261441);
  EXPECT_EQ(s.x(0, 0, 1), -0.207383);
  EXPECT_EQ(s.x(0, 20, 0), 0);
  EXPECT_EQ(s.labels.front(), "1");
  EXPECT_EQ(s.labels.back(), "9");
  EXPECT_EQ(std::minmax_element(s.lengths.begin(), s.lengths.end()).first[0], 7);
}

}  // namespace ts_test
