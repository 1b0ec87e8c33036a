#include "heed/control/environment.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "../support/error_of.hpp"
#include "../support/recall.hpp"

namespace environment_test {

using heed::ObservationWindow;
using test_support::Counter;

static_assert(heed::Environment<Counter, float> && heed::Environment<test_support::Recall, double>);
static_assert(!heed::Environment<int, float>);

TEST(ObservationWindow, RepeatsTheFirstObservationUntilThereAreEnough) {
  ObservationWindow<float> window({3, 2});
  Counter counter{.start = 5};
  window.begin(counter);
  const auto expect = [&](const std::vector<float>& numbers) {
    const auto values = window.values();
    EXPECT_EQ(std::vector<float>(values.begin(), values.end()), numbers);
  };
  expect({5, 5, 5, 5, 5, 5});
  counter.step(0);
  window.add(counter);
  expect({5, 5, 5, 5, 6, 6});
  counter.step(0);
  window.add(counter);
  counter.step(0);
  window.add(counter);
  expect({6, 6, 7, 7, 8, 8});
  window.begin(counter);
  expect({8, 8, 8, 8, 8, 8});
}

TEST(ObservationWindow, MayBeOfOneObservation) {
  ObservationWindow<double> window({1, 2});
  Counter counter{.start = 1};
  window.begin(counter);
  counter.step(0);
  window.add(counter);
  EXPECT_EQ(window.values()[0], 2);
}

TEST(ObservationWindow, NeedsSizes) {
  EXPECT_NE(test_support::error_of([] { ObservationWindow<float>({0, 2}); }).find("must be positive"),
            std::string::npos);
  EXPECT_NE(test_support::error_of([] { ObservationWindow<float>({3, 0}); }).find("must be positive"),
            std::string::npos);
  EXPECT_EQ(test_support::error_of([] { ObservationWindow<float>({-1, 2}); }),
            "ObservationWindow: steps must be positive (expected at least 1, got -1)");
  EXPECT_NE(test_support::error_of([] { ObservationWindow<float>({-1, -2}); }), "no error");
}

TEST(ActionResult, IsOverInEitherWay) {
  EXPECT_FALSE(heed::ActionResult{}.over());
  EXPECT_TRUE((heed::ActionResult{.terminal = true}.over()));
  EXPECT_TRUE((heed::ActionResult{.timed_out = true}.over()));
}

}  // namespace environment_test
