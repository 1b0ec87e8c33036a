// What the trainer says about values that are far from all others.

#include <string>

#include "program.hpp"

namespace far_values_test {

using namespace classifier_test;

class FarValues : public Classifier {
 protected:
  // What training on a long table says, whose values at these rows are replaced.
  std::string said(const std::string& low, const std::string& high, int kinds = 17) const {
    std::string rows = "id,x,y,label\n";
    for (int i = 0; i < 8; ++i) {
      for (int t = 0; t < 10; ++t) {
        const std::string x = i < 2 && t == 3 ? low : i == 4 && t == 5 ? high : std::to_string((i * 7 + t * 3) % kinds);
        rows += "s" + std::to_string(i) + ',' + x + ",0." + std::to_string(t * 7 % 10) + (i % 2 ? ",up\n" : ",down\n");
      }
    }
    folder.file("d.csv", rows);
    const Result result =
        run("train --threads 1 --hidden 4 --epochs 1 --missing linear --sequence-column id --data d.csv");
    EXPECT_EQ(result.code, 0) << result.err;
    return result.err;
  }
};

const std::string hint = "d.csv: if they stand for missing values, write NaN, ? or nothing there, and use --missing\n";

TEST_F(FarValues, AreNamedWithTheirNumber) {
  EXPECT_EQ(said("-999", "3"), "d.csv, feature 'x': -999 (2 of 80 values) is far from the others (0 to 16)\n" + hint);
  EXPECT_EQ(said("1", "1e6"), "d.csv, feature 'x': 1e+06 (1 of 80 values) is far from the others (0 to 16)\n" + hint);
  EXPECT_EQ(said("", "1e6"), "d.csv, feature 'x': 1e+06 (1 of 78 values) is far from the others (0 to 16)\n" + hint);
}

TEST_F(FarValues, MayStandAtBothEndsAndBeTwo) {
  EXPECT_EQ(said("-999", "999"),
            "d.csv, feature 'x': -999 (2), 999 (1) of 80 values are far from the others (0 to 16)\n" + hint);
  EXPECT_EQ(said("-999", "-9999"),
            "d.csv, feature 'x': -9999 (1), -999 (2) of 80 values are far from the others (0 to 16)\n" + hint);
}

TEST_F(FarValues, OfTargetsAreNamedToo) {
  std::string rows;
  for (int i = 0; i < 40; ++i) {
    rows += std::to_string(i * 7 % 11) + ',' + std::to_string(i % 5) + ',' +
            (i == 9 ? "-999" : std::to_string(i % 10)) + '\n';
  }
  folder.file("d.csv", rows);
  const std::string far =
      "d.csv, target 0 (counted from 0): -999 (1 of 40 values) is far from the others (0 to 9)\n"
      "d.csv: if they stand for missing targets, leave these sequences out\n";
  EXPECT_EQ(run("train --threads 1 --hidden 4 --epochs 1 --task regression --data d.csv --model m.safetensors").err,
            far);
  EXPECT_EQ(run("evaluate --data d.csv --model m.safetensors").err, far);
}

TEST_F(FarValues, AreNotNamedWithoutReason) {
  EXPECT_EQ(said("1", "2"), "");
  EXPECT_EQ(said("-60", "90"), "") << "within five times the range of the others";
  EXPECT_EQ(said("", "2"), "") << "what fills a gap is not looked at";
  EXPECT_EQ(said("99", "99", 5), "") << "a code of few values";
}

TEST_F(FarValues, OfASeriesAreNamedToo) {
  std::string rows = "power\n";
  for (int t = 0; t < 60; ++t) rows += (t == 20 ? "-9999" : std::to_string(t * 7 % 11)) + std::string("\n");
  folder.file("d.csv", rows);
  const std::string train = "train --threads 1 --hidden 4 --epochs 1 --task forecast --window 4 --data d.csv";
  EXPECT_EQ(run(train).err, "d.csv, feature 'power': -9999 (1 of 60 values) is far from the others (0 to 10)\n" + hint);
  EXPECT_EQ(run(train + " --quiet").err, "");
}

}  // namespace far_values_test
