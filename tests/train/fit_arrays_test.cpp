// `fit` and `evaluate` of arrays: vectors, spans and tensors of what users have.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "heed/losses/binary_cross_entropy.hpp"
#include "heed/losses/huber.hpp"
#include "heed/optim/sgd.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit.hpp"

namespace fit_arrays_test {

using heed::Index;
using heed::Tensor;
using heed::view;
using test_support::error_of;
using Model = test_support::SmallModel<float>;

constexpr std::size_t n = 20;
constexpr int T = 3;

std::vector<float> inputs() {
  std::vector<float> x(n * T);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  return x;
}
template <class I>
std::vector<I> labels() {
  std::vector<I> y(n);
  for (std::size_t i = 0; i < n; ++i) y[i] = static_cast<I>(i % 2);
  return y;
}
Model model(Index outputs = 2) { return Model({.features = 1, .classes = outputs}); }

template <class I>
double loss_with_labels() {
  const std::vector<float> x = inputs();
  Model m = model();
  return heed::fit(m, view(x, {n, T, 1}), labels<I>(), {.epochs = 3}).epochs.back().loss;
}

TEST(FitArrays, TakesLabelsOfAnyIntegers) {
  const double expected = loss_with_labels<std::int32_t>();
  EXPECT_EQ(loss_with_labels<long>(), expected);
  EXPECT_EQ(loss_with_labels<std::uint8_t>(), expected);
  EXPECT_EQ(loss_with_labels<char>(), expected);
  EXPECT_EQ(loss_with_labels<std::size_t>(), expected);
}

TEST(FitArrays, RefusesLabelsThatAreNone) {
  const std::vector<float> x = inputs();
  std::vector<long> y = labels<long>();
  y[7] = 5'000'000'000;
  Model m = model();
  const std::string expected =
      "label 7 (counted from 0): label out of range (expected -2147483648 to 2147483647, got 5000000000)";
  EXPECT_EQ(error_of([&] { heed::fit(m, view(x, {n, T, 1}), y); }), expected);
  EXPECT_EQ(error_of([&] { heed::evaluate(m, view(x, {n, T, 1}), y); }), expected);
  std::vector<std::uint64_t> huge = labels<std::uint64_t>();
  huge[0] = std::numeric_limits<std::uint64_t>::max();  // no -1
  EXPECT_NE(error_of([&] { heed::fit(m, view(x, {n, T, 1}), huge); }).find("got 18446744073709551615"),
            std::string::npos);
}

TEST(FitArrays, TakesTensorsOfLabels) {
  Tensor<float, 3> x({n, T, 1}, inputs());
  const Tensor<std::int64_t, 1> one({n}, labels<std::int64_t>());
  const Tensor<std::int64_t, 2> column({n, 1}, labels<std::int64_t>());
  Model a = model(), b = model();
  EXPECT_EQ(heed::fit(a, x, one, {.epochs = 3}).epochs.back().loss, loss_with_labels<std::int32_t>());
  EXPECT_EQ(heed::fit(b, x.view(), column, {.epochs = 3}).epochs.back().loss, loss_with_labels<std::int32_t>());
}

TEST(FitArrays, TakesAnOptimizerAndATestSet) {
  const std::vector<float> x = inputs();
  const std::vector<std::int32_t> y = labels<std::int32_t>();
  const heed::LabelledSequences<float> data{view(x, {n, T, 1}), y};
  Model a = model(), b = model(), c = model();
  heed::Adam<Model> adam(a, {.learning_rate = 0.02});
  const auto by_arrays = heed::fit(a, view(x, {n, T, 1}), y, adam, {.epochs = 3}, data);
  heed::Adam<Model> other(b, {.learning_rate = 0.02});
  const auto by_data = heed::fit(b, data, other, {.epochs = 3}, data);
  EXPECT_EQ(by_arrays.epochs.back().test_loss, by_data.epochs.back().test_loss);
  EXPECT_EQ(heed::fit(c, view(x, {n, T, 1}), y, heed::Adam<Model>(c, {.learning_rate = 0.02}), {.epochs = 3})
                .epochs.back()
                .loss,
            by_data.epochs.back().loss);
}

TEST(FitArrays, TakesALossWithAnOptimizer) {
  const std::vector<float> x = inputs(), y(n, 0.5f);
  Model a = model(1), b = model(1);
  heed::Sgd<Model> sgd(a, {.learning_rate = 0.1});
  const auto history = heed::fit(a, view(x, {n, T, 1}), view(y, {n, 1}), heed::Huber<float>(), sgd, {.epochs = 4});
  EXPECT_LT(history.epochs.back().loss, history.epochs.front().loss);
  // numbers (n) are (n, 1)
  const auto flat = heed::fit(b, view(x, {n, T, 1}), y, heed::Huber<float>(),
                              heed::Sgd<Model>(b, {.learning_rate = 0.1}), {.epochs = 4});
  EXPECT_EQ(flat.epochs.back().loss, history.epochs.back().loss);
}

TEST(FitArrays, TakesAViewOfASpanThatIsATemporary) {
  const std::vector<float> x = inputs();
  Model a = model();
  const auto history = heed::fit(a, view(std::span(x), {n, T, 1}), labels<std::int32_t>(), {.epochs = 3});
  EXPECT_EQ(history.epochs.back().loss, loss_with_labels<std::int32_t>());
}

TEST(Evaluate, OfArraysFollowsTheModel) {
  const std::vector<float> x = inputs(), y(n * 2, 1.f);
  const auto sequences = view(x, {n, T, 1});
  Model m = model();
  const heed::Evaluation by_labels = heed::evaluate(m, sequences, labels<long>());
  const std::vector<std::int32_t> same = labels<std::int32_t>();
  EXPECT_EQ(by_labels.loss, heed::evaluate(m, {sequences, same}).loss);
  using Data = heed::TargetSequences<float>;
  const Data numbers{sequences, view(y, {n, 2})};
  EXPECT_EQ(heed::evaluate(m, sequences, view(y, {n, 2})).loss,
            heed::evaluate(m, numbers, heed::MeanSquaredError<float>()).loss);
  m.outputs = heed::OutputKind::flags;
  EXPECT_EQ(heed::evaluate(m, sequences, view(y, {n, 2})).loss,
            heed::evaluate(m, numbers, heed::BinaryCrossEntropy<float>()).loss);
  EXPECT_EQ(heed::evaluate(m, sequences, view(y, {n, 2}), heed::Huber<float>()).loss,
            heed::evaluate(m, numbers, heed::Huber<float>()).loss);
}

}  // namespace fit_arrays_test
