// Training of the classifier itself: the function of one call, and what it needs of threads and memory.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/task.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/train/fit.hpp"

namespace fit_classifier_test {

using heed::Attention;
using heed::EpochRecord;
using heed::FitOptions;
using heed::Index;
using test_support::flat;
using test_support::Task;
using Model = heed::SequenceClassifier<float>;

constexpr Attention attentions[] = {Attention::pool, Attention::multihead, Attention::additive, Attention::none};

Model small(Attention attention) {
  return Model({.features = 3, .classes = 4, .hidden = 8, .dense = 8, .attention = attention});
}

TEST(FitClassifier, LearnsAnEasyTask) {
  const Task<float> task(200, {6, 3}, 4);
  for (const Attention attention : attentions) {
    Model model = small(attention);
    const auto history = heed::fit(model, task.view(), {.epochs = 150, .learning_rate = 0.02});
    EXPECT_LT(history.epochs.back().loss, history.epochs.front().loss / 4) << to_text(attention);
    EXPECT_GT(heed::evaluate(model, task.view()).accuracy, 0.95) << to_text(attention);
  }
}

TEST(FitClassifier, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const Attention attention : attentions) {
    for (const Index batch : {0, 150}) {
      const Task<float> task(300, {6, 3}, 4, true);
      Model reference = small(attention);
      heed::fit(reference, task.view(), {.epochs = 2, .batch_size = batch, .threads = 1});
      for (const int threads : {2, 4}) {
        Model model = small(attention);
        heed::fit(model, task.view(), {.epochs = 2, .batch_size = batch, .threads = threads});
        EXPECT_EQ(flat(model), flat(reference)) << to_text(attention) << ", " << threads << " threads";
      }
    }
  }
}

// Attention takes tiles that do not fit in the caches some steps at a time.
TEST(FitClassifier, OfLongSequencesGivesTheSameBitsForAnyNumberOfThreads) {
  const Task<float> task(128, {600, 3}, 4, true);
  for (const Attention attention : {Attention::pool, Attention::multihead, Attention::additive}) {
    Model one = small(attention), two = one;
    heed::fit(one, task.view(), {.epochs = 1, .threads = 1});
    heed::fit(two, task.view(), {.epochs = 1, .threads = 2});
    EXPECT_EQ(flat(two), flat(one)) << to_text(attention);
  }
}

TEST(Train, TakesSequencesLabelsAndEpochs) {
  for (const Index n : {1, 10, 1000}) {
    const Task<float> task(n, {10, 5}, 10);
    const int epochs = n == 1000 ? 3 : 20;
    const Model model = heed::train<Model>(task.x.view(), task.labels, epochs);
    EXPECT_EQ(model.options, (heed::SequenceClassifierOptions{.features = 5, .classes = 10}));
    Model by_hand({.features = 5, .classes = 10});
    const double before = heed::evaluate(by_hand, task.view()).loss;
    heed::fit(by_hand, task.view(), {.epochs = epochs, .learning_rate = 0.01});
    EXPECT_EQ(flat(model), flat(by_hand));
    EXPECT_LT(heed::evaluate(model, task.view()).loss, before);
  }
}

TEST(Train, RejectsFaultyData) {
  const auto error = [](const Task<float>& task) {
    return test_support::error_of([&] { heed::train<Model>(task.x.view(), task.labels, 1); });
  };
  EXPECT_NE(error(Task<float>(0, {10, 5}, 10)).find("no data"), std::string::npos);
  Task<float> task(3, {10, 5}, 10);
  task.labels[1] = 10;
  EXPECT_EQ(error(task), "label 1 (counted from 0): label out of range (expected 0 to 9, got 10)");
  task.labels.pop_back();
  EXPECT_NE(error(task).find("differ in number"), std::string::npos);
}

// A classifier whose first forward passes wait for one another, so that every thread has run a tile and is warm.
struct Together {
  using Scalar = float;
  using Input = float;
  using Cache = Model::Cache;
  Model model;
  std::atomic<int>* waited_for = nullptr;  // threads that have not come yet

  heed::Shape output_shape(heed::Shape x) const { return model.output_shape(x); }
  void forward(heed::Tile<const float> x, heed::Tile<float> y, Cache& cache, const heed::Pass& pass) const {
    if (waited_for && *waited_for > 0) {
      --*waited_for;
      while (*waited_for > 0) std::this_thread::yield();
    }
    model.forward(x, y, cache, pass);
  }
  void backward(heed::Tile<const float> x, heed::Tile<const float> y, heed::Tile<const float> dy, heed::Into<float> dx,
                Cache& cache, Together& grad, const heed::Pass& pass) const {
    model.backward(x, y, dy, dx, cache, grad.model, pass);
  }
  static void visit(auto&& f, auto&... m) { f("model", m.model...); }
};

// Allocations between the ends of the second and the last epoch.
long warm_allocations(Attention attention, const Task<float>& task, FitOptions o, const Task<float>* test = nullptr) {
  std::atomic<int> waited_for{o.threads};
  Together model{small(attention), &waited_for};
  model.model.labels = {"a name too long for a small string", "another", "c", "d"};
  long warm = 0, end = 0;
  o.epochs = 6;
  o.clip_norm = 1;
  o.tile_width = 64;  // not to be found by a pass of its own, which would wait for the others
  o.callbacks = {[&](const EpochRecord& r) {
    (r.epoch <= 2 ? warm : end) = test_support::allocations();
    return true;
  }};
  heed::Adam<Together> adam(model);
  if (test) {
    heed::fit(model, task.view(), adam, o, test->view());
  } else {
    heed::fit(model, task.view(), adam, o);
  }
  EXPECT_GT(warm, 0);
  return end - warm;
}

TEST(FitClassifier, DoesNotAllocateInAWarmStep) {
  const Task<float> task(300, {6, 3}, 4), ragged(300, {6, 3}, 4, true), test(70, {6, 3}, 4);
  for (const Attention attention : attentions) {
    for (const Index batch : {0, 128}) {  // 300 sequences: two tiles a batch, and a partial last batch
      const FitOptions one{.batch_size = batch, .threads = 1}, two{.batch_size = batch, .threads = 2};
      EXPECT_EQ(warm_allocations(attention, task, one), 0) << to_text(attention) << ", batch " << batch;
      EXPECT_EQ(warm_allocations(attention, task, two), 0) << to_text(attention) << ", batch " << batch;
      EXPECT_EQ(warm_allocations(attention, ragged, one), 0) << to_text(attention) << ", batch " << batch;
      EXPECT_EQ(warm_allocations(attention, task, one, &test), 0) << to_text(attention) << ", batch " << batch;
    }
  }
}

// All memory that a run of full batches takes beside the user's own data, on one thread.
double bytes_beside(Index n) {
  const heed::Tensor<float, 3> x({n, 10, 5});
  const std::vector<std::int32_t> labels(static_cast<std::size_t>(n));
  Model model({.features = 5, .classes = 2, .hidden = 4, .dense = 4});
  const long before = test_support::allocated_bytes();
  heed::fit(model, x.view(), labels, {.epochs = 1, .threads = 1});
  return static_cast<double>(test_support::allocated_bytes() - before);
}

TEST(FitClassifier, TakesATenthMoreThanTheDataAnd32Megabytes) {
  const Index few = 50'000, many = 150'000;
  const double small_run = bytes_beside(few), large_run = bytes_beside(many);
  constexpr double sequence = 10 * 5 * sizeof(float) + sizeof(std::int32_t);
  EXPECT_LE((large_run - small_run) / static_cast<double>(many - few), 1.1 * sequence);
  EXPECT_GE((large_run - small_run) / static_cast<double>(many - few), sequence);
  EXPECT_LE(small_run - 1.1 * sequence * static_cast<double>(few), 32 * (1 << 20));
}

}  // namespace fit_classifier_test
