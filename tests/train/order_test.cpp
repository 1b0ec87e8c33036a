#include "heed/train/order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace order_test {

using heed::EpochOrder;
using heed::EpochOrderOptions;
using heed::Index;
using heed::Key;
using Lengths = std::vector<std::int32_t>;
using Order = std::vector<Index>;

Lengths random_lengths(Index n, std::uint64_t longest) {
  Lengths lengths;
  for (Index i = 0; i < n; ++i) {
    lengths.push_back(static_cast<std::int32_t>(1 + Key{9}.below(static_cast<std::uint64_t>(i), longest)));
  }
  return lengths;
}
Order copy(std::span<const Index> order) { return {order.begin(), order.end()}; }
Order sorted(Order order) {
  std::sort(order.begin(), order.end());
  return order;
}

TEST(EpochOrder, OfAFullBatchIsThatOfTheData) {
  EpochOrder order(10, {}, {}, {.batch = 10});
  EXPECT_TRUE(order(Key{1}).empty());
  EpochOrder plain(10, {}, {}, {.batch = 3, .shuffle = false});
  EXPECT_TRUE(plain(Key{1}).empty());
  EpochOrder some(10, {2, 5, 7}, {}, {.batch = 3});
  EXPECT_EQ(copy(some(Key{1})), (Order{2, 5, 7}));
  EXPECT_EQ(some.count(), 3);
}

TEST(EpochOrder, SortsSequencesInsideABatchTheLongestFirst) {
  const Lengths lengths{1, 5, 3, 3, 9, 2, 7};
  EpochOrder full(7, {}, lengths, {.batch = 7});
  EXPECT_EQ(copy(full(Key{1})), (Order{4, 6, 1, 2, 3, 5, 0}));
  EpochOrder parts(7, {}, lengths, {.batch = 3, .shuffle = false});
  EXPECT_EQ(copy(parts(Key{1})), (Order{1, 2, 0, 4, 3, 5, 6}));
}

TEST(EpochOrder, ShufflesByTheKey) {
  const Lengths lengths = random_lengths(100, 20);
  for (const bool bucket : {false, true}) {
    EpochOrder order(100, {}, lengths, {.batch = 8, .bucket_by_length = bucket});
    const Order first = copy(order(Key{1})), second = copy(order(Key{2}));
    EXPECT_EQ(copy(order(Key{1})), first);
    EXPECT_NE(first, second);
    EXPECT_NE(sorted(Order(first.begin(), first.begin() + 8)), sorted(Order(second.begin(), second.begin() + 8)));
    EXPECT_EQ(sorted(first), sorted(second));
    EXPECT_EQ(sorted(first).back(), 99);
  }
}

// steps that a batch takes, and those that are valid
double padding(const Order& order, const Lengths& lengths, Index batch) {
  double taken = 0, valid = 0;
  const auto n = static_cast<Index>(order.size());
  for (Index first = 0; first < n; first += batch) {
    std::int32_t longest = 0;
    for (Index p = first; p < std::min(first + batch, n); ++p) {
      const std::int32_t length = lengths[static_cast<std::size_t>(order[static_cast<std::size_t>(p)])];
      longest = std::max(longest, length);
      valid += length;
    }
    taken += static_cast<double>(longest * std::min(batch, n - first));
  }
  return taken / valid;
}

TEST(EpochOrder, BucketsLeaveLittlePadding) {
  for (const std::uint64_t longest : {30U, 400U}) {
    const Lengths lengths = random_lengths(5000, longest);
    EpochOrder buckets(5000, {}, lengths, {.batch = 32, .bucket_by_length = true});
    EpochOrder plain(5000, {}, lengths, {.batch = 32});
    EXPECT_LT(padding(copy(buckets(Key{3})), lengths, 32), 1.05);
    EXPECT_GT(padding(copy(plain(Key{3})), lengths, 32), 1.8);
  }
}

TEST(EpochOrder, BucketsComeInRandomOrderAndThePartialBatchLast) {
  const Lengths lengths = random_lengths(1003, 50);
  EpochOrder order(1003, {}, lengths, {.batch = 10, .bucket_by_length = true});
  const Order all = copy(order(Key{1}));
  int rises = 0;
  for (Index b = 10; b < 1000; b += 10) {
    const auto length = [&](Index p) { return lengths[static_cast<std::size_t>(all[static_cast<std::size_t>(p)])]; };
    rises += length(b) > length(b - 10);
  }
  EXPECT_GT(rises, 25);
  EXPECT_LT(rises, 75);
  EpochOrder still(1003, {}, lengths, {.batch = 10, .shuffle = false, .bucket_by_length = true});
  EXPECT_EQ(copy(still(Key{1})), copy(still(Key{2})));
}

}  // namespace order_test
