#include "heed/train/split.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "../support/error_of.hpp"

namespace split_test {

using heed::Index;
using heed::Key;
using heed::Split;
using test_support::error_of;
using Labels = std::vector<std::int32_t>;

Labels labels(std::vector<int> counts) {
  Labels all;
  for (std::size_t c = 0; c < counts.size(); ++c)
    all.insert(all.end(), static_cast<std::size_t>(counts[c]), static_cast<std::int32_t>(c));
  return all;
}

// how many of each class were kept
std::vector<int> kept(const Labels& all, const Split& split) {
  std::vector<int> counts(static_cast<std::size_t>(*std::max_element(all.begin(), all.end())) + 1);
  for (const Index i : split.validation) ++counts[static_cast<std::size_t>(all[static_cast<std::size_t>(i)])];
  return counts;
}

TEST(StratifiedSplit, KeepsTheShareOfEachClass) {
  const Labels all = labels({100, 50, 10});
  const Split split = heed::stratified_split(all, 0.2, Key{1});
  EXPECT_EQ(kept(all, split), (std::vector<int>{20, 10, 2}));
  std::vector<Index> both = split.training;
  both.insert(both.end(), split.validation.begin(), split.validation.end());
  std::sort(both.begin(), both.end());
  ASSERT_EQ(both.size(), all.size());
  for (std::size_t i = 0; i < both.size(); ++i) EXPECT_EQ(both[i], static_cast<Index>(i));
  EXPECT_TRUE(std::is_sorted(split.training.begin(), split.training.end()));
}

TEST(StratifiedSplit, RoundsToTheNearestSequenceInAll) {
  const Labels all = labels({7, 7, 7, 1, 1});  // a quarter of each is 1.75 or 0.25; of all 5.75
  const std::vector<int> counts = kept(all, heed::stratified_split(all, 0.25, Key{1}));
  EXPECT_EQ(counts, (std::vector<int>{2, 2, 2, 0, 0}));  // a class keeps one to train on
}

TEST(StratifiedSplit, DependsOnTheKeyAlone) {
  const Labels all = labels({30, 30});
  const auto validation = [&](std::uint64_t seed) { return heed::stratified_split(all, 0.3, Key{seed}).validation; };
  EXPECT_EQ(validation(4), validation(4));
  EXPECT_NE(validation(4), validation(5));
}

// how many of class c each fold validates on
std::vector<int> validated(const Labels& all, const std::vector<Split>& folds, std::int32_t c) {
  std::vector<int> counts;
  for (const Split& fold : folds) {
    counts.push_back(0);
    for (const Index i : fold.validation) counts.back() += all[static_cast<std::size_t>(i)] == c;
  }
  std::sort(counts.begin(), counts.end());
  return counts;
}

TEST(StratifiedFolds, SpreadEachClass) {
  const Labels all = labels({12, 7, 3});
  const std::vector<Split> folds = heed::stratified_folds(all, 5, Key{3});
  ASSERT_EQ(folds.size(), 5U);
  EXPECT_EQ(validated(all, folds, 0), (std::vector<int>{2, 2, 2, 3, 3}));
  EXPECT_EQ(validated(all, folds, 1), (std::vector<int>{1, 1, 1, 2, 2}));
  EXPECT_EQ(validated(all, folds, 2), (std::vector<int>{0, 0, 1, 1, 1}));  // fewer than folds
  std::vector<Index> each;
  for (const Split& fold : folds) {
    EXPECT_TRUE(fold.validation.size() == 4 || fold.validation.size() == 5) << fold.validation.size();
    EXPECT_EQ(fold.training.size() + fold.validation.size(), all.size());
    EXPECT_TRUE(std::is_sorted(fold.training.begin(), fold.training.end()));
    each.insert(each.end(), fold.validation.begin(), fold.validation.end());
    for (const Index i : fold.validation) {
      EXPECT_FALSE(std::binary_search(fold.training.begin(), fold.training.end(), i));
    }
  }
  std::sort(each.begin(), each.end());
  ASSERT_EQ(each.size(), all.size());  // each once
  EXPECT_EQ(std::unique(each.begin(), each.end()), each.end());
}

TEST(StratifiedFolds, TrainOnAClassOfOneAlways) {
  const Labels all = labels({4, 1, 0, 2});
  for (const Split& fold : heed::stratified_folds(all, 3, Key{})) {
    EXPECT_TRUE(std::binary_search(fold.training.begin(), fold.training.end(), Index(4)));
  }
}

TEST(StratifiedFolds, DependOnTheKeyAlone) {
  const Labels all = labels({30, 30});
  const auto first = [&](std::uint64_t seed) { return heed::stratified_folds(all, 3, Key{seed})[0].validation; };
  EXPECT_EQ(first(4), first(4));
  EXPECT_NE(first(4), first(5));
}

TEST(StratifiedFolds, SayWhatIsOutOfRange) {
  const auto error = [](const Labels& all, Index folds) {
    return error_of([&] { heed::stratified_folds(all, folds, Key{}); });
  };
  EXPECT_NE(error({0, 0, 1, 1}, 1).find("2 to 4"), std::string::npos);
  EXPECT_NE(error({0, 0, 1, 1, 2}, 5).find("2 to 4"), std::string::npos);
  EXPECT_NE(error({0, 0, 1, 1}, -3).find("-3"), std::string::npos);
  EXPECT_NE(error({0, 1, 2}, 2).find("two sequences or more"), std::string::npos);
  EXPECT_NE(error({}, 2).find("two sequences or more"), std::string::npos);
  EXPECT_NE(error({0, -1}, 2).find("label 1"), std::string::npos);
}

TEST(RandomFolds, HaveAboutTheSameSize) {
  const std::vector<Split> folds = heed::random_folds(11, 4, Key{2});
  ASSERT_EQ(folds.size(), 4U);
  std::size_t sum = 0;
  for (const Split& fold : folds) {
    EXPECT_TRUE(fold.validation.size() == 2 || fold.validation.size() == 3);
    sum += fold.validation.size();
  }
  EXPECT_EQ(sum, 11U);
  EXPECT_NE(error_of([] { heed::random_folds(3, 4, Key{}); }).find("2 to 3"), std::string::npos);
}

TEST(RandomSplit, KeepsTheShare) {
  const Split split = heed::random_split(11, 0.25, Key{2});
  EXPECT_EQ(split.validation.size(), 3U);
  EXPECT_EQ(split.training.size(), 8U);
  EXPECT_TRUE(heed::random_split(11, 0, Key{2}).validation.empty());
}

TEST(Split, RejectsWhatIsOutOfRange) {
  using test_support::error_of;
  EXPECT_NE(error_of([] { heed::random_split(11, 1, Key{}); }).find("share out of range"), std::string::npos);
  EXPECT_NE(error_of([] { heed::stratified_split(Labels{0}, -0.1, Key{}); }).find("share"), std::string::npos);
  EXPECT_NE(error_of([] { heed::stratified_split(Labels{0, -1}, 0.1, Key{}); }).find("label 1"), std::string::npos);
}

TEST(BalancedClassWeights, AreThoseOfScikitLearn) {
  EXPECT_EQ(heed::balanced_class_weights(labels({6, 3, 1}), 3), (std::vector<double>{10.0 / 18, 10.0 / 9, 10.0 / 3}));
  EXPECT_EQ(heed::balanced_class_weights(labels({2}), 2), (std::vector<double>{0.5, 0}));
  EXPECT_NE(test_support::error_of([] { heed::balanced_class_weights(Labels{3}, 3); }).find("label out of range"),
            std::string::npos);
}

TEST(ForwardFolds, OfEachSeriesTrainOnWhatComesBefore) {
  // two series, of one step of targets each: 8 steps from 10 on, and 4 from 0 on, one window missing
  std::vector<heed::SeriesSteps> targets;
  for (heed::Index t = 10; t < 18; ++t) targets.push_back({0, {t, t + 1}});
  for (const heed::Index t : {0, 1, 3}) targets.push_back({5, {t, t + 1}});
  const std::vector<Split> folds = heed::forward_folds(targets, 3);
  ASSERT_EQ(folds.size(), 3U);
  EXPECT_EQ(folds[0].training, (std::vector<heed::Index>{0, 1, 8}));
  EXPECT_EQ(folds[0].validation, (std::vector<heed::Index>{2, 3, 9}));
  EXPECT_EQ(folds[1].training, (std::vector<heed::Index>{0, 1, 2, 3, 8, 9}));
  EXPECT_EQ(folds[1].validation, (std::vector<heed::Index>{4, 5}));
  EXPECT_EQ(folds[2].training, (std::vector<heed::Index>{0, 1, 2, 3, 4, 5, 8, 9}));
  EXPECT_EQ(folds[2].validation, (std::vector<heed::Index>{6, 7, 10}));
}

TEST(ForwardFolds, RefuseWhatDoesNotFit) {
  const auto error = [](std::vector<heed::SeriesSteps> targets, heed::Index folds) {
    return error_of([&] { heed::forward_folds(targets, folds); });
  };
  const std::vector<heed::SeriesSteps> four{{0, {0, 1}}, {0, {1, 2}}, {0, {2, 3}}, {0, {3, 4}}};
  EXPECT_EQ(error(four, 3), "no error");
  EXPECT_EQ(error(four, 1), "forward_folds: number of folds out of range (expected 2 to 10000, got 1)");
  EXPECT_EQ(
      error(four, 4),
      "forward_folds: too few windows for folds in the order of time (expected targets within each of 5 parts of a "
      "series; longer series or fewer folds, got 4 windows)");
  EXPECT_NE(error({}, 2).find("got 0 windows"), std::string::npos);
  const std::string odd =
      "forward_folds, window 1 (counted from 0): steps out of range (expected a series from 0, and "
      "at least one step from 0, got ";
  EXPECT_EQ(error({{0, {0, 1}}, {-1, {0, 1}}}, 2), odd + "series -1, steps 0 to 1)");
  EXPECT_EQ(error({{0, {0, 1}}, {0, {-1, 1}}}, 2), odd + "series 0, steps -1 to 1)");
  EXPECT_EQ(error({{0, {0, 1}}, {0, {3, 3}}}, 2), odd + "series 0, steps 3 to 3)");
  EXPECT_NE(error({{0, {0, 1}}, {0, {0, heed::Index(1) << 49}}}, 2).find("out of range"), std::string::npos);
}

}  // namespace split_test
