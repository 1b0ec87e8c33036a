#include "heed/core/buffer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "../support/error_of.hpp"
#include "heed/core/scratch.hpp"
#include "heed/core/tile.hpp"

namespace buffer_test {

using heed::Buffer;
using test_support::error_of;

TEST(Buffer, IsAlignedToACacheLine) {
  EXPECT_EQ(heed::alignment, 64U);
  for (const heed::Index n : {1, 5, 1000}) {
    Buffer<float> b;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b.reserve(n)) % heed::alignment, 0U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(heed::allocate_aligned<char>(n).get()) % heed::alignment, 0U);
  }
}

TEST(Buffer, OnlyGrows) {
  Buffer<double> b;
  EXPECT_EQ(b.capacity(), 0);
  EXPECT_EQ(b.data(), nullptr);
  double* p = b.reserve(10);
  p[9] = 3;
  EXPECT_EQ(b.reserve(4), p);
  EXPECT_EQ(b.reserve(10), p);
  EXPECT_EQ(b.capacity(), 10);
  EXPECT_EQ(p[9], 3);
  b.reserve(11);
  EXPECT_EQ(b.capacity(), 11);
}

TEST(Buffer, CopiesStartEmpty) {
  Buffer<int> a;
  a.reserve(4);
  const Buffer<int> b = a;
  EXPECT_EQ(b.capacity(), 0);
  EXPECT_EQ(b.data(), nullptr);
  Buffer<int> c;
  int* own = c.reserve(7);
  c = a;  // keeps its own memory
  EXPECT_EQ(c.data(), own);
  EXPECT_EQ(c.capacity(), 7);
}

TEST(Buffer, IsUsableAfterAMove) {
  Buffer<int> a;
  int* memory = a.reserve(4);
  Buffer<int> b = std::move(a);
  EXPECT_EQ(b.data(), memory);
  EXPECT_EQ(b.capacity(), 4);
  EXPECT_NE(a.reserve(4), nullptr);
  b = std::move(a);
  EXPECT_EQ(b.capacity(), 4);
  EXPECT_EQ(a.capacity(), 0);
}

TEST(Buffer, RejectsSizesThatOverflow) {
  for (const heed::Index count : {std::numeric_limits<heed::Index>::max(), std::numeric_limits<heed::Index>::max() / 8,
                                  heed::Index(-1), std::numeric_limits<heed::Index>::min()}) {
    EXPECT_EQ(error_of([&] { heed::allocate_aligned<double>(count); }),
              "does not fit in memory (got " + std::to_string(count) + " numbers)");
  }
}

TEST(Buffer, WhatCouldNotBeAllocatedDoesNotCount) {
  const heed::Index before = heed::allocated_bytes();
  EXPECT_NE(error_of([] { heed::allocate_aligned<char>(heed::Index(1) << 60); }).find("does not fit in memory"),
            std::string::npos);
  EXPECT_EQ(heed::allocated_bytes(), before);
  EXPECT_NE(heed::allocate_aligned<char>(100), nullptr);
}

TEST(Buffer, RefusesANegativeSize) {
  heed::Buffer<float> buffer;
  EXPECT_EQ(error_of([&] { buffer.reserve(-1); }), "does not fit in memory (got -1 numbers)");
  EXPECT_NE(buffer.reserve(3), nullptr);
  EXPECT_NE(error_of([&] { buffer.reserve(std::numeric_limits<heed::Index>::min()); }), "no error");
  EXPECT_NE(error_of([&] { buffer.reserve(heed::Index(1) << 58); }), "no error");
  EXPECT_NE(buffer.reserve(3), nullptr);
}

TEST(Buffer, RoomForTilesAndScratchIsRefusedAlike) {
  heed::TileBuffer<double> tile;
  EXPECT_NE(error_of([&] { tile.take({heed::Index(1) << 40, 1 << 20}, 2); }).find("does not fit in memory"),
            std::string::npos);
  heed::Scratch scratch;
  EXPECT_NE(scratch.take<float>(10), nullptr);
  for (const heed::Index count : {heed::Index(-1000), heed::Index(1) << 60, heed::Index(1) << 57}) {
    EXPECT_NE(error_of([&] { scratch.take<double>(count); }).find("does not fit in memory"), std::string::npos)
        << count;
  }
  EXPECT_NE(scratch.take<float>(10), nullptr);
}

}  // namespace buffer_test
