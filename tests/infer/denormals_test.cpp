// Whatever predicts takes denormal numbers for zeros, and leaves the caller's mode as it was.

#include "../support/denormals.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "heed/core/visit.hpp"
#include "heed/infer/decode.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/models/sequence_classifier.hpp"

#if defined(__SSE2__) || defined(__aarch64__)

namespace denormals_test {

using heed::Index;
using test_support::DenormalProbe;
using test_support::float_mode;

// The mode of the caller is as it was, whatever happens in between.
class InferDenormals : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(float_mode(), before_); }
  decltype(float_mode()) before_ = float_mode();
};

TEST_F(InferDenormals, PredictorOfOneAndOfMany) {
  const DenormalProbe<float> model;
  heed::Predictor predictor(model);
  const std::vector<float> x(100, 1);
  std::vector<float> logits(2 * 100);
  predictor(heed::view(x.data(), {10, 1}), std::span(logits).first(2), heed::Output::logits);
  EXPECT_EQ(logits[1], 1);
  EXPECT_EQ(float_mode(), before_);
  predictor(heed::view(x.data(), {100, 1, 1}), heed::view(logits.data(), {100, 2}), {}, heed::Output::logits);
  for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(logits[2 * i + 1], 1);
  EXPECT_EQ(float_mode(), before_);
  EXPECT_EQ(predictor(heed::view(x.data(), {10, 1})).label, 1);
}

TEST_F(InferDenormals, PredictorWhereItThrows) {
  const DenormalProbe<float> model;
  heed::Predictor predictor(model);
  const float x[] = {1, std::numeric_limits<float>::quiet_NaN()};
  std::vector<float> out(3);
  EXPECT_THROW(predictor(heed::view(x, {2, 1}), out), heed::Error);
}

TEST_F(InferDenormals, Stream) {
  const DenormalProbe<double> model;
  heed::Stream stream(model);
  EXPECT_EQ(float_mode(), before_) << "after it was made";
  const double x = 1;
  EXPECT_EQ(stream.step(&x, 1)[1], 1);
  EXPECT_EQ(float_mode(), before_) << "after a step";
  EXPECT_EQ(stream.prediction().label, 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(stream.step(&nan, 1), heed::Error);
}

// A state that decays, in any cell, comes to zero.
TEST_F(InferDenormals, StreamComesToZeroAndStaysThere) {
  heed::SequenceClassifier<float> model({.features = 1, .classes = 2, .attention = heed::Attention::none});
  heed::Parameters<float> parameters(model);
  for (Index i = 0; i < parameters.count(); ++i) {
    if (parameters.name(i).find("bias") != std::string::npos) parameters[i].fill(0);
  }
  heed::Stream stream(model);
  float x = 1;
  stream.step(&x, 1);
  x = 0;
  for (int t = 0; t < 1000; ++t) stream.step(&x, 1);
  for (const float v : stream.state().numbers) ASSERT_NE(std::fpclassify(v), FP_SUBNORMAL);
}

// Gives its end mark where denormals are zeros, and otherwise never.
struct DecoderProbe {
  using Scalar = float;
  using Source = std::int32_t;
  struct Cache {
    heed::TileBuffer<float> weights;
  };
  Index source_features() const { return 1; }
  Index vocabulary() const { return 5; }
  void begin(heed::Tile<const Source> source, Cache& cache, const heed::Pass&) const {
    fill(cache.weights.take({1, source.steps}, source.lanes), 0.0f);
  }
  void step(heed::Tile<const std::int32_t>, heed::Tile<float> logits, Cache&, const heed::Pass&) const {
    fill(logits, 0.0f);
    const Index token = test_support::denormals_are_zeros() ? 3 : 4;
    for (Index l = 0; l < logits.lanes; ++l) logits.at(0, token)[l] = 9;
  }
  void reorder(const std::int32_t*, Cache&, const heed::Pass&) const {}
  heed::Tile<const float> attention_weights(const Cache& cache) const { return cache.weights.view(); }
};

TEST_F(InferDenormals, SequenceDecoder) {
  const DecoderProbe model;
  const std::vector<std::int32_t> source{4, 4};
  for (const Index beam : {1, 2}) {
    heed::SequenceDecoder decoder(model, {.max_steps = 3, .beam = beam});
    EXPECT_TRUE(decoder(heed::view(source.data(), {2, 1})).tokens.empty());
    EXPECT_EQ(float_mode(), before_);
  }
}

}  // namespace denormals_test

#endif
