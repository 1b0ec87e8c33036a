#include "heed/data/moved_images.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/error_of.hpp"

namespace moved_images_test {

using heed::ImageShape;
using test_support::error_of;

std::vector<double> moved(ImageShape image, const std::vector<double>& from, double down, double right) {
  std::vector<double> to(from.size(), 9);
  heed::move_image(image, from.data(), down, right, to.data());
  return to;
}

TEST(MoveImage, MovesByWholePixels) {
  const ImageShape image{1, 2, 3};
  const std::vector<double> x{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(moved(image, x, 0, 0), x);
  EXPECT_EQ(moved(image, x, 1, 0), (std::vector<double>{0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(moved(image, x, -1, 1), (std::vector<double>{0, 4, 5, 0, 0, 0}));
  EXPECT_EQ(moved(image, x, 0, -2), (std::vector<double>{3, 0, 0, 6, 0, 0}));
  for (const double far : {-1e300, -7.5, 7.5, 1e300}) EXPECT_EQ(moved(image, x, far, 0), std::vector<double>(6));
}

TEST(MoveImage, WeighsPixelsByTheirDistance) {
  const ImageShape image{1, 2, 2};
  EXPECT_EQ(moved(image, {8, 0, 0, 0}, 0, 0.25), (std::vector<double>{6, 2, 0, 0}));
  EXPECT_EQ(moved(image, {8, 0, 0, 0}, 0.5, 0.25), (std::vector<double>{3, 1, 3, 1}));
  EXPECT_EQ(moved(image, {0, 0, 0, 8}, -0.5, 0), (std::vector<double>{0, 4, 0, 4}));
}

TEST(MoveImage, MovesAllChannelsOfAPixel) {
  EXPECT_EQ(moved({2, 1, 2}, {1, 2, 3, 4}, 0, 1), (std::vector<double>{0, 0, 1, 2}));
}

TEST(MovedCopies, KeepTheFirstAndMoveTheOthers) {
  const ImageShape image{1, 3, 3};
  heed::Sequences<float> images{.x = heed::Tensor<float, 3>({2, 1, 9}), .labels = {"a", "b"}};
  for (heed::Index i = 0; i < 18; ++i) images.x.data()[i] = static_cast<float>(i + 1);
  const auto copies = heed::moved_copies(images, image, 3, 0.5, heed::Key{1});
  EXPECT_EQ(copies.count(), 6);
  EXPECT_EQ(copies.labels, (std::vector<std::string>{"a", "a", "a", "b", "b", "b"}));
  const auto row = [&](const heed::Sequences<float>& s, heed::Index i) {
    return std::vector<float>(&s.x(i, 0, 0), &s.x(i, 0, 0) + 9);
  };
  EXPECT_EQ(row(copies, 0), row(images, 0));
  EXPECT_EQ(row(copies, 3), row(images, 1));
  EXPECT_NE(row(copies, 1), row(copies, 0));
  EXPECT_NE(row(copies, 1), row(copies, 2));
  const auto again = heed::moved_copies(images, image, 3, 0.5, heed::Key{1});
  EXPECT_EQ(row(again, 5), row(copies, 5));
  EXPECT_NE(row(heed::moved_copies(images, image, 3, 0.5, heed::Key{2}), 5), row(copies, 5));
}

TEST(MovedCopies, RejectWhatDoesNotFit) {
  const heed::Sequences<float> images{.x = heed::Tensor<float, 3>({2, 1, 9})};
  const auto error = [&](ImageShape image, heed::Index copies, double reach) {
    return error_of([&] { heed::moved_copies(images, image, copies, reach, heed::Key{}); });
  };
  EXPECT_NE(error({1, 3, 4}, 1, 1).find("wrong number of features"), std::string::npos);
  EXPECT_NE(error({1, 3, 3}, 0, 1).find("at least 1 copy"), std::string::npos);
  EXPECT_NE(error({1, 3, 3}, 1, -1).find("reach of 0 or more"), std::string::npos);
  EXPECT_EQ(error({1, 3, 3}, 1, 1), "no error");
}

TEST(MovedCopies, AreNotMoreThanCanBeCounted) {
  const heed::Sequences<double> images{heed::Tensor<double, 3>({4, 1, 4})};
  for (const heed::Index copies : {heed::Index(1) << 62, heed::Index(1) << 40}) {
    EXPECT_NE(error_of([&] { heed::moved_copies(images, {1, 2, 2}, copies, 0, {1}); }).find("out of range"),
              std::string::npos);
  }
}

}  // namespace moved_images_test
