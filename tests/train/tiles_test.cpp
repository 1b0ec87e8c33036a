#include "heed/train/tiles.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "../support/error_of.hpp"

namespace tiles_test {

using heed::Index;
using heed::LabelledSequences;
using heed::SequenceTile;
using heed::Tensor;
using heed::TileStore;
using test_support::error_of;

TEST(Tiles, AreSixteenToSixtyFourLanesWideOrOne) {
  EXPECT_EQ(heed::tile_width(1), 1);
  EXPECT_EQ(heed::tile_width(16), 16);
  EXPECT_EQ(heed::tile_width(17), 32);
  EXPECT_EQ(heed::tile_width(64), 64);
  EXPECT_EQ(heed::tile_width(65), 48);  // two tiles of 33 and 32
  EXPECT_EQ(heed::tile_width(96), 48);
  EXPECT_EQ(heed::tile_width(10000), 64);
  EXPECT_EQ(heed::tile_width(10000, 1 << 18), 64);
  EXPECT_EQ(heed::tile_width(10000, (1 << 18) + 1), 32);
  EXPECT_EQ(heed::tile_width(17, 1 << 20), 32);
  EXPECT_EQ(heed::tile_width(10, 1 << 20), 16);
  EXPECT_EQ(heed::tile_width(2), 1);
  EXPECT_EQ(heed::tile_width(3), 16);
  for (Index batch = 0; batch <= 1000; ++batch) {
    if (batch == 1 || batch == 2) continue;  // a lane alone
    const Index width = heed::tile_width(batch), tiles = heed::tile_count(batch, width);
    EXPECT_EQ(width % 16, 0);
    EXPECT_GE(width, 16);
    EXPECT_LE(width, 64);
    EXPECT_GE(tiles * width, batch);
    EXPECT_LT((tiles - 1) * width, std::max<Index>(batch, 1));
    if (batch > 0) {
      EXPECT_LT(tiles * width - batch, 16 * tiles + 16) << batch;  // little padding
    }
  }
}

// five sequences of three steps and two features: x(n, t, f) = 100 n + 10 t + f + 1
struct Five {
  Tensor<float, 3> x{{5, 3, 2}};
  std::vector<std::int32_t> labels{7, 6, 5, 4, 3}, lengths;
  TileStore<float> store;

  Five() {
    for (Index n = 0; n < 5; ++n) {
      for (Index t = 0; t < 3; ++t) {
        for (Index f = 0; f < 2; ++f) x(n, t, f) = static_cast<float>(100 * n + 10 * t + f + 1);
      }
    }
    store.reserve(2, {3, 2}, 16);
  }
  SequenceTile<float> gather(Index slot, std::vector<Index> rows) {
    return store.gather(slot, x.view(), lengths, labels, static_cast<Index>(rows.size()),
                        [&](Index l) { return rows[static_cast<std::size_t>(l)]; });
  }
};

TEST(TileStore, PutsSequencesIntoLanes) {
  Five five;
  const SequenceTile<float> tile = five.gather(0, {4, 0, 2});
  EXPECT_EQ(tile.rows, 3);
  EXPECT_EQ(tile.x.shape(), (heed::Shape{3, 2}));
  EXPECT_EQ(tile.x.lanes, 16);
  for (Index t = 0; t < 3; ++t) {
    for (Index f = 0; f < 2; ++f) {
      EXPECT_EQ(tile.x.at(t, f)[0], five.x(4, t, f));
      EXPECT_EQ(tile.x.at(t, f)[1], five.x(0, t, f));
      EXPECT_EQ(tile.x.at(t, f)[2], five.x(2, t, f));
      for (Index l = 3; l < 16; ++l) EXPECT_EQ(tile.x.at(t, f)[l], 0);
    }
  }
  EXPECT_EQ(tile.labels.at(0)[0], 3);
  EXPECT_EQ(tile.labels.at(0)[1], 7);
  EXPECT_EQ(tile.labels.at(0)[2], 5);
  for (Index l = 0; l < 16; ++l) {
    EXPECT_EQ(tile.weights[l], l < 3 ? 1 : 0);
    EXPECT_EQ(tile.x.length(l), l < 3 ? 3 : 0);
    if (l >= 3) {
      EXPECT_EQ(tile.labels.at(0)[l], 0);
    }
  }
}

TEST(TileStore, HasAsManyStepsAsTheLongestSequence) {
  Five five;
  five.lengths = {2, 0, 1, 3, 1};
  const SequenceTile<float> tile = five.gather(0, {0, 1, 2});
  EXPECT_EQ(tile.x.steps, 2);
  EXPECT_EQ(tile.x.length(0), 2);
  EXPECT_EQ(tile.x.length(1), 0);
  EXPECT_EQ(tile.x.length(2), 1);
  EXPECT_EQ(tile.x.at(1, 1)[0], five.x(0, 1, 1));
  EXPECT_EQ(tile.x.at(0, 1)[2], five.x(2, 0, 1));
  EXPECT_EQ(tile.x.at(1, 0)[2], 0);  // past its end
  EXPECT_EQ(tile.x.at(0, 0)[1], 0);
  EXPECT_EQ(five.gather(0, {1}).x.steps, 0);
}

TEST(TileStore, AFullTileOfOneLengthHasNoLengths) {
  Five five;
  std::vector<Index> rows(16);
  for (std::size_t i = 0; i < 16; ++i) rows[i] = static_cast<Index>(i % 5);
  EXPECT_EQ(five.gather(0, rows).x.lengths, nullptr);
  rows.pop_back();
  EXPECT_NE(five.gather(0, rows).x.lengths, nullptr);
  five.lengths = {2, 2, 2, 2, 2};
  rows.push_back(0);
  const SequenceTile<float> tile = five.gather(0, rows);
  EXPECT_EQ(tile.x.steps, 2);
  EXPECT_EQ(tile.x.lengths, nullptr);
}

TEST(TileStore, KeepsItsTilesApart) {
  Five five;
  const SequenceTile<float> first = five.gather(0, {0}), second = five.gather(1, {1});
  EXPECT_EQ(first.x.at(0, 0)[0], 1);
  EXPECT_EQ(second.x.at(0, 0)[0], 101);
  EXPECT_EQ(first.labels.at(0)[0], 7);
  EXPECT_EQ(second.labels.at(0)[0], 6);
}

TEST(CheckSequences, PassesGoodData) {
  Five five;
  EXPECT_NO_THROW(heed::check_sequences(LabelledSequences<float>{five.x.view(), five.labels, {}}));
  five.lengths = {0, 1, 2, 3, 3};
  five.x(0, 0, 0) = NAN;  // past the end
  EXPECT_NO_THROW(heed::check_sequences(LabelledSequences<float>{five.x.view(), five.labels, five.lengths}));
}

TEST(CheckSequences, NamesTheFault) {
  Five five;
  const auto check = [&] {
    return error_of([&] { heed::check_sequences(LabelledSequences<float>{five.x.view(), five.labels, five.lengths}); });
  };
  five.lengths = {1, 2};
  EXPECT_EQ(check(), "sequences: wrong number of lengths (expected 5, got 2)");
  five.lengths = {1, 2, 3, 4, 0};
  EXPECT_EQ(check(), "sequences, sequence 3 (counted from 0): length out of range (expected 0 to 3, got 4)");
  five.lengths = {1, -2, 3, 0, 0};
  EXPECT_EQ(check(), "sequences, sequence 1 (counted from 0): length out of range (expected 0 to 3, got -2)");
  five.lengths = {};
  five.labels.pop_back();
  EXPECT_EQ(check(), "sequences: sequences and labels differ in number (expected 5 labels, got 4)");
  five.x(3, 2, 1) = std::numeric_limits<float>::infinity();
  EXPECT_EQ(
      check(),
      "sequences, sequence 3, step 2, feature 1 (counted from 0): value is not finite (expected a finite number, got "
      "infinity)");
  five.x(2, 0, 1) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(
      check(),
      "sequences, sequence 2, step 0, feature 1 (counted from 0): value is not finite (expected a finite number, got "
      "NaN)");
  five.x = Tensor<float, 3>({0, 3, 2});
  EXPECT_EQ(check(), "sequences: no data (expected (n, steps, features), got (0, 3, 2))");
  five.x = Tensor<float, 3>({5, 0, 2});
  EXPECT_NE(check().find("no data"), std::string::npos);
}

}  // namespace tiles_test
