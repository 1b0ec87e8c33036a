// Models that give numbers: regression, and forecasts of series.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "heed/core/rng.hpp"
#include "heed/train/split.hpp"
#include "program.hpp"

namespace regression_test {

using namespace classifier_test;

class Numbers : public Classifier {
 protected:
  /// Rows of `steps` numbers and their mean, in large units.
  void write_means(const std::string& name, int rows, int steps = 5, bool targets = true,
                   std::uint64_t seed = 1) const {
    const heed::Key key{seed};
    std::string text;
    for (int i = 0; i < rows; ++i) {
      double sum = 0;
      for (int t = 0; t < steps; ++t) {
        const double x = key.uniform(static_cast<std::uint64_t>(i * steps + t), -1, 1);
        sum += x;
        text += (t ? "," : "") + std::to_string(x);
      }
      if (targets) text += "," + std::to_string(5000 + 1000 * sum / steps);
      text += '\n';
    }
    folder.file(name, text);
  }
  /// A sine with noise, a row a step, of 25 steps a turn; a second column, if any, goes half as fast.
  void write_series(const std::string& name, int first, int steps, int columns = 1, bool header = true) const {
    const heed::Key key{7};
    std::string text = !header ? "" : columns == 1 ? "power\n" : "day,power,wind\n";
    for (int t = first; t < first + steps; ++t) {
      const double noise = 2 * key.normal(static_cast<std::uint64_t>(t));
      const std::string value = std::to_string(200 + 50 * std::sin(0.25 * t) + noise);
      const std::string day = "2024-01-01T" + std::string(t / 60 % 24 < 10 ? "0" : "") + std::to_string(t / 60 % 24) +
                              (t % 60 < 10 ? ":0" : ":") + std::to_string(t % 60);
      text += columns == 1 ? value : day + "," + value + "," + std::to_string(std::cos(0.125 * t));
      text += '\n';
    }
    folder.file(name, text);
  }
  /// A wave on a trend, far from zero; beside it the place in the wave.
  void write_trend(const std::string& name, int first, int steps) const {
    std::string text = "place,level\n";
    for (int t = first; t < first + steps; ++t) {
      text +=
          std::to_string(t % 12) + ',' + std::to_string(1e5 + 0.5 * t + 3 * std::sin(t * 0.5235987755982988)) + '\n';
    }
    folder.file(name, text);
  }
  void fails(const std::string& arguments, const std::string& with, int code = 1) const {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, code) << arguments;
    EXPECT_NE(result.err.find(with), std::string::npos) << arguments << '\n' << result.err;
  }
  /// The number after `name` in a line that begins with `line`; NaN where there is none.
  static double number(const std::string& out, const std::string& line, const std::string& name) {
    for (const std::string& l : lines(out)) {
      const std::size_t at = l.find(name + ' ');
      if (l.starts_with(line) && at != std::string::npos) return std::stod(l.substr(at + name.size()));
    }
    return std::nan("");
  }
  std::vector<double> predicted(const std::string& arguments) const {
    std::vector<double> values;
    for (const std::string& line : lines(output_of("predict " + arguments))) values.push_back(std::stod(line));
    return values;
  }
};

const std::string small = " --threads 1 --hidden 8 --dense 8 --seed 0 ";

TEST_F(Numbers, OfATableInTheirUnits) {
  write_means("train.csv", 200);
  write_means("test.csv", 50, 5, true, 2);
  write_means("new.csv", 50, 5, false, 2);
  const std::string out = output_of(
      "train --task regression --data train.csv --test test.csv --epochs 60 --batch 20 "
      "--history h.csv --model m.safetensors" +
      small);
  EXPECT_NE(out.find("200 sequences of 5 steps, 1 feature, 1 target; 50 to test"), std::string::npos) << out;
  const double mse = number(out, "test mse", "mse"), baseline = number(out, "the mean of the training targets", "mse");
  EXPECT_LT(mse, 0.2 * baseline) << out;
  EXPECT_GT(number(out, "test mse", "r2"), 0.8) << out;
  const std::string evaluated = output_of("evaluate --model m.safetensors --data test.csv");
  EXPECT_NEAR(number(evaluated, "mse", "mse") / mse, 1, 1e-4) << evaluated;
  EXPECT_NEAR(number(evaluated, "the mean of the training targets", "mse") / baseline, 1, 1e-4) << evaluated;

  const auto values = predicted("--model m.safetensors --data new.csv");
  ASSERT_EQ(values.size(), 50u);
  for (const double value : values) EXPECT_NEAR(value, 5000, 1500);
  EXPECT_EQ(values, predicted("--model m.safetensors --data test.csv")) << "targets are passed over";
  output_of("predict --model m.safetensors --data new.csv --output a.npy");
  EXPECT_EQ(heed::read_npy<float>(folder / "a.npy").extents, (std::vector<heed::Index>{50, 1}));
  EXPECT_TRUE(text("h.csv").starts_with("epoch,loss,accuracy")) << text("h.csv");
  EXPECT_EQ(text("h.csv").find("nan"), std::string::npos);
  EXPECT_TRUE(has_line(output_of("inspect m.safetensors"), "task regression"));
}

TEST_F(Numbers, TrainingGoesOnFromAModelInUnits) {
  write_means("train.csv", 100);
  output_of("train --quiet --task regression --data train.csv --epochs 30 --batch 20 --model m.safetensors" + small);
  const auto before = output_of("evaluate --model m.safetensors --data train.csv");
  output_of(
      "train --quiet --init m.safetensors --data train.csv --epochs 1 --learning-rate 1e-9 --threads 1 "
      "--model n.safetensors");
  const auto after = output_of("evaluate --model n.safetensors --data train.csv");
  EXPECT_NEAR(number(after, "mse", "mse") / number(before, "mse", "mse"), 1, 1e-3) << before << after;
  fails("train --task classification --data train.csv --init m.safetensors", "not a label");
  fails("train --task forecast --window 3 --data train.csv --init m.safetensors", "contradicts m.safetensors");
  write_csv();
  output_of("train --quiet --data d.csv --epochs 1 --model c.safetensors" + small);
  fails("train --task regression --data train.csv --init c.safetensors", "is a model of classes; --new-head");
  output_of(
      "train --quiet --task regression --data train.csv --init c.safetensors --new-head --epochs 1 "
      "--model n.safetensors");
}

TEST_F(Numbers, AResumedRunGivesTheSameModel) {
  write_means("train.csv", 40);
  const std::string train = "train --quiet --task regression --data train.csv" + small;
  output_of(train + "--epochs 4 --model whole.safetensors");
  output_of(train + "--epochs 2 --checkpoint c --model half.safetensors");
  output_of(train + "--epochs 4 --checkpoint c --resume --model rest.safetensors");
  EXPECT_EQ(text("whole.safetensors"), text("rest.safetensors"));
}

TEST_F(Numbers, CardanoSentiment) {
  const auto train = data_test::data_set("regression/CardanoSentiment_TRAIN.ts");
  const auto test = data_test::data_set("regression/CardanoSentiment_TEST.ts");
  if (!train || !test) GTEST_SKIP() << "HEED_DATA_DIR does not hold regression";
  fs::copy_file(*train, folder / "train.ts");
  fs::copy_file(*test, folder / "test.ts");
  const std::string out = output_of(
      "train --data train.ts --test test.ts --epochs 20 --batch 16 --dropout 0.3 --weight-decay 0.1 "
      "--learning-rate 0.003 --model m.safetensors" +
      small);
  EXPECT_NE(out.find("74 sequences of 24 steps, 2 features, 1 target; 33 to test"), std::string::npos) << out;
  const double mse = number(out, "test mse", "mse"), baseline = number(out, "the mean of the training targets", "mse");
  EXPECT_LT(mse, 1.1 * baseline) << out << "hardly anything can be learnt from 74 of them";
  EXPECT_EQ(predicted("--model m.safetensors --data test.ts").size(), 33u);
}

TEST_F(Numbers, SeveralTargetsByName) {
  std::string rows = "a,b,sum,difference\n";
  for (int i = 0; i < 60; ++i) {
    const double a = std::sin(i), b = std::cos(3 * i);
    rows += std::to_string(a) + ',' + std::to_string(b) + ',' + std::to_string(a + b) + ',' +
            std::to_string(1e4 * (a - b)) + '\n';
  }
  folder.file("d.csv", rows);
  output_of(
      "train --quiet --task regression --data d.csv --label-column difference,sum --epochs 100 --batch 20 "
      "--model m.safetensors" +
      small);
  output_of("predict --model m.safetensors --data d.csv --output a.csv");
  EXPECT_TRUE(text("a.csv").starts_with("difference,sum\n")) << text("a.csv");
  const std::string out = output_of("evaluate --model m.safetensors --data d.csv");
  for (const std::string& line : lines(out)) {  // name, mse, mae, r2
    if (line.starts_with("difference") || line.starts_with("sum")) {
      EXPECT_GT(std::stod(words(line)[3]), 0.8) << out;
    }
  }
  fails("train --data d.csv --label-column difference,sum", "several label columns");
  fails("train --data d.csv --label-column sum", "not a label; --task regression");
  fails("train --task regression --data d.csv --label-column sum,c", "no column has this name");
}

TEST_F(Numbers, OfNumPyFiles) {
  write_npy();
  heed::write_npy(folder / "t.npy", heed::Tensor<double, 2>({24, 2}));
  output_of("train --quiet --task regression --data x.npy --labels t.npy --epochs 1 --model m.safetensors" + small);
  output_of("evaluate --model m.safetensors --data x.npy --labels t.npy");
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data x.npy")).size(), 24u);
  fails("evaluate --model m.safetensors --data x.npy --labels y.npy", "wrong number of targets");
  fails("train --task regression --data x.npy", "no labels");
  heed::Tensor<double, 1> halves({24});
  for (double& half : halves) half = 0.5;
  heed::write_npy(folder / "halves.npy", halves);
  fails("train --data x.npy --labels halves.npy", "value cannot be converted; --task regression takes any number");
}

TEST_F(Numbers, AForecastBeatsTheLastValue) {
  write_series("d.csv", 0, 400);
  write_series("next.csv", 400, 100);
  const std::string out = output_of(
      "train --task forecast --window 20 --horizon 3 --data d.csv --validation 0.2 --epochs 40 "
      "--batch 32 --model m.safetensors" +
      small);
  EXPECT_NE(out.find("forecasts of 3 steps of 1 feature"), std::string::npos) << out;
  EXPECT_LT(number(out, "test mse", "mse"), 0.5 * number(out, "the last value", "mse")) << out;
  const std::string evaluated = output_of("evaluate --model m.safetensors --data next.csv");
  EXPECT_LT(number(evaluated, "mse", "mse"), 0.5 * number(evaluated, "the last value", "mse")) << evaluated;
  EXPECT_TRUE(evaluated.starts_with("78 sequences of 20 steps")) << evaluated;

  const auto next = predicted("--model m.safetensors --data d.csv");
  ASSERT_EQ(next.size(), 3u) << "the steps that follow";
  for (int h = 0; h < 3; ++h) EXPECT_NEAR(next[static_cast<std::size_t>(h)], 200 + 50 * std::sin(0.25 * (400 + h)), 15);
  output_of("predict --model m.safetensors --data d.csv --output a.csv");
  EXPECT_TRUE(text("a.csv").starts_with("power\n")) << text("a.csv");
  EXPECT_TRUE(has_line(output_of("inspect m.safetensors"), "horizon 3"));
}

TEST_F(Numbers, AForecastFollowsATrend) {
  write_trend("d.csv", 0, 260);
  write_trend("next.csv", 300, 60);
  const std::string train =
      "train --task forecast --window 24 --horizon 2 --target-column level --data d.csv --test next.csv --model "
      "m.safetensors ";
  for (const std::string& how : std::vector<std::string>{
           "--epochs 40 --batch 32" + small, "--recipe rocket --num-features 500",
           "--recipe rocket+fcn --num-features 84 --epochs 20", "--epochs 40 --batch 32 --ensemble 2" + small}) {
    const std::string out = output_of(train + how);
    const std::string test = out.find("together: ") == std::string::npos ? "test mse" : "together: test mse";
    EXPECT_LT(number(out, test, "mae"), 0.5 * number(out, "the last value", "mae")) << how << out;
    EXPECT_GT(number(out, test, "r2"), 0.9) << how << out;
    // evaluated as it was tested, by the model alone
    const std::string evaluated = output_of("evaluate --model m.safetensors --data next.csv");
    const double rounding = how.find("ensemble") == std::string::npos ? 1e-4 : 5e-3;  // of members' answers as floats
    EXPECT_NEAR(number(evaluated, "mae", "mae"), number(out, test, "mae"), rounding) << how << evaluated;
    EXPECT_EQ(lines(output_of("predict --model m.safetensors --data next.csv")).size(), 2u);
  }
  EXPECT_TRUE(has_line(output_of("inspect m.safetensors"), "forecasts changes from the last value"));
  const std::string absolute = output_of(train + "--absolute --epochs 40 --batch 32" + small);
  EXPECT_GT(number(absolute, "test mse", "mae"), 5) << absolute;
  EXPECT_EQ(output_of("inspect m.safetensors").find("changes"), std::string::npos);
}

TEST_F(Numbers, AForecastSaysThatItsLastRowsAreEmpty) {
  std::string csv = "power,heat\n";
  for (int t = 0; t < 30; ++t) csv += std::to_string(t % 5) + ',' + std::to_string(t % 3) + '\n';
  folder.file("d.csv", csv);
  folder.file("ahead.csv", csv + ",1\n,2\n");
  output_of(
      "train --quiet --task forecast --window 4 --target-column power --data d.csv --epochs 1 --model m.safetensors" +
      small);
  output_of("predict --model m.safetensors --data d.csv");
  const Result result = run("predict --model m.safetensors --data ahead.csv --missing linear");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err,
            "ahead.csv: the last 2 rows have no value to forecast from; the answers are for what follows them\n");
  folder.file("empty.csv", csv + ",1\n,2\n,1\n,2\n");
  for (const char* how : {"linear", "previous", "mask"}) {
    fails(std::string("predict --model m.safetensors --data empty.csv --missing ") + how,
          "empty.csv: no value to forecast from (expected one in the last 4 steps)");
  }
  const Result zeros = run("predict --model m.safetensors --data empty.csv --missing zero");
  EXPECT_EQ(zeros.code, 0) << zeros.err;
  EXPECT_EQ(lines(zeros.out).size(), 1U) << zeros.out;
}

TEST_F(Numbers, AForecastLeavesOutSeriesThatAreTooShort) {
  std::string csv = "shop,sales\n";
  for (int t = 0; t < 30; ++t) csv += "a," + std::to_string(t % 5) + "\nb," + std::to_string(t % 3) + '\n';
  folder.file("two.csv", csv);
  folder.file("new.csv", csv + "new,1\nnew,2\nnew,3\n");
  const std::string train =
      "train --task forecast --window 4 --sequence-column shop --epochs 1 --model m.safetensors --data ";
  const Result result = run(train + "new.csv" + small);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "new.csv: 1 of 3 series is too short for a window and what follows it, and left out\n");
  const std::string trained = text("m.safetensors");
  output_of(train + "two.csv" + small);
  EXPECT_EQ(text("m.safetensors"), trained);
  EXPECT_NE(run("evaluate --model m.safetensors --data new.csv").err.find("1 of 3 series"), std::string::npos);
  const Result answers = run("predict --model m.safetensors --data new.csv");
  EXPECT_EQ(answers.code, 0) << answers.err;
  EXPECT_EQ(lines(answers.out).size(), 3U) << answers.out;
  EXPECT_EQ(answers.out.substr(answers.out.size() - 2), "\n\n") << "an empty line for 'new'";
  EXPECT_EQ(answers.err,
            "new.csv: no answer for series that are too short, or have no value in the last 4 steps: 'new'\n");
  folder.file("short.csv", "shop,sales\nnew,1\nnew,2\n");
  fails("predict --model m.safetensors --data short.csv",
        "short.csv: the series is too short (expected 4 steps, the window of the model, got 2 steps)");
  folder.file("none.csv", "shop,sales\nnew,1\nnew,2\nother,1\n");
  fails("predict --model m.safetensors --data none.csv",
        "none.csv: all series are too short (expected 4 steps, the window of the model, got at most 2 steps)");
  fails("explain --model m.safetensors --data new.csv", "no value to forecast from in some series; leave them out");
  fails("train --task forecast --window 40 --sequence-column shop --data new.csv",
        "all series are too short (expected 40 steps and the 1 that follow, got at most 30 steps)");
}

TEST_F(Numbers, AForecastOfChangesGoesOnAndIsSaidToBeOne) {
  write_trend("d.csv", 0, 100);
  const std::string forecast = "train --task forecast --window 12 --data d.csv --epochs 2 ";
  output_of(forecast + "--quiet --model m.safetensors" + small);
  output_of(forecast + "--quiet --absolute --model a.safetensors" + small);
  const std::string before = output_of("evaluate --model m.safetensors --data d.csv");
  const std::string more = "train --data d.csv --epochs 1 --learning-rate 1e-9 --model n.safetensors --init ";
  output_of(more + "m.safetensors --quiet");
  const std::string after = output_of("evaluate --model n.safetensors --data d.csv");
  EXPECT_NEAR(number(after, "mae", "mae"), number(before, "mae", "mae"), 1e-2) << before << after;
  output_of(more + "m.safetensors --new-head --task forecast --window 9 --horizon 3 --quiet");
  EXPECT_TRUE(has_line(output_of("inspect n.safetensors"), "forecasts changes from the last value"));
  fails(more + "m.safetensors --new-head --task forecast --window 9 --target-column place",
        "sees changes of other columns; --target-column names those to forecast (expected 0,1 ");
  fails(more + "m.safetensors --task forecast --target-column level",
        "--target-column contradicts m.safetensors; --new-head starts a new last layer (expected column 0,1 (counted");
  fails(more + "m.safetensors --new-head --task forecast --window 1", "windows of two steps at least");
  fails(more + "m.safetensors --absolute", "--absolute contradicts m.safetensors");
  output_of(more + "a.safetensors --quiet");
  EXPECT_EQ(output_of("inspect n.safetensors").find("changes"), std::string::npos);
  folder.file("c.csv", "1,2,3,4,a\n4,3,2,1,b\n1,2,3,5,a\n4,3,2,0,b\n");
  fails("train --data c.csv --features 2 --new-head --init m.safetensors", "forecasts changes from the last value");
  fails("train --task regression --data c.csv --absolute", "needs --task forecast", 2);
  output_of(forecast + "--quiet --attention none --model r.safetensors" + small);
  fails("convert r.safetensors r.json", "which has a forecast of changes from the last value");
  output_of("train --quiet --task forecast --window 1 --data d.csv --epochs 1 --model m.safetensors" + small);
  EXPECT_EQ(output_of("inspect m.safetensors").find("changes"), std::string::npos) << "of one step there is none";
}

// Windows as long as an Index are longer than any series, and must not be added up.
TEST_F(Numbers, AForecastOfAHostileFileIsAnError) {
  write_series("d.csv", 0, 200, 1);
  output_of("train --quiet --task forecast --window 10 --data d.csv --epochs 1 --model m.safetensors" + small);
  for (const std::string name : {"window", "horizon"}) {
    std::string bytes = text("m.safetensors");
    const std::size_t at = bytes.find('"' + name + "\":\"") + name.size() + 4, end = bytes.find('"', at);
    const std::string number = "9223372036854775807";
    const std::size_t longer = number.size() - (end - at);
    bytes.replace(at, end - at, number);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    bytes.insert(8 + length + longer, 8 - longer % 8, ' ');  // the numbers behind it stay aligned
    length += longer + 8 - longer % 8;
    std::memcpy(bytes.data(), &length, sizeof length);
    folder.file("h.safetensors", bytes);
    fails("evaluate --model h.safetensors --data d.csv", "malformed metadata");
  }
}

TEST_F(Numbers, AForecastOfOneOfSeveralColumns) {
  write_series("d.csv", 0, 200, 2);
  const std::string train =
      "train --quiet --task forecast --window 10 --data d.csv --epochs 1 --model m.safetensors" + small;
  fails(train, "d.csv, line 2, column 1: not a number; --time-column");
  output_of(train + "--time-column day");
  EXPECT_EQ(lines(output_of("predict --model m.safetensors --data d.csv")).size(), 1u);
  output_of("predict --model m.safetensors --data d.csv --output a.csv");
  EXPECT_TRUE(text("a.csv").starts_with("power,wind\n")) << text("a.csv");
  output_of(train + "--time-column day --target-column wind --horizon 4");
  EXPECT_EQ(predicted("--model m.safetensors --data d.csv").size(), 4u);
  output_of("predict --model m.safetensors --data d.csv --output a.csv");
  EXPECT_TRUE(text("a.csv").starts_with("wind\n")) << text("a.csv");
  fails(train + "--time-column day --target-column rain", "no column has this name (expected one of power, wind");
  fails(train + "--time-column day --target-column wind,wind", "names a column twice");
  heed::write_npy(folder / "d.npy", heed::Tensor<float, 2>({50, 3}));
  output_of(
      "train --quiet --task forecast --window 10 --data d.npy --target-column 2,0 --epochs 1 --model m.safetensors" +
      small);
  output_of("predict --model m.safetensors --data d.npy --output a.npy");
  EXPECT_EQ(heed::read_npy<float>(folder / "a.npy").extents, (std::vector<heed::Index>{1, 2}));
  heed::write_npy(folder / "one.npy", heed::Tensor<float, 1>({50}));
  output_of("train --quiet --task forecast --window 10 --data one.npy --epochs 1 --model m.safetensors" + small);
}

TEST_F(Numbers, AForecastIsTestedOnAFileOfItsOwn) {
  write_series("d.csv", 0, 60);
  write_series("next.csv", 60, 20);
  const std::string out = output_of(
      "train --task forecast --window 4 --data d.csv --test next.csv --epochs 1 --model m.safetensors" + small);
  const std::string evaluated = output_of("evaluate --model m.safetensors --data next.csv");
  EXPECT_TRUE(evaluated.starts_with("16 sequences of 4 steps")) << evaluated;
  EXPECT_NEAR(number(out, "test mse", "mse"), number(evaluated, "mse", "mse"), 1e-4 * number(evaluated, "mse", "mse"));
}

TEST_F(Numbers, ATestMayNameItsColumnsInAnotherOrder) {
  std::string ab = "a,b\n", ba = "b,a\n";
  for (int t = 0; t < 40; ++t) {
    const std::string a = std::to_string(100 + t % 5), b = std::to_string(t % 3);
    ab += a + ',' + b + '\n';
    ba += b + ',' + a + '\n';
  }
  folder.file("ab.csv", ab);
  folder.file("ba.csv", ba);
  folder.file("cd.csv", "c,d" + ab.substr(3));
  const std::string how = "train --task forecast --window 4 --data ab.csv --epochs 1" + small + " --test ";
  EXPECT_EQ(number(output_of(how + "ab.csv"), "test mse", "mse"), number(output_of(how + "ba.csv"), "test mse", "mse"));
  fails(how + "cd.csv", "no column has this name");
}

TEST_F(Numbers, TheLastValueLooksAtNothingThatFollows) {
  std::string rows = "a,b\n";
  for (int t = 0; t < 30; ++t) rows += std::to_string(t % 4) + ',' + (t < 24 ? "NA" : std::to_string(t % 5)) + '\n';
  folder.file("d.csv", rows);
  const std::string out =
      output_of("train --task forecast --window 4 --target-column b --missing zero --data d.csv --epochs 1" + small);
  EXPECT_GT(number(out, "the last value", "mse"), 1.5) << out;  // at first it is the mean of the targets
}

// The value before the target, or the last one that was known: not what a gap was filled with.
TEST_F(Numbers, TheLastValueIsOneThatWasThere) {
  std::string series;
  for (int t = 0; t < 60; ++t) series += t % 5 == 4 ? "NA\n" : std::to_string(100 + t) + '\n';
  folder.file("d.csv", series);
  std::vector<double> errors;
  for (const std::string missing : {"linear", "zero", "mean", "previous"}) {
    const std::string out = output_of(
        "train --task forecast --window 5 --epochs 1 --model m.safetensors --data d.csv --missing " + missing + small);
    errors.push_back(number(out, "the last value", "mse"));
    const std::string evaluated = output_of("evaluate --model m.safetensors --data d.csv");
    EXPECT_NEAR(number(evaluated, "the last value", "mse"), errors.back(), 1e-6);
  }
  EXPECT_NEAR(errors[0], (3 * 1.0 + 4.0) / 4, 0.1) << "after a gap the last value is two steps old";
  for (const double error : errors) EXPECT_EQ(error, errors[0]);
}

TEST_F(Numbers, TargetsThatFloatsCannotHoldAreAnError) {
  std::string rows;
  for (int i = 0; i < 20; ++i) rows += std::to_string(i % 7) + "," + std::to_string(1700000000 + i % 7) + '\n';
  folder.file("d.csv", rows);
  fails("train --task regression --data d.csv", "training data, output 0 (counted from 0): targets lose their digits");
  for (const std::string spread : {"1000", "0"}) {  // roughly is enough, and a constant needs none
    rows.clear();
    for (int i = 0; i < 20; ++i)
      rows += std::to_string(i) + ',' + std::to_string(1700000000 + std::stoi(spread) * (i % 7)) + '\n';
    folder.file("d.csv", rows);
    output_of("train --quiet --task regression --data d.csv --epochs 1" + small);
  }
}

TEST_F(Numbers, AModelToStartFromMakesTheTaskAForecast) {
  write_series("d.csv", 0, 60);
  output_of("train --quiet --task forecast --window 4 --data d.csv --epochs 1 --model m.safetensors" + small);
  const std::string how = "train --init m.safetensors --data d.csv --epochs 1 --validation 0.25";
  const std::string out = output_of(how);
  EXPECT_EQ(number(out, "test mse", "mse"), number(output_of(how + " --task forecast"), "test mse", "mse")) << out;
  fails(how + " --test d.csv", "excludes --test where the task is a forecast", 2);
}

TEST_F(Numbers, AForecastOfUnevenTimesSaysSo) {
  const std::string train = "train --task forecast --window 4 --time-column t --data d.csv --epochs 1";
  const auto said = [&](const std::string& rows, const std::string& options = "") {
    folder.file("d.csv", rows);
    return run(train + options).err;
  };
  const auto counting = [&](int missing) {
    std::string rows = "t,v\n";
    for (int t = 0; t < 40; ++t) {
      if (t != missing) rows += std::to_string(t) + ',' + std::to_string(t % 5) + '\n';
    }
    return rows;
  };
  EXPECT_EQ(said(counting(20)), "d.csv: rows are 1 to 2 apart in time; each is taken as one step\n");
  EXPECT_EQ(said(counting(0)), "");
  std::string two = "id,t,v\n", workdays = "t,v\n", hours = workdays;
  for (int t = 0; t < 20; ++t) {
    const std::string value = ',' + std::to_string(t % 5) + '\n', number = std::to_string(10 + t);
    two += "a," + std::to_string(2 * t) + value + "b," + std::to_string(4 * t) + value;
    if (t % 7 < 5) workdays += "2024-01-" + number + value;
    if (t != 7) hours += "2024-01-10T" + (t < 10 ? '0' + std::to_string(t) : std::to_string(t)) + ":00" + value;
  }
  EXPECT_EQ(said(two, " --sequence-column id"), "") << "each series is even";
  EXPECT_EQ(said(hours), "d.csv: rows are 1 to 2 hours apart in time; each is taken as one step\n");
  EXPECT_EQ(said(workdays, " --model m.safetensors"),
            "d.csv: rows are 1 to 3 days apart in time; each is taken as one step\n");
  EXPECT_EQ(run("predict --model m.safetensors --data d.csv").err, "") << "it has been said";
}

TEST_F(Numbers, AForecastWithGaps) {
  std::string series;
  for (int t = 0; t < 60; ++t) series += t % 7 == 3 ? "NA\n" : std::to_string(t % 5) + '\n';
  folder.file("d.csv", series);
  const std::string train =
      "train --quiet --task forecast --window 6 --data d.csv --epochs 1 --model m.safetensors" + small;
  fails(train, "d.csv, line 4, column 1: not a number; --missing");
  output_of(train + "--missing linear");
  const Result result = run("predict --model m.safetensors --data d.csv");
  EXPECT_EQ(lines(result.out).size(), 1u) << result.out;
  EXPECT_NE(result.err.find("the last 1 row has no value to forecast from"), std::string::npos) << result.err;
}

TEST_F(Numbers, AForecastWithGapsSeesNothingOfWhatFollows) {
  const auto series = [&](const std::string& name, int steps, double later) {
    std::string text;
    for (int t = 0; t < steps; ++t) {
      const bool gap = t % 7 == 3 || t == 79;  // the last step before what is held out
      text += gap ? "NA\n" : std::to_string(t < 80 ? (t * t) % 11 : later + t % 5) + '\n';
    }
    folder.file(name, text);
  };
  series("few.csv", 100, 0);
  series("many.csv", 100, 1000);
  series("seen.csv", 79, 0);
  for (const std::string missing : {"linear", "previous", "mean", "mask"}) {
    std::vector<std::vector<double>> answers;
    for (const std::string data : {"few.csv", "many.csv"}) {
      output_of(
          "train --quiet --task forecast --window 6 --epochs 2 --validation 0.2 --model m.safetensors --missing " +
          missing + " --data " + data + small);
      answers.push_back(predicted("--model m.safetensors --data seen.csv"));
    }
    EXPECT_EQ(answers[0], answers[1]) << missing;
  }
  // a target that is missing is none: of 54 windows those of 8 gaps are left out
  std::string whole;
  for (int t = 0; t < 60; ++t) whole += t % 7 == 3 ? "NA\n" : std::to_string(t % 5) + '\n';
  folder.file("d.csv", whole);
  const std::string out =
      output_of("train --task forecast --window 6 --epochs 1 --missing linear --data d.csv" + small);
  EXPECT_NE(out.find("46 sequences"), std::string::npos) << out;
}

TEST_F(Numbers, OptionsAndDataThatDoNotGoTogether) {
  write_series("d.csv", 0, 30);
  write_means("m.csv", 10);
  const std::string forecast = "train --quiet --task forecast --data d.csv ";
  fails(forecast, "forecast needs --window", 2);
  fails(forecast + "--window 0", "--window", 2);
  fails(forecast + "--window 5 --horizon 0", "--horizon", 2);
  fails(forecast + "--window 5 --labels m.csv", "--labels", 2);
  fails(forecast + "--window 5 --label-column a", "--target-column names the columns to forecast");
  fails(forecast + "--window 5 --test d.csv --validation 0.2", "--validation", 2);
  fails(forecast + "--window 30",
        "d.csv: the series is too short (expected 30 steps and the 1 that follow, got 30 steps)");
  fails(forecast + "--window 8 --horizon 4 --validation 0.7", "the series is too short");
  fails("train --task regression --data m.csv --window 3", "needs --task forecast", 2);
  fails("train --task regression --data m.csv --target-column a", "needs --task forecast", 2);
  fails("train --task regression", "needs --data", 2);
  fails("train --task guess --data m.csv", "--task", 2);
  fails("train --task regression --data m.csv --classes 3", "are for classes");
  fails("train --task regression --data m.csv --label-smoothing 0.1", "are for classes");
  folder.file("words.csv", "1,2,up\n3,4,down\n");
  fails("train --task regression --data words.csv", "words.csv, line 1, column 5: not a target");
  output_of(forecast + "--window 8 --epochs 1 --model f.safetensors" + small);
  folder.file("short.csv", "power\n1\n2\n");
  fails("predict --model f.safetensors --data short.csv",
        "short.csv: the series is too short (expected 8 steps, the window");
  folder.file("wide.csv", "a,b\n1,2\n3,4\n");
  fails("predict --model f.safetensors --data wide.csv", "no column has this name");
  output_of("explain --model f.safetensors --data d.csv --output a.csv");
  fails("evaluate --model f.safetensors --data d.csv --labels m.csv", "--labels: is not for a forecast", 2);
  fails("evaluate --model f.safetensors --data d.csv --label-column a", "--label-column: is not for a forecast", 2);
  fails("predict --model f.safetensors --data d.csv --steps 8", "--steps: is for tables with one row a sequence", 2);
  folder.file("large.csv", "power\n1\n2\n1e39\n4\n");
  fails("train --task forecast --window 2 --data large.csv", "large.csv, line 4, column 1: number out of range");
}

TEST_F(Numbers, WithValidationTheMetricsAreThoseOfTheRowsKeptBack) {
  write_means("train.csv", 60);
  const std::string how = "train --task regression --data train.csv --epochs 5 --threads 1 --hidden 4 --dense 4 ";
  const std::string out = output_of(how + "--seed 3 --validation 0.25 --model m.safetensors");
  const std::vector<std::string> rows = lines(text("train.csv"));
  std::string kept;
  for (const heed::Index row : heed::random_split(60, 0.25, heed::validation_key(3)).validation) {
    kept += rows[static_cast<std::size_t>(row)] + '\n';
  }
  folder.file("kept.csv", kept);
  const std::string evaluated = output_of("evaluate --model m.safetensors --data kept.csv");
  const double mse = number(out, "validation ", "mse");
  EXPECT_NEAR(mse, number(evaluated, "mse", "mse"), 1e-5 * mse) << out << evaluated;
}

// ---- several models, folds, random convolutions

TEST_F(Numbers, OfAnEnsembleAreTheMeanOfItsMembers) {
  write_means("train.csv", 60);
  write_means("new.csv", 9, 5, false, 2);
  const std::string how = "train --task regression --data train.csv --epochs 5 --threads 1 --hidden 4 --dense 4 ";
  const std::string out = output_of(how + "--ensemble 2 --seed 3 --model e.safetensors");
  EXPECT_TRUE(has_line(out, "seed 4: loss")) << out;
  EXPECT_TRUE(has_line(out, "together: on the training data mse")) << out;
  output_of(how + "--seed 3 --model a.safetensors");
  output_of(how + "--seed 4 --model b.safetensors");
  const auto a = predicted("--model a.safetensors --data new.csv"),
             b = predicted("--model b.safetensors --data new.csv"),
             e = predicted("--model e.safetensors --data new.csv");
  ASSERT_EQ(e.size(), 9u);
  for (std::size_t i = 0; i < e.size(); ++i) EXPECT_NEAR(e[i], (a[i] + b[i]) / 2, 1e-2);
  const std::string evaluated = output_of("evaluate --model e.safetensors --data train.csv");
  EXPECT_NEAR(number(evaluated, "mse", "mse"), number(out, "together", "mse"), 1e-3 * number(out, "together", "mse"));
}

TEST_F(Numbers, OfAnEnsembleOfForecasts) {
  write_series("s.csv", 0, 120);
  const std::string out = output_of(
      "train --task forecast --window 8 --horizon 3 --data s.csv --validation 0.3 --epochs 3 "
      "--ensemble 2 --model e.safetensors" +
      small);
  EXPECT_TRUE(has_line(out, "together: test mse")) << out;
  EXPECT_EQ(predicted("--model e.safetensors --data s.csv").size(), 3u);
}

TEST_F(Numbers, OfFoldsHaveMeanAndDeviation) {
  write_means("train.csv", 60);
  for (const std::string model : {"--epochs 20", "--recipe rocket", "--epochs 5 --ensemble 2"}) {
    const std::string out = output_of("cross-validate --task regression --data train.csv --folds 3 --repeats 2 " +
                                      model + small.substr(0, 12));
    double mse = 0;
    int folds = 0;
    for (const std::string& line : lines(out)) {
      const auto row = words(line);
      if (row.size() != 7 || row[0].find_first_not_of("0123456789") != std::string::npos) continue;
      EXPECT_EQ(row[2], "40");
      EXPECT_EQ(row[3], "20");
      mse += std::stod(row[4]);
      ++folds;
    }
    ASSERT_EQ(folds, 6) << out;
    EXPECT_NEAR(number(out, "mse", "mse"), mse / 6, 1e-4 * mse) << out;
    EXPECT_NE(out.find("mean and standard deviation of 6 folds"), std::string::npos) << out;
    EXPECT_LT(number(out, "mse", "mse"), 3e5) << "in the units of the data: " << out;
    const bool exact = model == "--recipe rocket";  // the targets are sums of the values
    EXPECT_GT(number(out, "mse", "mse"), exact ? 0 : 1) << "in the units of the data: " << out;
  }
}

TEST_F(Numbers, OfRandomConvolutions) {
  write_means("train.csv", 150, 12);
  write_means("test.csv", 40, 12, true, 2);
  write_means("new.csv", 40, 12, false, 2);
  const std::string out = output_of(
      "train --task regression --recipe rocket --num-features 1000 --data train.csv --test test.csv --model "
      "r.safetensors "
      "--threads 1");
  EXPECT_TRUE(has_line(out, "r2 about")) << out;
  EXPECT_GT(number(out, "test mse", "r2"), 0.5) << out;
  EXPECT_EQ(number(output_of("evaluate --model r.safetensors --data test.csv"), "r2", "r2") > 0.5, true);
  const auto values = predicted("--model r.safetensors --data new.csv");
  ASSERT_EQ(values.size(), 40u);
  for (const double value : values) EXPECT_NEAR(value, 5000, 3000);
  write_series("s.csv", 0, 150, 2);
  const std::string forecast = output_of(
      "train --task forecast --recipe rocket --num-features 500 --window 20 --horizon 2 "
      "--time-column day --target-column power --validation 0.3 --data s.csv "
      "--model f.safetensors --threads 1");
  EXPECT_LT(number(forecast, "test mse", "mse"), number(forecast, "the last value", "mse")) << forecast;
  EXPECT_EQ(predicted("--model f.safetensors --data s.csv").size(), 2u);
  fails("train --recipe rocket --data train.csv --validation 0.2", "has no meaning with --recipe rocket", 2);
}

TEST_F(Numbers, OfTheBestRecipe) {
  write_means("train.csv", 30, 4);
  const std::string out = output_of(
      "train --task regression --recipe auto --epochs 2 --num-features 84 --time-limit 100 "
      "--data train.csv --threads 1");
  EXPECT_NE(out.find("r2  deviation  seconds"), std::string::npos) << out;
  EXPECT_NE(out.find("is taken: the best of"), std::string::npos) << out;
}

}  // namespace regression_test
