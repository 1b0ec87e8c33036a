#include "heed/train/folds.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/task.hpp"
#include "heed/data/series_windows.hpp"

namespace folds_test {

using heed::FoldRows;
using heed::Index;
using test_support::error_of;
using Labels = std::vector<std::int32_t>;

TEST(Folds, AreThoseOfAllRepeats) {
  const Labels labels{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1};
  const std::vector<FoldRows> folds = heed::make_folds(labels, {.folds = 3, .repeats = 2, .seed = 5});
  ASSERT_EQ(folds.size(), 6U);
  EXPECT_EQ(folds[4].repeat, 1);
  EXPECT_EQ(folds[4].fold, 1);
  std::vector<int> validated(labels.size());
  for (const FoldRows& fold : folds) {
    EXPECT_EQ(fold.rows.training.size(), 8U);
    for (const Index i : fold.rows.validation) ++validated[static_cast<std::size_t>(i)];
  }
  EXPECT_EQ(validated, std::vector<int>(labels.size(), 2));  // once in each repeat
  EXPECT_NE(folds[0].rows.validation, folds[3].rows.validation);
  EXPECT_EQ(heed::make_folds(Index(7), {.folds = 7}).size(), 7U);  // each alone
}

TEST(Folds, OptionsOutOfRangeAreNamed) {
  EXPECT_NE(error_of([] { heed::make_folds(Index(9), {.folds = 1}); }).find("folds out of range"), std::string::npos);
  EXPECT_NE(error_of([] { heed::make_folds(Index(9), {.repeats = 0}); }).find("repeats"), std::string::npos);
  EXPECT_NE(error_of([] { heed::make_folds(Index(9), {.repeats = 2'000'000'000}); }).find("repeats"),
            std::string::npos);
  EXPECT_NE(error_of([] { heed::make_folds(Index(9), {.folds = 10}); }).find("2 to 9"), std::string::npos);
}

TEST(Folds, OfForecastsAreInTheOrderOfTime) {
  const std::vector<float> series(30);
  const auto windows = heed::series_windows(series, 6, 2);  // targets from step 6 to step 29, in four parts of six
  const std::vector<FoldRows> folds = heed::make_folds(windows.places, {.folds = 3});
  ASSERT_EQ(folds.size(), 3U);
  for (const FoldRows& fold : folds) {
    const std::size_t before = 6 + 6 * (static_cast<std::size_t>(fold.fold) + 1);
    ASSERT_EQ(fold.rows.training.size(), before - 6 - 1);
    ASSERT_EQ(fold.rows.validation.size(), 5U);  // six steps have five pairs
    for (const Index i : fold.rows.training) {
      EXPECT_LE(windows.places[static_cast<std::size_t>(i)].steps.last, static_cast<Index>(before));
    }
    for (const Index i : fold.rows.validation) {
      const heed::IndexRange steps = windows.places[static_cast<std::size_t>(i)].steps;
      EXPECT_GE(steps.first, static_cast<Index>(before));
      EXPECT_LE(steps.last, static_cast<Index>(before) + 6);
    }
  }
  EXPECT_EQ(error_of([&] { heed::make_folds(windows.places, {.repeats = 2}); }),
            "cross-validation, repeats: folds in the order of time are the same in each repeat (expected 1, got 2)");
  EXPECT_NE(error_of([&] { heed::make_folds(windows.places, {.folds = 12}); }).find("too few windows"),
            std::string::npos);
}

TEST(Folds, ScoresAreSummedUpAndMayEnd) {
  const auto folds = heed::make_folds(Index(8), {.folds = 4});
  const auto score = [](const FoldRows& fold) {
    return heed::Evaluation{.loss = 1, .accuracy = 0.5 + 0.1 * fold.fold};
  };
  const heed::CrossValidation all = heed::cross_validate(folds, score);
  ASSERT_EQ(all.folds.size(), 4U);
  EXPECT_EQ(all.folds[3].validation, 2);
  EXPECT_EQ(all.folds[3].training, 6);
  EXPECT_NEAR(all.accuracy.mean, 0.65, 1e-12);
  EXPECT_NEAR(all.accuracy.deviation, std::sqrt(0.05 / 3), 1e-12);
  EXPECT_EQ(all.loss.deviation, 0);

  const auto two = [](const heed::FoldResult& r) { return r.fold < 1; };
  EXPECT_EQ(heed::cross_validate(folds, score, {.callback = two}).folds.size(), 2U);
}

TEST(SequenceSubset, HasTheRowsThatAreAskedFor) {
  const test_support::Task<float> task(5, {3, 2}, 2, true);
  const std::vector<Index> rows{4, 1};
  const heed::SequenceSubset<float> subset(task.view(), rows);
  EXPECT_EQ(subset.view().count(), 2);
  EXPECT_EQ(subset.x(1, 2, 1), task.x(1, 2, 1));
  EXPECT_EQ(subset.targets(0, 0), task.labels[4]);
  EXPECT_EQ(subset.lengths, (Labels{task.lengths[4], task.lengths[1]}));
  const std::vector<Index> none{5};
  EXPECT_NE(error_of([&] { heed::SequenceSubset<float>(task.view(), none); }).find("no such sequence"),
            std::string::npos);
}

}  // namespace folds_test
