#include "heed/train/loggers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "../support/error_of.hpp"

namespace loggers_test {

using heed::EpochRecord;

struct Loggers : testing::Test {
  std::filesystem::path folder = [] {
    std::string name = (std::filesystem::temp_directory_path() / "heed_log_XXXXXX").string();
    return std::filesystem::path(::mkdtemp(name.data()));
  }();
  ~Loggers() override { std::filesystem::remove_all(folder); }

  std::string text(const char* name) const {
    std::ostringstream all;
    all << std::ifstream(folder / name).rdbuf();
    return all.str();
  }
};

EpochRecord record(int epoch) {
  return {.epoch = epoch,
          .epochs = 10,
          .loss = 0.1 + 1.0 / (3 * epoch),
          .accuracy = 0.5,
          .test_loss = HUGE_VAL,
          .learning_rate = 0.001,
          .seconds = 1.25,
          .sequences = 70};
}

TEST_F(Loggers, CsvHasAHeadAndARowAnEpoch) {
  const heed::Callback log = heed::csv_logger(folder / "log.csv");
  EXPECT_TRUE(log(record(1)));
  EXPECT_EQ(text("log.csv"),
            "epoch,epochs,loss,accuracy,validation_loss,validation_accuracy,test_loss,test_accuracy,learning_rate,"
            "seconds,sequences\n"
            "1,10,0.43333333333333335,0.5,,,inf,,0.001,1.25,70\n");
  EXPECT_TRUE(log(record(2)));
  EXPECT_NE(text("log.csv").find("\n2,10,0.26666666666666666,"), std::string::npos);
}

TEST_F(Loggers, JsonHasAnObjectAnEpoch) {
  const heed::Callback log = heed::json_logger(folder / "log.jsonl", "a \"run\"\n\x01");
  EXPECT_TRUE(log(record(1)));
  EXPECT_EQ(text("log.jsonl"),
            "{\"epoch\":1,\"epochs\":10,\"loss\":0.43333333333333335,\"accuracy\":0.5,\"test_loss\":\"inf\","
            "\"learning_rate\":0.001,\"seconds\":1.25,\"sequences\":70,\"run\":\"a \\\"run\\\"\\u000a\\u0001\"}\n");
}

TEST_F(Loggers, NumbersReadBackExactly) {
  EpochRecord r = record(1);
  for (const double value : {1.0 / 3, 1e-300, 5e-324, 1.7976931348623157e308, 0.1}) {
    r.loss = value;
    heed::json_logger(folder / "log.jsonl")(r);
    const std::string line = text("log.jsonl");
    const std::size_t at = line.find("\"loss\":") + 7;
    EXPECT_EQ(std::strtod(line.c_str() + at, nullptr), value);
  }
}

TEST_F(Loggers, ARunThatGoesOnReplacesTheEpochsThatComeAgain) {
  using Make = heed::Callback (*)(const std::filesystem::path&, const std::string&);
  for (const auto& [name, make] :
       {std::pair<const char*, Make>("log.csv", heed::csv_logger), {"log.jsonl", heed::json_logger}}) {
    const heed::Callback whole = make(folder / name, "x");
    for (int e = 1; e <= 5; ++e) whole(record(e));
    const std::string expected = text(name);
    const heed::Callback first = make(folder / name, "x");
    for (int e = 1; e <= 4; ++e) first(record(e));
    std::ofstream(folder / name, std::ios::app) << "5,half a li";  // killed as it wrote
    const heed::Callback second = make(folder / name, "x");
    for (int e = 3; e <= 5; ++e) second(record(e));
    EXPECT_EQ(text(name), expected);
    for (int e = 1; e <= 5; ++e) second(record(e));  // another run with the same callback
    EXPECT_EQ(text(name), expected);
  }
}

TEST_F(Loggers, EscapeTexts) {
  EXPECT_EQ(heed::csv_text("plain"), "plain");
  EXPECT_EQ(heed::csv_text("a,\"b\""), "\"a,\"\"b\"\"\"");
  EXPECT_EQ(heed::json_text("\\ \t \xc3\xa9"), "\"\\\\ \\u0009 \xc3\xa9\"");
  heed::csv_logger(folder / "log.csv", "one, two")(record(1));
  EXPECT_TRUE(text("log.csv").ends_with(",70,\"one, two\"\n"));
}

TEST_F(Loggers, SayWhereTheyCannotWrite) {
  const auto nowhere = folder / "missing" / "log";
  EXPECT_NE(test_support::error_of([&] { heed::csv_logger(nowhere); }).find(nowhere.string()), std::string::npos);
  EXPECT_NE(test_support::error_of([&] { heed::json_logger(nowhere); }).find(nowhere.string()), std::string::npos);
  EXPECT_NE(test_support::error_of([] { heed::csv_logger("/dev/full"); }).find("cannot write"), std::string::npos);
  heed::csv_logger(folder / "a.csv");
  EXPECT_FALSE(std::filesystem::exists(folder / "a.csv")) << "looked at alone";
  EXPECT_NE(test_support::error_of([&] { heed::csv_logger(folder / "log.csv", "two\nlines"); }).find("one line"),
            std::string::npos);
}

}  // namespace loggers_test
