#include "heed/data/labels.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support.hpp"

namespace labels_test {

using data_test::error_of;
using heed::LabelMap;
using Words = std::vector<std::string>;

TEST(IsLabel, WordsAndWholeNumbersAre) {
  for (const std::string text : {"Walking", "left hand", "3D", "nancy", "a\"b", "-", "0x1", "#1", "\xC3\xA4", "3", "03",
                                 "+3", "3.0", "3.", "3e0", "1e3", "9223372036854775807"})
    EXPECT_TRUE(heed::is_label(text)) << text;
}

TEST(IsLabel, OtherNumbersAreNot) {
  for (const std::string text : {"", "2.5", "nan", "NaN", "inf", "-Infinity", "9223372036854775808", "1e300", "1e999",
                                 "1e-999", "9007199254740993.0"})
    EXPECT_FALSE(heed::is_label(text)) << text;
}

TEST(LabelMap, EachTextIsAClass) {
  EXPECT_EQ(LabelMap::from(Words{"007", "7", "07", "7"}, "y").names, (Words{"007", "07", "7"}));
  EXPECT_EQ(LabelMap::from(Words{"1000", "1e3", "2"}, "y").names, (Words{"2", "1000", "1e3"}));
  EXPECT_EQ(LabelMap::from(Words{"3.0", "1.0", "10.0"}, "y").names, (Words{"1.0", "3.0", "10.0"}));
  const LabelMap map{{"007", "7"}};
  EXPECT_EQ(map.encode(Words{"7", "007"}, "y"), (std::vector<std::int32_t>{1, 0}));
}

TEST(LabelMap, FindsIntegersAsOtherProgramsWriteThem) {
  const LabelMap map{{"1", "2.0", "-3", "0", "05"}};
  EXPECT_EQ(map.find("1.0"), 0);
  EXPECT_EQ(map.find("+1"), 0);
  EXPECT_EQ(map.find("2"), 1);
  EXPECT_EQ(map.find("-3.00"), 2);
  EXPECT_EQ(map.find("-0"), 3);
  EXPECT_EQ(map.find("05"), 4);
  for (const char* other : {"01", "1e0", "1.5", "5", "--3", "", "."}) EXPECT_FALSE(map.find(other)) << other;
  EXPECT_FALSE((LabelMap{{"4", "4.0"}}.find("+4"))) << "which of the two?";
}

TEST(LabelMap, SortsIntegersByValue) {
  EXPECT_EQ(LabelMap::from(Words{"10", "9", "-1", "10"}, "y").names, (Words{"-1", "9", "10"}));
}

TEST(LabelMap, SortsByTextIfAnyLabelIsAWord) {
  EXPECT_EQ(LabelMap::from(Words{"b", "10", "9", "a", "b", "B"}, "y").names, (Words{"10", "9", "B", "a", "b"}));
}

TEST(LabelMap, FixedClassesAreZeroToCountMinusOne) {
  EXPECT_EQ(LabelMap::fixed(3).names, (Words{"0", "1", "2"}));
  EXPECT_EQ(LabelMap::fixed(1).size(), 1);
  for (const heed::Index classes : {0, -1, 1'000'001})
    EXPECT_EQ(error_of([&] { LabelMap::fixed(classes); }),
              "labels: number of classes out of range (expected 1 to 1000000, got " + std::to_string(classes) + ")");
}

TEST(LabelMap, RejectsWhatIsNoLabel) {
  EXPECT_EQ(error_of([] { LabelMap::from(Words{}, "y"); }), "y: no labels (expected at least one)");
  EXPECT_EQ(error_of([] { LabelMap::from(Words{"1", "1.5"}, "y"); }),
            "y, sequence 1 (counted from 0): not a label (expected an integer of 64 bits or a word, got '1.5')");
}

TEST(LabelMap, FindsTheClassOfALabel) {
  const LabelMap map{{"2", "5", "x"}};
  EXPECT_EQ(map.index("2"), 0);
  EXPECT_EQ(map.index("+5"), 1);
  EXPECT_EQ(map.index("x"), 2);
  EXPECT_EQ(map.encode(Words{"x", "2", "5.0", "x"}, "y"), (std::vector<std::int32_t>{2, 0, 1, 2}));
  EXPECT_TRUE(map.encode(Words{}, "y").empty());
}

TEST(LabelMap, AnUnknownLabelIsAnErrorThatNamesTheKnownOnes) {
  EXPECT_EQ(error_of([] { LabelMap{{"a", "b"}}.index("c"); }), "labels: unknown label (expected one of a, b, got 'c')");
  EXPECT_EQ(error_of([] { LabelMap::fixed(10).index("10"); }),
            "labels: unknown label (expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, got '10')");
  EXPECT_EQ(error_of([] { LabelMap::fixed(11).encode(Words{"0", "10", "-1", "12"}, "y.npy"); }),
            "y.npy, sequence 2 (counted from 0): unknown label (expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... (11 "
            "in all), got '-1')");
}

}  // namespace labels_test
