#include "heed/train/split.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "../support/error_of.hpp"

namespace {

using heed::Index;
using heed::Key;
using heed::Split;
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

}  // namespace
