#include "heed/optim/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "../support/reference.hpp"

namespace schedule_test {

using heed::CosineSchedule;
using heed::Index;
using heed::OneCycleSchedule;
using heed::PlateauSchedule;
using heed::Schedule;
using heed::StepSchedule;
using test_support::equals;
using test_support::error_of;
using test_support::Reference;
using test_support::Values;

const Reference& file() {
  static const Reference reference("optimizer/schedules");
  return reference;
}

Values forty(const auto& schedule) {
  Values rates;
  for (Index i = 0; i < 40; ++i) rates.push_back(schedule.rate(i));
  return rates;
}

TEST(Schedules, EqualPyTorch) {
  const double base = file().number("base");
  EXPECT_TRUE(equals(forty(StepSchedule{.base = base, .every = 7, .factor = 0.3}), file().values("step")));
  EXPECT_TRUE(equals(forty(CosineSchedule{.base = base, .steps = 40, .last = 0.001}), file().values("cosine")));
  EXPECT_TRUE(equals(forty(CosineSchedule{.base = base, .steps = 40, .warmup = 5, .warmup_start = 0.2, .last = 0.002}),
                     file().values("cosine_warmup")));
  EXPECT_TRUE(equals(forty(OneCycleSchedule{.top = base, .steps = 40}), file().values("one_cycle")));
  EXPECT_TRUE(
      equals(forty(OneCycleSchedule{.top = base, .steps = 40, .rising = 0.45, .divisor = 10, .last_divisor = 100}),
             file().values("one_cycle_options")));
}

TEST(PlateauSchedule, EqualsPyTorch) {
  const double base = file().number("base");
  PlateauSchedule plain{.base = base, .factor = 0.5, .patience = 2};
  PlateauSchedule other{
      .base = base, .factor = 0.3, .patience = 1, .threshold = 0.005, .relative = false, .cooldown = 2, .least = 0.002};
  for (const auto& [name, schedule] : {std::pair("plateau", &plain), std::pair("plateau_options", &other)}) {
    Values rates;
    for (const double loss : file().values("losses")) {
      rates.push_back(schedule->rate());
      schedule->observe(loss);
    }
    EXPECT_TRUE(equals(rates, file().values(name))) << name;
    EXPECT_LT(rates.back(), base);
  }
}

TEST(Schedules, StayAtTheirEnd) {
  const CosineSchedule cosine{.base = 1, .steps = 10, .last = 0.25};
  EXPECT_EQ(cosine.rate(10), 0.25);
  EXPECT_EQ(cosine.rate(25), 0.25);
  const OneCycleSchedule cycle{.top = 1, .steps = 10};
  EXPECT_EQ(cycle.rate(9), cycle.rate(30));
  for (const Index steps : {1, 2, 3}) EXPECT_TRUE(std::isfinite(OneCycleSchedule{.top = 1, .steps = steps}.rate(0)));
}

TEST(Schedule, CountsEpochsOrStepsAndTakesWhatIsLeftOpen) {
  EXPECT_EQ(heed::rate(Schedule(), 3, 100, 0.5), 0.5);
  const Schedule steps = heed::complete(StepSchedule{.every = 2, .factor = 0.5}, 0.8, 10, 1000);
  EXPECT_EQ(heed::rate(steps, 4, 77, 0), 0.2);
  const Schedule cosine = heed::complete(CosineSchedule{.warmup = 10}, 0.8, 10, 1000);
  EXPECT_EQ(heed::rate(cosine, 0, 10, 0), 0.8);
  EXPECT_NEAR(heed::rate(cosine, 0, 505, 0), 0.4, 1e-12);
  const Schedule epochs = heed::complete(OneCycleSchedule{.per = heed::Per::epoch}, 0.8, 10, 1000);
  EXPECT_EQ(heed::rate(epochs, 2, 0, 0), 0.8);
  EXPECT_EQ(heed::rate(heed::complete(PlateauSchedule{}, 0.8, 1, 1), 5, 5, 0), 0.8);
  EXPECT_EQ(heed::rate(heed::CustomSchedule{[](Index i) { return 1.0 / (1.0 + static_cast<double>(i)); }}, 0, 3, 0),
            0.25);
}

TEST(Schedules, OneCycleMayBeginAndEndAtItsTop) {
  const OneCycleSchedule flat{.top = 0.5, .steps = 10, .divisor = 1, .last_divisor = 1};
  EXPECT_EQ(error_of([&] { heed::check(Schedule(flat)); }), "no error");
  for (heed::Index i = 0; i < 10; ++i) EXPECT_DOUBLE_EQ(flat.rate(i), 0.5) << i;
}

TEST(Schedule, RejectsOptionsOutOfRange) {
  const auto names = [](const Schedule& schedule, const std::string& option) {
    const std::string error = error_of([&] { heed::check(schedule); });
    EXPECT_TRUE(error.starts_with("schedule: " + option + " out of range")) << error;
  };
  names(StepSchedule{.base = -1}, "base");
  names(StepSchedule{.every = 0}, "every");
  names(StepSchedule{.factor = 1.5}, "factor");
  names(CosineSchedule{.base = std::nan("")}, "base");
  names(CosineSchedule{.steps = -1}, "steps");
  names(CosineSchedule{.steps = 5, .warmup = 6}, "warmup");
  names(CosineSchedule{.warmup = -1}, "warmup");
  names(CosineSchedule{.warmup_start = 2}, "warmup_start");
  names(CosineSchedule{.last = -1}, "last");
  names(OneCycleSchedule{.top = -1}, "top");
  names(OneCycleSchedule{.steps = -1}, "steps");
  names(OneCycleSchedule{.rising = 1.1}, "rising");
  names(OneCycleSchedule{.divisor = 0.5}, "divisor");
  names(OneCycleSchedule{.last_divisor = 0}, "last_divisor");
  names(PlateauSchedule{.factor = 1}, "factor");
  names(PlateauSchedule{.patience = -1}, "patience");
  names(PlateauSchedule{.threshold = -1}, "threshold");
  names(PlateauSchedule{.cooldown = -1}, "cooldown");
  names(PlateauSchedule{.least = -1}, "least");
  names(PlateauSchedule{.least_change = -1}, "least_change");
  EXPECT_EQ(error_of([] { heed::check(heed::CustomSchedule{}); }),
            "schedule: no function (expected a function of the step)");
}

}  // namespace schedule_test
