#include "heed/infer/decode.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "heed/models/seq2seq.hpp"

namespace decode_test {

using heed::DecodeOptions;
using heed::Index;
using heed::SequenceDecoder;
using heed::Tile;
using test_support::error_of;
using Tokens = std::vector<std::int32_t>;

constexpr std::int32_t start = 2, end_token = 3;

// What comes next depends on the source and on all tokens so far, by chance.
struct Toy {
  using Scalar = double;
  using Source = std::int32_t;
  struct Cache {
    std::vector<std::uint64_t> state, before;
    heed::TileBuffer<double> weights;
  };
  std::uint64_t seed = 1;

  static std::uint64_t next(std::uint64_t state, std::int32_t token) {
    return heed::Key{state}.bits(static_cast<std::uint64_t>(token));
  }
  double logit(std::uint64_t state, Index token) const {
    return heed::Key{state}.uniform(static_cast<std::uint64_t>(token), -3, 3);
  }
  Index source_features() const { return 1; }
  Index vocabulary() const { return 6; }
  void begin(Tile<const Source> source, Cache& cache, const heed::Pass&) const {
    cache.state.assign(static_cast<std::size_t>(source.lanes), seed);
    for (Index l = 0; l < source.lanes; ++l) {
      for (Index t = 0; t < source.length(l); ++t) {
        cache.state[static_cast<std::size_t>(l)] = next(cache.state[static_cast<std::size_t>(l)], source.at(t)[l]);
      }
    }
    fill(cache.weights.take({1, source.steps}, source.lanes), 0.0);
  }
  void step(Tile<const std::int32_t> token, Tile<double> logits, Cache& cache, const heed::Pass&) const {
    for (Index l = 0; l < token.lanes; ++l) {
      auto& state = cache.state[static_cast<std::size_t>(l)];
      state = next(state, token.data[l]);
      for (Index c = 0; c < logits.features; ++c) logits.at(0, c)[l] = logit(state, c);
      cache.weights.tile().data[l] = static_cast<double>(token.data[l]);  // tells whose step it was
    }
  }
  void reorder(const std::int32_t* parents, Cache& cache, const heed::Pass&) const {
    cache.before = cache.state;
    for (std::size_t l = 0; l < cache.state.size(); ++l) {
      cache.state[l] = cache.before[static_cast<std::size_t>(parents[l])];
    }
  }
  Tile<const double> attention_weights(const Cache& cache) const { return cache.weights.view(); }
};

struct Best {
  Tokens tokens;
  double score = -1e300;
};
// The best of all sequences of at most `most` tokens.
Best exhaustive(const Toy& toy, const Tokens& source, Index most, double power) {
  Best best;
  std::uint64_t state = toy.seed;
  for (const std::int32_t token : source) state = Toy::next(state, token);
  Tokens tokens;
  const std::function<void(std::uint64_t, double)> visit = [&](std::uint64_t from, double p) {
    double sum = 0;
    for (Index c = 0; c < toy.vocabulary(); ++c) sum += std::exp(toy.logit(from, c));
    for (std::int32_t c = 1; c < toy.vocabulary(); ++c) {
      if (c == start) continue;
      const double log_p = p + toy.logit(from, c) - std::log(sum);
      const auto length = static_cast<Index>(tokens.size()) + 1;
      const bool last = c == end_token || length == most;
      if (c != end_token) tokens.push_back(c);
      const double score = log_p / std::pow(static_cast<double>(length), power);
      if (last && score > best.score) best = {tokens, score};
      if (!last) visit(Toy::next(from, c), log_p);
      if (c != end_token) tokens.pop_back();
    }
  };
  visit(Toy::next(state, start), 0);
  return best;
}

const Tokens sources{1, 4, 5, 2, 4, 4, 5, 1, 1, 4, 2, 5, 5, 5, 4};
const std::vector<std::int32_t> lengths{3, 1, 2, 3, 0};
heed::TensorView<const std::int32_t, 3> all_sources() { return {sources.data(), {5, 3, 1}}; }
Tokens source(Index i) {
  return {sources.begin() + 3 * i, sources.begin() + 3 * i + lengths[static_cast<std::size_t>(i)]};
}

TEST(SequenceDecoder, FindsTheBestOfAllWithABeamThatHoldsThem) {
  const Toy toy;
  for (const double power : {1.0, 0.0}) {
    SequenceDecoder decoder(toy, {.max_steps = 3, .beam = 64, .length_power = power});
    const auto found = decoder(all_sources(), lengths);
    for (Index i = 0; i < 5; ++i) {
      const Best best = exhaustive(toy, source(i), 3, power);
      EXPECT_EQ(found[static_cast<std::size_t>(i)].tokens, best.tokens) << i;
      EXPECT_NEAR(found[static_cast<std::size_t>(i)].score, best.score, 1e-12) << i;
    }
  }
}

// What a beam keeps does not depend on who is beside it, and a wider one is seldom worse.
TEST(SequenceDecoder, WiderBeamsFindMoreLikelySequences) {
  double sum[4] = {0, 0, 0, 0};
  const Index widths[] = {1, 2, 4, 8};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Toy toy{seed};
    for (int w = 0; w < 4; ++w) {
      SequenceDecoder decoder(toy, {.max_steps = 6, .beam = widths[w], .length_power = 0});
      const auto together = decoder(all_sources(), lengths);
      for (Index i = 0; i < 5; ++i) {
        const auto alone = decoder(heed::TensorView<const std::int32_t, 3>(sources.data() + 3 * i, {1, 3, 1}),
                                   std::span(lengths).subspan(static_cast<std::size_t>(i), 1));
        EXPECT_EQ(alone.front().tokens, together[static_cast<std::size_t>(i)].tokens);
        sum[w] += alone.front().score;
      }
    }
  }
  EXPECT_LT(sum[0], sum[1]);
  EXPECT_LT(sum[1], sum[2]);
  EXPECT_LT(sum[2], sum[3]);
}

TEST(SequenceDecoder, FollowsItsHypothesesBack) {
  for (const Index beam : {1, 3}) {
    const Toy toy;
    SequenceDecoder decoder(toy, {.max_steps = 5, .beam = beam});
    const auto found = decoder(all_sources(), lengths);
    for (Index i = 0; i < 4; ++i) {  // the toy's weights are the token before
      const auto& one = found[static_cast<std::size_t>(i)];
      ASSERT_EQ(one.source_steps, lengths[static_cast<std::size_t>(i)]);
      const Index rows = static_cast<Index>(one.alignment.size()) / one.source_steps;
      EXPECT_GE(rows, static_cast<Index>(one.tokens.size()));
      for (Index t = 0; t < rows; ++t) {
        EXPECT_EQ(one.alignment[static_cast<std::size_t>(t * one.source_steps)],
                  t == 0 ? start : one.tokens[static_cast<std::size_t>(t - 1)]);
      }
    }
  }
}

// A model that attends to a memory of its own, of as many steps for any source.
struct WithMemory : Toy {
  Index memory_steps() const { return 4; }
  void begin(Tile<const Source> source, Cache& cache, const heed::Pass& pass) const {
    Toy::begin(source, cache, pass);
    fill(cache.weights.take({1, memory_steps()}, source.lanes), 0.25);
  }
};

TEST(SequenceDecoder, TellsWhatAMemoryOfTheModelsOwnWasAttendedTo) {
  const WithMemory toy;
  for (const Index beam : {1, 3}) {
    SequenceDecoder decoder(toy, {.max_steps = 5, .beam = beam});
    SequenceDecoder plain(static_cast<const Toy&>(toy), {.max_steps = 5, .beam = beam});
    const auto found = decoder(all_sources(), lengths), expected = plain(all_sources(), lengths);
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(found[i].tokens, expected[i].tokens);
      EXPECT_EQ(found[i].source_steps, 4);
      ASSERT_EQ(found[i].alignment.size() % 4, 0U);
      for (std::size_t t = 0; t < found[i].alignment.size() / 4; ++t) {
        EXPECT_EQ(found[i].alignment[4 * t], t == 0 ? start : found[i].tokens[t - 1]);
        EXPECT_EQ(found[i].alignment[4 * t + 3], 0.25);
      }
    }
  }
}

heed::Seq2Seq<double> model(bool bidirectional = true, Index layers = 2) {
  heed::Seq2Seq<double> m({.source_tokens = 6,
                           .target_tokens = 7,
                           .embedding = 5,
                           .hidden = 4,
                           .layers = layers,
                           .bidirectional = bidirectional,
                           .dropout = 0.5});
  heed::Key key{3};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.9); }, m);
  m.encoder.embedding.padding_idx = m.decoder.embedding.padding_idx = 0;
  for (auto* table : {&m.encoder.embedding.weight, &m.decoder.embedding.weight}) {
    std::fill_n(table->row(0), 5, 0.0);
  }
  return m;
}

// The best token of every step, by passes over all that has come so far.
heed::Decoded<double> by_hand(const heed::Seq2Seq<double>& m, const Tokens& source, Index most) {
  heed::Decoded<double> result;
  Tokens told{start};
  heed::Scratch scratch;
  heed::Seq2Seq<double>::Cache cache;
  while (true) {
    const Index steps = static_cast<Index>(std::max(told.size(), source.size()));
    heed::TileBuffer<std::int32_t> x;
    heed::TileBuffer<double> logits;
    fill(x.take({steps, 2}, 1), 0);
    for (std::size_t t = 0; t < source.size(); ++t) *x.tile().at(static_cast<Index>(t), 0) = source[t];
    for (std::size_t t = 0; t < told.size(); ++t) *x.tile().at(static_cast<Index>(t), 1) = told[t];
    m.forward(x.view(), logits.take({steps, 7}, 1), cache, heed::Pass{scratch});
    const double* z = logits.view().at(static_cast<Index>(told.size()) - 1);
    double sum = 0;
    std::int32_t best = 1;
    for (std::int32_t c = 0; c < 7; ++c) sum += std::exp(z[c]);
    for (std::int32_t c = 1; c < 7; ++c) best = c != start && z[c] > z[best] ? c : best;
    result.score += z[best] - std::log(sum);
    const bool last = best == end_token || static_cast<Index>(told.size()) == most;
    if (best != end_token) result.tokens.push_back(best);
    if (last) break;
    told.push_back(best);
  }
  result.score /= static_cast<double>(told.size());
  const auto a = m.attention_weights(cache);
  result.alignment.assign(a.data, a.data + a.size());
  result.source_steps = static_cast<Index>(source.size());
  return result;
}

void expect_steps_equal_passes(const heed::Seq2Seq<double>& m) {
  SequenceDecoder decoder(m, {.max_steps = 6});
  const auto found = decoder(all_sources(), lengths);
  for (Index i = 0; i < 4; ++i) {
    const auto expected = by_hand(m, source(i), 6);
    const auto& got = found[static_cast<std::size_t>(i)];
    EXPECT_EQ(got.tokens, expected.tokens);
    EXPECT_NEAR(got.score, expected.score, 1e-12);
    ASSERT_EQ(got.alignment.size(), expected.alignment.size());
    for (std::size_t k = 0; k < got.alignment.size(); ++k) EXPECT_NEAR(got.alignment[k], expected.alignment[k], 1e-12);
  }
}

TEST(SequenceDecoder, StepsEqualPassesOverAllThatHasCome) {
  expect_steps_equal_passes(model());
  expect_steps_equal_passes(model(false, 1));
}

// A beam of one is greedy: here through the search, with a second beam's worth of room.
TEST(SequenceDecoder, ABeamOfOneIsGreedy) {
  const auto m = model();
  SequenceDecoder greedy(m, {.max_steps = 8});
  const auto expected = greedy(all_sources(), lengths);
  heed::detail::Beam beam(1);
  for (Index i = 0; i < 4; ++i) {
    Tokens tokens;
    heed::Seq2Seq<double>::Cache cache;
    heed::Scratch scratch;
    const heed::Pass pass{scratch};
    const Tokens s = source(i);
    m.begin(Tile<const std::int32_t>(s.data(), {static_cast<Index>(s.size()), 1}, 1), cache, pass);
    heed::detail::Beam one(1);
    heed::TileBuffer<double> logits, best;
    std::int32_t token = start, parent = 0;
    for (Index t = 0; !one.done(); ++t) {
      m.step(Tile<const std::int32_t>(&token, {1, 1}, 1), logits.take({1, 7}, 1), cache, pass);
      heed::detail::log_softmax<double>(logits.tile());
      logits.tile().data[0] = logits.tile().data[start] = heed::detail::impossible<double>;
      best.take({2, 2}, 1);
      for (Index k = 0; k < 2; ++k) {
        heed::detail::largest<double>(logits.tile(), best.tile().at(0, k), best.tile().at(1, k));
        logits.tile().data[static_cast<Index>(*best.tile().at(1, k))] = heed::detail::impossible<double>;
      }
      one.advance<double>(
          best.view(), 0, t, end_token, t + 1 == 8, [](double p, Index n) { return p / static_cast<double>(n); },
          &token, &parent);
      if (!one.done()) tokens.push_back(token);
    }
    if (one.best().token != end_token) tokens.push_back(one.best().token);
    EXPECT_EQ(tokens, expected[static_cast<std::size_t>(i)].tokens);
    EXPECT_NEAR(one.best().score, expected[static_cast<std::size_t>(i)].score, 1e-12);
  }
}

TEST(SequenceDecoder, AllocatesNothingWhenWarm) {
  const auto m = model();
  SequenceDecoder decoder(m, {.max_steps = 6});
  std::vector<heed::Decoded<double>> out;
  decoder(all_sources(), lengths, out);
  const long before = test_support::allocations();
  decoder(all_sources(), lengths, out);
  EXPECT_EQ(test_support::allocations(), before);
}

TEST(SequenceDecoder, RefusesLogitsThatAreNotFinite) {
  for (const double bad : {std::nan(""), HUGE_VAL}) {
    heed::Seq2Seq<double> model({.source_tokens = 7, .target_tokens = 8, .embedding = 3, .hidden = 4, .layers = 1});
    model.decoder.fc_out.bias(5) = bad;
    const std::vector<std::int32_t> source{4, 5, 6};
    for (const Index beam : {1, 3}) {
      SequenceDecoder<heed::Seq2Seq<double>> decode(model, {.beam = beam});
      EXPECT_EQ(error_of([&] { decode(heed::view(source, {3, 1})); }), "SequenceDecoder: the logits are not finite");
    }
  }
}

TEST(SequenceDecoder, RefusesWhatDoesNotFit) {
  const auto m = model();
  const auto error = [&](DecodeOptions o) { return error_of([&] { SequenceDecoder decoder(m, o); }); };
  EXPECT_EQ(error({.start = 7}),
            "SequenceDecoder: option out of range (expected start, a token of the vocabulary, got 7)");
  EXPECT_EQ(error({.end = 0}), "SequenceDecoder: option out of range (expected end, a token of the vocabulary, got 0)");
  EXPECT_EQ(error({.end = 2}), "SequenceDecoder: option out of range (expected an end other than the start, got 2)");
  EXPECT_EQ(error({.max_steps = 0}), "SequenceDecoder: option out of range (expected max_steps of at least 1, got 0)");
  EXPECT_EQ(error({.beam = 0}), "SequenceDecoder: option out of range (expected beam of at least 1, got 0)");
  SequenceDecoder decoder(m);
  const Tokens wrong{1, 9};
  EXPECT_EQ(error_of([&] { decoder(heed::TensorView<const std::int32_t, 2>(wrong.data(), {2, 1})); }),
            "SequenceDecoder, sequence 0, step 1 (counted from 0): token out of range (expected 0 to 5, got 9)");
  EXPECT_EQ(error_of([&] { decoder(heed::TensorView<const std::int32_t, 2>(wrong.data(), {1, 2})); }),
            "SequenceDecoder: wrong number of features (expected 1, got 2)");
}

}  // namespace decode_test
