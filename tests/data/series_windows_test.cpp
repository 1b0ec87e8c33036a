#include "heed/data/series_windows.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../support/error_of.hpp"

namespace series_windows_test {

using heed::Extents;
using heed::series_windows;

TEST(SeriesWindows, HoldsStepsAndWhatFollowsThem) {
  const std::vector<double> series{0, 1, 2, 3, 4, 5, 6};
  const auto w = series_windows(series, 3, 2);
  EXPECT_EQ(w.x.extents(), (Extents<3>{3, 3, 1}));
  EXPECT_EQ(w.targets.extents(), (Extents<2>{3, 2}));
  EXPECT_EQ(w.x(2, 0, 0), 2);
  EXPECT_EQ(w.x(2, 2, 0), 4);
  EXPECT_EQ(w.targets(2, 0), 5);
  EXPECT_EQ(w.targets(2, 1), 6);
  EXPECT_EQ(w.view().count(), 3);
  EXPECT_EQ(w.places, (std::vector<heed::SeriesSteps>{{0, {3, 5}}, {0, {4, 6}}, {0, {5, 7}}}));
}

TEST(SeriesWindows, OfSeveralFeaturesAndStrides) {
  heed::Tensor<float, 2> series({6, 2});
  for (heed::Index i = 0; i < 12; ++i) series.data()[i] = static_cast<float>(i);
  const auto w = series_windows(series, 2, 1, 2);
  EXPECT_EQ(w.x.extents(), (Extents<3>{2, 2, 2}));
  EXPECT_EQ(w.x(1, 0, 1), 5);
  EXPECT_EQ(w.targets(1, 0), 8);
  EXPECT_EQ(w.targets(1, 1), 9);
  EXPECT_EQ(w.places, (std::vector<heed::SeriesSteps>{{0, {2, 3}}, {0, {4, 5}}}));
}

TEST(SeriesWindows, RefusesWhatDoesNotFit) {
  const std::vector<float> series(5);
  EXPECT_EQ(series_windows(series, 4, 1).count(), 1);
  EXPECT_EQ(test_support::error_of([&] { series_windows(series, 4, 2); }),
            "series_windows: the series is too short (expected 4 steps and the 2 that follow, got 5)");
  EXPECT_EQ(test_support::error_of([&] { series_windows(series, 0); }),
            "series_windows: window must be positive (expected at least 1, got 0)");
  EXPECT_EQ(test_support::error_of([&] { series_windows(series, 2, 1, 0); }),
            "series_windows: stride must be positive (expected at least 1, got 0)");
}

TEST(SubtractLast, MakesWindowsRelativeToTheirLastStep) {
  heed::Tensor<double, 3> x({2, 3, 2}, {1, 10, 2, 20, 4, 40, 5, 50, 7, 70, 6, 60});
  const std::vector<heed::Index> outputs{1, 1};
  const heed::Tensor<double, 2> last = heed::subtract_last<double>(x.view(), outputs);
  EXPECT_EQ(std::vector<double>(last.begin(), last.end()), (std::vector<double>{40, 40, 60, 60}));
  EXPECT_EQ(std::vector<double>(x.begin(), x.end()), (std::vector<double>{1, -30, 2, -20, 4, 0, 5, -10, 7, 10, 6, 0}));
}

TEST(SubtractLast, TakesTheLastValidStepThatIsThere) {
  heed::Tensor<double, 3> x({3, 3, 1}, {1, 2, 4, 5, 7, 6, 8, 9, 10});
  const std::vector<std::int32_t> lengths{3, 2, 3};
  const heed::Tensor<std::uint8_t, 2> mask({3, 3}, {1, 1, 0, 1, 1, 1, 0, 0, 0});
  const std::vector<heed::Index> outputs{0};
  const heed::Tensor<double, 2> last = heed::subtract_last<double>(x.view(), outputs, lengths, heed::StepMask(mask));
  EXPECT_EQ(std::vector<double>(last.begin(), last.end()), (std::vector<double>{2, 7, 0}));
  EXPECT_EQ(x(0, 0, 0), -1);
  EXPECT_EQ(x(1, 0, 0), -2);
  EXPECT_EQ(x(2, 0, 0), 8);
}

TEST(SubtractLast, OfDoublesGivesWhatAModelOfFloatsSees) {
  const double big = 16777216 + 0.25;  // floats are two apart there
  heed::Tensor<double, 3> x({1, 2, 2}, {big, 1e9 + 0.5, big + 3, 1e9});
  const std::vector<heed::Index> outputs{0};
  heed::Tensor<double, 3> y = x;
  const auto last = heed::subtract_last_as<float>(x.view(), outputs, {}, {}, {}, "x");
  EXPECT_EQ(last(0, 0), 16777220.0f);
  EXPECT_EQ(std::vector<double>(x.begin(), x.end()), (std::vector<double>{-4, 1e9 + 0.5, 0, 1e9}));
  const auto less = heed::subtract_last_as<float>(y.view(), outputs, {}, {}, {16777216, 0}, "y");
  EXPECT_EQ(less(0, 0), 3.25f);
  EXPECT_EQ(std::vector<double>(y.begin(), y.end()), (std::vector<double>{-3, 1e9 + 0.5, 0, 1e9}));
  x(0, 0, 1) = 1e300;
  EXPECT_EQ(
      test_support::error_of([&] { heed::subtract_last_as<float>(x.view(), outputs, {}, {}, {}, "x"); }).substr(0, 2),
      "x,");
}

TEST(SubtractLast, RefusesWhatDoesNotFit) {
  heed::Tensor<double, 3> x({1, 3, 2});
  for (const heed::Index feature : {-1, 2}) {
    EXPECT_EQ(test_support::error_of([&] { heed::subtract_last<double>(x.view(), std::vector<heed::Index>{feature}); }),
              "subtract_last: no such feature (expected 0 to 1, got " + std::to_string(feature) + ")");
  }
  const std::vector<std::int32_t> lengths{4};
  EXPECT_NE(
      test_support::error_of([&] { heed::subtract_last<double>(x.view(), std::vector<heed::Index>{0}, lengths); }), "");
}

}  // namespace series_windows_test
