// Which sequences a step takes.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "heed/layers/dense.hpp"
#include "heed/train/fit.hpp"

namespace fit_order_test {

using heed::FitOptions;
using heed::Index;

// Remembers the first number of every sequence that passes forward, and where steps were taken.
struct Recorder {
  using Scalar = float;
  using Input = float;
  using Cache = heed::Dense<float>::Cache;
  heed::Dense<float> dense{{.in_features = 1, .out_features = 2}};
  std::vector<float>* seen = nullptr;

  heed::Shape output_shape(heed::Shape x) const { return dense.output_shape(x); }
  void forward(heed::Tile<const float> x, heed::Tile<float> y, Cache& cache, const heed::Pass& pass) const {
    for (Index l = 0; l < x.lanes; ++l) {
      if (x.length(l) > 0) seen->push_back(x.at(0, 0)[l]);
    }
    dense.forward(x, y, cache, pass);
  }
  void backward(heed::Tile<const float> x, heed::Tile<const float> y, heed::Tile<const float> dy, heed::Into<float> dx,
                Cache& cache, Recorder& grad, const heed::Pass& pass) const {
    dense.backward(x, y, dy, dx, cache, grad.dense, pass);
  }
  static void visit(auto&& f, auto&... r) { f("dense", r.dense...); }
};
struct Steps {
  std::vector<std::size_t> ends = {};
  void step(Recorder& model, const Recorder&) { ends.push_back(model.seen->size()); }
};

struct Order {
  std::vector<float> seen;
  Steps steps;
  static constexpr Index n = 23;
  explicit Order(FitOptions o) {
    std::vector<float> x(n);
    std::iota(x.begin(), x.end(), 0.0F);
    const std::vector<std::int32_t> labels(n, 1);
    Recorder model;
    model.seen = &seen;
    o.threads = 1;
    const heed::LabelledSequences<float> data{heed::view(x.data(), {n, 1, 1}), labels};
    heed::fit(model, data, steps, o);
  }
  std::vector<float> epoch(std::ptrdiff_t e) const { return {seen.begin() + e * n, seen.begin() + (e + 1) * n}; }
};

TEST(FitOrder, MiniBatchesTakeEverySequenceOnceAnEpochAndKeepThePartialLastOne) {
  const Order order({.epochs = 3, .batch_size = 5});
  ASSERT_EQ(order.seen.size(), 3U * 23);
  for (const std::ptrdiff_t e : {0, 1, 2}) {
    std::vector<float> sorted = order.epoch(e);
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < 23; ++i) EXPECT_EQ(sorted[i], static_cast<float>(i));
  }
  const std::vector<std::size_t> first_epoch(order.steps.ends.begin(), order.steps.ends.begin() + 5);
  EXPECT_EQ(first_epoch, (std::vector<std::size_t>{5, 10, 15, 20, 23}));
  EXPECT_EQ(order.steps.ends.size(), 15U);
}

TEST(FitOrder, TheOrderDependsOnSeedAndEpochAlone) {
  const FitOptions o{.epochs = 2, .batch_size = 5, .seed = 3};
  const Order a(o), b(o), other({.epochs = 2, .batch_size = 5, .seed = 4}),
      wider({.epochs = 2, .batch_size = 7, .seed = 3});
  EXPECT_EQ(a.seen, b.seen);
  EXPECT_EQ(a.seen, wider.seen);
  EXPECT_NE(a.epoch(0), a.epoch(1));
  EXPECT_NE(a.epoch(0), other.epoch(0));
  EXPECT_FALSE(std::is_sorted(a.seen.begin(), a.seen.begin() + 23));
  const Order plain({.epochs = 2, .batch_size = 5, .shuffle = false});
  EXPECT_TRUE(std::is_sorted(plain.seen.begin(), plain.seen.begin() + 23));
  EXPECT_EQ(plain.epoch(0), plain.epoch(1));
}

}  // namespace fit_order_test
