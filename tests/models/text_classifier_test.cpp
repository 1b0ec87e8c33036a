#include "heed/models/text_classifier.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/testing/check_layer.hpp"

namespace text_classifier_test {

using heed::Attention;
using heed::TextClassifier;
using test_support::error_of;
using Options = heed::TextClassifierOptions;

constexpr Options small{
    .tokens = 6, .embedding = 3, .classifier = {.features = 3, .classes = 4, .hidden = 4, .dense = 5}};

template <class S>
TextClassifier<S> random_model(const Options& options) {
  TextClassifier<S> model(options);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, model);
  model.embedding.padding_idx = -1;  // token 0 occurs here, and its gradient is looked at
  for (heed::Index i = 0; i < 5; ++i) model.classifier.fc1.bias(i) = i % 3 == 1 ? S(-2) : S(2);
  return model;
}

TEST(TextClassifier, FulfilsTheLayerContractOfTokens) {
  for (const Attention attention : {Attention::pool, Attention::multihead, Attention::additive, Attention::none}) {
    for (const double dropout : {0.0, 0.3}) {
      Options o = small;
      o.classifier.attention = attention;
      o.classifier.dropout = dropout;
      const auto report = heed::testing::check_layer([&]<class S>() { return random_model<S>(o); }, {4, 1},
                                                     {.zero_when_empty = false, .initialize = false, .tokens = 6});
      EXPECT_TRUE(report.ok()) << to_text(attention) << report.text();
    }
  }
}

TEST(TextClassifier, HasTheNamesOfAPyTorchModule) {
  EXPECT_EQ(test_support::parameter_names(TextClassifier<float>(small)),
            "embedding.weight lstm.weight_ih_l0 lstm.weight_hh_l0 lstm.bias_ih_l0 lstm.bias_hh_l0 "
            "attention.attention.weight attention.attention.bias fc1.weight fc1.bias fc2.weight fc2.bias ");
}

TEST(TextClassifier, StartsWithSmallVectors) {
  const TextClassifier<double> model({.tokens = 400, .embedding = 50, .classifier = {.classes = 2}});
  double square = 0;
  for (const double v : model.embedding.weight) square += v * v;
  EXPECT_NEAR(std::sqrt(square / (399 * 50)), 0.1, 0.003);
}

TEST(TextClassifier, KeepsPaddingAtZero) {
  const TextClassifier<float> model(small);
  for (heed::Index i = 0; i < 3; ++i) EXPECT_EQ(model.embedding.weight.row(0)[i], 0);
}

TEST(TextClassifier, MetadataHasEverythingBack) {
  Options o = small;
  o.classifier.cell = heed::CellKind::gru;
  o.classifier.layers = 2;
  o.classifier.bidirectional = true;
  o.classifier.dropout = 0.25;
  TextClassifier<float> model(o);
  model.classifier.labels = {"a", "b", "c", "d"};
  model.words = {"how", "are", "you", "?"};
  const auto metadata = metadata_of(model);
  EXPECT_EQ(heed::from_metadata<TextClassifier<float>::Options>(metadata), o);
  TextClassifier<float> again(o);
  restore_extras(again, metadata);
  EXPECT_EQ(again.words, model.words);
  EXPECT_EQ(again.classifier.labels, model.classifier.labels);
}

TEST(TextClassifier, OptionsFollowFromTheTensors) {
  Options o = small;
  o.classifier.layers = 2;
  o.classifier.bidirectional = true;
  std::vector<heed::TensorShape> tensors;
  TextClassifier<float> model(o);
  for_each_parameter([&](const heed::Path& path,
                         const auto& p) { tensors.push_back({path.text(), {p.extents().begin(), p.extents().end()}}); },
                     model);
  EXPECT_EQ(TextClassifier<float>::options_from(tensors), o);
  tensors.erase(tensors.begin());
  EXPECT_EQ(error_of([&] { TextClassifier<float>::options_from(tensors); }),
            "no metadata: the tensors do not determine a text classifier (expected a tensor embedding.weight)");
}

TEST(TextClassifier, RefusesWhatDoesNotFit) {
  EXPECT_EQ(error_of([] { TextClassifier<float>(Options{.tokens = 0, .embedding = 3}); }),
            "TextClassifier: tokens out of range (expected 1 to 268435456, got 0)");
  TextClassifier<float> model(small);
  model.words = {"one"};
  EXPECT_EQ(error_of([&] { metadata_of(model); }), "TextClassifier: wrong number of words (expected 4, got 1)");
  const std::vector<std::int32_t> tokens{1, 2, 6, 7};
  EXPECT_EQ(error_of([&] {
              model.check_input(heed::TensorView<const std::int32_t, 3>(tokens.data(), {2, 2, 1}), {}, "Predictor");
            }).substr(0, 20),
            "Predictor, sequence ");
  const std::vector<std::int32_t> lengths{2, 0};
  model.check_input(heed::TensorView<const std::int32_t, 3>(tokens.data(), {1, 2, 1}), {}, "Predictor");
  EXPECT_NE(error_of([&] {
              model.check_input(heed::TensorView<const std::int32_t, 3>(tokens.data() + 1, {1, 2, 1}), {}, "Predictor");
            }),
            "no error");
}

TEST(TextClassifier, ChecksTokensBeforeItPredicts) {
  const TextClassifier<float> model(small);
  heed::Predictor predictor(model);
  const std::vector<std::int32_t> tokens{1, 2, 6};
  EXPECT_EQ(error_of([&] { predictor(tokens.data(), 3, 1); }),
            "Predictor, sequence 0, step 2 (counted from 0): token out of range (expected 0 to 5, got 6)");
}

}  // namespace text_classifier_test
