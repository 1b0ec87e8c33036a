// Forecasts that are compared in the order of time: cross-validate, and --recipe auto.

#include <cmath>
#include <string>
#include <vector>

#include "heed/core/rng.hpp"
#include "program.hpp"

namespace forecast_folds_test {

using namespace classifier_test;

class ForecastFolds : public Classifier {
 protected:
  /// A wave on a trend with noise, a row a step; from step `changed` on other values, and from `gap` on some missing.
  void write(const std::string& name, int steps, int changed = 1'000'000, bool gaps = false) const {
    const heed::Key key{3};
    std::string text = "level,other\n";
    for (int t = 0; t < steps; ++t) {
      const double noise = key.normal(static_cast<std::uint64_t>(t));
      const double level = t < changed ? 0.3 * t + 5 * std::sin(0.6 * t) + noise : 1e4 - 7 * t;
      text += gaps && t % 7 == 3 ? "" : std::to_string(level);
      text += ',' + std::to_string(t < changed ? noise : -20) + '\n';
    }
    folder.file(name, text);
  }
  /// The rows of the folds, as they are printed.
  static std::vector<std::string> rows_of(const std::string& out) {
    std::vector<std::string> rows;
    for (const std::string& line : lines(out)) {
      if (words(line).size() == 8 && words(line)[0] == "1") rows.push_back(line);
    }
    return rows;
  }
  void fails(const std::string& arguments, const std::string& with, int code) const {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, code) << arguments;
    EXPECT_NE(result.err.find(with), std::string::npos) << arguments << '\n' << result.err;
  }
};

const std::string forecast = " --task forecast --window 8 --horizon 2 --target-column level ";
const std::string small = " --hidden 4 --dense 4 --epochs 3 --batch 16 --threads 1 ";

TEST_F(ForecastFolds, EachIsTrainedOnWhatComesBefore) {
  write("d.csv", 120);  // targets from step 8 on, in four parts of 28 steps, each with 27 pairs
  const auto rows = rows_of(output_of("cross-validate --data d.csv --folds 3" + forecast + small));
  ASSERT_EQ(rows.size(), 3U);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(words(rows[k])[2], std::to_string(28 * (k + 1) - 1)) << rows[k];
    EXPECT_EQ(words(rows[k])[3], "27") << rows[k];
  }
  const std::string out =
      output_of("cross-validate --data d.csv --folds 3 --recipe rocket --num-features 84" + forecast);
  ASSERT_EQ(rows_of(out).size(), 3U) << out;
  for (const std::string& row : rows_of(out)) EXPECT_GT(std::stod(words(row)[7]), 0.3) << "skill: " << row;
  EXPECT_NE(out.find(", skill "), std::string::npos) << out;
}

// Neither weights nor means, deviations, filled values or offsets come from later steps.
TEST_F(ForecastFolds, KnowNothingOfWhatFollows) {
  for (const std::string& how : std::vector<std::string>{small, " --missing mean" + small, " --missing linear" + small,
                                                         " --missing mean --recipe rocket --num-features 84 ",
                                                         " --missing mean --absolute" + small}) {
    const bool gaps = how.find("missing") != std::string::npos;
    write("a.csv", 120, 1'000'000, gaps);
    write("b.csv", 120, 92, gaps);  // the last of four parts
    const auto a = rows_of(output_of("cross-validate --folds 3 --data a.csv" + forecast + how)),
               b = rows_of(output_of("cross-validate --folds 3 --data b.csv" + forecast + how));
    ASSERT_EQ(a.size(), 3U) << how;
    ASSERT_EQ(b.size(), 3U) << how;
    EXPECT_EQ(a[0], b[0]) << how;
    EXPECT_EQ(a[1], b[1]) << how;
    EXPECT_NE(a[2], b[2]) << how;
  }
}

TEST_F(ForecastFolds, OfAModelToStartFrom) {
  write("d.csv", 120);
  output_of("train --data d.csv --model m.safetensors" + forecast + small);
  EXPECT_EQ(rows_of(output_of("cross-validate --data d.csv --folds 2 --init m.safetensors --epochs 1")).size(), 2U);
}

TEST_F(ForecastFolds, RefuseWhatHasNoMeaning) {
  write("d.csv", 60);
  const std::string data = "cross-validate --data d.csv" + forecast + small;
  fails(data + "--validation 0.2", "--validation: excludes a forecast here", 2);
  fails(data + "--repeats 2", "folds in the order of time are the same in each repeat", 1);
  fails(data + "--folds 40", "too few windows for folds in the order of time", 1);
}

TEST_F(ForecastFolds, TellWhichRecipeIsBest) {
  write("d.csv", 150);
  const std::string train =
      "train --data d.csv --recipe auto --num-features 84 --epochs 2 --channels 8 --validation 0.2" + forecast +
      " --model m.safetensors";
  const std::string out = output_of(train);
  EXPECT_NE(out.find("skill  deviation  seconds"), std::string::npos) << out;
  EXPECT_TRUE(has_line(out, "rocket is taken: the best of 3 folds")) << out;
  EXPECT_EQ(out.find("it is not clearly better"), std::string::npos) << out;
  EXPECT_TRUE(has_line(out, "test mse")) << out;
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data d.csv")).size(), 2U);

  std::string walk = "level\n";
  double level = 0;
  for (int t = 0; t < 90; ++t)
    walk += std::to_string(level += heed::Key{5}.normal(static_cast<std::uint64_t>(t))) + '\n';
  folder.file("d.csv", walk);
  EXPECT_TRUE(has_line(output_of(train), "it is not clearly better than the last value, whose skill is 0"));
}

}  // namespace forecast_folds_test
