#include "heed/core/tile.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

namespace tile_test {

using heed::Into;
using heed::Shape;
using heed::Tile;
using heed::TileBuffer;

TEST(Tile, StandsStepByStepFeatureByFeatureLanesContiguous) {
  std::vector<float> v(2 * 3 * 4);
  std::iota(v.begin(), v.end(), 0.0F);
  const Tile<float> t(v.data(), {2, 3}, 4);
  EXPECT_EQ(t.size(), 24);
  EXPECT_EQ(t.shape(), (Shape{2, 3}));
  EXPECT_EQ(t.at(1, 2)[3], 23);
  EXPECT_EQ(t.at(0, 1)[0], 4);
  EXPECT_EQ(t.at(1)[0], 12);
}

// Calls pass where it stands. A class that may be copied as a block is copied as one for each call, read by packets too
// soon after its numbers were written one by one: a step of a stream took a quarter longer.
TEST(Tile, IsNoBlockOfBytesForCalls) {
  EXPECT_FALSE(std::is_trivially_copy_constructible_v<Tile<float>>);
  EXPECT_FALSE(std::is_trivially_copy_constructible_v<Tile<const float>>);
}

TEST(Tile, GivesStepsWithoutLengths) {
  std::vector<float> v(3 * 2 * 4);
  const std::int32_t lengths[] = {3, 1, 0, 2};
  const Tile<float> t(v.data(), {3, 2}, 4, lengths);
  const Tile<float> step = t.step(1);
  EXPECT_EQ(step.data, v.data() + 8);
  EXPECT_EQ(step.shape(), (Shape{1, 2}));
  EXPECT_EQ(step.lengths, nullptr);
  EXPECT_FALSE(t.step(3));
  const Tile<float> range = t.range(1, 2);
  EXPECT_EQ(range.data, t.at(1));
  EXPECT_EQ(range.steps, 2);
  EXPECT_EQ(range.lengths, nullptr);
  EXPECT_EQ(range.with_lengths(lengths).lengths, lengths);
}

TEST(Tile, KnowsHowManyStepsAreValid) {
  float v[6];
  const std::int32_t lengths[] = {0, 2, 9};
  EXPECT_EQ(Tile<float>(v, {2, 1}, 3).length(2), 2);
  const Tile<float> t(v, {2, 1}, 3, lengths);
  EXPECT_EQ(t.length(0), 0);
  EXPECT_EQ(t.length(1), 2);
  EXPECT_EQ(t.length(2), 2);
}

TEST(Tile, ConvertsToOneOfConstNumbers) {
  float v[6];
  const std::int32_t lengths[] = {1, 2, 2};
  const Tile<const float> t = Tile<float>(v, {2, 1}, 3, lengths);
  EXPECT_EQ(t.data, v);
  EXPECT_EQ(t.lengths, lengths);
  static_assert(!std::is_convertible_v<Tile<const float>, Tile<float>>);
  EXPECT_FALSE(Tile<float>());
}

TEST(Into, SaysWhetherAndHow) {
  float v[6];
  const Tile<float> t(v, {2, 1}, 3);
  EXPECT_FALSE(Into<float>{});
  EXPECT_FALSE(Into<float>{}.step(0));
  EXPECT_TRUE(heed::into(t));
  EXPECT_FALSE(heed::into(t).add);
  EXPECT_TRUE(heed::onto(t).add);
  EXPECT_EQ(heed::onto(t).step(1).tile.data, v + 3);
  EXPECT_TRUE(heed::onto(t).step(1).add);
}

TEST(TileBuffer, GrowsToTheLargestShape) {
  TileBuffer<double> b;
  const Tile<double> large = b.take({4, 3}, 8);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large.data) % heed::alignment, 0U);
  const std::int32_t lengths[] = {1, 0};
  const Tile<double> small = b.take({2, 3}, 2, lengths);
  EXPECT_EQ(small.data, large.data);
  EXPECT_EQ(b.view().shape(), (Shape{2, 3}));
  EXPECT_EQ(b.view().lengths, lengths);
  EXPECT_EQ(b.tile().lanes, 2);
}

TEST(TileBuffer, CopiesStartEmpty) {
  TileBuffer<double> a;
  a.take({4, 3}, 8);
  const TileBuffer<double> b = a;
  EXPECT_FALSE(b.view());
  TileBuffer<double> c;
  c.take({1, 1}, 1);
  const double* own = c.view().data;
  c = a;
  EXPECT_EQ(c.view().data, own);
}

TEST(TileBuffer, MovesItsTile) {
  TileBuffer<double> a;
  const double* memory = a.take({4, 3}, 8).data;
  const TileBuffer<double> b = std::move(a);
  EXPECT_EQ(b.view().data, memory);
  EXPECT_NE(a.take({4, 3}, 8).data, memory);
}

TEST(Tile, FillsAndCopies) {
  std::vector<float> v(6), w(6);
  const Tile<float> a(v.data(), {2, 1}, 3), b(w.data(), {2, 1}, 3);
  heed::fill(a, 4.0F);
  heed::copy(Tile<const float>(a), b);
  EXPECT_EQ(w, std::vector<float>(6, 4.0F));
}

}  // namespace tile_test
