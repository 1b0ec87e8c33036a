#include "heed/infer/generate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../support/error_of.hpp"
#include "heed/models/language_model.hpp"

namespace generate_test {

using heed::Key;
using heed::Sampler;
using test_support::error_of;

const std::vector<double> logits{1, 3, 2, -1};
std::vector<double> shares(const heed::SampleOptions& options, int draws = 40000) {
  Sampler sampler(options);
  std::vector<double> counts(logits.size());
  for (int i = 0; i < draws; ++i) {
    const auto token = sampler(std::span<const double>(logits), Key{5}, static_cast<std::uint64_t>(i));
    counts[static_cast<std::size_t>(token)] += 1.0 / draws;
  }
  return counts;
}
std::vector<double> softmax(double temperature, std::vector<bool> allowed = {true, true, true, true}) {
  std::vector<double> p;
  double total = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    total += p.emplace_back(allowed[i] ? std::exp(logits[i] / temperature) : 0);
  }
  for (double& v : p) v /= total;
  return p;
}
void expect_near(const std::vector<double>& got, const std::vector<double>& expected) {
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], expected[i] == 0 ? 0 : 0.01) << i;
}

TEST(Sampler, DrawsAsOftenAsSoftmaxSays) {
  expect_near(shares({}), softmax(1));
  expect_near(shares({.temperature = 2.5}), softmax(2.5));
  expect_near(shares({.top_k = 2}), softmax(1, {false, true, true, false}));
  expect_near(shares({.temperature = 0.5, .top_k = 9, .never = {1, 3}}), softmax(0.5, {true, false, true, false}));
}

TEST(Sampler, TakesTheLargestWithoutTemperature) {
  EXPECT_EQ(shares({.temperature = 0}, 8)[1], 1);
  EXPECT_EQ(shares({.temperature = 0, .never = {1}}, 8)[2], 1);
  const std::vector<float> equal{2, 2, 2};
  EXPECT_EQ(Sampler({.temperature = 0})(std::span<const float>(equal), Key{1}, 0), 0);
  EXPECT_EQ(Sampler({.top_k = 1})(std::span<const float>(equal), Key{1}, 0), 0);
}

TEST(Sampler, IsAFunctionOfKeyAndDraw) {
  Sampler a, b;
  const std::span<const double> z(logits);
  b(z, Key{9}, 3);  // draws that were made before change nothing
  bool all_equal = true;
  for (std::uint64_t i = 0; i < 50; ++i) {
    EXPECT_EQ(a(z, Key{1}, i), b(z, Key{1}, i));
    all_equal = all_equal && a(z, Key{1}, i) == a(z, Key{2}, i);
  }
  EXPECT_FALSE(all_equal);
}

TEST(Sampler, StandsLargeLogits) {
  const std::vector<float> z{-3e38F, 3e38F, 2e38F};
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(Sampler()(std::span<const float>(z), Key{1}, i), 1);
}

TEST(Sampler, RefusesWhatCannotBeDrawn) {
  EXPECT_EQ(error_of([] { Sampler({.temperature = -1}); }),
            "sample: option out of range (expected a finite temperature of at least 0, got -1.000000)");
  EXPECT_NE(error_of([] { Sampler({.temperature = std::numeric_limits<double>::quiet_NaN()}); }), "no error");
  EXPECT_EQ(error_of([] { Sampler({.top_k = -1}); }),
            "sample: option out of range (expected top_k of at least 0, got -1)");
  const std::span<const double> z(logits);
  EXPECT_EQ(error_of([&] { Sampler({.never = {4}})(z, Key{}, 0); }),
            "sample, never: token out of range (expected 0 to 3, got 4)");
  EXPECT_EQ(error_of([&] { Sampler({.never = {0, 1, 2, 3}})(z, Key{}, 0); }), "sample: no token is left to draw");
  const std::vector<double> bad{1, std::numeric_limits<double>::infinity()};
  EXPECT_EQ(error_of([&] { Sampler()(std::span<const double>(bad), Key{}, 0); }), "sample: the logits are not finite");
}

heed::LanguageModel<float> model() {
  heed::LanguageModel<float> m({.tokens = 7, .transformer = {.d_model = 8, .num_heads = 2, .dim_feedforward = 8}});
  m.initialize(Key{11});
  return m;
}
using Tokens = std::vector<std::int32_t>;

TEST(Generate, DrawsEachTokenFromTheLogitsSoFar) {
  const auto m = model();
  heed::Stream stream(m, {.max_steps = 30});
  const Tokens prompt{2, 3};
  const Tokens text = heed::generate(stream, prompt, {.sample = {.never = {0}}, .most = 12}, Key{3});
  ASSERT_EQ(text.size(), 12u);
  Tokens so_far = prompt;
  Sampler sampler({.never = {0}});
  for (std::size_t t = 0; t < text.size(); ++t) {
    std::vector<float> out(7 * so_far.size());
    typename heed::LanguageModel<float>::Cache cache;
    heed::Scratch scratch;
    const auto n = static_cast<heed::Index>(so_far.size());
    m.forward(heed::Tile<const std::int32_t>(so_far.data(), {n, 1}, 1), heed::Tile<float>(out.data(), {n, 7}, 1), cache,
              heed::Pass{scratch});
    EXPECT_EQ(sampler(std::span<const float>(out).last(7), Key{3}, t), text[t]) << t;
    so_far.push_back(text[t]);
  }
  EXPECT_EQ(heed::generate(stream, prompt, {.sample = {.never = {0}}, .most = 12}, Key{3}), text) << "and again";
}

TEST(Generate, EndsWhereItIsTold) {
  const auto m = model();
  heed::Stream stream(m, {.max_steps = 6});
  const Tokens prompt{2, 3};
  EXPECT_EQ(heed::generate(stream, prompt, {.most = 3}, Key{3}).size(), 3u);
  EXPECT_EQ(heed::generate(stream, prompt, {.most = 0}, Key{3}).size(), 0u);
  const Tokens full = heed::generate(stream, prompt, {.most = 100}, Key{3});
  EXPECT_EQ(full.size(), 5u) << "four more steps, and what follows from the last";
  const Tokens ended = heed::generate(stream, prompt, {.end = full[2], .most = 100}, Key{3});
  const auto end = std::find(full.begin(), full.end(), full[2]);
  EXPECT_EQ(ended, Tokens(full.begin(), end));
}

TEST(Generate, RefusesWhatDoesNotFit) {
  const auto m = model();
  heed::Stream stream(m, {.max_steps = 2});
  const auto error = [&](const Tokens& prompt, const heed::GenerateOptions& o = {}) {
    return error_of([&] { heed::generate(stream, prompt, o, Key{}); });
  };
  EXPECT_EQ(error({}), "generate: an empty prompt (expected at least one token, got none)");
  EXPECT_EQ(error({1, 2, 3}), "Stream: too many steps (expected at most 2, got 3)");
  EXPECT_NE(error({7}), "no error");
  EXPECT_EQ(error({1}, {.most = -1}), "generate: option out of range (expected most of at least 0, got -1)");
  EXPECT_NE(error({1}, {.sample = {.top_k = -1}}), "no error");
}

}  // namespace generate_test
