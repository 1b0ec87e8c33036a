#include "heed/data/series_windows.hpp"

#include <gtest/gtest.h>

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
}

TEST(SeriesWindows, OfSeveralFeaturesAndStrides) {
  heed::Tensor<float, 2> series({6, 2});
  for (heed::Index i = 0; i < 12; ++i) series.data()[i] = static_cast<float>(i);
  const auto w = series_windows(series, 2, 1, 2);
  EXPECT_EQ(w.x.extents(), (Extents<3>{2, 2, 2}));
  EXPECT_EQ(w.x(1, 0, 1), 5);
  EXPECT_EQ(w.targets(1, 0), 8);
  EXPECT_EQ(w.targets(1, 1), 9);
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

}  // namespace series_windows_test
