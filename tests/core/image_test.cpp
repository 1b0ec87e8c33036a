#include "heed/core/image.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace image_test {

using heed::ImageShape;
using heed::ImageWindow;
using heed::Index;
using heed::IndexRange;

TEST(Image, HasTheChannelsOfAPixelSideBySide) {
  const ImageShape image{.channels = 3, .height = 4, .width = 5};
  EXPECT_EQ(image.pixels(), 20);
  EXPECT_EQ(image.size(), 60);
  EXPECT_EQ(image.at(0, 1), 3);
  EXPECT_EQ(image.at(2, 1), 33);
}

TEST(Image, AWindowAndItsPlacesAgreeOnWhatLiesInside) {
  for (const Index kernel : {1, 2, 3, 5}) {
    for (const Index stride : {1, 2, 3}) {
      for (Index padding = 0; padding < kernel; ++padding) {
        const ImageWindow w{{1, 6, 7}, kernel, stride, padding};
        heed::check_window(w, "test");
        for (Index k = 0; k < kernel; ++k) {
          const IndexRange places = w.places(k, 6, w.out_height());
          for (Index v = 0; v < w.out_height(); ++v) {
            const Index row = v * stride - padding + k;
            const IndexRange inside = w.inside(v, 6);
            const bool expected = row >= 0 && row < 6;
            EXPECT_EQ(k >= inside.first && k < inside.last, expected) << k << " at " << v;
            EXPECT_EQ(v >= places.first && v < places.last, expected) << k << " at " << v;
          }
        }
      }
    }
  }
}

TEST(Image, RejectsWhatDoesNotFit) {
  const auto error = [](ImageWindow w) { return test_support::error_of([&] { heed::check_window(w, "here"); }); };
  EXPECT_EQ(error({{1, 4, -1}, 1, 1, 0}), "here: width must be positive (expected at least 1, got -1)");
  EXPECT_NE(error({{1, 4, 4}, 0, 1, 0}).find("kernel, stride or padding out of range"), std::string::npos);
  EXPECT_NE(error({{1, 4, 4}, 7, 1, 1}).find("at most 6"), std::string::npos);
  EXPECT_EQ(error({{1, 4, 4}, 6, 1, 1}), "no error");
}

}  // namespace image_test
