#include "heed/train/step.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "../support/random.hpp"
#include "../support/task.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/lstm.hpp"

namespace step_test {

using heed::Index;
using heed::ThreadPool;
using heed::TrainingStep;
using Model = heed::Dense<float>;
using Worker = heed::Worker<float>;
using Gradient = heed::OwnModel<float>;

// Adds what depends on the tile alone, of very different sizes, so that another order of additions shows.
void run_tile(Index t, Worker& worker, Gradient& gradient, heed::Totals& totals) {
  const Index L = 16;
  const auto x = test_support::random_values<float>(3 * L, static_cast<std::uint64_t>(t), t % 3 ? 1e-3 : 1e3);
  const auto dy = test_support::random_values<float>(2 * L, static_cast<std::uint64_t>(t) + 1000);
  const heed::Tile<const float> input(x.data(), {1, 3}, L), up(dy.data(), {1, 2}, L);
  gradient.add_gradient(gradient.reference(), input, up, up, worker.cache, heed::Pass{worker.scratch});
  totals.loss += static_cast<double>(x[0]);
  totals.correct += 1;
}

Model dense() { return Model({.in_features = 3, .out_features = 2}); }

TEST(TrainingStep, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const Index tiles : {1, 2, 15, 16, 17, 100}) {
    ThreadPool one(1);
    TrainingStep<float> reference(dense(), one);
    const heed::Totals expected = reference(tiles, run_tile);
    EXPECT_EQ(expected.correct, static_cast<double>(tiles));
    for (const int threads : {2, 4}) {
      ThreadPool pool(threads);
      TrainingStep<float> step(dense(), pool);
      for (int again = 0; again < 2; ++again) {  // the second time nothing of the first is left
        const heed::Totals totals = step(tiles, run_tile);
        EXPECT_EQ(totals.loss, expected.loss);
        EXPECT_EQ(totals.correct, expected.correct);
        EXPECT_EQ(test_support::flat(step.gradient().as<Model>()),
                  test_support::flat(reference.gradient().as<Model>()));
      }
    }
  }
}

TEST(LaneBytes, AreWhatAPassTakes) {
  const heed::Lstm<float> lstm({.input_size = 3, .hidden_size = 8});
  for (const Index steps : {100, 1000}) {
    const double lane = static_cast<double>(heed::lane_bytes(lstm, {steps, 3}));
    const double states = static_cast<double>(steps) * (4 + 1 + 1 + 2) * 8 * 4;  // gates, cell, tanh(cell), y and dy
    EXPECT_GE(lane, states);
    EXPECT_LE(lane, 1.3 * states + 10'000);
  }
}

TEST(TrainingStep, AddsUpAllTiles) {
  ThreadPool pool(2);
  TrainingStep<float> step(dense(), pool);
  step(50, [](Index t, Worker&, Gradient& gradient, heed::Totals&) {
    gradient.as<Model>().bias(0) += static_cast<float>(t);
  });
  EXPECT_EQ(step.gradient().as<Model>().bias(0), 50 * 49 / 2);
  EXPECT_EQ(step.gradient().as<Model>().bias(1), 0);
  for (const float w : step.gradient().as<Model>().weight) EXPECT_EQ(w, 0);  // not the weights of the model
}

TEST(TrainingStep, RunsEveryTileOnce) {
  ThreadPool pool(3);
  TrainingStep<float> step(dense(), pool);
  for (const Index tiles : {1, 16, 33, 200}) {
    std::vector<std::atomic<int>> seen(static_cast<std::size_t>(tiles));
    step(tiles, [&](Index t, Worker& worker, Gradient&, heed::Totals&) {
      ++seen.at(static_cast<std::size_t>(t));
      EXPECT_LT(worker.number, 3);
    });
    for (const auto& times : seen) EXPECT_EQ(times, 1);
  }
}

TEST(TrainingStep, OfASmallerBatchForgetsTheLargerOne) {
  ThreadPool pool(1);
  TrainingStep<float> step(dense(), pool);
  const auto one = [](Index, Worker&, Gradient& gradient, heed::Totals& totals) {
    gradient.as<Model>().bias(0) += 1;
    totals.loss += 1;
  };
  EXPECT_EQ(step(20, one).loss, 20);
  EXPECT_EQ(step(3, one).loss, 3);
  EXPECT_EQ(step.gradient().as<Model>().bias(0), 3);
}

TEST(TrainingStep, BringsExceptionsToTheCaller) {
  ThreadPool pool(2);
  TrainingStep<float> step(dense(), pool);
  EXPECT_THROW(step(8,
                    [](Index t, Worker&, Gradient&, heed::Totals&) {
                      if (t == 5) throw std::domain_error("5");
                    }),
               std::domain_error);
}

}  // namespace step_test
