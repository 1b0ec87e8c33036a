#include "heed/train/ridge.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/core/rng.hpp"

namespace ridge_test {

using heed::Index;
using heed::Tensor;
using test_support::error_of;
using test_support::Reference;

Tensor<double, 2> random_numbers(Index rows, Index columns, std::uint64_t seed) {
  Tensor<double, 2> x({rows, columns});
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = heed::Key{seed}.normal(static_cast<std::uint64_t>(i));
  return x;
}

TEST(Ridge, EqualsScikitLearn) {
  for (const std::string& name : test_support::reference_names("ridge")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    const auto x = file.array("input.x"), y = file.array("input.targets");
    const Index d = x.extents[1], k = y.extents[1];
    const heed::RidgeFit fit =
        heed::fit_ridge<double>(heed::view(x.values, {x.extents[0], d}), heed::view(y.values, {y.extents[0], k}));
    EXPECT_NEAR(fit.alpha, file.number("alpha"), 1e-12 * fit.alpha);
    const auto weight = file.values("weight.weight");  // (targets, features)
    for (Index f = 0; f < d; ++f) {
      for (Index c = 0; c < k; ++c) {
        EXPECT_NEAR(fit.weights[static_cast<std::size_t>(f * k + c)], weight[static_cast<std::size_t>(c * d + f)],
                    1e-9);
      }
    }
    EXPECT_TRUE(test_support::equals(fit.bias, file.values("weight.bias"), 1e-9));
    EXPECT_TRUE(test_support::equals(std::vector<double>(fit.held_out.begin(), fit.held_out.end()),
                                     file.values("output.held_out"), 1e-9));
  }
}

TEST(Ridge, GivesTheSameBothWays) {
  // 300 rows take the way of many rows, and with columns of zeros beside them that of many features
  const Tensor<double, 2> x = random_numbers(300, 270, 1), y = random_numbers(300, 2, 2);
  Tensor<double, 2> wide({300, 310});
  for (Index i = 0; i < 300; ++i) std::copy(x[i].begin(), x[i].end(), wide[i].begin());
  const auto a = heed::fit_ridge<double>(x, y), b = heed::fit_ridge<double>(wide, y);
  EXPECT_EQ(a.alpha, b.alpha);
  EXPECT_NEAR(a.error, b.error, 1e-9 * a.error);
  for (std::size_t i = 0; i < a.weights.size(); ++i) ASSERT_NEAR(a.weights[i], b.weights[i], 1e-9);
  for (std::size_t i = a.weights.size(); i < b.weights.size(); ++i) ASSERT_EQ(b.weights[i], 0);
}

TEST(Ridge, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const Index d : {100, 700}) {
    const Tensor<double, 2> x = random_numbers(300, d, 1), y = random_numbers(300, 3, 2);
    heed::ThreadPool one(1), three(3);
    const auto a = heed::fit_ridge<double>(x, y, {}, one), b = heed::fit_ridge<double>(x, y, {}, three);
    EXPECT_EQ(a.alpha, b.alpha);
    EXPECT_EQ(a.weights, b.weights);
    EXPECT_EQ(a.bias, b.bias);
  }
}

TEST(Ridge, EndsWhenItIsStopped) {
  struct After {
    mutable std::atomic<int>* left;
    bool stop_requested() const { return --*left < 0; }
  };
  for (const Index d : {10, 700}) {  // both ways
    const Tensor<double, 2> x = random_numbers(400, d, 1), y = random_numbers(400, 2, 2);
    for (const int asked : {0, 1, 5, 20}) {
      std::atomic<int> left = asked;
      EXPECT_TRUE(heed::fit_ridge<double>(x, y, {.stop = After{&left}}).cancelled) << d << ' ' << asked;
    }
    std::atomic<int> left = 1'000'000;
    EXPECT_FALSE(heed::fit_ridge<double>(x, y, {.stop = After{&left}}).cancelled);
    EXPECT_LT(left, 1'000'000) << "it asks";
  }
}

TEST(Ridge, OfConstantsIsTheMean) {
  const Tensor<double, 2> x({4, 3}, std::vector<double>(12, 5));
  const Tensor<double, 2> y({4, 1}, {1, 2, 3, 6});
  const auto fit = heed::fit_ridge<double>(x, y);
  for (const double w : fit.weights) EXPECT_EQ(w, 0);
  EXPECT_DOUBLE_EQ(fit.bias[0], 3);
  EXPECT_NEAR(fit.held_out(3, 0), 2, 1e-9);  // the mean of the others
}

TEST(Ridge, RefusesWhatItCannotTake) {
  const Tensor<double, 2> x = random_numbers(4, 3, 1), y = random_numbers(4, 1, 2);
  const auto error = [](const Tensor<double, 2>& a, const Tensor<double, 2>& b, const heed::RidgeOptions& o) {
    return error_of([&] { heed::fit_ridge<double>(a, b, o); });
  };
  EXPECT_NE(error(x, random_numbers(5, 1, 2), {}).find("rows and targets differ in number"), std::string::npos);
  EXPECT_NE(error(random_numbers(1, 3, 1), random_numbers(1, 1, 1), {}).find("too little data"), std::string::npos);
  EXPECT_NE(error(x, y, {.alphas = {}}).find("fit_ridge: no alpha (expected one at least"), std::string::npos);
  for (const double alpha : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_NE(error(x, y, {.alphas = {1, alpha}}).find("alphas out of range"), std::string::npos) << alpha;
  }
  for (const bool of_x : {true, false}) {
    Tensor<double, 2> a = x, b = y;
    (of_x ? a : b).data()[2] = NAN;
    EXPECT_NE(error(a, b, {}).find("not finite"), std::string::npos);
  }
}

}  // namespace ridge_test
