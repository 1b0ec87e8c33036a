#include "heed/layers/detail/step_chunks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace step_chunks_test {

using heed::Index;
using heed::Tile;
using heed::detail::StepChunks;

// The cut looks at sizes alone.
Tile<const float> tile_of(Index steps, Index features, Index lanes) {
  static const float number = 0;
  return {&number, {steps, features}, lanes};
}

TEST(StepChunks, ATileThatFitsInTheCachesIsOneChunk) {
  for (const Index steps : {0, 1, 10, 64}) {  // half a MiB
    const StepChunks chunks(tile_of(steps, 32, 64));
    EXPECT_TRUE(chunks.whole());
    EXPECT_EQ(chunks.count(), 1);
    EXPECT_EQ(chunks.most(steps), steps);
    EXPECT_EQ(chunks.of(tile_of(steps, 32, 64), 0).steps, steps);
  }
  EXPECT_TRUE(StepChunks().whole());
  EXPECT_TRUE(StepChunks(tile_of(4096, 32, 1)).whole());
}

TEST(StepChunks, ALongTileIsCutIntoChunksThatCoverIt) {
  for (const Index steps : {65, 129, 300, 301, 1000}) {
    for (const Index features : {32, 100, 5000}) {
      const Tile<const float> x = tile_of(steps, features, 64);
      const StepChunks chunks(x);
      ASSERT_FALSE(chunks.whole());
      Index next = 0;
      for (Index c = 0; c < chunks.count(); ++c) {
        const Tile<const float> part = chunks.of(x, c);
        EXPECT_EQ(part.data, x.at(next));
        EXPECT_EQ(chunks.first(c), next);
        EXPECT_GT(part.steps, 0);
        EXPECT_LE(part.steps, chunks.most(steps));
        next += part.steps;
      }
      EXPECT_EQ(next, steps);
      EXPECT_FALSE(chunks.of(x, -1)) << "before the first chunk";
      EXPECT_FALSE(chunks.of(x, chunks.count())) << "after the last chunk";
    }
  }
}

TEST(StepChunks, LengthsAreThoseOfTheChunk) {
  heed::Scratch scratch;
  const std::vector<std::int32_t> lengths{300, 0, 16, 17, 40};
  const Tile<const float> x = tile_of(300, 512, 5).with_lengths(lengths.data());
  const StepChunks chunks(x);
  ASSERT_FALSE(chunks.whole());
  const Index first = chunks.first(1);
  const Tile<const float> part = chunks.of(x, 1, scratch);
  for (Index l = 0; l < 5; ++l) {
    const Index rest = lengths[static_cast<std::size_t>(l)] - first;
    EXPECT_EQ(part.length(l), std::clamp<Index>(rest, 0, part.steps)) << "lane " << l;
  }
  const Tile<const float> small = tile_of(3, 2, 5).with_lengths(lengths.data());
  EXPECT_EQ(StepChunks(small).of(small, 0, scratch).lengths, lengths.data());
}

TEST(StepChunks, FetchesTheMemoryOfAChunkAlone) {
  const Tile<const float> x = tile_of(300, 32, 64);
  StepChunks chunks(x);
  EXPECT_NE(chunks.fetch<float>(1, 100, {x, Tile<const float>()}), nullptr);
  EXPECT_NE(chunks.fetch<float>(-1, 100, {x}), nullptr) << "there is nothing to fetch";
  EXPECT_EQ(StepChunks().fetch<float>(0, 100, {x}), nullptr);
}

}  // namespace step_chunks_test
