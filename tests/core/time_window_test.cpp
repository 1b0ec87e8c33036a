#include "heed/core/time_window.hpp"

#include <gtest/gtest.h>

#include "../support/error_of.hpp"

namespace time_window_test {

using heed::Index;
using heed::TimeWindow;
using test_support::error_of;

// windows of all kinds over sequences of 0 to 7 steps
template <class F>
void for_each_case(F&& f) {
  for (const Index kernel : {1, 2, 3, 5}) {
    for (const Index stride : {1, 2, 3}) {
      for (const Index dilation : {1, 3}) {
        for (const Index left : {0, 1, 6}) {
          for (const Index right : {0, 4}) {
            for (Index steps = 0; steps < 8; ++steps) f(TimeWindow{kernel, stride, dilation, left, right}, steps);
          }
        }
      }
    }
  }
}

TEST(TimeWindow, CountsThePlacesWhereItFits) {
  for_each_case([](const TimeWindow& w, Index steps) {
    Index count = 0;
    while (steps > 0 && w.step(count, w.kernel - 1) < steps + w.right) ++count;
    EXPECT_EQ(w.outputs(steps), count);
  });
}

TEST(TimeWindow, SaysWhichTapsMeetWhichSteps) {
  for_each_case([](const TimeWindow& w, Index steps) {
    const Index count = w.outputs(steps);
    for (Index t = 0; t < count; ++t) {
      for (Index j = 0; j < w.kernel; ++j) {
        const Index s = w.step(t, j);
        const bool meets = s >= 0 && s < steps;
        const heed::IndexRange taps = w.inside(t, steps), places = w.places(j, steps, count);
        EXPECT_EQ(j >= taps.first && j < taps.last, meets);
        EXPECT_EQ(t >= places.first && t < places.last, meets);
        if (meets) {
          EXPECT_EQ(w.output(s, j, count), t);
        }
      }
    }
    for (Index s = 0; s < steps; ++s) {
      for (Index j = 0; j < w.kernel; ++j) {
        const Index t = w.output(s, j, count);
        if (t >= 0) {
          EXPECT_EQ(w.step(t, j), s);
        }
      }
    }
  });
}

TEST(TimeWindow, RejectsNumbersOutOfRange) {
  const auto error = [](const TimeWindow& w) { return error_of([&] { heed::check_window(w, "Here"); }); };
  EXPECT_EQ(error({.kernel = 0}), "Here: kernel_size out of range (expected 1 to 1073741824, got 0)");
  EXPECT_EQ(error({.stride = -1}), "Here: stride out of range (expected 1 to 1073741824, got -1)");
  EXPECT_EQ(error({.kernel = 3, .dilation = 0}), "Here: dilation out of range (expected 1 to 536870912, got 0)");
  EXPECT_EQ(error({.kernel = 3, .dilation = Index(1) << 30}),
            "Here: dilation out of range (expected 1 to 536870912, got 1073741824)");
  EXPECT_EQ(error({.left = -2}), "Here: pad out of range (expected 0 to 1073741824, got -2)");
  EXPECT_EQ(error({.right = Index(1) << 40}), "Here: pad out of range (expected 0 to 1073741824, got 1099511627776)");
}

}  // namespace time_window_test
