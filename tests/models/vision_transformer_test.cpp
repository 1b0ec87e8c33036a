#include "heed/models/vision_transformer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/loss_curve.hpp"
#include "../support/reference.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/io/safetensors.hpp"
#include "heed/options/model_metadata.hpp"
#include "heed/testing/check_layer.hpp"
#include "heed/train/fit.hpp"

namespace vision_transformer_test {

using heed::Index;
using heed::VisionTransformer;
using test_support::error_of;
using test_support::Reference;
using Options = heed::VisionTransformerOptions;

constexpr Options small{.image = {.channels = 2, .height = 4, .width = 6},
                        .patch_size = 2,
                        .classes = 3,
                        .transformer = {.d_model = 6,
                                        .num_heads = 2,
                                        .num_layers = 2,
                                        .dim_feedforward = 7,
                                        .dropout = 0,
                                        .positions = heed::PositionKind::learned}};

Options small_data() {
  Options o = small;
  o.shifted_patches = true;
  o.transformer.locality = true;
  return o;
}

template <class S>
VisionTransformer<S> random_model(const Options& o) {
  VisionTransformer<S> model(o);
  heed::Key key{7};
  for_each_parameter([&](const heed::Path&, auto& p) { initialize_uniform(p, key = key.child(1), 0.5); }, model);
  for (auto& block : model.transformer.blocks.layers) {  // off the kinks of ReLU
    for (Index i = 0; i < block.feed_forward.linear1.bias.size(); ++i) {
      block.feed_forward.linear1.bias(i) = i % 3 == 1 ? S(-4) : S(4);
    }
  }
  for (S& w : model.shifted_patch_embedding.proj.weight) w *= 3;  // far from the bends of the next norm
  return model;
}

TEST(VisionTransformer, FulfilsTheLayerContract) {
  for (const double dropout : {0.0, 0.3}) {
    for (Options o : {small, small_data()}) {
      o.transformer.dropout = dropout;
      const auto report = heed::testing::check_layer([&]<class S>() { return random_model<S>(o); }, {1, 48},
                                                     {.ragged = false, .training = dropout > 0, .initialize = false});
      EXPECT_TRUE(report.ok()) << report.text();
    }
  }
}

void expect_curve(const std::string& name, const Options& options) {
  const Reference file(name);
  VisionTransformer<double> model(options);
  test_support::set_weights(model, file.arrays("weight."));
  const auto x = file.values("input.x"), losses = file.values("output.loss");
  const auto labels = file.integers("input.labels");
  const auto history = heed::fit(model, heed::view(x.data(), {20, 1, 48}), labels,
                                 {.epochs = 20, .learning_rate = file.number("learning_rate"), .threads = 2});
  test_support::expect_losses(history, losses);
  EXPECT_LT(losses.back(), 0.5 * losses.front());
}

TEST(VisionTransformer, FollowsPyTorchFor20Steps) { expect_curve("vision_transformer/curve", small); }
TEST(VisionTransformer, ForSmallDataFollowsPyTorchFor20Steps) {
  expect_curve("vision_transformer/small_data", small_data());
}

// Patches of 16 x 16 of 224 x 224 pixels: 196 of them. The gradient along one direction is that of differences.
TEST(VisionTransformer, TakesImagesOf224x224) {
  const Options o{.image = {.channels = 3, .height = 224, .width = 224},
                  .patch_size = 16,
                  .classes = 2,
                  .transformer = {.d_model = 48, .num_heads = 3, .num_layers = 1, .dim_feedforward = 48, .dropout = 0}};
  using Model = VisionTransformer<double>;
  heed::testing::LayerRun<Model> run(random_model<double>(o), {1, o.image.size()}, 2);
  EXPECT_EQ(run.layer.patches(), 196);
  run.randomize(heed::Key{3});
  const std::vector<double> x = run.x;
  const auto value = [&](double step) {
    for (std::size_t i = 0; i < x.size(); ++i) run.x[i] = x[i] + step * std::cos(static_cast<double>(i));
    run.forward();
    double sum = 0;
    for (std::size_t i = 0; i < run.y.size(); ++i) sum += run.y[i] * run.dy[i];
    return sum;
  };
  constexpr double h = 1e-4;
  const double difference = (value(h) - value(-h)) / (2 * h);
  value(0);
  run.backward();
  double along = 0;
  for (std::size_t i = 0; i < x.size(); ++i) along += run.dx[i] * std::cos(static_cast<double>(i));
  EXPECT_NEAR(along, difference, 1e-6 * std::abs(difference));
}

TEST(VisionTransformer, HasTheNamesOfAPyTorchModule) {
  Options o = small;
  o.transformer.num_layers = 1;
  o.transformer.norm = heed::NormPlacement::none;
  EXPECT_EQ(test_support::parameter_names(VisionTransformer<float>(o)),
            "patch_embedding.proj.weight patch_embedding.proj.bias positions.weight "
            "encoder.layers.0.self_attn.in_proj_weight encoder.layers.0.self_attn.in_proj_bias "
            "encoder.layers.0.self_attn.out_proj.weight encoder.layers.0.self_attn.out_proj.bias "
            "encoder.layers.0.linear1.weight encoder.layers.0.linear1.bias encoder.layers.0.linear2.weight "
            "encoder.layers.0.linear2.bias classifier.weight classifier.bias ");
  o.shifted_patches = o.transformer.locality = true;
  EXPECT_EQ(test_support::parameter_names(VisionTransformer<float>(o)),
            "patch_embedding.norm.weight patch_embedding.norm.bias patch_embedding.proj.weight "
            "patch_embedding.proj.bias positions.weight encoder.layers.0.self_attn.in_proj_weight "
            "encoder.layers.0.self_attn.in_proj_bias encoder.layers.0.self_attn.out_proj.weight "
            "encoder.layers.0.self_attn.out_proj.bias encoder.layers.0.self_attn.temperature "
            "encoder.layers.0.linear1.weight encoder.layers.0.linear1.bias encoder.layers.0.linear2.weight "
            "encoder.layers.0.linear2.bias classifier.weight classifier.bias ");
}

TEST(VisionTransformer, FromAFileItIsWhatItWas) {
  for (const Options& o : {small, small_data()}) {
    auto model = random_model<float>(o);
    model.labels = {"a", "b", "c"};
    const auto bytes = heed::serialize(model);
    const auto again = heed::load<VisionTransformer<float>>(std::span<const std::byte>(bytes));
    EXPECT_EQ(again.options, model.options);
    EXPECT_EQ(again.labels, model.labels);
    EXPECT_EQ(heed::serialize(again), bytes);
  }
}

TEST(VisionTransformer, ShowsWhatPatchesAttendTo) {
  const auto model = random_model<double>(small);
  const heed::Tensor<double, 3> x({2, 1, 48}, std::vector<double>(96, 0.3));
  heed::Predictor predictor(model);
  const auto a = predictor.attention_weights(x.view());
  EXPECT_EQ(a.extents(), (heed::Extents<3>{2, 12, 6}));
  for (Index row = 0; row < 12; ++row) {
    double sum = 0;
    for (Index key = 0; key < 6; ++key) sum += a(1, row, key);
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

TEST(VisionTransformer, RefusesOptionsOfAFileThatMakeNoSense) {
  for (const bool shifted : {false, true}) {
    Options o = small;
    o.shifted_patches = shifted;
    const heed::Metadata m = metadata_of(VisionTransformer<float>(o));
    const auto error = [&](const char* key, Index value) {
      heed::Metadata changed = m;
      heed::set(changed, key, value);
      return error_of([&] { heed::from_metadata<Options>(changed); });
    };
    constexpr Index far = Index(1) << 62;
    for (const char* key : {"channels", "height", "width", "patch_size", "classes", "d_model", "num_heads",
                            "num_layers", "dim_feedforward"}) {
      for (const Index absurd : {Index(0), Index(-1), -far, (Index(1) << 20) + 1, far}) {
        EXPECT_NE(error(key, absurd).find("\"" + std::string(key) + "\": out of range"), std::string::npos);
      }
    }
    o.patch_size = 0;
    EXPECT_NE(error_of([&] { VisionTransformer<float> model(o); }).find("patch_size out of range"), std::string::npos);
  }
}

TEST(VisionTransformer, RejectsWhatDoesNotFit) {
  const auto error = [](auto change) {
    Options o = small;
    change(o);
    return error_of([&] { VisionTransformer<float> model(o); });
  };
  EXPECT_NE(error([](Options& o) { o.patch_size = 4; }).find("not made of whole patches"), std::string::npos);
  EXPECT_EQ(error([](Options& o) { o.patch_size = 0; }),
            "VisionTransformer: patch_size out of range (expected 1 to 32768, got 0)");
  EXPECT_NE(error([](Options& o) {
              o.shifted_patches = true;
              o.patch_size = 1;
            }).find("patches have no half"),
            std::string::npos);
  EXPECT_NE(error([](Options& o) { o.classes = 0; }).find("classes out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.transformer.num_heads = 4; }), "no error");
  const VisionTransformer<float> model(small);
  EXPECT_NE(error_of([&] { model.output_shape({1, 47}); }).find("wrong number of features"), std::string::npos);
  auto labelled = model;
  labelled.labels = {"a"};
  EXPECT_NE(error_of([&] { metadata_of(labelled); }).find("wrong number of labels"), std::string::npos);
}

// The number of patches is a product of options that nobody has checked yet.
TEST(VisionTransformer, SidesWhosePatchesOverflowAreRefused) {
  constexpr heed::Index huge = heed::Index(1) << 62;
  for (const auto& sides : {std::pair(-huge, huge), {huge, huge}, {heed::Index(8), -huge}}) {
    const auto error = test_support::error_of([&] {
      heed::VisionTransformer<float>({.image = {.channels = 1, .height = sides.first, .width = sides.second},
                                      .patch_size = 4,
                                      .classes = 2,
                                      .transformer = {.d_model = 8, .positions = heed::PositionKind::learned}});
    });
    EXPECT_NE(error.find("out of range"), std::string::npos) << error;
  }
}

}  // namespace vision_transformer_test
