#include "heed/train/batch.hpp"

#include <gtest/gtest.h>

namespace batch_test {

using heed::Batch;
using heed::Index;
using heed::IndexRange;

TEST(ShardCount, DependsOnTilesAndParametersAlone) {
  EXPECT_EQ(heed::shard_count(0, 100), 1);
  EXPECT_EQ(heed::shard_count(1, 100), 1);
  EXPECT_EQ(heed::shard_count(7, 100), 7);
  EXPECT_EQ(heed::shard_count(157, 100), 16);
  EXPECT_EQ(heed::shard_count(157, 0), 16);
  EXPECT_EQ(heed::shard_count(157, Index(1) << 24), 4);
  EXPECT_EQ(heed::shard_count(157, Index(1) << 40), 2);
  EXPECT_EQ(heed::shard_count(1, Index(1) << 40), 1);
}

TEST(ShardCount, GrowsWithTheBatchSoThatManyMachinesHaveWork) {
  EXPECT_EQ(heed::shard_count(1600, 100), 100);
  EXPECT_EQ(heed::shard_count(1'000'000, 100), 256);
  EXPECT_EQ(heed::shard_count(1'000'000, Index(1) << 20), 64);
}

TEST(Batch, DealsEveryPositionToOneShard) {
  for (const Index n : {1, 16, 63, 64, 65, 1000}) {
    for (const Index shards : {1, 2, 3, 16}) {
      const Batch batch{{100, 100 + n}, 16, std::min(shards, (n + 15) / 16)};
      Index next = 100, tile = 0;
      for (Index k = 0; k < batch.shards; ++k) {
        const IndexRange tiles = batch.tiles_of({k, k + 1}), positions = batch.positions_of(tiles);
        EXPECT_EQ(tiles.first, tile);
        EXPECT_EQ(positions.first, next);
        EXPECT_GT(positions.count(), 0);
        tile = tiles.last;
        next = positions.last;
      }
      EXPECT_EQ(tile, batch.tiles());
      EXPECT_EQ(next, 100 + n);
    }
  }
}

}  // namespace batch_test
