// What models of numbers are compared with.

#include <cmath>
#include <string>
#include <vector>

#include "heed/core/rng.hpp"
#include "heed/io/safetensors.hpp"
#include "program.hpp"

namespace baselines_test {

using namespace classifier_test;

class Baselines : public Classifier {
 protected:
  /// Of `period` steps, with noise on a trend; every `gap`-th value is missing.
  void write_season(const std::string& name, int steps, int period, int gap = 1'000'000, double trend = 0) const {
    const heed::Key key{9};
    std::string text = "a,b\n";
    for (int t = 0; t < steps; ++t) {
      const double turn = 2 * 3.14159265358979 * t / period;
      const double value =
          100 + trend * t + 10 * std::sin(turn) + 4 * std::cos(2 * turn) + key.normal(static_cast<std::uint64_t>(t));
      text += (t % gap == gap - 1 ? "" : std::to_string(value)) + ',' + std::to_string(t * t % 31) + '\n';
    }
    folder.file(name, text);
  }
  static std::string line_of(const std::string& out, const std::string& start) {
    for (const std::string& line : lines(out)) {
      if (line.starts_with(start)) return line;
    }
    return {};
  }
  static double mse_of(const std::string& line) {
    const std::size_t at = line.find("mse ");
    return at == std::string::npos ? std::nan("") : std::stod(line.substr(at + 4));
  }
};

const std::string train =
    "train --task forecast --epochs 1 --batch 32 --hidden 4 --dense 4 --model m.safetensors --data d.csv ";

TEST_F(Baselines, OfASeriesThatRepeatsItselfIsTheValueOneSeasonBefore) {
  for (const int period : {7, 12, 24}) {
    for (const double trend : {0.0, 0.05}) {
      write_season("d.csv", 400, period, 1'000'000, trend);
      const std::string name = "the value " + std::to_string(period) + " steps before: ";
      const std::string out = output_of(train + "--window 30 --horizon 3 --target-column a --validation 0.2");
      const double season = mse_of(line_of(out, name));
      EXPECT_LT(season, 4) << "two draws of the noise, and the trend: " << out;
      EXPECT_LT(season, 0.5 * mse_of(line_of(out, "the last value: "))) << out;
      EXPECT_TRUE(has_line(out, "the model is worse than the value " + std::to_string(period) + " steps before"))
          << out;
      // kept in the file
      const std::string evaluated = output_of("evaluate --model m.safetensors --data d.csv");
      EXPECT_LT(mse_of(line_of(evaluated, name)), 4) << evaluated;
    }
  }
}

// A forecast of more steps than a season looks back several.
TEST_F(Baselines, LookBackAsManySeasonsAsTheyMust) {
  write_season("d.csv", 300, 5);
  const std::string out = output_of(train + "--window 12 --horizon 13 --target-column a");
  EXPECT_LT(mse_of(line_of(out, "the value 5 steps before: ")), 4) << out;
}

TEST_F(Baselines, TakeTheLastValueWhereThatOfASeasonBeforeIsMissing) {
  write_season("d.csv", 400, 8, 10);
  const std::string out = output_of(train + "--window 16 --target-column a --missing linear");
  const double season = mse_of(line_of(out, "the value 8 steps before: ")),
               last = mse_of(line_of(out, "the last value: "));
  EXPECT_GT(season, 4) << "one of ten is that of the last step: " << out;
  EXPECT_LT(season, 0.5 * last) << out;
}

TEST_F(Baselines, OfAWalkHaveNoSeason) {
  std::string walk = "a\n";
  double level = 0;
  for (int t = 0; t < 300; ++t) {
    walk += std::to_string(level += heed::Key{2}.normal(static_cast<std::uint64_t>(t))) + '\n';
  }
  folder.file("d.csv", walk);
  EXPECT_EQ(output_of(train + "--window 30").find("steps before"), std::string::npos);
  EXPECT_FALSE(heed::SafetensorsFile(folder / "m.safetensors").metadata().contains("season"));
}

TEST_F(Baselines, OfSeveralTargetsHaveATable) {
  write_season("d.csv", 200, 12);
  const std::string out = output_of(train + "--window 24 --horizon 2 --validation 0.2");
  EXPECT_TRUE(has_line(out, "mse mae r2 mse: last value mse: 24 before")) << out;
  const auto a = words(line_of(out, "a ")), b = words(line_of(out, "b "));
  ASSERT_GE(a.size(), 5U) << out;
  ASSERT_GE(b.size(), 5U) << out;
  // together they are the figures of the first line
  EXPECT_NEAR((std::stod(a[1]) + std::stod(b[1])) / 2, mse_of(line_of(out, "test mse")), 0.01) << out;
  EXPECT_NEAR((std::stod(a[3]) + std::stod(b[3])) / 2, std::stod(words(line_of(out, "test mse"))[6]), 1e-3) << out;
  const std::string evaluated = output_of("evaluate --model m.safetensors --data d.csv");
  for (const char* const name : {"a +1 ", "b +1 ", "a +2 ", "b +2 "})
    EXPECT_TRUE(has_line(evaluated, name)) << evaluated;

  std::string rows = "x,y,close,far\n";
  for (int i = 0; i < 60; ++i) {
    const double x = i % 7, y = i % 5;
    rows += std::to_string(x) + ',' + std::to_string(y) + ',' + std::to_string(x + y) + ',' + std::to_string(1e6 * x) +
            '\n';
  }
  folder.file("r.csv", rows);
  const std::string regression = output_of(
      "train --task regression --data r.csv --label-column close,far --epochs 60 --batch 8 --learning-rate 0.01 "
      "--model "
      "r.safetensors");
  EXPECT_FALSE(line_of(regression, "close ").empty()) << regression;
  EXPECT_FALSE(line_of(regression, "far ").empty()) << regression;
  EXPECT_EQ(regression.find("worse"), std::string::npos) << regression;
}

TEST_F(Baselines, SayForWhichTargetsTheModelIsWorse) {
  std::string rows = "still,wave\n";
  for (int t = 0; t < 200; ++t) rows += std::to_string(0.001 * t) + ',' + std::to_string(10 * std::sin(2.2 * t)) + '\n';
  folder.file("d.csv", rows);
  const std::string out = output_of(
      "train --task forecast --window 4 --absolute --epochs 60 --batch 16 --learning-rate 0.01 "
      "--hidden 8 --validation 0.2 --data d.csv");
  EXPECT_TRUE(has_line(out, "the model is worse than the last value for still")) << out;
}

TEST_F(Baselines, OfOneRowHaveNoR2) {
  write_season("d.csv", 20, 6);
  const std::string out = output_of(train + "--window 19");
  EXPECT_EQ(out.find("nan"), std::string::npos) << out;
  EXPECT_NE(out.find(", of one row no r2"), std::string::npos) << out;
  const std::string evaluated = output_of("evaluate --model m.safetensors --data d.csv");
  EXPECT_EQ(evaluated.find("nan"), std::string::npos) << evaluated;
  EXPECT_TRUE(has_line(evaluated, "of one row no r2")) << evaluated;
}

}  // namespace baselines_test
