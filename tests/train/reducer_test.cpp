#include "heed/train/reducer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "../support/task.hpp"
#include "heed/train/step.hpp"

namespace reducer_test {

using heed::Index;
using heed::IndexRange;
using heed::Pass;
using heed::Shape;
using heed::Shard;

using heed::ThreadPool;
using heed::Tile;

// A layer only in form: numbers to add up.
struct Numbers {
  using Scalar = float;
  using Input = float;
  struct Cache {};
  heed::Vector<float> values{37};
  Shape output_shape(Shape x) const { return x; }
  void forward(Tile<const float>, Tile<float>, Cache&, const Pass&) const {}
  void backward(Tile<const float>, Tile<const float>, Tile<const float>, heed::Into<float>, Cache&, Numbers&,
                const Pass&) const {}
  static void visit(auto&& f, auto&... n) { f("values", n.values...); }
};

Numbers& numbers_of(Shard<float>& shard) { return shard.gradient.as<Numbers>(); }
const Numbers& numbers_of(const Shard<float>& shard) { return shard.gradient.as<Numbers>(); }

std::vector<Shard<float>> random_shards(Index count) {
  std::vector<Shard<float>> shards(static_cast<std::size_t>(count), {heed::OwnModel<float>(Numbers()), {}});
  std::uint64_t draw = 0;
  const heed::Key key{static_cast<std::uint64_t>(count)};
  for (auto& s : shards) {
    for (float& v : numbers_of(s).values) v = static_cast<float>(std::exp(4 * key.normal(draw++)));
    s.totals = {key.normal(draw++), key.uniform(draw++)};
  }
  return shards;
}

// ((0 + 1) + (2 + 3)) + ..., as a recursion over blocks of a power of two
template <class Get>
auto tree_sum(Index first, Index last, Index block, Get get) -> decltype(get(first)) {
  if (last - first == 1) return get(first);
  const Index half = block / 2;
  if (first + half >= last) return tree_sum(first, last, half, get);
  return static_cast<decltype(get(first))>(tree_sum(first, first + half, half, get) +
                                           tree_sum(first + half, last, half, get));
}

TEST(InProcessReducer, AddsUpInATreeThatDependsOnTheNumberOfShardsAlone) {
  static_assert(heed::Reducer<heed::InProcessReducer, float>);
  for (const int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    for (Index count = 1; count <= 17; ++count) {
      const auto before = random_shards(count);
      auto shards = before;
      heed::InProcessReducer().reduce(std::span(shards), count, pool);
      for (Index k = 0; k < numbers_of(before.front()).values.size(); ++k) {
        const float expected = tree_sum(Index(0), count, Index(32), [&](Index i) {
          return numbers_of(before[static_cast<std::size_t>(i)]).values(k);
        });
        ASSERT_EQ(numbers_of(shards[0]).values(k), expected) << count << " shards, " << threads << " threads";
      }
      const auto total = [&](auto member) {
        return tree_sum(Index(0), count, Index(32),
                        [&](Index i) { return before[static_cast<std::size_t>(i)].totals.*member; });
      };
      ASSERT_EQ(shards[0].totals.loss, total(&heed::Totals::loss));
      ASSERT_EQ(shards[0].totals.correct, total(&heed::Totals::correct));
    }
  }
}

TEST(InProcessReducer, OwnsEveryShard) {
  EXPECT_EQ(heed::InProcessReducer().own(7).first, 0);
  EXPECT_EQ(heed::InProcessReducer().own(7).last, 7);
  EXPECT_TRUE(heed::InProcessReducer().all(true));
  EXPECT_FALSE(heed::InProcessReducer().all(false));
}

// What a user would write for two machines; here the "network" is a map, and the processes run one after the other.
using Network = std::map<Index, Shard<float>>;
struct HalfReducer {
  int process;
  Network* network;

  IndexRange own(Index count) const { return process == 0 ? IndexRange{0, count / 2} : IndexRange{count / 2, count}; }
  void reduce(std::span<Shard<float>> mine, Index count, ThreadPool& threads) const {
    const IndexRange range = own(count);
    for (Index i = range.first; i < range.last; ++i)
      network->insert_or_assign(i, mine[static_cast<std::size_t>(i - range.first)]);
    if (static_cast<Index>(network->size()) < count) return;  // the other process has not run yet
    std::vector<Shard<float>> all;
    for (const auto& [i, shard] : *network) all.push_back(shard);
    heed::InProcessReducer().reduce(std::span(all), count, threads);
    mine.front() = all.front();
  }
  template <class T>
  void share(std::span<T>) const {}
  bool all(bool yes) const { return yes; }
  template <class S>
  heed::LocalRows<S> rows(const heed::LabelledSequences<S>& data) const {
    return heed::LocalRows<S>(data);
  }
};

// puts numbers that depend on the tile into its shard
const auto fill_tile = [](Index t, heed::Worker<float>&, heed::OwnModel<float>& gradient, heed::Totals& totals) {
  std::uint64_t draw = 0;
  const heed::Key key{static_cast<std::uint64_t>(t)};
  for (float& v : gradient.as<Numbers>().values) v += static_cast<float>(std::exp(3 * key.normal(draw++)));
  totals.loss += key.normal(draw++);
};

TEST(Reducer, OfTwoProcessesGivesTheBitsOfOne) {
  static_assert(heed::Reducer<HalfReducer, float>);
  ThreadPool pool(2);
  for (const Index tiles : {1, 2, 5, 16, 40}) {
    const heed::OwnModel<float> like{Numbers()};
    heed::TrainingStep<float> whole(like, pool);
    const heed::Totals expected = whole(tiles, fill_tile);
    Network network;
    const auto process = [&](int number) {
      return std::make_shared<heed::ReducerOf<float, HalfReducer>>(HalfReducer{number, &network});
    };
    heed::TrainingStep<float> first(like, pool, process(0)), second(like, pool, process(1));
    first(tiles, fill_tile);
    const heed::Totals totals = second(tiles, fill_tile);
    EXPECT_EQ(test_support::flat(second.gradient().as<Numbers>()), test_support::flat(whole.gradient().as<Numbers>()))
        << tiles;
    EXPECT_EQ(totals.loss, expected.loss);
    EXPECT_EQ(second.reducer().own(10), (IndexRange{5, 10}));
  }
}

}  // namespace reducer_test
