#include "heed/layers/patch_embedding.hpp"

#include <gtest/gtest.h>

#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace patch_embedding_test {

using heed::Conv2d;
using heed::Index;
using heed::PatchEmbedding;
using test_support::error_of;

TEST(PatchEmbedding, FulfilsTheLayerContract) {
  const auto make = []<class S>() {
    return PatchEmbedding<S>({.channels = 2, .height = 4, .width = 6, .patch_size = 2, .embed_dim = 5});
  };
  const auto report = heed::testing::check_layer(make, {1, 48}, {.ragged = false});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(PatchEmbedding, IsTheConvolutionWhosePixelsAreSteps) {
  const PatchEmbedding<double> layer({.channels = 3, .height = 4, .width = 4, .patch_size = 2, .embed_dim = 2});
  EXPECT_EQ(layer.patches(), 4);
  EXPECT_EQ(layer.output_shape({1, 48}), (heed::Shape{4, 2}));
  heed::testing::LayerRun<PatchEmbedding<double>> run(layer, {1, 48}, 5);
  heed::testing::LayerRun<Conv2d<double>> conv(layer.proj, {1, 48}, 5);
  run.randomize(heed::Key{1});
  conv.randomize(heed::Key{1});
  run.forward();
  run.backward();
  conv.forward();
  conv.backward();
  EXPECT_EQ(run.y, conv.y);
  EXPECT_EQ(run.dx, conv.dx);
  EXPECT_EQ(run.flat_gradient(), conv.flat_gradient());
}

TEST(PatchEmbedding, HasTheNamesOfItsConvolution) {
  const PatchEmbedding<float> layer({.height = 4, .width = 4, .patch_size = 4, .embed_dim = 2});
  EXPECT_EQ(test_support::parameter_names(layer), "proj.weight proj.bias ");
}

TEST(PatchEmbedding, RejectsWhatDoesNotFit) {
  EXPECT_EQ(error_of([] { PatchEmbedding<float>({.height = 8, .width = 6, .patch_size = 4, .embed_dim = 2}); }),
            "PatchEmbedding: the image is not made of whole patches (expected a height and a width in multiples of 4, "
            "got (8, 6))");
  EXPECT_NE(error_of([] {
              PatchEmbedding<float>({.height = 8, .width = 8, .patch_size = 4});
            }).find("embed_dim must be positive"),
            std::string::npos);
  const PatchEmbedding<float> layer({.height = 4, .width = 4, .patch_size = 2, .embed_dim = 2});
  EXPECT_EQ(error_of([&] { layer.output_shape({2, 16}); }),
            "PatchEmbedding: an image is one step (expected 1 step, got 2)");
}

}  // namespace patch_embedding_test
