#include "heed/models/image_and_tokens.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"

namespace image_and_tokens_test {

using heed::ImageAndTokens;
using heed::Index;
using heed::Tile;
using test_support::error_of;

constexpr ImageAndTokens input{.image = {.channels = 1, .height = 1, .width = 2}, .tokens = 3};

/// Lanes with 2, 0, 3 and 1 tokens; the second token of the third is 0.
const std::vector<float> x{1,  2, 3, 4, 5, 6, 7, 8,  // pixels
                           9,  0, 4, 6,              //
                           10, 0, 0, 0,              //
                           0,  0, 2, 0};
Tile<const float> tile(const std::int32_t* lengths = nullptr) { return {x.data(), {1, 5}, 4, lengths}; }

TEST(ImageAndTokens, ComesApart) {
  ImageAndTokens::Cache cache;
  const auto tokens = input.tokens_of(tile(), cache);
  EXPECT_EQ(tokens.shape(), (heed::Shape{3, 1}));
  EXPECT_EQ(std::vector(tokens.lengths, tokens.lengths + 4), (std::vector<std::int32_t>{2, 0, 3, 1}));
  for (Index i = 0; i < 12; ++i)
    EXPECT_EQ(tokens.data[i], static_cast<std::int32_t>(x[static_cast<std::size_t>(8 + i)]));
  const auto image = input.image_of(tile());
  EXPECT_EQ(image.shape(), (heed::Shape{1, 2}));
  EXPECT_EQ(image.data, x.data());
  EXPECT_EQ(image.lanes, 4);
}

/// The tokens that are read of some numbers, one lane each.
template <class S>
std::vector<std::int32_t> read(const std::vector<S>& numbers) {
  ImageAndTokens::Cache cache;
  const ImageAndTokens one{.image = {}, .tokens = 1};
  const auto lanes = static_cast<Index>(numbers.size());
  const auto tokens = one.tokens_of(Tile<const S>(numbers.data(), {1, 1}, lanes), cache);
  for (Index l = 0; l < lanes; ++l) EXPECT_EQ(tokens.lengths[l], tokens.data[l] != 0);
  return {tokens.data, tokens.data + lanes};
}

TEST(ImageAndTokens, ReadsEachTokenThatAFloatHolds) {
  constexpr std::int32_t most = 1 << 24;
  std::vector<std::int32_t> expected{0, 1, 2, 4194303, 4194304, 4194305};
  for (std::int32_t i = -9; i < 9; ++i) expected.push_back((1 << 23) + i);
  for (std::int32_t i = -9; i <= 0; ++i) expected.push_back(most + i);
  EXPECT_EQ(read(std::vector<float>(expected.begin(), expected.end())), expected);
  EXPECT_EQ(read(std::vector<double>(expected.begin(), expected.end())), expected);
}

TEST(ImageAndTokens, ReadsTheNearestToken) {
  const std::vector<std::int32_t> expected{0, 0, 3, 3, 4, 8388607, 8388607};
  EXPECT_EQ(read<double>({-1e-5, 1e-5, 3 - 1e-5, 3 + 1e-5, 3.5, 8388607 - 1e-5, 8388607 + 1e-5}), expected);
  EXPECT_EQ(read<float>({-1e-3F, 1e-3F, 2.999F, 3.001F, 3.5F, 8388606.5F, 8388607}), expected);
}

TEST(ImageAndTokens, HasNoTokensWhereThereIsNoStep) {
  ImageAndTokens::Cache cache;
  const std::vector<std::int32_t> lengths{1, 1, 0, 1};
  const auto tokens = input.tokens_of(tile(lengths.data()), cache);
  EXPECT_EQ(std::vector(tokens.lengths, tokens.lengths + 4), (std::vector<std::int32_t>{2, 0, 0, 1}));
}

TEST(ImageAndTokens, AllocatesNothingWhenWarm) {
  ImageAndTokens::Cache cache;
  input.tokens_of(tile(), cache);
  const long before = test_support::allocations();
  input.tokens_of(tile(), cache);
  EXPECT_EQ(test_support::allocations(), before);
}

TEST(ImageAndTokens, HasAGradientOfTheImageAlone) {
  std::vector<float> d(20, 7);
  const Tile<float> dx(d.data(), {1, 5}, 4);
  EXPECT_FALSE(input.image_of(heed::Into<float>()));
  EXPECT_TRUE(input.image_of(onto(dx)).add);
  EXPECT_EQ(d, std::vector<float>(20, 7));
  const auto to = input.image_of(into(dx));
  EXPECT_FALSE(to.add);
  EXPECT_EQ(to.tile.data, d.data());
  EXPECT_EQ(to.tile.features, 2);
  for (std::size_t i = 0; i < d.size(); ++i) EXPECT_EQ(d[i], i < 8 ? 7 : 0);
}

TEST(ImageAndTokens, IsJoined) {
  const std::vector<double> pixels{0.5, 0.25};
  const std::vector<std::int32_t> tokens{7, 3};
  std::vector<double> step(5, -1);
  input.join<double>(pixels, tokens, step);
  EXPECT_EQ(step, (std::vector<double>{0.5, 0.25, 7, 3, 0}));
  const auto error = [&](std::size_t p, std::size_t t, std::size_t s) {
    std::vector<double> to(s);
    return error_of([&] { input.join<double>(std::vector<double>(p), std::vector<std::int32_t>(t), to); });
  };
  EXPECT_EQ(error(2, 3, 5), "no error");
  EXPECT_EQ(error(3, 3, 5), "an image and tokens: wrong number of pixels (expected 2, got 3)");
  EXPECT_EQ(error(2, 4, 5), "an image and tokens: too many tokens (expected 3, got 4)");
  EXPECT_EQ(error(2, 3, 4), "an image and tokens: wrong number of features (expected 5, got 4)");
}

TEST(ImageAndTokens, ChecksShapesAndTokens) {
  const auto shape = [](heed::Shape s) { return error_of([&] { input.check_shape(s, "Model"); }); };
  EXPECT_EQ(shape({1, 5}), "no error");
  EXPECT_EQ(shape({2, 5}), "Model: not an image and tokens in one step (expected (1, 5), got (2, 5))");
  EXPECT_NE(shape({1, 4}), "no error");
  const auto tokens = [](float token, std::vector<std::int32_t> lengths = {}) {
    const std::vector<float> data{-1, 0.5F, 1, 2, 3, -1, 0.5F, 1, token, 0};
    return error_of([&] { input.check_tokens<float>(heed::view(data.data(), {2, 1, 5}), lengths, 10, "here"); });
  };
  EXPECT_EQ(tokens(9), "no error");
  EXPECT_EQ(tokens(10),
            "here, sequence 1, token 1 (counted from 0): token out of range (expected a whole number of 0 to 9, got "
            "10.000000)");
  EXPECT_NE(tokens(-1), "no error");
  EXPECT_NE(tokens(1.5F), "no error");
  EXPECT_NE(tokens(std::nanf("")), "no error");
  EXPECT_EQ(tokens(10, {1, 0}), "no error");
  EXPECT_NE(tokens(10, {1, 2}), "no error");
}

}  // namespace image_and_tokens_test
