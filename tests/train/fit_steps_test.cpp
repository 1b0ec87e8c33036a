// Training with a label for each step.

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/numbers.hpp"
#include "../support/task.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit.hpp"

namespace fit_steps_test {

using heed::FitOptions;
using heed::History;
using heed::Index;
using heed::Tensor;
using test_support::error_of;
using test_support::flat;
using Tagger = heed::Sequential<heed::Lstm<double>, heed::Dense<double>>;

Tagger tagger(Index classes = 2) {
  return Tagger(heed::Lstm<double>({.input_size = 2, .hidden_size = 6}),
                heed::Dense<double>({.in_features = 6, .out_features = classes}));
}

/// The label of a step: whether the first feature has summed up to more than 0 so far; now and then it is not known.
struct Steps {
  static constexpr std::int32_t unknown = -100;
  Tensor<double, 3> x;
  Tensor<std::int32_t, 2> labels;
  std::vector<std::int32_t> lengths;

  explicit Steps(Index n, std::int32_t past_end = unknown) : x({n, 7, 2}), labels({n, 7}) {
    const heed::Key key{9};
    std::uint64_t draw = 0;
    for (Index i = 0; i < n; ++i) {
      lengths.push_back(static_cast<std::int32_t>(1 + key.below(draw++, 7)));
      double sum = 0;
      for (Index t = 0; t < 7; ++t) {
        const bool valid = t < lengths.back();
        for (Index f = 0; f < 2; ++f) x(i, t, f) = valid ? key.normal(draw++) : 0;
        sum += x(i, t, 0);
        labels(i, t) = !valid ? past_end : key.below(draw++, 10) == 0 ? unknown : sum > 0;
      }
    }
  }
  heed::LabelledSequences<double> view() const { return {x.view(), labels, lengths}; }
};

TEST(FitSteps, LossAndAccuracyAreMeansOverTheLabelsThatCount) {
  const Steps data(90);
  const Tagger model = tagger();
  double loss = 0, correct = 0, count = 0;
  heed::Scratch scratch;
  for (Index i = 0; i < 90; ++i) {
    const Index steps = data.lengths[static_cast<std::size_t>(i)];
    std::vector<double> z(static_cast<std::size_t>(2 * steps));
    Tagger::Cache cache;
    const heed::Tile<const double> x(data.x.data() + i * 14, {steps, 2}, 1);
    model.forward(x, heed::Tile<double>(z.data(), {steps, 2}, 1), cache, heed::Pass{scratch});
    for (Index t = 0; t < steps; ++t) {
      const std::int32_t y = data.labels(i, t);
      if (y == Steps::unknown) continue;
      const double difference = z[static_cast<std::size_t>(2 * t + 1 - y)] - z[static_cast<std::size_t>(2 * t + y)];
      loss += std::log1p(std::exp(difference));
      correct += y == 0 ? difference <= 0 : difference < 0;
      ++count;
    }
  }
  for (const std::int32_t past_end : {Steps::unknown, 1}) {
    const Steps other(90, past_end);
    const heed::Evaluation e = heed::evaluate(model, other.view(), 2);
    EXPECT_NEAR(e.loss, loss / count, 1e-12);
    EXPECT_EQ(e.accuracy, correct / count);
    for (const Index batch : {0, 20}) {  // a rate of nearly 0: each batch sees the same weights
      Tagger copy = model;
      const FitOptions o{.epochs = 1, .learning_rate = 1e-300, .batch_size = batch, .bucket_by_length = true};
      const History history = heed::fit(copy, other.view(), o);
      EXPECT_NEAR(history.epochs[0].loss, loss / count, 1e-12);
      EXPECT_EQ(history.epochs[0].accuracy, correct / count);
    }
  }
}

TEST(FitSteps, LearnsInTheSameBitsWithAnyNumberOfThreads) {
  const Steps data(400);
  Tagger one = tagger(), two = one;
  FitOptions o{.epochs = 40, .learning_rate = 0.03, .batch_size = 50, .threads = 1, .validation = 0.2};
  o.balance_classes = true;
  o.label_smoothing = 0.05;
  const History a = heed::fit(one, data.view(), o);
  o.threads = 3;
  const History b = heed::fit(two, data.view(), o);
  EXPECT_EQ(flat(one), flat(two));
  EXPECT_GT(a.epochs.back().validation_accuracy, 0.9);
  EXPECT_EQ(a.epochs.back().validation_loss, b.epochs.back().validation_loss);
  EXPECT_EQ(a.epochs.back().sequences, 320);
}

TEST(FitSteps, ThePredictorNamesTheLabelOfEveryStep) {
  const Steps data(100);
  const Tagger model = tagger();
  heed::Predictor<Tagger> predictor(model);
  const auto labels = predictor.step_labels(data.x.view(), data.lengths);
  EXPECT_EQ(labels.extents(), data.labels.extents());
  double correct = 0, count = 0;
  for (Index i = 0; i < 100; ++i) {
    for (Index t = 0; t < 7; ++t) {
      EXPECT_EQ(labels(i, t) < 0, t >= data.lengths[static_cast<std::size_t>(i)]);
      correct += labels(i, t) >= 0 && labels(i, t) == data.labels(i, t);
      count += data.labels(i, t) >= 0;
    }
  }
  EXPECT_EQ(heed::evaluate(model, data.view(), 1).accuracy, correct / count);
}

TEST(FitSteps, ThePredictorNamesThemAsOfEachSequenceAlone) {
  const Steps data(150);  // of several lengths: more than two tiles
  const Tagger model = tagger();
  heed::Predictor<Tagger> predictor(model);
  const auto labels = predictor.step_labels(data.x.view(), data.lengths);
  for (Index i = 0; i < 150; ++i) {
    const Index length = data.lengths[static_cast<std::size_t>(i)];
    if (length == 0) continue;
    const heed::TensorView<const double, 3> one(data.x[i].data(), {1, length, data.x.extent(2)});
    const auto alone = predictor.step_labels(one);
    for (Index t = 0; t < length; ++t) EXPECT_EQ(labels(i, t), alone(0, t)) << i << ", " << t;
  }
}

// ---- outputs with steps of their own

/// From a sequence, pooled, to two steps of logits.
struct TwoSteps {
  using Pooled = heed::Sequential<heed::Lstm<double>, heed::LastPool<double>, heed::Dense<double>>;
  using Scalar = double;
  using Input = double;
  using Cache = Pooled::Cache;

  Pooled pooled{heed::Lstm<double>({.input_size = 2, .hidden_size = 6}), heed::LastPool<double>(),
                heed::Dense<double>({.in_features = 6, .out_features = 4})};

  // two steps of two logits are the same numbers as one of four
  static heed::Tile<double> one(heed::Tile<double> y) { return {y.data, {1, 4}, y.lanes}; }
  static heed::Tile<const double> one(heed::Tile<const double> y) { return {y.data, {1, 4}, y.lanes}; }
  heed::Shape output_shape(heed::Shape x) const { return pooled.output_shape(x), heed::Shape{2, 2}; }
  void forward(heed::Tile<const double> x, heed::Tile<double> y, Cache& cache, const heed::Pass& pass) const {
    EXPECT_EQ(y.lengths, nullptr);
    pooled.forward(x, one(y), cache, pass);
  }
  void backward(heed::Tile<const double> x, heed::Tile<const double> y, heed::Tile<const double> dy,
                heed::Into<double> dx, Cache& cache, TwoSteps& grad, const heed::Pass& pass) const {
    pooled.backward(x, one(y), one(dy), dx, cache, grad.pooled, pass);
  }
  static void visit(auto&& f, auto&... models) { TwoSteps::Pooled::visit(f, models.pooled...); }
};

TEST(FitSteps, LearnsLabelsOfStepsThatAreTheModelsOwn) {
  const Steps data(70);  // lengths of 1 to 7: more than the two steps, and less
  Tensor<std::int32_t, 2> labels({70, 2});
  double count = 0, expected = 0, correct = 0;
  for (Index i = 0; i < 70; ++i) {
    const Index last = data.lengths[static_cast<std::size_t>(i)] - 1;
    labels(i, 0) = data.x(i, last, 0) > 0;
    labels(i, 1) = i % 5 == 0 ? Steps::unknown : data.x(i, last, 1) > 0;
    count += 1 + (i % 5 != 0);
  }
  TwoSteps model;
  const heed::LabelledSequences<double> view{data.x.view(), labels, data.lengths};
  heed::fit(model, view, {.epochs = 60, .learning_rate = 0.03, .batch_size = 30, .threads = 2});
  const auto labelled = heed::Predictor<TwoSteps>(model).step_labels(data.x.view(), data.lengths);
  EXPECT_EQ(labelled.extents(), (heed::Extents<2>{70, 2}));
  for (Index i = 0; i < 70; ++i) {
    TwoSteps::Cache cache;
    heed::Scratch scratch;
    heed::TileBuffer<double> y;
    const Index length = data.lengths[static_cast<std::size_t>(i)];
    const heed::Tile<const double> x(data.x[i].data(), {length, 2}, 1);
    model.forward(x, y.take({2, 2}, 1), cache, heed::Pass{scratch});
    for (Index t = 0; t < 2; ++t) {
      const double* z = y.view().at(t);
      const std::int32_t label = labels(i, t);
      EXPECT_EQ(labelled(i, t), z[1] > z[0]);
      if (label < 0) continue;
      expected += std::log(std::exp(z[0]) + std::exp(z[1])) - z[label];
      correct += (z[1] > z[0]) == (label == 1);
    }
  }
  const heed::Evaluation e = heed::evaluate(model, view, 1);
  EXPECT_NEAR(e.loss, expected / count, 1e-12);
  EXPECT_EQ(e.accuracy, correct / count);
  EXPECT_GT(e.accuracy, 0.9);
}

// Neither past a sequence's end nor at missing steps.
TEST(FitSteps, LabelsThatDoNotCountMayBeAnything) {
  const Steps padded(30), other(30, -1), large(30, 77);
  Tagger a = tagger(), b = a, c = a;
  const FitOptions o{.epochs = 2, .batch_size = 8, .threads = 1};
  heed::fit(a, padded.view(), o);
  heed::fit(b, other.view(), o);
  heed::fit(c, large.view(), o);
  EXPECT_EQ(flat(a), flat(b));
  EXPECT_EQ(flat(a), flat(c));
  EXPECT_EQ(heed::evaluate(a, other.view()).accuracy, heed::evaluate(a, padded.view()).accuracy);
}

// A mask moves steps together, and errors name the step where the user has it.
TEST(FitSteps, ErrorsNameTheStepOfMaskedLabels) {
  Steps data(6);
  data.lengths.assign(6, 7);
  for (Index i = 0; i < data.labels.size(); ++i) data.labels.data()[i] = 1;
  Tensor<std::uint8_t, 2> mask({6, 7});
  for (Index i = 0; i < mask.size(); ++i) mask.data()[i] = i % 7 != 0 && i % 7 != 3;
  data.labels(2, 0) = 9;  // missing
  data.labels(4, 5) = 7;
  const heed::LabelledSequences<double> view{data.x.view(), data.labels, data.lengths, mask};
  Tagger model = tagger();
  const std::string expected =
      "labels, sequence 4, step 5 (counted from 0): label out of range (expected 0 to 1, got 7)";
  EXPECT_EQ(error_of([&] { heed::fit(model, view); }), expected);
  EXPECT_EQ(error_of([&] { heed::evaluate(model, view); }), expected);
}

TEST(FitSteps, RejectsWhatDoesNotFit) {
  Steps data(6);
  const auto error = [&](const heed::LabelledSequences<double>& view) {
    Tagger model = tagger();
    const auto before = flat(model);
    const std::string text = error_of([&] { heed::fit(model, view); });
    EXPECT_EQ(flat(model), before);
    EXPECT_FALSE(error_of([&] { heed::evaluate(model, view); }).empty());
    return text;
  };
  const Tensor<std::int32_t, 2> short_by_one({6, 6});
  EXPECT_EQ(error({data.x.view(), short_by_one, data.lengths}),
            "fit: labels and the steps of the model's outputs differ in number (expected 7 labels a sequence, got 6)");
  const std::vector<std::int32_t> one_each(6);
  EXPECT_NE(error({data.x.view(), one_each, data.lengths}).find("is a pooling missing?"), std::string::npos);
  data.labels(4, 2) = 2;
  data.lengths[4] = 3;
  const std::string place = "labels, sequence 4, step 2 (counted from 0)";
  EXPECT_EQ(error(data.view()), place + ": label out of range (expected 0 to 1, got 2)");

  using Pooled = heed::Sequential<heed::Lstm<double>, heed::LastPool<double>, heed::Dense<double>>;
  Pooled pooled(heed::Lstm<double>({.input_size = 2, .hidden_size = 6}), heed::LastPool<double>(),
                heed::Dense<double>({.in_features = 6, .out_features = 2}));
  EXPECT_NE(error_of([&] { heed::fit(pooled, Steps(6).view()); }).find("expected 1 labels a sequence, got 7"),
            std::string::npos);
}

}  // namespace fit_steps_test
