#include "heed/models/image_captioner.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/captioner_case.hpp"
#include "../support/error_of.hpp"
#include "../support/loss_curve.hpp"
#include "../support/reference.hpp"
#include "heed/infer/decode.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/testing/check_layer.hpp"
#include "heed/train/fit.hpp"

namespace image_captioner_test {

using heed::ImageCaptioner;
using heed::Index;
using heed::ScoreKind;
using test_support::error_of;
using test_support::small_captioner;
using Options = heed::ImageCaptionerOptions;

template <class S>
ImageCaptioner<S> random_model(const Options& o) {
  ImageCaptioner<S> model(o);
  heed::Key key{21};  // of which no window of the pooling has two largest numbers next to each other
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.6); }, model);
  // nor ReLU a number next to 0
  const auto off_the_kinks = [](heed::Conv2d<S>& layer) {
    for (S& w : layer.weight) w *= S(0.25);
    for (Index i = 0; i < layer.bias.size(); ++i) layer.bias(i) = i % 3 == 1 ? S(-1.5) : S(1.5);
  };
  off_the_kinks(std::get<0>(model.cnn.layers));
  off_the_kinks(std::get<2>(model.cnn.layers));
  off_the_kinks(std::get<5>(model.cnn.layers));
  return model;
}

TEST(ImageCaptioner, FulfilsTheLayerContract) {
  for (const auto score : {ScoreKind::additive, ScoreKind::scaled_dot}) {
    for (const double dropout : {0.0, 0.3}) {
      Options o = small_captioner;
      o.score = score;
      o.dropout = dropout;
      const auto make = [&]<class S>() {
        auto model = random_model<S>(o);
        model.decoder.embedding.padding_idx = -1;  // token 0 occurs inside, and its gradient is looked at
        return model;
      };
      const auto report = heed::testing::check_layer(make, {1, o.input().size()},
                                                     {.ragged = false,
                                                      .training = dropout > 0,
                                                      .initialize = false,
                                                      .tokens = static_cast<std::int32_t>(o.tokens),
                                                      .token_features = o.max_tokens,
                                                      .allocations = test_support::allocations});
      EXPECT_TRUE(report.ok()) << to_text(score) << '\n' << report.text();
    }
  }
}

// ---- PyTorch

Options options_of(const test_support::Reference& file) {
  return {.image = {.channels = 2, .height = 4, .width = 6},
          .tokens = 6,
          .max_tokens = 4,
          .channels = 3,
          .features = 5,
          .embedding = 3,
          .hidden = 4,
          .score = heed::from_text<heed::ScoreKind>(file.text("score"), "score")};
}

TEST(ImageCaptioner, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("image_captioner")) {
    SCOPED_TRACE(name);
    const test_support::Reference file(name);
    const auto model = with_weights(ImageCaptioner<double>(options_of(file)), file);
    const Index n = file.extent("input.x", 0), F = file.extent("input.x", 2), T = 4, V = 6, R = 6;
    const auto x = test_support::to_lanes(file.values("input.x"), n, 0, n);
    const auto labels = test_support::to_lanes<std::int32_t>(file.values("input.labels"), n, 0, n);
    std::vector<double> z(static_cast<std::size_t>(n * T * V)), dz(z.size());
    ImageCaptioner<double>::Cache cache;
    heed::Scratch scratch;
    const heed::Pass pass{scratch};
    const heed::Tile<const double> tile(x.data(), {1, F}, n);
    const heed::Tile<double> logits(z.data(), {T, V}, n), dlogits(dz.data(), {T, V}, n);
    model.forward(tile, logits, cache, pass);
    double count = 0;
    for (const std::int32_t label : labels) count += label >= 0;
    const double loss = heed::CrossEntropy<double>()(logits, heed::Tile<const std::int32_t>(labels.data(), {T, 1}, n),
                                                     nullptr, 1 / count, dlogits, pass);
    EXPECT_NEAR(loss, file.value("output.loss"), 1e-13);
    const auto wanted = test_support::to_lanes(file.values("output.logits"), n, 0, n);
    const auto attention = test_support::to_lanes(file.values("output.attention"), n, 0, n);
    const auto a = model.attention_weights(cache);
    ASSERT_EQ(a.shape(), (heed::Shape{T, R}));
    for (Index t = 0; t < T; ++t) {
      for (Index l = 0; l < n; ++l) {
        if (tile.at(0, F - T + t)[l] == 0) continue;
        for (Index c = 0; c < V; ++c) {
          EXPECT_NEAR(logits.at(t, c)[l], wanted[static_cast<std::size_t>((t * V + c) * n + l)], 1e-12);
        }
        for (Index r = 0; r < R; ++r) {
          EXPECT_NEAR(a.at(t, r)[l], attention[static_cast<std::size_t>((t * R + r) * n + l)], 1e-12);
        }
      }
    }
    auto gradient = model;
    heed::set_zero(gradient);
    model.backward(tile, logits, dlogits, {}, cache, gradient, pass);
    test_support::expect_parameters(gradient, file.arrays("dweight."));
  }
}

TEST(ImageCaptioner, TrainsAsPyTorchDoes) {
  EXPECT_EQ(test_support::reference_names("image_captioner").size(), 2U);
  for (const auto& name : test_support::reference_names("image_captioner")) {
    SCOPED_TRACE(name);
    const test_support::Reference file(name);
    auto model = with_weights(ImageCaptioner<double>(options_of(file)), file);
    const auto x = file.values("input.x"), losses = file.values("output.curve");
    const auto labels = file.integers("input.labels");
    const heed::LabelledSequences<double> data{heed::view(x.data(), {10, 1, 52}), heed::view(labels.data(), {10, 4})};
    ASSERT_EQ(losses.size(), 20U);
    const auto history = heed::fit(
        model, data, {.epochs = 20, .learning_rate = file.number("learning_rate"), .weight_decay = 0, .threads = 1});
    test_support::expect_losses(history, losses);
    EXPECT_LT(losses.back(), 0.5 * losses.front());
  }
}

TEST(ImageCaptioner, HasTheNamesOfThePyTorchModule) {
  EXPECT_EQ(test_support::parameter_names(ImageCaptioner<float>(small_captioner)),
            "cnn.0.weight cnn.0.bias cnn.2.weight cnn.2.bias cnn.5.weight cnn.5.bias positions.weight "
            "fc_hidden.weight fc_hidden.bias fc_cell.weight fc_cell.bias decoder.attention.attn.weight "
            "decoder.attention.attn.bias decoder.attention.v decoder.embedding.weight decoder.rnn.weight_ih_l0 "
            "decoder.rnn.weight_hh_l0 decoder.rnn.bias_ih_l0 decoder.rnn.bias_hh_l0 decoder.fc_out.weight "
            "decoder.fc_out.bias ");
}

// ---- decoding

std::vector<double> images(Index count) {
  std::vector<double> pixels(static_cast<std::size_t>(count * small_captioner.image.size()));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = heed::Key{5}.uniform(i, -1, 1);
  return pixels;
}

TEST(ImageCaptioner, DecodesWhatPassesGive) {
  const Index count = 5, most = small_captioner.max_tokens, R = small_captioner.regions();
  const auto model = random_model<double>(small_captioner);
  const auto pixels = images(count);
  const heed::TensorView<const double, 3> sources(pixels.data(), {count, 1, small_captioner.image.size()});
  heed::SequenceDecoder decoder(model, {.max_steps = most});
  const auto found = decoder(sources);
  const auto input = small_captioner.input();
  heed::Tensor<double, 3> x({count, 1, input.size()});
  for (Index i = 0; i < count; ++i) {  // told what was found
    const auto& caption = found[static_cast<std::size_t>(i)];
    std::vector<std::int32_t> told{2};
    told.insert(told.end(), caption.tokens.begin(), caption.tokens.end());
    told.resize(std::min(told.size(), static_cast<std::size_t>(most)));
    const auto image = sources[i];
    input.join<double>({image.data(), static_cast<std::size_t>(image.size())}, told,
                       {x[i].data(), static_cast<std::size_t>(input.size())});
    EXPECT_EQ(caption.source_steps, R);
  }
  heed::Predictor predictor(model);
  const auto weights = predictor.attention_weights(x.view());
  EXPECT_EQ(weights.extents(), (heed::Extents<3>{count, most, R}));
  for (Index i = 0; i < count; ++i) {
    const auto& caption = found[static_cast<std::size_t>(i)];
    const Index steps = static_cast<Index>(caption.alignment.size()) / R;
    EXPECT_GE(steps, static_cast<Index>(caption.tokens.size()));
    for (Index t = 0; t < steps; ++t) {
      double sum = 0;
      for (Index r = 0; r < R; ++r) {
        const double a = caption.alignment[static_cast<std::size_t>(t * R + r)];
        EXPECT_NEAR(a, weights(i, t, r), 1e-14);
        sum += a;
      }
      EXPECT_NEAR(sum, 1, 1e-14);
    }
    const auto alone = decoder(sources[i]);
    EXPECT_EQ(alone.tokens, caption.tokens);
  }
  const auto wide = heed::SequenceDecoder(model, {.max_steps = most, .beam = 3})(sources);
  for (const auto& caption : wide) EXPECT_EQ(static_cast<Index>(caption.alignment.size()) % R, 0);
}

// Which of two halves of an image is bright is said in words of two lengths.
TEST(ImageCaptioner, LearnsToSayWhatItSees) {
  const Options o{.image = {.channels = 1, .height = 4, .width = 4},
                  .tokens = 7,
                  .max_tokens = 3,
                  .channels = 4,
                  .features = 6,
                  .embedding = 4,
                  .hidden = 8};
  const Index count = 80;
  heed::Tensor<float, 3> x({count, 1, o.input().size()});
  heed::Tensor<std::int32_t, 2> labels({count, o.max_tokens});
  for (Index i = 0; i < count; ++i) {
    const bool left = i % 2 == 0;
    const heed::Key key = heed::Key{3}.child(static_cast<std::uint64_t>(i));
    std::vector<float> pixels(16);
    for (std::size_t p = 0; p < 16; ++p) {
      pixels[p] = static_cast<float>(key.uniform(p, 0, 0.4) + ((p % 4 < 2) == left ? 0.5 : 0));
    }
    const std::vector<std::int32_t> told = left ? std::vector<std::int32_t>{2, 4} : std::vector<std::int32_t>{2, 5, 6};
    o.input().join<float>(pixels, told, {x[i].data(), static_cast<std::size_t>(o.input().size())});
    labels(i, 0) = left ? 4 : 5;
    labels(i, 1) = left ? 3 : 6;
    labels(i, 2) = left ? -100 : 3;
  }
  ImageCaptioner<float> model(o);
  const auto history = heed::fit(model, heed::LabelledSequences<float>{x.view(), labels.view()},
                                 {.epochs = 40, .learning_rate = 0.01, .batch_size = 20, .threads = 2});
  EXPECT_EQ(history.epochs.back().accuracy, 1);
  heed::SequenceDecoder decoder(model, {.max_steps = 4});
  const auto left = decoder(heed::view(x[0].data(), {Index(1), Index(16)}));
  const auto right = decoder(heed::view(x[1].data(), {Index(1), Index(16)}));
  EXPECT_EQ(left.tokens, (std::vector<std::int32_t>{4}));
  EXPECT_EQ(right.tokens, (std::vector<std::int32_t>{5, 6}));
}

// ---- files, errors

TEST(ImageCaptioner, FromAFileItIsWhatItWas) {
  auto model = random_model<float>(small_captioner);
  model.words = {"<s>", "</s>", "a", "b"};
  const auto bytes = heed::serialize(model);
  const auto again = heed::load<ImageCaptioner<float>>(std::span<const std::byte>(bytes));
  EXPECT_EQ(again.options, model.options);
  EXPECT_EQ(again.words, model.words);
  EXPECT_EQ(heed::serialize(again), bytes);
}

TEST(ImageCaptioner, RejectsWhatDoesNotFit) {
  ImageCaptioner<float> model(small_captioner);
  const auto shape = [&](heed::Shape s) { return error_of([&] { model.output_shape(s); }); };
  EXPECT_EQ(shape({1, 52}), "no error");
  EXPECT_EQ(shape({1, 48}), "ImageCaptioner: not an image and tokens in one step (expected (1, 52), got (1, 48))");
  heed::Tensor<float, 3> x({1, 1, 52});
  x(0, 0, 50) = 6;
  EXPECT_NE(error_of([&] { model.check_input(x.view(), {}); }).find("token 2 (counted from 0): token out of range"),
            std::string::npos);
  model.words = {"a"};
  EXPECT_EQ(error_of([&] { metadata_of(model); }), "ImageCaptioner: wrong number of words (expected 4, got 1)");

  heed::SequenceDecoder decoder(model);
  heed::Tensor<float, 3> two({1, 2, 48}), one({2, 1, 48});
  EXPECT_EQ(error_of([&] { decoder(two.view()); }), "SequenceDecoder: an image is one step (expected 1, got 2)");
  const std::vector<std::int32_t> lengths{1, 0};
  EXPECT_EQ(error_of([&] { decoder(one.view(), lengths); }),
            "SequenceDecoder: an image is one step (expected 1, got a length of 0)");
  one(1, 0, 3) = std::nanf("");
  EXPECT_NE(error_of([&] { decoder(one.view()); }).find("sequence 1, step 0, feature 3"), std::string::npos);
}

}  // namespace image_captioner_test
