#include "heed/data/sequences.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "heed/data/arff.hpp"
#include "heed/data/long_table.hpp"
#include "heed/data/next_tokens.hpp"
#include "heed/data/parallel_text.hpp"
#include "heed/data/sentences.hpp"
#include "heed/data/ts.hpp"
#include "heed/data/vocabulary.hpp"
#include "heed/data/word_features.hpp"
#include "support.hpp"

namespace sequences_test {

using data_test::error_of;
using heed::Sequences;
using heed::Tensor;

TEST(CheckFinite, PassesFiniteValues) {
  Sequences<float> s{Tensor<float, 3>({2, 3, 4})};
  s.x(1, 2, 3) = std::numeric_limits<float>::max();
  EXPECT_NO_THROW(heed::check_finite(s, "x.npy"));
}

TEST(CheckFinite, NamesSequenceStepAndFeature) {
  Sequences<double> s{Tensor<double, 3>({3, 4, 5})};
  s.x(1, 2, 3) = std::nan("");
  s.x(2, 0, 0) = HUGE_VAL;
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x.npy"); }),
            "x.npy, sequence 1, step 2, feature 3 (counted from 0): value is not finite (expected a finite number, got "
            "NaN)");
  s.x(0, 3, 4) = -HUGE_VAL;
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x.npy"); }),
            "x.npy, sequence 0, step 3, feature 4 (counted from 0): value is not finite (expected a finite number, got "
            "-infinity)");
  s.x(0, 0, 0) = HUGE_VAL;
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x.npy"); }),
            "x.npy, sequence 0, step 0, feature 0 (counted from 0): value is not finite (expected a finite number, got "
            "infinity)");
}

TEST(CheckFinite, LooksAtValidStepsOnly) {
  Sequences<float> s{Tensor<float, 3>({3, 2, 1}), {1, 0, 2}};
  s.x(0, 1, 0) = s.x(1, 0, 0) = NAN;
  EXPECT_NO_THROW(heed::check_finite(s, "x.ts"));
  s.x(2, 1, 0) = NAN;
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x.ts"); }),
            "x.ts, sequence 2, step 1, feature 0 (counted from 0): value is not finite (expected a finite number, got "
            "NaN)");
}

TEST(CheckLengths, RejectsLengthsThatDoNotFit) {
  Sequences<float> s{Tensor<float, 3>({2, 3, 1}), {3}};
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x"); }), "x: wrong number of lengths (expected 2, got 1)");
  s.lengths = {3, 4};
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x"); }),
            "x, sequence 1 (counted from 0): length out of range (expected 0 to 3, got 4)");
  s.lengths = {-1, 3};
  EXPECT_EQ(error_of([&] { heed::check_finite(s, "x"); }),
            "x, sequence 0 (counted from 0): length out of range (expected 0 to 3, got -1)");
}

TEST(Narrowed, TakesTheShiftInDouble) {
  Sequences<double> s{Tensor<double, 3>({1, 4, 1}, {1700000000.0, 1700000030.0, 1700000060.0, 1700000090.0})};
  const auto plain = heed::narrowed<float>(s, "x");
  EXPECT_EQ(plain.x(0, 1, 0) - plain.x(0, 0, 0), 0) << "a float has no room for these";
  const std::vector<double> shift{1700000045.0};
  const auto shifted = heed::narrowed<float>(s, "x", shift);
  const std::vector<float> expected{-45, -15, 15, 45};
  EXPECT_EQ(std::vector<float>(shifted.x.begin(), shifted.x.end()), expected);
  EXPECT_EQ(heed::narrowed<double>(s, "x", shift).x(0, 3, 0), 45);
}

TEST(Narrowed, KeepsLengthsAndLabelsAndClearsPadding) {
  Sequences<double> s{Tensor<double, 3>({2, 2, 1}, {1, 2, 3, std::nan("")}), {2, 1}, {"a", "b"}};
  const auto narrow = heed::narrowed<float>(s, "x");
  EXPECT_EQ(std::vector<float>(narrow.x.begin(), narrow.x.end()), (std::vector<float>{1, 2, 3, 0}));
  EXPECT_EQ(narrow.lengths, s.lengths);
  EXPECT_EQ(narrow.labels, s.labels);
}

// 160 kB of text would take 1.6 GB of memory in double
TEST(Sequences, AreNotPaddedToFarMoreThanTheyHold) {
  std::string ts = "@classLabel false\n@data\n0", table = "id,x\n", arff = "@attribute s relational\n@end s\n@data\n'0";
  constexpr int n = 20'000;
  for (int i = 1; i < n; ++i) ts += ",0", arff += ",0";
  for (int i = 0; i < n; ++i) table += "0,0\n";
  arff += '\'';
  for (int i = 1; i < n; ++i) {
    ts += "\n0";
    arff += "\n'0'";
    table += std::to_string(i) + ",0\n";
  }
  const std::string fault =
      "x: sequences of too different lengths (expected all padded to the longest, at most 1000 times their own "
      "numbers, got 39999 numbers, 20000 sequences, and 20000 steps in the longest)";
  EXPECT_EQ(error_of([&] { heed::parse_ts<double>(ts, "x"); }), fault);
  EXPECT_EQ(error_of([&] { heed::parse_arff<double>(arff, "x"); }), fault);
  EXPECT_EQ(error_of([&] {
              heed::parse_long_table<double>(table, "x", {{.label_column = "none", .sequence_column = "id"}});
            }),
            fault);
}

// 40 kB of words would take 1.6 GB of tokens
TEST(Sequences, OfWordsAreNotPaddedToFarMoreThanTheyHold) {
  const std::vector<std::string> marks{"<s>", "</s>"}, names{"word"};
  const heed::Vocabulary vocabulary(marks);
  std::vector<std::vector<std::string>> words(20'000, {"a"});
  words[7].resize(20'000, "a");
  const auto fault = [](const std::string& where, const char* numbers, const char* steps) {
    return where +
           ": sequences of too different lengths (expected all padded to the longest, at most 1000 times their own "
           "numbers, got " +
           numbers + " numbers, 20000 sequences, and " + steps + " steps in the longest)";
  };
  EXPECT_EQ(error_of([&] { heed::to_tokens(heed::Sentences{.words = words}, vocabulary); }),
            fault("to_tokens", "39999", "20000"));
  std::vector<std::vector<std::string>> fewer(3'000, {"a"});
  fewer[7].resize(5'000, "a");
  EXPECT_NE(error_of([&] { heed::to_tokens(heed::Sentences{.words = fewer}, vocabulary); }), "no error") << "16 kB";
  EXPECT_EQ(error_of([&] { heed::next_tokens(heed::Sentences{.words = words}, vocabulary, "</s>"); }),
            fault("next_tokens", "59999", "20001"));
  EXPECT_EQ(
      error_of([&] { heed::to_tokens(heed::ParallelText{.source = words, .target = words}, vocabulary, vocabulary); }),
      fault("to_tokens", "119998", "20001"));
  const auto features = heed::WordFeatures::from(words, names);
  EXPECT_EQ(error_of([&] { features.encode(words); }), fault("WordFeatures", "39999", "20000"));
  EXPECT_EQ(heed::to_tokens(heed::Sentences{.words = words}, vocabulary, 10).steps(), 10) << "cut, it is small";
}

TEST(Narrowed, RefusesWhatDoesNotFit) {
  Sequences<double> s{Tensor<double, 3>({1, 1, 2}, {1, 1e39})};
  EXPECT_EQ(error_of([&] { heed::narrowed<float>(s, "x.csv"); }),
            "x.csv, sequence 0, step 0, feature 1 (counted from 0): number out of range (expected a number that fits a "
            "float, "
            "got 1e+39)");
  s.x(0, 0, 1) = std::numeric_limits<double>::infinity();
  EXPECT_NE(error_of([&] { heed::narrowed<float>(s, "x.csv"); }).find("value is not finite"), std::string::npos);
  s.x(0, 0, 1) = 1e39;
  EXPECT_NO_THROW(heed::narrowed<double>(s, "x.csv"));
  const std::vector<double> shift{1};
  EXPECT_EQ(error_of([&] { heed::narrowed<double>(s, "x.csv", shift); }),
            "x.csv: wrong number of features (expected 2, got 1)");
  s.x(0, 0, 1) = 1;
  s.targets = Tensor<double, 2>({1, 2}, {1, -1e39});
  EXPECT_EQ(
      error_of([&] { heed::narrowed<float>(s, "x.csv"); }),
      "x.csv, sequence 0 (counted from 0): target out of range (expected a number that fits a float, got -1e+39)");
}

}  // namespace sequences_test
