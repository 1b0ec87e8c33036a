#include "heed/core/buffer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <new>
#include <utility>

namespace {

using heed::Buffer;

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
  EXPECT_THROW(heed::allocate_aligned<double>(std::numeric_limits<heed::Index>::max()), std::bad_array_new_length);
  EXPECT_THROW(heed::allocate_aligned<double>(-1), std::bad_array_new_length);
}

TEST(Buffer, WhatCouldNotBeAllocatedDoesNotCount) {
  const heed::Index before = heed::allocated_bytes();
  EXPECT_THROW(heed::allocate_aligned<char>(heed::Index(1) << 60), std::bad_alloc);
  EXPECT_EQ(heed::allocated_bytes(), before);
  EXPECT_NE(heed::allocate_aligned<char>(100), nullptr);
}

TEST(Buffer, RefusesANegativeSize) {
  heed::Buffer<float> buffer;
  EXPECT_THROW(buffer.reserve(-1), std::bad_alloc);
  EXPECT_NE(buffer.reserve(3), nullptr);
  EXPECT_THROW(buffer.reserve(std::numeric_limits<heed::Index>::min()), std::bad_alloc);
}

}  // namespace
