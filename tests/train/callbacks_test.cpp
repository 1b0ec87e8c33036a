#include "heed/train/callbacks.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <limits>
#include <string>
#include <vector>

namespace callbacks_test {

using heed::Callback;
using heed::EpochRecord;

TEST(ClockText, IsMinutesOrHours) {
  EXPECT_EQ(heed::clock_text(0), "0:00");
  EXPECT_EQ(heed::clock_text(65), "1:05");
  EXPECT_EQ(heed::clock_text(3599.4), "59:59");
  EXPECT_EQ(heed::clock_text(3599.5), "1:00:00");
  EXPECT_EQ(heed::clock_text(2 * 3600 + 13 * 60 + 40), "2:13:40");
}

EpochRecord record() {
  return {.epoch = 12,
          .epochs = 100,
          .loss = 0.123456789,
          .accuracy = 0.9512,
          .test_loss = 0.2,
          .test_accuracy = 0.9431,
          .seconds = 1,
          .sequences = 28333};
}

TEST(ProgressText, TellsTheEpochInALine) {
  EXPECT_EQ(heed::progress_text(record()),
            "epoch 12/100  loss 0.123457  acc 0.9512  test 0.9431  340k seq/s  0:07 left");
  EpochRecord r = record();
  r.test_accuracy = std::numeric_limits<double>::quiet_NaN();
  r.sequences = 100;
  EXPECT_EQ(heed::progress_text(r), "epoch 12/100  loss 0.123457  acc 0.9512  1200 seq/s  0:07 left");
}

TEST(ProgressText, FitsATerminalWhateverHappens) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const int epoch : {1, 999, 100000, std::numeric_limits<int>::max()}) {
    for (const double loss :
         {0.0, 1e-300, 99999.5, 1e30, 1.7e308, -1.7e308, infinity, -infinity, infinity - infinity}) {
      for (const double seconds : {0.0, 1e-9, 1.0, 3e5, 1e12}) {
        for (const heed::Index sequences : {heed::Index(1), std::numeric_limits<heed::Index>::max()}) {
          for (const double test : {0.5, std::numeric_limits<double>::quiet_NaN()}) {
            const EpochRecord r{.epoch = epoch,
                                .epochs = std::numeric_limits<int>::max(),
                                .loss = loss,
                                .accuracy = 1,
                                .test_accuracy = test,
                                .seconds = seconds,
                                .sequences = sequences};
            const std::string text = heed::progress_text(r);
            ASSERT_LE(text.size(), 79U) << text;  // of 80 columns
            ASSERT_EQ(text.find(std::to_string(epoch) + "/"), text[0] == 'e' ? 6U : 0U) << text;
            ASSERT_NE(text.find("  loss "), std::string::npos) << text;
            ASSERT_EQ(text.find('\0'), std::string::npos);
          }
        }
      }
    }
  }
}

// What a callback writes for these epochs.
template <class Make>
std::string written(Make make, const std::vector<int>& epochs, int of) {
  std::FILE* file = std::tmpfile();
  const Callback callback = make(file);
  for (const int epoch : epochs) {
    EpochRecord r = record();
    r.epoch = epoch;
    r.epochs = of;
    EXPECT_TRUE(callback(r));
  }
  std::string text(static_cast<std::size_t>(std::ftell(file)), ' ');
  std::rewind(file);
  EXPECT_EQ(std::fread(text.data(), 1, text.size(), file), text.size());
  std::fclose(file);
  return text;
}
std::size_t count(const std::string& text, char c) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
}

TEST(PlainProgress, WritesTheFirstTheLastAndEveryNth) {
  const auto text = written([](std::FILE* f) { return heed::plain_progress(f, 5); }, {1, 2, 4, 5, 9, 10, 11, 12}, 12);
  EXPECT_EQ(count(text, '\n'), 4U);
  for (const char* line : {"epoch 1/12 ", "epoch 5/12 ", "epoch 10/12 ", "epoch 12/12 "})
    EXPECT_NE(text.find(line), std::string::npos) << line;
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(LiveProgress, WritesOneLineOverAndOver) {
  const auto text = written([](std::FILE* f) { return heed::live_progress(f); }, {1, 2, 3}, 3);
  EXPECT_EQ(count(text, '\r'), 3U);
  EXPECT_EQ(count(text, '\n'), 1U);
  EXPECT_EQ(text.back(), '\n');
}

// How many epochs `stop` lets through for these losses.
std::size_t epochs_until_stop(const Callback& stop, const std::vector<double>& losses, bool of_test = false) {
  int epoch = 0;
  for (const double loss : losses) {
    EpochRecord r{.epoch = ++epoch, .epochs = 100, .loss = of_test ? -epoch : loss};
    if (of_test) r.test_loss = loss;
    if (!stop(r)) break;
  }
  return static_cast<std::size_t>(epoch);
}

TEST(StopEarly, StopsWhenTheLossHasNotFallenForSoLong) {
  EXPECT_EQ(epochs_until_stop(heed::stop_early(2), {3, 2, 2, 1, 1.5, 1, 0, 0}), 6U);
  EXPECT_EQ(epochs_until_stop(heed::stop_early(2), {5, 4, 3, 2, 1}), 5U);
  EXPECT_EQ(epochs_until_stop(heed::stop_early(1), {5, 5, 1}), 2U);
}

TEST(StopEarly, LooksAtTheTestWhereThereIsOne) {
  EXPECT_EQ(epochs_until_stop(heed::stop_early(2), {3, 4, 4, 1}, true), 3U);
}

TEST(StopEarly, CountsFallsOfMoreThanLeast) {
  EXPECT_EQ(epochs_until_stop(heed::stop_early(2, 0.5), {3, 2.8, 2.6, 1}), 3U);
  // falls of less than that add up
  EXPECT_EQ(epochs_until_stop(heed::stop_early(3, 0.5), {3, 2.8, 2.6, 2.4, 2.2, 2.0, 1.8}), 7U);
}

TEST(StopEarly, StartsAnewWithEachRun) {
  const Callback stop = heed::stop_early(2);
  EXPECT_EQ(epochs_until_stop(stop, {1, 1, 1, 1}), 3U);
  EXPECT_EQ(epochs_until_stop(stop, {9, 8, 7, 6}), 4U);
}

TEST(ProgressText, TellsOfValidationAndOfLossesWithoutAccuracy) {
  EpochRecord r{.epoch = 1, .epochs = 2, .loss = 0.5, .accuracy = 0.75, .seconds = 1, .sequences = 100};
  r.validation_loss = 0.6;
  r.validation_accuracy = 0.7;
  EXPECT_EQ(heed::progress_text(r), "epoch 1/2  loss 0.500000  acc 0.7500  val 0.7000  100 seq/s  0:01 left");
  r.accuracy = r.validation_accuracy = NAN;
  r.test_loss = 12345;
  EXPECT_EQ(heed::progress_text(r), "epoch 1/2  loss 0.500000  val 0.600000  test 1.234e+04  100 seq/s  0:01 left");
}

}  // namespace callbacks_test
