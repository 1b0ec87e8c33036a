#include "heed/models/multimodal_classifier.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/loss_curve.hpp"
#include "../support/reference.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/testing/check_layer.hpp"
#include "heed/train/fit.hpp"

namespace multimodal_classifier_test {

using heed::Index;
using heed::MultimodalClassifier;
using heed::Tile;
using test_support::error_of;
using test_support::Reference;
using test_support::Values;
using Options = heed::MultimodalClassifierOptions;

constexpr Options small{.image = {.channels = 2, .height = 4, .width = 4},
                        .max_words = 5,
                        .tokens = 7,
                        .classes = 3,
                        .channels = 3,
                        .embedding = 3,
                        .hidden = 4,
                        .heads = 2};

template <class S>
MultimodalClassifier<S> random_model(const Options& o) {
  MultimodalClassifier<S> model(o);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, model);
  for (S& w : std::get<4>(model.image_encoder.layers).weight) w *= S(0.3);
  auto& filters = std::get<0>(model.image_encoder.layers).bias;  // off the kinks of ReLU
  for (Index i = 0; i < filters.size(); ++i) filters(i) = i % 3 == 1 ? S(-4) : S(4);
  return model;
}

TEST(MultimodalClassifier, FulfilsTheLayerContract) {
  const auto report = heed::testing::check_layer([&]<class S>() { return random_model<S>(small); }, {1, 37},
                                                 {.lanes = 9,  // few: no two pixels of a window change places
                                                  .ragged = false,
                                                  .initialize = false,
                                                  .tokens = 7,
                                                  .token_features = 5,
                                                  .allocations = test_support::allocations});
  EXPECT_TRUE(report.ok()) << report.text();
}

/// Images and words of a file, and a model with its sizes and weights.
struct Case {
  Case()
      : file("multimodal_classifier/curve"),
        n(file.extent("input.x", 0)),
        x(file.values("input.x")),
        labels(file.integers("input.labels")),
        model({.image = {file.index("channels"), file.index("height"), file.index("width")},
               .max_words = file.index("words"),
               .tokens = file.extent("weight.embedding.weight", 0),
               .classes = file.extent("weight.classifier.weight", 0),
               .channels = file.extent("weight.image_encoder.0.weight", 0),
               .embedding = file.extent("weight.embedding.weight", 1),
               .hidden = file.extent("weight.text_encoder.weight_hh_l0", 1),
               .heads = file.index("heads")}) {
    test_support::set_weights(model, file.arrays("weight."));
  }
  heed::TensorView<const double, 3> view() const { return heed::view(x.data(), {n, Index(1), model.input().size()}); }

  Reference file;
  Index n;
  Values x;
  std::vector<std::int32_t> labels;
  MultimodalClassifier<double> model;
};

TEST(MultimodalClassifier, OnePassIsPyTorchs) {
  const Case c;
  const auto x = test_support::to_lanes<double>(c.x, c.n, 0, c.n);
  std::vector<double> y(static_cast<std::size_t>(c.n * c.model.options.classes)), dy(y.size());
  const Tile<double> logits(y.data(), {1, c.model.options.classes}, c.n), dlogits(dy.data(), logits.shape(), c.n);
  const Tile<const double> input(x.data(), {1, c.model.input().size()}, c.n);
  MultimodalClassifier<double> gradient = c.model;
  set_zero(gradient);
  MultimodalClassifier<double>::Cache cache;
  heed::Scratch scratch;
  const heed::Pass pass{scratch};
  c.model.forward(input, logits, cache, pass);
  const heed::CrossEntropy<double> loss;
  const double value =
      loss(logits, {c.labels.data(), {1, 1}, c.n}, nullptr, 1 / static_cast<double>(c.n), dlogits, pass);
  c.model.backward(input, logits, dlogits, {}, cache, gradient, pass);

  EXPECT_NEAR(value, c.file.values("output.losses").front(), 1e-12);
  Values batch_first, weights;
  test_support::append_lanes(y, c.n, batch_first);
  EXPECT_TRUE(test_support::equals(batch_first, c.file.values("output.logits")));
  test_support::expect_parameters(gradient, c.file.arrays("dweight."));
  heed::Predictor predictor(c.model);
  const auto a = predictor.attention_weights(c.view());
  EXPECT_TRUE(test_support::equals(Values(a.begin(), a.end()), c.file.values("output.attention")));
}

TEST(MultimodalClassifier, FollowsPyTorchFor20Steps) {
  Case c;
  const Values losses = c.file.values("output.losses");
  const auto history = heed::fit(c.model, c.view(), c.labels,
                                 {.epochs = 20, .learning_rate = c.file.number("learning_rate"), .threads = 2});
  test_support::expect_losses(history, losses);
  EXPECT_LT(losses.back(), 0.8 * losses.front());
}

TEST(MultimodalClassifier, HasTheNamesOfAPyTorchModule) {
  EXPECT_EQ(test_support::parameter_names(MultimodalClassifier<float>(small)),
            "embedding.weight text_encoder.weight_ih_l0 text_encoder.weight_hh_l0 text_encoder.bias_ih_l0 "
            "text_encoder.bias_hh_l0 image_encoder.0.weight image_encoder.0.bias image_encoder.4.weight "
            "image_encoder.4.bias attention.in_proj_weight attention.in_proj_bias attention.out_proj.weight "
            "attention.out_proj.bias classifier.weight classifier.bias ");
}

TEST(MultimodalClassifier, FromAFileItIsWhatItWas) {
  auto model = random_model<float>(small);
  model.labels = {"yes", "no", "five"};
  model.words = {"is", "it", "five", "even", "?"};
  const auto bytes = heed::serialize(model);
  const auto again = heed::load<MultimodalClassifier<float>>(std::span<const std::byte>(bytes));
  EXPECT_EQ(again.options, small);
  EXPECT_EQ(again.labels, model.labels);
  EXPECT_EQ(again.words, model.words);
  EXPECT_EQ(heed::serialize(again), bytes);
}

TEST(MultimodalClassifier, AnswersTheSameToAQuestionBesideLongerOnes) {
  const auto model = random_model<float>(small);
  std::vector<float> x(74, 0.3F);
  const auto ask = [&](std::size_t lane, std::vector<std::int32_t> tokens) {
    const std::vector<float> pixels(32, 0.3F);
    model.input().join<float>(pixels, tokens, std::span(x).subspan(lane * 37, 37));
  };
  ask(0, {2, 3});
  ask(1, {2, 3, 4, 5, 6});
  const auto together = heed::predict(model, heed::view(std::as_const(x).data(), {2, 1, 37}));
  heed::Predictor predictor(model);
  const auto weights = predictor.attention_weights(heed::view(std::as_const(x).data(), {2, 1, 37}));
  EXPECT_EQ(weights.extents(), (heed::Extents<3>{2, 2, 6}));
  for (Index head = 0; head < 2; ++head) {
    for (Index word = 3; word < 6; ++word) {
      EXPECT_EQ(weights(0, head, word), 0);
      EXPECT_GT(weights(1, head, word), 0);
    }
  }
  ask(1, {2, 3});
  const auto alike = heed::predict(model, heed::view(std::as_const(x).data(), {2, 1, 37}));
  for (Index k = 0; k < 3; ++k) {
    EXPECT_EQ(alike(0, k), together(0, k));
    EXPECT_EQ(alike(1, k), together(0, k));
    EXPECT_NE(together(1, k), together(0, k));
  }
  ask(1, {3, 2});  // words in another order are another question
  EXPECT_NE(heed::predict(model, heed::view(std::as_const(x).data(), {2, 1, 37}))(1, 0), alike(1, 0));
}

TEST(MultimodalClassifier, RejectsWhatDoesNotFit) {
  const auto error = [](auto change) {
    Options o = small;
    change(o);
    return error_of([&] { MultimodalClassifier<float> model(o); });
  };
  EXPECT_NE(error([](Options& o) { o.max_words = 0; }).find("max_words out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.image.channels = 0; }).find("image.channels out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.image.height = 0; }).find("height out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.image.width = 1; }).find("width out of range (expected 2 to"), std::string::npos);
  for (const auto member : {&Options::tokens, &Options::classes, &Options::channels, &Options::embedding,
                            &Options::hidden, &Options::heads}) {
    EXPECT_NE(error([&](Options& o) { o.*member = 0; }), "no error");
  }
  EXPECT_NE(error([](Options& o) { o.heads = 3; }), "no error");
  EXPECT_NE(error([](Options& o) { o.image.width = 32769; }).find("got 32769"), std::string::npos);
  for (const Index absurd : {Index(32769), Index(1) << 62, Index(-1), std::numeric_limits<Index>::min()}) {
    for (const auto member : {&Options::max_words, &Options::classes, &Options::channels, &Options::embedding,
                              &Options::hidden, &Options::heads}) {
      EXPECT_NE(error([&](Options& o) { o.*member = absurd; }).find("out of range"), std::string::npos);
    }
  }
  EXPECT_EQ(error([](Options& o) { o.tokens = (1 << 24) + 1; }),
            "MultimodalClassifier: tokens out of range (expected 1 to 16777216, got 16777217)");

  const MultimodalClassifier<float> model(small);
  EXPECT_NE(error_of([&] { model.output_shape({1, 32}); }).find("not an image and tokens"), std::string::npos);
  heed::Tensor<float, 3> x({1, 1, 37});
  heed::Predictor predictor(model);
  x(0, 0, 32) = 7;
  EXPECT_NE(error_of([&] { predictor(x[0]); }).find("token out of range"), std::string::npos);
  auto named = model;
  named.labels = {"yes"};
  EXPECT_NE(error_of([&] { metadata_of(named); }).find("wrong number of labels"), std::string::npos);
  named.labels.clear();
  named.words = {"is"};
  EXPECT_NE(error_of([&] { metadata_of(named); }).find("wrong number of words"), std::string::npos);
}

}  // namespace multimodal_classifier_test
