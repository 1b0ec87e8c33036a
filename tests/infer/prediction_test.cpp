// What a model answers follows from the loss that it was trained with.

#include "heed/infer/prediction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/losses/binary_cross_entropy.hpp"
#include "heed/losses/huber.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/train/fit.hpp"

namespace prediction_test {

using heed::Index;
using heed::Output;
using heed::OutputKind;
using heed::Predictor;
using heed::Tensor;
using heed::view;
using test_support::error_of;

constexpr Index n = 12, T = 4;

std::vector<float> inputs() {
  std::vector<float> x(static_cast<std::size_t>(n * T));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  return x;
}
std::vector<float> targets(Index k, float times = 1) {
  std::vector<float> y(static_cast<std::size_t>(n * k));
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = times * static_cast<float>(i % 2);
  return y;
}

heed::SequenceClassifier<float> classifier(Index outputs) {
  return heed::SequenceClassifier<float>({.features = 1, .classes = outputs, .hidden = 4, .dense = 0});
}

std::vector<float> logits_of(const auto& model, const std::vector<float>& x) {
  Predictor predictor(model);
  const Index width = model.output_shape({T, 1}).features;
  std::vector<float> z(static_cast<std::size_t>(width));
  predictor(view(x.data(), {T, 1}), z, Output::logits);
  return z;
}

// through a file and back
template <class M>
M kept(const M& model) {
  return heed::load<M>(heed::serialize(model));
}

template <class M>
void expect_numbers(const M& model, const std::vector<float>& x) {
  const std::vector<float> z = logits_of(model, x);
  const auto width = static_cast<Index>(z.size());
  Predictor predictor(model);
  const auto one = view(x.data(), {T, 1});
  const auto answer = predictor.outputs(one);
  EXPECT_TRUE(std::equal(answer.begin(), answer.end(), z.begin(), z.end()));
  std::vector<float> out(z.size());
  predictor(one, out);
  EXPECT_EQ(out, z);
  const Tensor<float, 2> many = predictor.outputs(view(x.data(), {1, T, 1}));
  ASSERT_EQ(many.extents(), (heed::Extents<2>{1, width}));
  for (Index k = 0; k < width; ++k) EXPECT_NEAR(many(0, k), z[static_cast<std::size_t>(k)], 1e-6);
  EXPECT_NEAR(heed::predict(model, view(x.data(), {1, T, 1}))(0, 0), z[0], 1e-6);

  const std::string expected =
      "Predictor: the model gives numbers, which have no class and no probability (expected "
      "outputs(x), which gives the numbers, got " +
      std::to_string(width) + (width == 1 ? " number)" : " numbers)");
  EXPECT_EQ(error_of([&] { predictor(one); }), expected);
  EXPECT_EQ(error_of([&] { predictor(one, out, Output::probabilities); }), expected);
  EXPECT_NE(error_of([&] { predictor.step_labels(view(x.data(), {1, T, 1})); }), "");
}

TEST(Outputs, OfARegressionAreItsNumbers) {
  const std::vector<float> x = inputs(), y = targets(1, 5);
  auto model = classifier(1);
  heed::fit(model, view(x, {n, T, 1}), view(y, {n, 1}), {.epochs = 2});
  expect_numbers(model, x);
  expect_numbers(kept(model), x);
}

TEST(Outputs, OfAForecastOfSeveralNumbersAreTheNumbers) {
  const std::vector<float> x = inputs(), y = targets(3, 5);
  auto model = classifier(3);
  heed::fit(model, view(x, {n, T, 1}), view(y, {n, 3}), heed::Huber<float>(), {.epochs = 2});
  EXPECT_EQ(model.outputs, OutputKind::numbers);
  expect_numbers(kept(model), x);
}

TEST(Outputs, OfASequentialAreItsNumbers) {
  const std::vector<float> x = inputs(), y = targets(2, 5);
  heed::Sequential model(heed::Lstm<float>({.input_size = 1, .hidden_size = 3}), heed::LastPool<float>(),
                         heed::Dense<float>({.in_features = 3, .out_features = 2}));
  model.initialize({3});
  heed::fit(model, view(x, {n, T, 1}), view(y, {n, 2}), {.epochs = 2});
  expect_numbers(model, x);
}

TEST(Outputs, OfBinaryCrossEntropyAreSigmoids) {
  const std::vector<float> x = inputs(), y = targets(3);
  auto trained = classifier(3);
  heed::fit(trained, view(x, {n, T, 1}), view(y, {n, 3}), heed::BinaryCrossEntropy<float>(), {.epochs = 2});
  const auto model = kept(trained);
  const std::vector<float> z = logits_of(model, x);
  Predictor predictor(model);
  const auto answer = predictor(view(x.data(), {T, 1}));
  ASSERT_EQ(answer.probabilities.size(), 3u);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(answer.probabilities[k], 1 / (1 + std::exp(-z[k])), 1e-6);
  EXPECT_EQ(answer.label, std::max_element(z.begin(), z.end()) - z.begin());
  const Tensor<float, 2> many = predictor.outputs(view(x, {n, T, 1}));
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(many(0, static_cast<Index>(k)), 1 / (1 + std::exp(-z[k])), 1e-6);
  EXPECT_EQ(error_of([&] { predictor.step_labels(view(x, {n, T, 1})); }),
            "Predictor, step_labels: flags are no classes");
}

TEST(Outputs, OfASingleFlagAreYesOrNo) {
  const std::vector<float> x = inputs();
  for (const float flag : {0.f, 1.f}) {
    const std::vector<float> y(static_cast<std::size_t>(n), flag);
    auto model = classifier(1);
    heed::fit(model, view(x, {n, T, 1}), view(y, {n, 1}), heed::BinaryCrossEntropy<float>(),
              {.epochs = 40, .learning_rate = 0.1});
    Predictor predictor(model);
    const auto answer = predictor(view(x.data(), {T, 1}));
    EXPECT_EQ(answer.label, static_cast<Index>(flag));
    EXPECT_NEAR(answer.probabilities[0], flag, 0.2);
  }
}

TEST(Outputs, AreClassesAgainAfterTrainingOnLabels) {
  const std::vector<float> x = inputs(), y = targets(2);
  const std::vector<std::int32_t> labels(static_cast<std::size_t>(n), 1);
  auto model = classifier(2);
  heed::fit(model, view(x, {n, T, 1}), view(y, {n, 2}), {.epochs = 1});
  heed::fit(model, view(x, {n, T, 1}), labels, {.epochs = 1});
  EXPECT_EQ(model.outputs, OutputKind::classes);
  Predictor predictor(model);
  const auto p = predictor.outputs(view(x.data(), {T, 1}));
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.f), 1, 1e-6);
  EXPECT_EQ(heed::metadata_of(model).count("output_kind"), 0u) << "files of classifiers stay as they were";
}

// a model of before, or of a user's own, that does not remember
TEST(Outputs, OfOneOutputAreNeverClasses) {
  const std::vector<float> x = inputs();
  expect_numbers(classifier(1), x);
}

TEST(Outputs, AreKnownToCallbacksThatSaveTheModel) {
  const std::vector<float> x = inputs(), y = targets(1);
  auto model = classifier(1);
  OutputKind seen = OutputKind::classes;
  heed::fit(model, view(x, {n, T, 1}), view(y, {n, 1}), {.epochs = 1, .callbacks = {[&](const heed::EpochRecord&) {
                                                                        seen = kept(model).outputs;
                                                                        return true;
                                                                      }}});
  EXPECT_EQ(seen, OutputKind::numbers);
}

TEST(Outputs, OfAFailedTrainingStayAsTheyWere) {
  const std::vector<float> x = inputs(), y = targets(2);
  auto model = classifier(1);
  EXPECT_NE(error_of([&] { heed::fit(model, view(x, {n, T, 1}), view(y, {n, 2})); }), "");
  EXPECT_EQ(model.outputs, OutputKind::classes);
}

TEST(Outputs, OfAStreamFollowTheLoss) {
  const std::vector<float> x = inputs(), y = targets(1, 5);
  auto model = classifier(1);
  heed::fit(model, view(x, {n, T, 1}), view(y, {n, 1}), {.epochs = 2});
  heed::Stream stream(model);
  for (std::size_t t = 0; t < T; ++t) stream.step(std::span(x).subspan(t, 1));
  EXPECT_NEAR(stream.outputs()[0], logits_of(model, x)[0], 1e-6);
  EXPECT_EQ(error_of([&] { stream.prediction(); }),
            "Stream: the model gives numbers, which have no class and no probability (expected outputs(x), which gives "
            "the numbers, got 1 number)");

  const std::vector<float> yes_or_no = targets(1);
  heed::fit(model, view(x, {n, T, 1}), view(yes_or_no, {n, 1}), heed::BinaryCrossEntropy<float>(), {.epochs = 2});
  heed::Stream flags(model);
  const float z = flags.step(std::span(x).first(1))[0];
  EXPECT_NEAR(flags.prediction().probabilities[0], 1 / (1 + std::exp(-z)), 1e-6);
}

TEST(Outputs, OfAFileThatSaysAnotherKindThrow) {
  auto model = classifier(2);
  const auto bytes = heed::serialize(model, {{"output_kind", "colours"}});
  EXPECT_EQ(error_of([&] { heed::load<heed::SequenceClassifier<float>>(bytes); }),
            "memory: metadata \"output_kind\": wrong value (expected one of classes, flags, numbers, got "
            "\"colours\")");
}

}  // namespace prediction_test
