#include "heed/core/lengths.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

namespace lengths_test {

using heed::Index;
using heed::Tile;

// three steps of two features in four lanes, numbered from 1; valid steps 3, 1, 0, 2
struct Ragged {
  std::vector<float> values = std::vector<float>(3 * 2 * 4);
  std::array<std::int32_t, 4> lengths{3, 1, 0, 2};
  Tile<float> tile;

  Ragged() {
    std::iota(values.begin(), values.end(), 1.0F);
    tile = Tile<float>(values.data(), {3, 2}, 4, lengths.data());
  }
  Tile<const float> full() const { return Tile<const float>(values.data(), {3, 2}, 4); }
};
using Lanes = std::vector<float>;

Lanes lanes(Tile<float> t, Index step, Index feature) {
  return Lanes(t.at(step, feature), t.at(step, feature) + t.lanes);
}

TEST(Lengths, KnowTheStepsThatAllLanesHave) {
  Ragged r;
  EXPECT_EQ(heed::common_length(r.tile), 0);
  r.lengths = {3, 2, 2, 9};
  EXPECT_EQ(heed::common_length(r.tile), 2);
  r.lengths = {9, 8, 7, 6};
  EXPECT_EQ(heed::common_length(r.tile), 3);
  EXPECT_EQ(heed::common_length(r.full()), 3);
}

TEST(Lengths, ZeroLanesThatHaveEnded) {
  Ragged r;
  heed::zero_ended(r.tile, 1, r.tile.step(1));
  EXPECT_EQ(lanes(r.tile, 0, 1), (Lanes{5, 6, 7, 8}));
  EXPECT_EQ(lanes(r.tile, 1, 0), (Lanes{9, 0, 0, 12}));
  EXPECT_EQ(lanes(r.tile, 1, 1), (Lanes{13, 0, 0, 16}));
}

TEST(Lengths, ZeroWhatStandsPastTheEnd) {
  Ragged r;
  heed::zero_past_end(Tile<float>(r.values.data(), {3, 2}, 4), r.lengths.data());
  EXPECT_EQ(lanes(r.tile, 0, 0), (Lanes{1, 2, 0, 4}));
  EXPECT_EQ(lanes(r.tile, 1, 1), (Lanes{13, 0, 0, 16}));
  EXPECT_EQ(lanes(r.tile, 2, 1), (Lanes{21, 0, 0, 0}));
  const std::vector<float> before = r.values;
  heed::zero_past_end(r.tile, nullptr);
  EXPECT_EQ(r.values, before);
}

TEST(Lengths, AddWhereTheLastValidStepIs) {
  const Ragged r;
  Lanes sum(8, 100);
  const Tile<float> to(sum.data(), {1, 2}, 4);
  const Tile<const float> from = Tile<const float>(r.tile).step(0);
  heed::add_where_last(r.tile, 1, from, to);
  EXPECT_EQ(sum, (Lanes{100, 100, 100, 104, 100, 100, 100, 108}));
  heed::add_where_last(r.tile, 2, from, to);
  EXPECT_EQ(lanes(to, 0, 0), (Lanes{101, 100, 100, 104}));
  heed::add_where_last(r.full(), 1, from, to);
  EXPECT_EQ(lanes(to, 0, 0), (Lanes{101, 100, 100, 104}));
  heed::add_where_last(r.full(), 2, from, to);
  EXPECT_EQ(lanes(to, 0, 0), (Lanes{102, 102, 103, 108}));
  heed::add_where_last(r.full(), 2, Tile<const float>(), to);
  EXPECT_EQ(lanes(to, 0, 0), (Lanes{102, 102, 103, 108}));
}

TEST(Lengths, AddWhereNothingIsValid) {
  const Ragged r;
  Lanes sum(8);
  const Tile<float> to(sum.data(), {1, 2}, 4);
  heed::add_where_empty(r.tile, Tile<const float>(r.tile).step(0), to);
  EXPECT_EQ(sum, (Lanes{0, 0, 3, 0, 0, 0, 7, 0}));
  heed::add_where_empty(r.full(), Tile<const float>(r.tile).step(0), to);
  EXPECT_EQ(lanes(to, 0, 0), (Lanes{0, 0, 3, 0}));
}

TEST(Lengths, TakeTheLastValidStep) {
  const Ragged r;
  Lanes last(8, -1), otherwise{91, 92, 93, 94, 95, 96, 97, 98};
  const Tile<float> to(last.data(), {1, 2}, 4);
  heed::take_last(r.tile, r.full(), Tile<const float>(), to);
  EXPECT_EQ(last, (Lanes{17, 2, 0, 12, 21, 6, 0, 16}));
  heed::take_last(r.tile, r.full(), Tile<const float>(otherwise.data(), {1, 2}, 4), to);
  EXPECT_EQ(last, (Lanes{17, 2, 93, 12, 21, 6, 97, 16}));
  heed::take_last(r.full(), r.full(), Tile<const float>(), to);
  EXPECT_EQ(last, (Lanes{17, 18, 19, 20, 21, 22, 23, 24}));
  heed::take_last(r.tile, r.full(), Tile<const float>(), Tile<float>());
}

TEST(Lengths, PutAGradientAtTheLastValidStep) {
  const Ragged r;
  Lanes dy{1, 2, 3, 4, 5, 6, 7, 8}, dx(24, 100);
  const Tile<const float> from(dy.data(), {1, 2}, 4);
  const Tile<float> to(dx.data(), {3, 2}, 4);
  heed::put_last(r.tile, from, heed::into(to));
  EXPECT_EQ(lanes(to, 0, 0), (Lanes{0, 2, 0, 0}));
  EXPECT_EQ(lanes(to, 1, 1), (Lanes{0, 0, 0, 8}));
  EXPECT_EQ(lanes(to, 2, 0), (Lanes{1, 0, 0, 0}));
  heed::put_last(r.tile, from, heed::onto(to));
  EXPECT_EQ(lanes(to, 2, 0), (Lanes{2, 0, 0, 0}));
  EXPECT_EQ(std::accumulate(dx.begin(), dx.end(), 0.0F), 2 * (1 + 2 + 4 + 5 + 6 + 8));
  heed::put_last(r.tile, from, heed::Into<float>{});
}

TEST(Lengths, AGradientKeepsItsValidSteps) {
  const Ragged r;
  heed::Scratch scratch;
  Lanes dy(24, 2);
  const Tile<const float> full(dy.data(), {3, 2}, 4);
  EXPECT_EQ(heed::valid_steps(full, nullptr, scratch).data, dy.data());
  const Tile<const float> valid = heed::valid_steps(full, r.tile.lengths, scratch);
  Lanes expected(24, 2);
  heed::zero_past_end(Tile<float>(expected.data(), {3, 2}, 4), r.tile.lengths);
  EXPECT_EQ(Lanes(valid.data, valid.data + valid.size()), expected);
  EXPECT_EQ(dy, Lanes(24, 2));
}

TEST(Lengths, StepsInUseAreThoseOfTheLongest) {
  heed::Scratch scratch;
  Lanes x(24, 2);
  const Tile<const float> full(x.data(), {3, 2}, 4);
  EXPECT_EQ(heed::steps_in_use(full, nullptr, scratch).data, x.data());
  const std::vector<std::int32_t> equal{2, 2, 2, 2}, none{0, 0, 0, 0}, ragged{0, 2, 1, 2}, beyond{7, 1, 3, 3};
  const Tile<const float> cut = heed::steps_in_use(full, equal.data(), scratch);
  EXPECT_EQ(cut.data, x.data());  // no copy
  EXPECT_EQ(cut.steps, 2);
  EXPECT_FALSE(cut.lengths);
  EXPECT_EQ(heed::steps_in_use(full, none.data(), scratch).steps, 0);
  const Tile<const float> zeroed = heed::steps_in_use(full, ragged.data(), scratch);
  EXPECT_EQ(Lanes(zeroed.data, zeroed.data + zeroed.size()), (Lanes{0, 2, 2, 2, 0, 2, 2, 2, 0, 2, 0, 2, 0, 2, 0, 2}));
  const Tile<const float> all = heed::steps_in_use(full, beyond.data(), scratch);
  EXPECT_EQ(Lanes(all.data, all.data + all.size()),
            (Lanes{2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 2, 2, 2, 0, 2, 2, 2, 0, 2, 2, 2, 0, 2, 2}));
  EXPECT_EQ(x, Lanes(24, 2));
}

TEST(SortByLength, PutsTheLongestFirstAndEqualsByTheirRowsOrTheKey) {
  const std::vector<std::int32_t> lengths{2, 5, 2, 7, 2, 2, 5};
  std::vector<Index> rows{6, 5, 4, 3, 2, 1, 0};
  heed::sort_by_length(rows, lengths);
  EXPECT_EQ(rows, (std::vector<Index>{3, 1, 6, 0, 2, 4, 5}));
  const heed::Key key{4};
  std::vector<Index> drawn{0, 1, 2, 3, 4, 5, 6}, again{5, 0, 3, 6, 1, 4, 2};
  heed::sort_by_length(drawn, lengths, &key);
  heed::sort_by_length(again, lengths, &key);
  EXPECT_EQ(drawn, again);
  EXPECT_NE(drawn, rows);
  EXPECT_EQ(drawn.front(), 3);
}

}  // namespace lengths_test
