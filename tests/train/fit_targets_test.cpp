// Training on numbers, with any loss, and on tokens.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/random.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "../support/token_model.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/losses/binary_cross_entropy.hpp"
#include "heed/losses/huber.hpp"
#include "heed/train/fit.hpp"

namespace fit_targets_test {

using heed::FitOptions;
using heed::History;
using heed::Index;
using heed::Tensor;
using test_support::error_of;
using test_support::flat;
using test_support::largest_difference;
using test_support::Task;
using Model = test_support::SmallModel<double>;

constexpr double equal_after_adam = 1e-7;  // it divides by the gradient's size, even where that is rounding alone

// Ragged sequences and two targets each: sums of their features, as numbers or as yes and no.
struct Regression {
  Task<double> task;
  Tensor<double, 2> y;
  explicit Regression(Index n, bool yes_or_no = false, std::uint64_t seed = 1)
      : task(n, {5, 3}, 4, true, seed), y({n, 2}) {
    for (Index i = 0; i < n; ++i) {
      for (Index k = 0; k < 2; ++k) {
        const double v = task.x(i, 0, k) - 0.5 * task.x(i, 0, k + 1);
        y(i, k) = yes_or_no ? v > 0 : v;
      }
    }
  }
  heed::TargetSequences<double> view() const { return {task.x.view(), y.view(), task.lengths}; }
};

// One step of Adam on a batch, without the machinery of train/: the loss, and the model after it.
template <class Loss>
double step_by_hand(Model& model, heed::Adam<Model>& adam, const Regression& data, const Loss& loss, Index first,
                    Index rows) {
  const Index T = 5, F = 3;
  std::vector<double> x(static_cast<std::size_t>(rows * T * F)), y(static_cast<std::size_t>(2 * rows));
  for (Index l = 0; l < rows; ++l) {
    for (Index k = 0; k < T * F; ++k)
      x[static_cast<std::size_t>(k * rows + l)] = data.task.x.data()[(first + l) * T * F + k];
    for (Index k = 0; k < 2; ++k) y[static_cast<std::size_t>(k * rows + l)] = data.y(first + l, k);
  }
  const heed::Tile<const double> tile(x.data(), {T, F}, rows, data.task.lengths.data() + first);
  std::vector<double> z(y.size()), dz(y.size());
  const heed::Tile<double> out(z.data(), {1, 2}, rows), dout(dz.data(), {1, 2}, rows);
  Model::Cache cache;
  heed::Scratch scratch;
  const heed::Pass pass{scratch, true};
  Model gradient = model;
  heed::set_zero(gradient);
  model.forward(tile, out, cache, pass);
  const double value = loss(out, heed::Tile<const double>(y.data(), {1, 2}, rows), nullptr,
                            1 / static_cast<double>(2 * rows), dout, pass);
  model.backward(tile, out, dout, {}, cache, gradient, pass);
  adam.step(model, gradient);
  return value;
}

template <class Loss>
void expect_like_by_hand(const Loss& loss, bool yes_or_no) {
  const Model start({.features = 3, .classes = 2});
  const Regression data(150, yes_or_no);
  for (const Index batch : {0, 40}) {
    Model model = start, expected = start;
    const FitOptions o{.epochs = 3, .learning_rate = 0.05, .batch_size = batch, .shuffle = false, .threads = 1};
    const History history = heed::fit(model, data.view(), loss, o);
    heed::Adam<Model> adam(expected, {.learning_rate = 0.05});
    for (std::size_t e = 0; e < 3; ++e) {
      double total = 0;
      const Index size = batch ? batch : 150;
      for (Index first = 0; first < 150; first += size) {
        const Index rows = std::min(size, 150 - first);
        total += step_by_hand(expected, adam, data, loss, first, rows) * static_cast<double>(rows) / 150;
      }
      EXPECT_NEAR(history.epochs[e].loss, total, equal_after_adam);
    }
    EXPECT_LE(largest_difference(flat(model), flat(expected)), equal_after_adam);
  }
}

TEST(FitTargets, EveryLossIsAMeanOverAllNumbers) {
  expect_like_by_hand(heed::MeanSquaredError<double>(), false);
  expect_like_by_hand(heed::Huber<double>({.delta = 0.3}), false);
  expect_like_by_hand(heed::BinaryCrossEntropy<double>({.pos_weight = {2, 0.5}}), true);
}

TEST(FitTargets, TheTypeOfTheTargetsChoosesTheLoss) {
  const Regression data(60);
  Model a({.features = 3, .classes = 2}), b = a, c = a;
  const FitOptions o{.epochs = 3, .threads = 1};
  heed::fit(a, data.task.x.view(), data.y.view(), o);
  heed::fit(b, heed::TargetSequences<double>{data.task.x.view(), data.y.view()}, heed::MeanSquaredError<double>(), o);
  EXPECT_EQ(flat(a), flat(b));
  heed::fit(c, data.task.x.view(), data.y.view(), heed::Huber<double>(), o);
  EXPECT_NE(flat(a), flat(c));
}

TEST(FitTargets, AnOptimizerAndATestMayBeHandedIn) {
  const Regression data(80), test(30, false, 2);
  Model a({.features = 3, .classes = 2}), b = a;
  const FitOptions o{.epochs = 3, .learning_rate = 0.02, .threads = 1};
  heed::Adam<Model> adam(a, {.learning_rate = 0.02});
  const heed::MeanSquaredError<double> loss;
  const History history = heed::fit(a, data.view(), loss, adam, o, test.view());
  heed::fit(b, data.view(), loss, o);
  EXPECT_EQ(flat(a), flat(b));
  EXPECT_EQ(history.epochs[2].test_loss, heed::evaluate(a, test.view(), loss, 1).loss);
  EXPECT_TRUE(std::isnan(history.epochs[2].accuracy)) << "numbers are neither right nor wrong";
}

TEST(FitTargets, TheDefaultLossIsTheMeanSquaredError) {
  const Regression data(80), test(30, false, 2);
  Model a({.features = 3, .classes = 2}), b = a, c = a, d = a;
  const FitOptions o{.epochs = 3, .threads = 1};
  const heed::MeanSquaredError<double> loss;
  const History history = heed::fit(a, data.view(), loss, o, test.view());
  EXPECT_EQ(heed::fit(b, data.view(), o, test.view()).epochs[2].test_loss, history.epochs[2].test_loss);
  EXPECT_EQ(flat(a), flat(b));
  heed::fit(c, data.view(), {.epochs = 3, .threads = 1});
  EXPECT_EQ(flat(a), flat(c));
  heed::Adam<Model> adam(d, {});
  heed::fit(d, data.view(), adam, o, test.view());
  EXPECT_EQ(flat(a), flat(d));
  heed::fit(d, data.view());
  EXPECT_EQ(heed::evaluate(a, data.view()).loss, heed::evaluate(a, data.view(), loss).loss);
  EXPECT_EQ(heed::evaluate(a, data.view(), 1).loss, heed::evaluate(a, data.view(), loss).loss);
  a.outputs = heed::OutputKind::flags;
  const Regression flags(80, true);
  EXPECT_EQ(heed::evaluate(a, flags.view()).loss,
            heed::evaluate(a, flags.view(), heed::BinaryCrossEntropy<double>()).loss);
}

TEST(FitTargets, SeveralLabelsAtOnceAreLearnt) {
  const Regression data(300, true);
  Model model({.features = 3, .classes = 2});
  const heed::BinaryCrossEntropy<double> loss;
  const History history = heed::fit(model, data.view(), loss, {.epochs = 200, .learning_rate = 0.05, .threads = 1});
  EXPECT_LT(history.epochs.back().loss, history.epochs.front().loss / 1.5);
  EXPECT_GT(history.epochs.back().accuracy, 0.75);
  EXPECT_EQ(heed::evaluate(model, data.view(), loss, 1).loss > 0, true);
}

TEST(FitTargets, ValidationAndThreadsWorkAsForLabels) {
  const Regression data(200);
  Model one({.features = 3, .classes = 2}), two = one;
  FitOptions o{.epochs = 3, .batch_size = 50, .threads = 1, .validation = 0.2};
  const History a = heed::fit(one, data.view(), heed::MeanSquaredError<double>(), o);
  o.threads = 3;
  const History b = heed::fit(two, data.view(), heed::MeanSquaredError<double>(), o);
  EXPECT_EQ(flat(one), flat(two));
  EXPECT_EQ(a.epochs[2].validation_loss, b.epochs[2].validation_loss);
  EXPECT_EQ(a.epochs[2].sequences, 160);
}

TEST(FitTargets, RejectsWhatDoesNotFit) {
  Regression data(5);
  Model model({.features = 3, .classes = 2});
  const auto error = [&](const FitOptions& o = {}) {
    return error_of([&] { heed::fit(model, data.view(), heed::MeanSquaredError<double>(), o); });
  };
  EXPECT_EQ(error({.class_weights = {1, 1}}).find("fit: class_weights have no meaning here"), 0U);
  EXPECT_EQ(error({.label_smoothing = 0.1}).find("fit: label_smoothing has no meaning here"), 0U);
  EXPECT_EQ(error({.balance_classes = true}).find("fit: balance_classes has no meaning here"), 0U);
  data.y(3, 1) = std::nan("");
  EXPECT_EQ(error(),
            "target 1 of sequence 3 (counted from 0): target is not finite (expected a finite number, got nan)");
  data.y = Tensor<double, 2>({5, 3});
  EXPECT_EQ(error(), "MeanSquaredError: wrong number of targets (expected 2 a sequence, got 3)");
  data.y = Tensor<double, 2>({4, 2});
  EXPECT_EQ(error(), "sequences: sequences and targets differ in number (expected 5 targets, got 4)");
}

// ---- tokens

using Words = test_support::TokenModel<double>;

// Sentences of random words; the label is whether word 3 is among them.
struct Sentences {
  Tensor<std::int32_t, 3> x;
  std::vector<std::int32_t> labels, lengths;
  explicit Sentences(Index n) : x({n, 6, 1}) {
    const heed::Key key{5};
    std::uint64_t draw = 0;
    for (Index i = 0; i < n; ++i) {
      lengths.push_back(static_cast<std::int32_t>(1 + key.below(draw++, 6)));
      labels.push_back(0);
      for (Index t = 0; t < 6; ++t) {
        x(i, t, 0) =
            t < lengths.back() ? static_cast<std::int32_t>(key.below(draw++, 8)) : -7;  // past the end: anything
        if (x(i, t, 0) == 3) labels.back() = 1;
      }
    }
  }
  heed::LabelledSequences<std::int32_t> view() const { return {x.view(), labels, lengths}; }
};

TEST(FitTokens, LearnsFromSentences) {
  const Sentences data(300);
  for (const Index batch : {0, 64}) {
    Words model({.words = 8, .features = 6, .classes = 2});
    const History history = heed::fit(
        model, data.view(), {.epochs = 60, .learning_rate = 0.05, .batch_size = batch, .bucket_by_length = true});
    EXPECT_GT(history.epochs.back().accuracy, 0.95);
    EXPECT_EQ(heed::evaluate(model, data.view()).accuracy, heed::evaluate(model, data.view(), 1).accuracy);
  }
}

TEST(FitTokens, AsksTheModelWhichTokensThereAre) {
  Sentences data(20);
  data.x(7, 0, 0) = 8;
  Words model({.words = 8, .features = 6, .classes = 2});
  const auto before = flat(model);
  EXPECT_EQ(error_of([&] { heed::fit(model, data.view()); }),
            "sequences, sequence 7, step 0 (counted from 0): token out of range (expected 0 to 7, got 8)");
  EXPECT_EQ(flat(model), before);
  EXPECT_NE(error_of([&] { heed::evaluate(model, data.view()); }).find("token out of range"), std::string::npos);
}

TEST(FitTokens, TokensMayHaveTargetsAndBePredicted) {
  const Sentences data(100);
  Tensor<double, 2> y({100, 2});
  for (Index i = 0; i < 100; ++i) y(i, 1) = data.labels[static_cast<std::size_t>(i)];
  Words model({.words = 8, .features = 6, .classes = 2});
  const heed::TargetSequences<std::int32_t, double> view{data.x.view(), y.view(), data.lengths};
  const History history = heed::fit(model, view, heed::MeanSquaredError<double>(), {.epochs = 1, .threads = 1});
  EXPECT_GT(history.epochs[0].loss, 0);
  heed::Predictor<Words> predictor(model);
  Tensor<double, 2> all({100, 2});
  predictor(data.x.view(), all.view(), data.lengths, heed::Output::logits);
  std::vector<double> one(2);
  predictor(heed::view(data.x.data(), {data.lengths[0], 1}), one, heed::Output::logits);
  EXPECT_NEAR(one[0], all(0, 0), 1e-12);
  const std::int32_t unknown = 9;
  EXPECT_NE(error_of([&] { predictor(&unknown, 1, 1); }).find("Predictor, sequence 0, step 0"), std::string::npos);
}

}  // namespace fit_targets_test
