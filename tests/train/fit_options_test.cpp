#include "heed/train/fit_options.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/train/callbacks.hpp"
#include "heed/train/fit.hpp"

namespace fit_options_test {

using heed::FitOptions;
using heed::Index;
using test_support::error_of;
using test_support::flat;
using Model = test_support::SmallModel<float>;

struct Wrong {
  const char* option;  // what the error must name
  std::function<void(FitOptions&)> set;
};

const double nan = std::nan("");

const std::vector<Wrong> out_of_range = {
    {"epochs", [](FitOptions& o) { o.epochs = -1; }},
    {"learning_rate", [](FitOptions& o) { o.learning_rate = -0.1; }},
    {"learning_rate", [](FitOptions& o) { o.learning_rate = nan; }},
    {"learning_rate", [](FitOptions& o) { o.learning_rate = HUGE_VAL; }},
    {"weight_decay", [](FitOptions& o) { o.weight_decay = -1; }},
    {"weight_decay", [](FitOptions& o) { o.weight_decay = nan; }},
    {"factor", [](FitOptions& o) { o.schedule = heed::StepSchedule{.factor = 2}; }},
    {"warmup", [](FitOptions& o) { o.schedule = heed::CosineSchedule{.warmup = -1}; }},
    {"batch_size", [](FitOptions& o) { o.batch_size = -1; }},
    {"accumulate", [](FitOptions& o) { o.accumulate = 0; }},
    {"accumulate", [](FitOptions& o) { o.accumulate = 2; }},  // of full batches
    {"threads", [](FitOptions& o) { o.threads = -1; }},
    {"threads", [](FitOptions& o) { o.threads = 100000; }},
    {"tile_width", [](FitOptions& o) { o.tile_width = 20; }},
    {"tile_width", [](FitOptions& o) { o.tile_width = -16; }},
    {"clip_norm", [](FitOptions& o) { o.clip_norm = -1; }},
    {"clip_norm", [](FitOptions& o) { o.clip_norm = nan; }},
    {"clip_value", [](FitOptions& o) { o.clip_value = -1; }},
    {"class_weights", [](FitOptions& o) { o.class_weights = {1, -1}; }},
    {"class_weights", [](FitOptions& o) { o.class_weights = {1, nan}; }},
    {"class_weights", [](FitOptions& o) { o.class_weights = {1, 1, 1}; }},
    {"balance_classes",
     [](FitOptions& o) {
       o.class_weights = {1, 1};
       o.balance_classes = true;
     }},
    {"label_smoothing", [](FitOptions& o) { o.label_smoothing = 1.5; }},
    {"label_smoothing", [](FitOptions& o) { o.label_smoothing = -0.1; }},
    {"validation", [](FitOptions& o) { o.validation = 1; }},
    {"validation", [](FitOptions& o) { o.validation = -0.1; }},
    {"validation", [](FitOptions& o) { o.validation = nan; }},
    {"validation", [](FitOptions& o) { o.validation = 0.01; }},  // less than half a sequence
    {"early_stopping.patience", [](FitOptions& o) { o.early_stopping.patience = -1; }},
    {"early_stopping.min_delta", [](FitOptions& o) { o.early_stopping.min_delta = -1; }},
    {"early_stopping.min_delta", [](FitOptions& o) { o.early_stopping.min_delta = nan; }},
    {"ema_decay", [](FitOptions& o) { o.ema_decay = 1; }},
    {"ema_decay", [](FitOptions& o) { o.ema_decay = -0.5; }},
    {"checkpoint.every", [](FitOptions& o) { o.checkpoint.every = 0; }},
    {"checkpoint",
     [](FitOptions& o) { o.checkpoint.save = [](const heed::TrainingState&) {}; }},  // what is never loaded
};

TEST(FitOptions, EachThatIsOutOfRangeIsOneErrorThatNamesIt) {
  const test_support::Task<float> task(20, {2, 3}, 2);
  Model model({.features = 3, .classes = 2});
  const auto before = flat(model);
  for (const Wrong& wrong : out_of_range) {
    FitOptions o{.epochs = 2, .threads = 1};
    wrong.set(o);
    const std::string error = error_of([&] { heed::fit(model, task.view(), o); });
    EXPECT_NE(error, "no error") << wrong.option;
    EXPECT_NE(error.find(wrong.option), std::string::npos) << wrong.option << ": " << error;
    EXPECT_EQ(flat(model), before) << wrong.option;
  }
}

TEST(FitOptions, AScheduleNeedsARateToChange) {
  struct RateLess {
    void step(Model&, const Model&) {}
  };
  const test_support::Task<float> task(20, {2, 3}, 2);
  Model model({.features = 3, .classes = 2});
  RateLess optimizer;
  EXPECT_NE(error_of([&] {
              heed::fit(model, task.view(), optimizer, {.schedule = heed::StepSchedule{}});
            }).find("schedule needs an optimizer"),
            std::string::npos);
}

TEST(FitOptions, CallbacksAreFunctions) {
  FitOptions o;
  o.callbacks = {[](const heed::EpochRecord&) { return true; }, heed::Callback()};
  EXPECT_EQ(error_of([&] { heed::check(o); }),
            "fit, callback 1 (counted from 0): an empty callback (expected a function)");
  EXPECT_EQ(error_of([] { heed::stop_early(0); }), "stop_early: patience out of range (expected at least 1, got 0)");
  for (const double least : {-1.0, std::nan("")}) {
    EXPECT_NE(error_of([&] { heed::stop_early(3, least); }).find("least improvement out of range"), std::string::npos);
  }
}

TEST(FitOptions, RatesOfAnyScheduleAreChecked) {
  for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    const test_support::Task<float> task(20, {4, 3}, 2);
    test_support::SmallModel<float> model({.features = 3, .classes = 2});
    FitOptions o{.epochs = 4, .schedule = heed::CustomSchedule{[&](Index i) { return i == 2 ? bad : 0.01; }}};
    EXPECT_NE(error_of([&] {
                heed::fit(model, task.view(), o);
              }).find("fit, epoch 3, step 1: learning rate of the schedule (expected a finite number of at least 0"),
              std::string::npos)
        << bad;
    EXPECT_TRUE(heed::all_finite(model));
  }
}

TEST(FitOptions, AModelThatWasMovedFromIsAnError) {
  const test_support::Task<float> task(20, {4, 3}, 2);
  heed::SequenceClassifier<float> model({.features = 3, .classes = 2}), other = std::move(model);
  EXPECT_NE(error_of([&] { heed::fit(model, task.view()); }).find("the model has no parameters"), std::string::npos);
  EXPECT_EQ(error_of([&] { heed::predict(other, task.x.view()); }), "no error");
}

TEST(FitOptions, AreGoodAsTheyAre) {
  EXPECT_EQ(error_of([] { check(FitOptions{}); }), "no error");
}

}  // namespace fit_options_test
