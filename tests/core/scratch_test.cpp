#include "heed/core/scratch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "../support/allocations.hpp"

namespace scratch_test {

using heed::Index;
using heed::Scratch;
using heed::Tile;
using test_support::allocations;

TEST(Allocations, AreCountedHoweverTheyAreMade) {
  struct alignas(128) Wide {
    char c[128];
  };
  const auto counted = [](auto allocate) {
    const long before = allocations();
    const auto memory = allocate();
    const void* volatile used = memory.get();  // or the compiler leaves the allocation out
    EXPECT_NE(used, nullptr);
    return allocations() - before;
  };
  EXPECT_EQ(counted([] { return std::unique_ptr<int>(new int); }), 1);
  EXPECT_EQ(counted([] { return std::unique_ptr<int[]>(new int[5]); }), 1);
  EXPECT_EQ(counted([] { return std::unique_ptr<Wide>(new Wide); }), 1);
  EXPECT_EQ(counted([] { return std::unique_ptr<Wide[]>(new Wide[2]); }), 1);
  EXPECT_EQ(counted([] { return std::unique_ptr<int>(new (std::nothrow) int); }), 1);
  EXPECT_EQ(counted([] { return std::unique_ptr<Wide[]>(new (std::nothrow) Wide[2]); }), 1);
  EXPECT_EQ(counted([] { return heed::allocate_aligned<float>(9); }), 1);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(std::make_unique<Wide>().get()) % 128, 0U);
}

TEST(Scratch, GivesAlignedPiecesThatDoNotOverlap) {
  Scratch scratch;
  std::vector<std::pair<char*, Index>> pieces;
  for (const Index n : {1, 64, 65, 70000, 3, 200000, 1}) {
    char* p = scratch.take<char>(n);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % heed::alignment, 0U);
    std::fill_n(p, n, static_cast<char>(n));
    pieces.emplace_back(p, n);
  }
  for (const auto& [p, n] : pieces) {
    EXPECT_EQ(std::count(p, p + n, static_cast<char>(n)), n);
  }
}

TEST(Scratch, GivesBackWhatWasTakenSinceAMark) {
  Scratch scratch;
  const float* first = scratch.take<float>(10);
  float *second = nullptr, *third = nullptr;
  {
    const Scratch::Mark outer(scratch);
    second = scratch.take<float>(10);
    {
      const Scratch::Mark inner(scratch);
      third = scratch.take<float>(1 << 20);
    }
    EXPECT_EQ(scratch.take<float>(1 << 20), third);
  }
  EXPECT_NE(first, second);
  EXPECT_EQ(scratch.take<float>(10), second);
}

TEST(Scratch, DoesNotAllocateOnceWarm) {
  Scratch scratch;
  const auto pass = [&] {
    const Scratch::Mark mark(scratch);
    for (Index n = 1; n < 100000; n *= 3) scratch.take<double>(n);
    const Scratch::Mark inner(scratch);
    scratch.tile<float>({10, 7}, 64);
  };
  pass();
  const long before = allocations();
  for (int i = 0; i < 10; ++i) pass();
  EXPECT_EQ(allocations(), before);
}

TEST(Scratch, GivesTiles) {
  Scratch scratch;
  const std::int32_t lengths[] = {1, 2};
  const Tile<double> t = scratch.tile<double>({3, 4}, 2, lengths);
  const Tile<double> u = scratch.like(Tile<const double>(t));
  EXPECT_EQ(t.shape(), (heed::Shape{3, 4}));
  EXPECT_EQ(u.shape(), t.shape());
  EXPECT_EQ(u.lanes, 2);
  EXPECT_EQ(u.lengths, lengths);
  EXPECT_GE(std::max(t.data, u.data) - std::min(t.data, u.data), t.size());
}

TEST(Scratch, CopiesStartEmptyAndMovesLeaveAnEmptyOne) {
  Scratch a;
  int* memory = a.take<int>(5);
  Scratch copy = a;
  EXPECT_NE(copy.take<int>(5), memory);
  a.take<int>(1 << 20);
  const Scratch b = std::move(a);
  int* p = a.take<int>(5);  // as good as new
  std::fill_n(p, 5, 1);
  EXPECT_NE(p, memory);
}

TEST(Pass, HandsEachChildAKeyOfItsOwn) {
  Scratch scratch;
  const heed::Pass pass{scratch, true, {7}, 128};
  const heed::Pass child = pass.at(3);
  EXPECT_EQ(&child.scratch, &scratch);
  EXPECT_TRUE(child.training);
  EXPECT_EQ(child.first_row, 128);
  EXPECT_EQ(child.key.value, heed::Key{7}.child(3).value);
  EXPECT_NE(child.key.value, pass.at(4).key.value);
  EXPECT_FALSE(heed::Pass{scratch}.training);
}

}  // namespace scratch_test
