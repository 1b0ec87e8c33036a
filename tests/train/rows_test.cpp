#include "heed/train/rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/task.hpp"

namespace rows_test {

using heed::Index;
using heed::LocalRows;
using test_support::Task;

TEST(LocalRows, GiveTheSequencesOfAnOrder) {
  const Task<float> task(20, {3, 2}, 4, true);
  LocalRows<float> rows(task.view());
  EXPECT_EQ(rows.count(), 20);
  EXPECT_EQ(rows.shape(), (heed::Shape{3, 2}));
  EXPECT_EQ(rows.labels().data(), task.labels.data());
  std::vector<Index> order(20);
  for (Index i = 0; i < 20; ++i) order[static_cast<std::size_t>(i)] = 19 - i;
  heed::TileStore<float> store;
  store.reserve(1, rows.shape(), 16);
  for (const bool reversed : {false, true}) {
    rows.prepare(reversed ? std::span<const Index>(order) : std::span<const Index>(), {}, 0);
    const auto tile = rows.gather(store, 0, {5, 8});
    EXPECT_EQ(tile.rows, 3);
    for (Index l = 0; l < 3; ++l) {
      const Index i = reversed ? 14 - l : 5 + l;
      EXPECT_EQ(rows.at(5 + l), i);
      EXPECT_EQ(rows.targets(5 + l)[0], task.labels[static_cast<std::size_t>(i)]);
      EXPECT_EQ(tile.labels.data[l], task.labels[static_cast<std::size_t>(i)]);
      EXPECT_EQ(tile.x.at(0, 1)[l], task.x(i, 0, 1));
    }
  }
}

TEST(LocalRows, RejectFaultyData) {
  Task<float> task(5, {2, 3}, 2);
  task.labels.pop_back();
  EXPECT_NE(test_support::error_of([&] { LocalRows<float>(task.view()); }).find("differ in number"), std::string::npos);
}

TEST(LocalRows, GiveTargets) {
  const Task<float> task(20, {3, 2}, 4, true);
  heed::Tensor<float, 2> y({20, 3});
  for (Index i = 0; i < 60; ++i) y.data()[i] = static_cast<float>(i);
  LocalRows<float, float> rows({task.x.view(), y.view(), task.lengths});
  heed::TileStore<float, float> store;
  store.reserve(1, rows.shape(), 16, 3);
  const auto tile = rows.gather(store, 0, {5, 8});
  EXPECT_EQ(tile.labels.shape(), (heed::Shape{1, 3}));
  for (Index k = 0; k < 3; ++k) {
    EXPECT_EQ(rows.targets(7)[static_cast<std::size_t>(k)], y(7, k));
    for (Index l = 0; l < 16; ++l) EXPECT_EQ(tile.labels.at(0, k)[l], l < 3 ? y(5 + l, k) : 0);
  }
}

TEST(LocalRows, HaveAFingerprintOfWhatCounts) {
  Task<float> task(20, {3, 2}, 4, true);
  task.lengths[4] = 2;
  const auto print = [&] { return LocalRows<float>(task.view()).fingerprint(); };
  const auto before = print();
  task.x(4, 2, 0) = 7;  // past the end
  EXPECT_EQ(print(), before);
  task.x(4, 1, 0) += 1;
  EXPECT_NE(print(), before);
  task.x(4, 1, 0) -= 1;
  std::swap_ranges(task.x.data(), task.x.data() + 6, task.x.data() + 6);
  EXPECT_NE(print(), before) << "another order";
}

}  // namespace rows_test
