// One const model, used by many threads at once.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

#include "../support/sanitized.hpp"
#include "../support/task.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/infer/stream.hpp"
#include "heed/models/sequence_classifier.hpp"

namespace shared_model_test {

using heed::Index;
using Model = heed::SequenceClassifier<float>;
using test_support::Task;

constexpr int threads = 64;
constexpr Index sequences = 16;
// A million in all; a sanitizer has seen every access long before.
constexpr int repetitions = test_support::sanitized ? 10 : 1'000'000 / (threads * static_cast<int>(sequences)) + 1;

// Each thread makes a function of its own and calls it again and again, all at once; how often one returned false.
template <class Make>
int failures_of_all(Make make) {
  std::atomic<int> ready{0}, failures{0};
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) {
    all.emplace_back([&] {
      auto f = make();
      ++ready;
      while (ready < threads) std::this_thread::yield();
      for (int r = 0; r < repetitions; ++r) failures += f() ? 0 : 1;
    });
  }
  for (std::thread& t : all) t.join();
  return failures;
}

TEST(SharedModel, GivesAMillionPredictionsOfEqualBits) {
  for (const heed::Attention attention : {heed::Attention::pool, heed::Attention::multihead}) {
    const Model model({.features = 3, .classes = 4, .hidden = 8, .attention = attention, .heads = 2});
    const Task<float> task(sequences, {5, 3}, 4, true);
    heed::Tensor<float, 2> expected({sequences, 4});
    heed::Predictor one(model);
    for (Index i = 0; i < sequences; ++i) {
      const heed::TensorView<const float, 2> x(&task.x(i, 0, 0), {task.lengths[static_cast<std::size_t>(i)], 3});
      one(x, std::span(&expected(i, 0), 4));
    }
    const int failures = failures_of_all([&] {
      return [&, predictor = heed::Predictor<Model>(model)]() mutable {
        bool same = true;
        for (Index i = 0; i < sequences; ++i) {
          const heed::TensorView<const float, 2> x(&task.x(i, 0, 0), {task.lengths[static_cast<std::size_t>(i)], 3});
          const std::span<const float> p = predictor.outputs(x);
          same = same && std::equal(p.begin(), p.end(), &expected(i, 0));
        }
        return same;
      };
    });
    EXPECT_EQ(failures, 0) << to_text(attention);
  }
}

TEST(SharedModel, StreamsInManyThreads) {
  const Model model({.features = 3, .classes = 4, .hidden = 8});
  const Task<float> task(1, {20, 3}, 4);
  heed::Stream<Model> one(model);
  std::vector<float> expected;
  for (Index t = 0; t < 20; ++t) {
    const std::span<const float> z = one.step(&task.x(0, t, 0), 3);
    expected.insert(expected.end(), z.begin(), z.end());
  }
  const int failures = failures_of_all([&] {
    return [&, stream = heed::Stream<Model>(model)]() mutable {
      stream.reset();
      bool same = true;
      for (Index t = 0; t < 20; ++t) {
        const std::span<const float> z = stream.step(&task.x(0, t, 0), 3);
        same = same && std::equal(z.begin(), z.end(), expected.begin() + 4 * t);
      }
      return same;
    };
  });
  EXPECT_EQ(failures, 0);
}

}  // namespace shared_model_test
