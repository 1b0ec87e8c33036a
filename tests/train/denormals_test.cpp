// Whatever trains takes denormal numbers for zeros, on every thread, and leaves the caller's mode as it was.

#include "../support/denormals.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "heed/core/denormals.hpp"
#include "heed/core/parallel.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/optim/adam.hpp"
#include "heed/optim/clip.hpp"
#include "heed/optim/ema.hpp"
#include "heed/optim/sgd.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/step.hpp"

#if defined(__SSE2__) || defined(__aarch64__)

namespace denormals_test {

using heed::Index;
using test_support::DenormalProbe;
using test_support::denormals_are_numbers;
using test_support::denormals_are_zeros;
using test_support::float_mode;

class TrainDenormals : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(float_mode(), before_); }
  decltype(float_mode()) before_ = float_mode();
  std::vector<float> x_ = std::vector<float>(400, 1);
  std::vector<std::int32_t> labels_ = std::vector<std::int32_t>(200, 1);
  heed::LabelledSequences<float> data_{heed::view(x_.data(), {200, 2, 1}), labels_};
};

TEST_F(TrainDenormals, EveryThreadOfAPool) {
  for (const int threads : {1, 2, 4}) {
    heed::ThreadPool pool(threads);
    pool.for_each(100, [](Index, int) {
      if (!denormals_are_zeros()) throw std::runtime_error("denormals are numbers here");
    });
    EXPECT_EQ(float_mode(), before_);
    EXPECT_THROW(pool.for_each(9, [](Index, int) { throw std::runtime_error("inside"); }), std::runtime_error);
    EXPECT_EQ(float_mode(), before_);
  }
}

// Threads that are somebody else's get their mode back.
TEST_F(TrainDenormals, ThreadsOfAnExecutor) {
  struct Threads {
    int size() const { return 2; }
    void run(std::function<void()> task) {
      running.emplace_back([this, work = std::move(task)] {
        work();
        if (!denormals_are_numbers()) spoilt = true;
      });
    }
    std::vector<std::thread> running;
    std::atomic<bool> spoilt{false};
  } executor;
  {
    heed::ThreadPool pool{heed::ExecutorReference(executor)};
    pool.for_each(100, [](Index, int) {
      if (!denormals_are_zeros()) throw std::runtime_error("denormals are numbers here");
    });
  }
  for (std::thread& t : executor.running) t.join();
  EXPECT_FALSE(executor.spoilt);
}

TEST_F(TrainDenormals, FitAndEvaluate) {
  for (const int threads : {1, 2}) {
    DenormalProbe<float> model;
    bool callers = false;
    heed::fit(model, data_, {.epochs = 2, .threads = threads, .callbacks = {[&](const heed::EpochRecord&) {
                                                                return callers = denormals_are_numbers();
                                                              }}},
              data_);
    EXPECT_TRUE(callers) << "a callback runs in the caller's mode";
    EXPECT_LT(model.weight(0), 0) << "the gradient was positive";
    EXPECT_EQ(heed::evaluate(model, data_, threads).accuracy, 1);
    EXPECT_EQ(float_mode(), before_);
  }
}

TEST_F(TrainDenormals, FitThatThrows) {
  DenormalProbe<float> model;
  const auto fails = [](const heed::EpochRecord&) -> bool { throw std::runtime_error("a callback"); };
  EXPECT_THROW(heed::fit(model, data_, {.epochs = 2, .callbacks = {fails}}), std::runtime_error);
  labels_[3] = 7;
  EXPECT_THROW(heed::fit(model, data_, {.epochs = 2}), heed::Error);
}

TEST_F(TrainDenormals, TrainingStepOfAnOwnLoop) {
  DenormalProbe<float> model;
  heed::ThreadPool pool(2);
  heed::TrainingStep step(model, pool);
  const auto& totals = step(8, [](Index, auto&, auto&, heed::Totals& sum) { sum.loss += denormals_are_zeros(); });
  EXPECT_EQ(totals.loss, 8);
}

// The moments and averages of weights that get no gradient any more come to zero.
template <class F>
void expect_no_denormals(F&& each_list) {
  each_list([](const std::string& name, auto& list) {
    if constexpr (requires { list.view(); }) {
      for (Index i = 0; i < list.view().count(); ++i) {
        for (Index k = 0; k < list.view()[i].size(); ++k) {
          ASSERT_NE(std::fpclassify(list.view()[i].data()[k]), FP_SUBNORMAL) << name;
        }
      }
    }
  });
}

TEST_F(TrainDenormals, MomentsAndAveragesComeToZero) {
  DenormalProbe<float> model, gradient;
  heed::Adam adam(model, {.beta2 = 0.95});
  heed::Sgd sgd(model, {.learning_rate = 1e-3, .momentum = 0.9});
  heed::MovingAverage average(model, 0.9);
  for (int t = 0; t < 3000; ++t) {
    gradient.weight(0) = t == 0;
    adam.step(model, gradient);
    sgd.step(model, gradient);
    model.weight(0) = t == 0;
    average.update(model);
    if (t % 50 == 0) {
      expect_no_denormals([&](auto&& f) { adam.visit_state(f); });
      expect_no_denormals([&](auto&& f) { sgd.visit_state(f); });
      expect_no_denormals([&](auto&& f) { average.visit_state(f); });
    }
  }
}

TEST_F(TrainDenormals, ClippedGradientsAreNotDenormal) {
  DenormalProbe<float> gradient;
  gradient.weight(0) = 1;
  heed::clip_norm(gradient, 1e-40);
  EXPECT_EQ(gradient.weight(0), 0);
  gradient.weight(0) = 1;
  heed::clip_value(gradient, 1e-40);
  EXPECT_EQ(gradient.weight(0), 0);
}

// States that decay for hundreds of steps, on any number of threads, and where the caller flushes already or not.
TEST_F(TrainDenormals, BitsDoNotDependOnTheThreadOrTheCaller) {
  const Index n = 130, steps = 400;
  std::vector<float> x(static_cast<std::size_t>(n * steps), 0);
  for (std::size_t i = 0; i < x.size(); i += static_cast<std::size_t>(steps)) x[i] = static_cast<float>(i % 7);
  std::vector<std::int32_t> y;
  for (Index i = 0; i < n; ++i) y.push_back(static_cast<std::int32_t>(i % 2));
  const auto run = [&](int threads) {
    heed::SequenceClassifier<float> model(
        {.features = 1, .classes = 2, .hidden = 16, .attention = heed::Attention::none});
    heed::fit(model, heed::view(x.data(), {n, steps, 1}), y, {.epochs = 2, .threads = threads, .tile_width = 16});
    std::vector<float> numbers;
    const heed::Parameters<float> parameters(model);
    for (Index i = 0; i < parameters.count(); ++i) {
      numbers.insert(numbers.end(), parameters[i].data(), parameters[i].data() + parameters[i].size());
    }
    return numbers;
  };
  const auto one = run(1);
  EXPECT_EQ(run(2), one);
  EXPECT_EQ(run(3), one);
  const heed::FlushDenormals flush;
  EXPECT_EQ(run(2), one);
}

}  // namespace denormals_test

#endif
