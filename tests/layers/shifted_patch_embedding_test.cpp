#include "heed/layers/shifted_patch_embedding.hpp"

#include <gtest/gtest.h>

#include "../support/allocations.hpp"
#include "../support/layer_case.hpp"
#include "heed/testing/check_layer.hpp"

namespace shifted_patch_embedding_test {

using heed::ShiftedPatchEmbedding;
using test_support::error_of;
using test_support::Reference;

TEST(ShiftedPatchEmbedding, FulfilsTheLayerContract) {
  const auto make = []<class S>() {
    return ShiftedPatchEmbedding<S>({.channels = 2, .height = 4, .width = 6, .patch_size = 2, .embed_dim = 5});
  };
  const auto report =
      heed::testing::check_layer(make, {1, 48}, {.ragged = false, .allocations = test_support::allocations});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(ShiftedPatchEmbedding, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("shifted_patches")) {
    const Reference file(name);
    test_support::expect_equals_reference(name, ShiftedPatchEmbedding<double>({.channels = file.index("channels"),
                                                                               .height = file.index("height"),
                                                                               .width = file.index("width"),
                                                                               .patch_size = file.index("patch"),
                                                                               .embed_dim = 3}));
  }
}

// One number of y for each number of a patch, which is not normalised away: the image of one bright pixel.
TEST(ShiftedPatchEmbedding, SeesHalfAPatchAroundAPatch) {
  const ShiftedPatchEmbedding<double> layer({.height = 4, .width = 4, .patch_size = 2, .embed_dim = 20});
  heed::testing::LayerRun<ShiftedPatchEmbedding<double>> run(layer, {1, 16}, 1);
  const auto seen = [&](std::size_t patch) {
    std::vector<int> bright;
    const auto* p = run.cache.patches.view().at(static_cast<heed::Index>(patch));
    for (int i = 0; i < 20; ++i) {
      if (p[i] != 0) bright.push_back(i);
    }
    return bright;
  };
  std::fill(run.x.begin(), run.x.end(), 0.0);
  run.x[1 * 4 + 1] = 1;  // the last pixel of the first patch
  run.forward();
  EXPECT_EQ(seen(0), (std::vector<int>{4, 15}));  // moved up and left, and itself
  EXPECT_EQ(seen(1), (std::vector<int>{3}));      // moved up and right
  EXPECT_EQ(seen(2), (std::vector<int>{2}));      // moved down and left
  EXPECT_EQ(seen(3), (std::vector<int>{1}));      // moved down and right
}

TEST(ShiftedPatchEmbedding, HasTheNamesOfItsParts) {
  const ShiftedPatchEmbedding<float> layer({.height = 4, .width = 4, .patch_size = 2, .embed_dim = 2});
  EXPECT_EQ(test_support::parameter_names(layer), "norm.weight norm.bias proj.weight proj.bias ");
  EXPECT_EQ(layer.patches(), 4);
  EXPECT_EQ(layer.embed_dim(), 2);
}

TEST(ShiftedPatchEmbedding, RejectsWhatDoesNotFit) {
  using Layer = ShiftedPatchEmbedding<float>;
  EXPECT_EQ(error_of([] { Layer({.height = 8, .width = 6, .patch_size = 4, .embed_dim = 2}); }),
            "ShiftedPatchEmbedding: the image is not made of whole patches (expected a height and a width in multiples "
            "of 4, got (8, 6))");
  EXPECT_EQ(error_of([] { Layer({.height = 9, .width = 9, .patch_size = 3, .embed_dim = 2}); }),
            "ShiftedPatchEmbedding: patches have no half (expected an even patch_size, got 3)");
  EXPECT_NE(error_of([] { Layer({.height = 8, .width = 8, .patch_size = 4}); }).find("must be positive"),
            std::string::npos);
  EXPECT_NE(error_of([] { Layer({.width = 8, .patch_size = 4, .embed_dim = 2}); }).find("must be positive"),
            std::string::npos);
  const Layer layer({.height = 4, .width = 4, .patch_size = 2, .embed_dim = 2});
  EXPECT_NE(error_of([&] { layer.output_shape({2, 16}); }).find("an image is one step"), std::string::npos);
  EXPECT_NE(error_of([&] { layer.output_shape({1, 15}); }).find("wrong number of features"), std::string::npos);
}

}  // namespace shifted_patch_embedding_test
