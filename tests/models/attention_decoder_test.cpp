#include "heed/models/attention_decoder.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/numbers.hpp"
#include "heed/testing/check_layer.hpp"

namespace attention_decoder_test {

using heed::AttentionDecoder;
using heed::Index;
using heed::Tile;
using test_support::Numbers;

/// From a memory (steps, 4) to the logits of what is told: the gradient of the memory is looked at.
template <class S>
struct FromMemory {
  using Scalar = S;
  using Input = S;
  struct Cache {
    typename AttentionDecoder<S>::Cache decoder;
    heed::TileBuffer<std::int32_t> tokens;
    heed::TileBuffer<S> h, c, dmemory, dh, dc;
  };
  static constexpr heed::TimeChange time_change = heed::TimeChange::own_steps;  // not those of the memory

  AttentionDecoder<S> decoder;

  explicit FromMemory(heed::ScoreKind score)
      : decoder({.tokens = 5, .embedding = 3, .hidden = 4, .layers = 2, .memory = 4, .score = score}) {}
  heed::Shape output_shape(heed::Shape) const { return {3, 5}; }
  void forward(Tile<const S> x, Tile<S> y, Cache& cache, const heed::Pass& pass) const {
    const Tile<std::int32_t> tokens = cache.tokens.take({3, 1}, x.lanes);
    for (Index k = 0; k < tokens.size(); ++k) tokens.data[k] = static_cast<std::int32_t>(k / x.lanes + 1);
    for (auto* state : {&cache.h, &cache.c}) fill(state->take({2, 4}, x.lanes), S(0.25));
    decoder.forward(tokens, x, {cache.h.view(), cache.c.view()}, y, cache.decoder, pass);
  }
  void backward(Tile<const S> x, Tile<const S>, Tile<const S> dy, heed::Into<S> dx, Cache& cache, FromMemory& grad,
                const heed::Pass& pass) const {
    if (dx && !dx.add) fill(dx.tile, S(0));
    const Tile<S> dmemory = dx ? dx.tile : cache.dmemory.take(x.shape(), x.lanes);
    if (!dx) fill(dmemory, S(0));
    decoder.backward(cache.tokens.view(), x, dy, onto(dmemory),
                     {cache.dh.take({2, 4}, x.lanes), cache.dc.take({2, 4}, x.lanes)}, cache.decoder, grad.decoder,
                     pass);
  }
  static void visit(auto&& f, auto&... models) { f("decoder", models.decoder...); }
};

TEST(AttentionDecoder, FulfilsTheLayerContractOverAnyMemory) {
  for (const auto score : {heed::ScoreKind::additive, heed::ScoreKind::scaled_dot}) {
    const auto report =
        heed::testing::check_layer([&]<class S>() { return FromMemory<S>(score); }, {4, 4}, {.zero_when_empty = false});
    EXPECT_TRUE(report.ok()) << to_text(score) << '\n' << report.text();
  }
}

TEST(AttentionDecoder, StepsEqualWholeSequences) {
  const Index lanes = 3, steps = 4;
  AttentionDecoder<double> decoder({.tokens = 6, .embedding = 3, .hidden = 4, .layers = 2, .memory = 5});
  decoder.initialize(heed::Key{2});
  const Numbers memory({3, 5}, lanes, 1), h({2, 4}, lanes, 2), c({2, 4}, lanes, 3);
  const std::vector<std::int32_t> lengths{3, 1, 2}, tokens{1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2};
  const Tile<const std::int32_t> told(tokens.data(), {steps, 1}, lanes);
  Numbers whole({steps, 6}, lanes, 4), one({1, 6}, lanes, 5);
  AttentionDecoder<double>::Cache cache, stepwise;
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  decoder.forward(told, memory.view(lengths), {h.view(), c.view()}, whole.tile(), cache, pass);
  decoder.begin(memory.view(lengths), {h.view(), c.view()}, stepwise, pass);
  for (Index t = 0; t < steps; ++t) {
    decoder.step(told.step(t), memory.view(lengths), one.tile(), stepwise, pass);
    for (Index i = 0; i < 6 * lanes; ++i) EXPECT_NEAR(one.view().data[i], whole.view().at(t)[i], 1e-14);
    const auto a = decoder.attention_weights(stepwise), all = decoder.attention_weights(cache);
    for (Index i = 0; i < 3 * lanes; ++i) EXPECT_NEAR(a.data[i], all.at(t)[i], 1e-14);
  }
}

TEST(AttentionDecoder, LanesGoOnFromOthers) {
  AttentionDecoder<double> decoder({.tokens = 6, .embedding = 3, .hidden = 4, .memory = 5});
  decoder.initialize(heed::Key{2});
  Numbers memory({3, 5}, 2, 1);
  for (std::size_t i = 0; i < memory.values.size(); i += 2) memory.values[i] = memory.values[i + 1];  // one for both
  const Numbers h({1, 4}, 2, 2), c({1, 4}, 2, 3);
  const std::vector<std::int32_t> tokens{4, 4}, parents{1, 1};
  const Tile<const std::int32_t> told(tokens.data(), {1, 1}, 2);
  Numbers y({1, 6}, 2, 5);
  AttentionDecoder<double>::Cache cache;
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  decoder.begin(memory.view(), {h.view(), c.view()}, cache, pass);
  decoder.step(told, memory.view(), y.tile(), cache, pass);
  EXPECT_NE(y.values[0], y.values[1]);
  decoder.reorder(parents.data(), cache, pass);
  decoder.step(told, memory.view(), y.tile(), cache, pass);
  for (std::size_t i = 0; i < y.values.size(); i += 2) EXPECT_EQ(y.values[i], y.values[i + 1]);
}

}  // namespace attention_decoder_test
