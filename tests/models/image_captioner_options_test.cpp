#include "heed/models/image_captioner_options.hpp"

#include <gtest/gtest.h>

#include "../support/captioner_case.hpp"
#include "../support/error_of.hpp"
#include "heed/models/image_captioner.hpp"

namespace image_captioner_options_test {

using heed::ScoreKind;
using test_support::error_of;
using test_support::small_captioner;
using Options = heed::ImageCaptionerOptions;

TEST(ImageCaptionerOptions, AreTheSameAfterMetadata) {
  for (const auto score : {ScoreKind::additive, ScoreKind::dot, ScoreKind::scaled_dot, ScoreKind::general}) {
    for (const heed::Index attention : {0, 7}) {
      for (const heed::Index features : {5, 4}) {  // those of the LSTM's state, and others
        Options o = small_captioner;
        o.score = score;
        o.attention_size = attention;
        o.features = features;
        o.dropout = 0.25;
        EXPECT_EQ(heed::from_metadata<Options>(heed::to_metadata(o)), o);
      }
    }
  }
}

TEST(ImageCaptionerOptions, HaveARegionForFourPixels) {
  EXPECT_EQ(small_captioner.regions(), 6);
  EXPECT_EQ(small_captioner.input().size(), 52);
  Options o = small_captioner;
  o.image.height = 5;
  EXPECT_EQ(o.regions(), 6);
  EXPECT_EQ(heed::ImageCaptioner<float>(o).positions.max_steps(), 6);
}

TEST(ImageCaptionerOptions, RefuseWhatIsOutOfRange) {
  const auto error = [](auto change) {
    Options o = small_captioner;
    change(o);
    return error_of([&] { heed::check(o, "ImageCaptioner"); });
  };
  EXPECT_EQ(error([](Options&) {}), "no error");
  EXPECT_EQ(error([](Options& o) { o.image.channels = 0; }),
            "ImageCaptioner: image_channels out of range (expected 1 to 65536, got 0)");
  EXPECT_NE(error([](Options& o) { o.image.height = 1; }).find("height out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.image.width = 1; }).find("width out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.tokens = (1 << 24) + 1; }).find("tokens out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.max_tokens = 0; }).find("max_tokens out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.channels = 0; }).find("channels out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.features = 0; }).find("features out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.embedding = 0; }).find("embedding out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.hidden = 0; }).find("hidden out of range"), std::string::npos);
  EXPECT_NE(error([](Options& o) { o.attention_size = -1; }).find("attention_size out of range"), std::string::npos);
  EXPECT_NE(error_of([] {
              Options o = small_captioner;
              o.dropout = 1;
              heed::ImageCaptioner<float> model(o);
            }),
            "no error");
}

}  // namespace image_captioner_options_test
