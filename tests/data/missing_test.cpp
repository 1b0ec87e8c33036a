#include "heed/data/missing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "heed/data/labelled.hpp"
#include "heed/data/load.hpp"
#include "support.hpp"

namespace missing_test {

using data_test::error_of;
using data_test::Folder;
using heed::Index;
using heed::Missing;
using heed::Sequences;
using heed::Tensor;

constexpr double gap = std::numeric_limits<double>::quiet_NaN();

/// Sequences of one feature.
Sequences<double> rows(Index steps, std::vector<double> values) {
  const heed::Extents<3> extents{static_cast<Index>(values.size()) / steps, steps, 1};
  return {Tensor<double, 3>(extents, std::move(values)), {}, {}};
}
std::vector<double> filled(Sequences<double> s, Missing how, std::vector<double> means = {}) {
  heed::fill_missing(s, how, means);
  return {s.x.begin(), s.x.end()};
}
using Numbers = std::vector<double>;

TEST(Missing, EachWayFillsGapsAtBothEndsAndBetween) {
  const auto s = rows(7, {gap, 2, gap, gap, 8, gap, gap});
  EXPECT_EQ(filled(s, Missing::linear), (Numbers{2, 2, 4, 6, 8, 8, 8}));
  EXPECT_EQ(filled(s, Missing::previous), (Numbers{2, 2, 2, 2, 8, 8, 8}));
  EXPECT_EQ(filled(s, Missing::mean), (Numbers{5, 2, 5, 5, 8, 5, 5}));
  EXPECT_EQ(filled(s, Missing::zero), (Numbers{0, 2, 0, 0, 8, 0, 0}));
}

TEST(Missing, ASequenceWithoutAnyValueGetsTheMeanOfTheOthers) {
  const auto s = rows(2, {gap, gap, 1, 2, 4, gap});
  const double mean = 7.0 / 3;
  EXPECT_EQ(filled(s, Missing::linear), (Numbers{mean, mean, 1, 2, 4, 4}));
  EXPECT_EQ(filled(s, Missing::previous), (Numbers{mean, mean, 1, 2, 4, 4}));
  EXPECT_EQ(filled(s, Missing::linear, {-1}), (Numbers{-1, -1, 1, 2, 4, 4})) << "those of the training data";
  EXPECT_EQ(filled(s, Missing::mean, {-1}), (Numbers{-1, -1, 1, 2, 4, -1}));
}

TEST(Missing, FeaturesAreFilledEachByItselfAndStepsPastTheEndStay) {
  Sequences<double> s{Tensor<double, 3>({2, 3, 2}, {gap, 1, 3, gap, gap, 5, 7, gap, 0, 0, 0, 0}), {3, 1}, {}};
  EXPECT_EQ(heed::feature_means(s), (Numbers{5, 3}));
  EXPECT_EQ(heed::fill_missing(s, Missing::linear), 4);
  EXPECT_EQ(Numbers(s.x.begin(), s.x.end()), (Numbers{3, 1, 3, 3, 3, 5, 7, 3, 0, 0, 0, 0}));
  Sequences<float> past{Tensor<float, 3>({1, 2, 1}, {1, static_cast<float>(gap)}), {1}, {}};
  EXPECT_EQ(heed::fill_missing(past, Missing::zero), 0) << "padding is no value";
}

using Bytes = std::vector<std::uint8_t>;
Bytes mask_of(const auto& s) { return {s.mask.begin(), s.mask.end()}; }

TEST(Missing, AsMasksAreStepsWithoutAValue) {
  auto s = rows(4, {gap, 2, gap, 8, 1, 2, 3, 4});
  EXPECT_EQ(heed::fill_missing(s, Missing::mask), 2);
  EXPECT_EQ(mask_of(s), (Bytes{0, 1, 0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(Numbers(s.x.begin(), s.x.end()), (Numbers{0, 2, 0, 8, 1, 2, 3, 4}));
  EXPECT_EQ(s.step_mask().count(), 2);
  EXPECT_EQ(heed::feature_means(s)[0], 20.0 / 6) << "of the steps that are there";
  EXPECT_EQ(heed::fill_missing(s, Missing::mask), 0);
  EXPECT_EQ(mask_of(s), (Bytes{0, 1, 0, 1, 1, 1, 1, 1})) << "it stays";
  auto whole = rows(2, {1, 2});
  EXPECT_EQ(heed::fill_missing(whole, Missing::mask), 0);
  EXPECT_TRUE(whole.mask.empty() && whole.step_mask().empty());
}

// What stands at a step that is not there may be anything, and is no neighbour of a gap.
TEST(Missing, BesideAMaskIsFilledFromTheStepsThatAreThere) {
  const double no = 999, infinite = std::numeric_limits<double>::infinity();
  const auto masked = [&](std::vector<double> values) {
    auto s = rows(6, std::move(values));
    s.mask = Tensor<std::uint8_t, 2>({1, 6}, {0, 1, 0, 1, 0, 1});
    return s;
  };
  const auto linear = masked({no, 2, infinite, gap, gap, 4});
  EXPECT_EQ(filled(linear, Missing::linear), (Numbers{0, 2, 0, 3, 0, 4}));
  EXPECT_EQ(filled(masked({no, gap, no, 6, no, 4}), Missing::previous), (Numbers{0, 6, 0, 6, 0, 4}));
  EXPECT_EQ(filled(masked({no, gap, no, 6, no, 4}), Missing::mean), (Numbers{0, 5, 0, 6, 0, 4}));
  auto more = masked({no, gap, gap, 6, no, 4});
  EXPECT_EQ(heed::fill_missing(more, Missing::mask), 1);
  EXPECT_EQ(mask_of(more), (Bytes{0, 0, 0, 1, 0, 1}));
  auto whole = masked({gap, 1, gap, 2, no, 3});
  EXPECT_EQ(heed::fill_missing(whole, Missing::error), 0);
  EXPECT_EQ(whole.x(0, 4, 0), no) << "nothing was to be done";
  EXPECT_NE(error_of([&] {
              heed::fill_missing(more = masked({1, gap, 1, 1, 1, 1}), Missing::error);
            }).find("of those that are there"),
            std::string::npos);
}

// Of several features those that are missing at a step are filled, where the others are there.
TEST(Missing, AsMasksFillStepsThatHaveSomeValues) {
  Sequences<double> s{
      Tensor<double, 3>({2, 4, 2}, {1, 5, gap, gap, gap, 6, 4, gap, gap, gap, gap, gap, 0, 0, 0, 0}), {4, 2}, {}};
  EXPECT_EQ(heed::fill_missing(s, Missing::mask), 8);
  EXPECT_EQ(mask_of(s), (Bytes{1, 0, 1, 1, 0, 0, 0, 0})) << "a sequence without any value has no steps";
  EXPECT_EQ(Numbers(s.x.begin(), s.x.end()), (Numbers{1, 5, 0, 0, 3, 6, 4, 6, 0, 0, 0, 0, 0, 0, 0, 0}));
  // a feature that a sequence lacks altogether gets its mean
  Sequences<double> one{Tensor<double, 3>({1, 2, 2}, {1, gap, gap, gap}), {}, {}};
  EXPECT_EQ(heed::fill_missing(one, Missing::mask, Numbers{7, 9}), 3);
  EXPECT_EQ(Numbers(one.x.begin(), one.x.end()), (Numbers{1, 9, 0, 0}));
}

TEST(Missing, OfAViewAsMasksStayNaN) {
  std::vector<double> x{1, gap, gap, gap, 3, gap};
  const heed::TensorView<double, 3> view(x.data(), {1, 3, 2});
  EXPECT_EQ(heed::fill_missing<double>(view, {}, Missing::mask, Numbers{0, 8}), 4);
  const auto present = heed::steps_with_values<double>(view);
  EXPECT_EQ(Bytes(present.begin(), present.end()), (Bytes{1, 0, 1}));
  EXPECT_EQ(x[1], 8);
  EXPECT_TRUE(std::isnan(x[2]) && std::isnan(x[3]));
}

TEST(Missing, SaysWhatCannotBeFilled) {
  auto none = rows(2, {gap, gap, gap, gap});
  EXPECT_EQ(error_of([&] { heed::fill_missing(none, Missing::linear, {}, "x.ts"); }),
            "x.ts, sequence 0, feature 0 (counted from 0): a feature has no value that could fill it (expected a value "
            "in some sequence, or zeros to fill it, got missing values alone)");
  EXPECT_EQ(filled(none, Missing::zero), (Numbers{0, 0, 0, 0}));
  auto some = rows(2, {1, gap});
  EXPECT_EQ(error_of([&] { heed::fill_missing(some, Missing::error, {}, "x.npy"); }),
            "x.npy, sequence 0, step 1, feature 0 (counted from 0): value is not finite (expected a finite number, got "
            "NaN)");
  EXPECT_EQ(error_of([&] { heed::fill_missing(some, Missing::mean, Numbers{1, 2}); }),
            "fill_missing: wrong number of means (expected 1, one a feature, got 2)");
  auto infinite = rows(2, {gap, std::numeric_limits<double>::infinity()});
  EXPECT_EQ(error_of([&] { heed::fill_missing(infinite, Missing::zero, {}, "x.npy"); }),
            "x.npy, sequence 0, step 1, feature 0 (counted from 0): value is not finite (expected a finite number, or "
            "NaN where it is missing, got infinity)");
  auto large = rows(3, {-1.7e308, gap, 1.7e308});
  EXPECT_EQ(filled(large, Missing::linear)[1], 0) << "no overflow";
}

TEST(Missing, SaysThatAGivenMeanCannotFill) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const auto& wrong : {std::pair(infinity, "inf"), {-infinity, "-inf"}, {1e300, "1e+300"}}) {
    const Numbers mean{wrong.first};
    heed::Tensor<float, 3> x({2, 2, 1});
    x(0, 0, 0) = x(1, 0, 0) = x(1, 1, 0) = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(
        error_of([&] { heed::fill_missing(x.view(), {}, Missing::linear, mean); }),
        std::string("fill_missing, means, feature 0 (counted from 0): a mean cannot fill (expected a finite number "
                    "that fits, got ") +
            wrong.second + ")");
    EXPECT_TRUE(std::isnan(x(0, 0, 0))) << "nothing is filled";
    x(1, 1, 0) = 3;
    EXPECT_EQ(heed::fill_missing(x.view(), {}, Missing::linear, mean), 2) << "the mean is not needed";
    EXPECT_EQ(x(1, 0, 0), 3);
  }
}

TEST(Missing, AGivenMeanMayBeUnknownWhereItIsNotNeeded) {
  EXPECT_EQ(filled(rows(2, {1, gap}), Missing::linear, {gap}), (Numbers{1, 1}));
  auto none = rows(2, {gap, gap, 1, 2});
  EXPECT_EQ(
      error_of([&] { heed::fill_missing(none, Missing::linear, Numbers{gap}); }),
      "fill_missing, sequence 0, feature 0 (counted from 0): a feature has no value that could fill it (expected a "
      "value in some sequence, or zeros to fill it, got missing values alone, and a mean that is not known (NaN))");
}

TEST(Missing, FieldsThatSayIt) {
  for (const char* field : {"", "?", "NaN", "nan", "-nan", "NA", "n/a", "#N/A", "<NA>", "null", "None"})
    EXPECT_TRUE(heed::is_missing(field)) << field;
  for (const char* field : {"0", "??", "nano", "x", "inf", "-", "nanana"})
    EXPECT_FALSE(heed::is_missing(field)) << field;
}

Sequences<float> loaded(const std::filesystem::path& path, Missing how) {
  return heed::load_sequences<float>(path, {}, {.labels = false, .missing = how});
}

// The same gaps in every format.
TEST(Missing, ReadersOfAllFormatsFill) {
  const Folder folder;
  heed::write_npy(folder / "d.npy", Tensor<double, 2>({2, 3}, {1, gap, 3, gap, 5, gap}));
  const std::string head = "@univariate true\n@classLabel true a b\n@data\n";
  const std::string attributes = "@relation x\n@attribute a numeric\n@attribute b numeric\n@attribute c numeric\n";
  for (const auto& path :
       {folder.file("d.ts", head + "1,?,3:a\nNaN,5,:b\n"), folder / "d.npy",
        folder.file("d.arff", attributes + "@attribute y {a,b}\n@data\n1,?,3,a\n?,5,NaN,b\n"),
        folder.file("d.csv", "a,b,c,y\n1,,3,a\nNA,5,NaN,b\n"), folder.file("d.tsv", "1\t\t3\ta\n\t5\t\tb\n")}) {
    const bool table = path.extension() == ".csv" || path.extension() == ".tsv";
    const auto load = [&](Missing how) {
      return heed::load_sequences<float>(path, {}, {.labels = table, .missing = how});
    };
    EXPECT_NE(error_of([&] { load(Missing::error); }), "no error") << path;
    const auto s = load(Missing::linear);
    ASSERT_EQ(s.x.extents(), (heed::Extents<3>{2, 3, 1})) << path;
    EXPECT_EQ(Numbers(s.x.begin(), s.x.end()), (Numbers{1, 2, 3, 5, 5, 5})) << path;
    const auto masked = load(Missing::mask);
    EXPECT_EQ(mask_of(masked), (Bytes{1, 0, 1, 0, 1, 0})) << path;
    EXPECT_EQ(Numbers(masked.x.begin(), masked.x.end()), (Numbers{1, 0, 3, 0, 5, 0})) << path;
    const auto kept = load(Missing::keep);
    EXPECT_TRUE(std::isnan(kept.x(0, 1, 0)) && std::isnan(kept.x(1, 2, 0)) && kept.x(0, 2, 0) == 3) << path;
  }
}

TEST(Missing, OfRaggedCases) {
  const Folder folder;
  const auto s = loaded(folder.file("d.ts", "@dimensions 2\n@data\n1,?,5:?,?,?\n?,2:4,6\n"), Missing::previous);
  EXPECT_EQ(s.lengths, (std::vector<std::int32_t>{3, 2}));
  EXPECT_EQ(Numbers(s.x.begin(), s.x.end()), (Numbers{1, 5, 1, 5, 5, 5, 2, 4, 2, 6, 0, 0}));
}

// A first row of gaps is no header.
TEST(Missing, GapsInTheFirstRowsOfATable) {
  const auto parsed = [](const std::string& text) {
    return heed::parse_table<double>(text, "x.csv", {.read = {Missing::zero}});
  };
  EXPECT_EQ(parsed("NA,NA,NA,up\n1,2,3,down\n").count(), 2);
  EXPECT_EQ(parsed(",,,up\n1,2,3,down\n").count(), 2);
  EXPECT_EQ(parsed("?,?,up\n?,?,down\n").count(), 2);
  auto s = parsed("a,b,c,y\nNA,,?,up\n1,2,3,down\n");
  EXPECT_EQ(s.count(), 2);
  EXPECT_EQ(s.labels, (std::vector<std::string>{"up", "down"}));
  s = parsed("0,1,2,label\nNA,2,3,up\n4,5,6,down\n");
  EXPECT_EQ(s.labels, (std::vector<std::string>{"up", "down"}));
  EXPECT_EQ(Numbers(s.x.begin(), s.x.end()), (Numbers{0, 2, 3, 4, 5, 6}));
}

// Each row of a file without labels has an answer: one of gaps alone must not be passed over.
TEST(Missing, ARowOfGapsAloneIsARow) {
  const Folder folder;
  for (const auto& path :
       {folder.file("d.tsv", "1\t2\t3\n\t\t\n\n5\t6\t7\n"), folder.file("d.csv", "1,2,3\n,,\n\n5,6,7\n")}) {
    const auto s = heed::load_sequences<float>(
        path, {}, {.labels = false, .table = {.label_column = "none"}, .missing = Missing::mean});
    ASSERT_EQ(s.count(), 3) << path;
    EXPECT_EQ(s.x(1, 0, 0), 4) << "the mean of 1, 2, 3, 5, 6 and 7";
  }
}

TEST(Missing, OtherFaultsStayFaults) {
  const auto error = [](const std::string& text) {
    return error_of([&] { heed::parse_table<double>(text, "x.csv", {.read = {Missing::linear}}); });
  };
  EXPECT_EQ(error("1,x,a\n"), "x.csv, line 1, column 3: not a number (expected a number, got 'x')");
  EXPECT_EQ(error("1,inf,a\n"), "x.csv, line 1, column 3: value is not finite (expected a finite number, got 'inf')");
  EXPECT_EQ(error("1,2,a\n3,,\n"),
            "x.csv, line 2, column 4: not a label (expected an integer of 64 bits or a word, "
            "got nothing)");
}

TEST(Missing, OfAPartAreFilledFromAll) {
  const Folder folder;
  heed::write_npy(folder / "d.npy", Tensor<double, 2>({3, 1}, {1, gap, 5}));
  const auto part = [](Index) { return heed::IndexRange{1, 2}; };
  const auto s =
      heed::load_sequences<double>(folder / "d.npy", {}, {.labels = false, .part = part, .missing = Missing::mean});
  ASSERT_EQ(s.count(), 1);
  EXPECT_EQ(s.x(0, 0, 0), 3);
  const auto masked =
      heed::load_sequences<double>(folder / "d.npy", {}, {.labels = false, .part = part, .missing = Missing::mask});
  EXPECT_EQ(mask_of(masked), Bytes{0}) << "of the part, as the numbers";
}

// Labelled data hand their mask on to fit, in any order.
TEST(Missing, AsMasksGoWithTheirRows) {
  const Folder folder;
  const auto path = folder.file("d.csv", "1,,3,a\n4,5,6,b\n,8,9,a\n");
  const heed::Labelled<float> data(heed::load_sequences<float>(path, {}, {.missing = Missing::mask}), "d.csv");
  ASSERT_FALSE(data.view().mask.empty());
  EXPECT_FALSE(data.view().mask(0, 1));
  const heed::Labelled<float> some = data.rows(std::vector<Index>{2, 1});
  EXPECT_EQ(mask_of(some.sequences), (Bytes{0, 1, 1, 1, 1, 1}));
  EXPECT_FALSE(some.view().mask(0, 0));
  EXPECT_TRUE(heed::narrowed<float>(heed::load_sequences<double>(path, {}, {.missing = Missing::mask}), "d.csv")
                  .mask.extents() == (heed::Extents<2>{3, 3}));
}

}  // namespace missing_test
