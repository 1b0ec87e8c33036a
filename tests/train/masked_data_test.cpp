// Masks wherever lengths go: holes, and data that are padded on the left as Keras pads them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/core/sequences_view.hpp"
#include "heed/data/standardize.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/models/ensemble.hpp"
#include "heed/models/rocket_classifier.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/tagger.hpp"
#include "heed/models/text_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/fit_ensemble.hpp"
#include "heed/train/fit_rocket.hpp"

namespace masked_data_test {

using heed::Index;
using test_support::error_of;
using Model = heed::SequenceClassifier<double>;

constexpr Index n = 18, steps = 7, features = 2;
const double nan = std::numeric_limits<double>::quiet_NaN();

// The same sequences twice: with what is missing before or between their steps, and without.
template <class X>
struct Data {
  std::vector<X> x, together;
  std::vector<std::uint8_t> mask;
  std::vector<std::int32_t> labels, step_labels, step_labels_together, lengths;
  std::vector<X> targets;
  Index each;

  explicit Data(bool holes, Index of_a_step = features) : each(of_a_step) {
    together.resize(static_cast<std::size_t>(n * steps * each));
    step_labels_together.resize(static_cast<std::size_t>(n * steps));
    for (Index i = 0; i < n; ++i) {
      labels.push_back(static_cast<std::int32_t>(i % 3));
      targets.push_back(static_cast<X>(i % 5));
      std::int32_t there = 0;
      for (Index t = 0; t < steps; ++t) {
        const bool valid =
            holes ? heed::Key{5}.bits(static_cast<std::uint64_t>(i * steps + t)) % 3 != 0 || t == 2 : t >= i % 5;
        mask.push_back(valid);
        const auto label = static_cast<std::int32_t>(heed::Key{7}.bits(mask.size()) % 2);
        step_labels.push_back(valid ? label : 77);  // never looked at
        if (valid) step_labels_together[static_cast<std::size_t>(i * steps + there)] = label;
        for (Index f = 0; f < each; ++f) {
          const auto draw = heed::Key{6}.bits(x.size()) % 1000;
          if constexpr (std::floating_point<X>) {
            x.push_back(valid ? static_cast<X>(draw) / 500 - 1 : static_cast<X>(nan));
          } else {
            x.push_back(valid ? static_cast<X>(draw % 9) : X(-5));
          }
          if (valid) together[static_cast<std::size_t>((i * steps + there) * each + f)] = x.back();
        }
        there += valid;
      }
      lengths.push_back(there);
    }
  }
  auto masked() const { return heed::view(x, {n, steps, each}, {}, mask); }
  auto by_hand() const { return heed::view(together, {n, steps, each}, lengths); }
};

heed::FitOptions options() { return {.epochs = 3, .learning_rate = 0.01, .batch_size = 7, .threads = 1}; }

Model small_model(heed::Attention attention = heed::Attention::pool) {
  return Model({.features = features, .classes = 3, .hidden = 4, .attention = attention, .heads = 2});
}

template <class T>
std::vector<typename T::value_type> all(const T& values) {
  return values;
}
template <class S, int Rank>
std::vector<S> all(const heed::Tensor<S, Rank>& values) {
  return {values.begin(), values.end()};
}

TEST(MaskedData, GoWithTheirLabelsAsArrays) {
  for (const bool holes : {true, false}) {
    const Data<double> d(holes);
    Model one = small_model(), other = one;
    heed::fit(one, d.masked(), d.labels, options());
    heed::fit(other, d.by_hand(), d.labels, options());
    EXPECT_EQ(test_support::numbers(one), test_support::numbers(other));
    EXPECT_EQ(heed::evaluate(one, d.masked(), d.labels).loss, heed::evaluate(one, d.by_hand(), d.labels).loss);
    const auto masked = heed::predict(one, d.masked()), by_hand = heed::predict(one, d.by_hand());
    EXPECT_EQ(all(masked), all(by_hand));
    heed::Predictor predictor(one);
    heed::Tensor<double, 2> logits({n, 3}), same({n, 3});
    predictor(d.masked(), logits, heed::Output::logits);
    predictor(d.by_hand(), same, heed::Output::logits);
    EXPECT_EQ(all(logits), all(same));
    std::vector<double> of_one(3);
    const std::vector<std::uint8_t> mask(d.mask.begin(), d.mask.begin() + steps);
    predictor(d.masked().x[0], of_one, mask, heed::Output::logits);
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(of_one[c], logits(0, static_cast<Index>(c)), 1e-12);
  }
}

TEST(MaskedData, GoWithNumbers) {
  const Data<double> d(false);
  Model one({.features = features, .classes = 1, .hidden = 4}), other = one;
  heed::fit(one, d.masked(), d.targets, options());
  heed::fit(other, d.by_hand(), d.targets, options());
  EXPECT_EQ(test_support::numbers(one), test_support::numbers(other));
  heed::Predictor predictor(one);
  EXPECT_EQ(all(predictor.outputs(d.masked())), all(predictor.outputs(d.by_hand())));
}

// Weights of missing steps are 0, the others stand at their steps.
template <class M>
void expect_weights_in_place(const M& model, Index heads, bool holes) {
  const Data<double> d(holes);
  heed::Predictor predictor(model);
  const auto weights = predictor.attention_weights(d.masked()), together = predictor.attention_weights(d.by_hand());
  ASSERT_EQ(weights.extents(), together.extents());
  const bool pairs = heads > 0;
  double sum = 0;
  for (Index i = 0; i < n; ++i) {
    for (Index h = 0; h < (pairs ? heads : 1); ++h) {
      for (Index q = 0, from_q = 0; q < steps; ++q) {
        const bool asks = d.mask[static_cast<std::size_t>(i * steps + q)] != 0;
        for (Index k = 0, from_k = 0; k < (pairs ? steps : 1); ++k) {
          const bool asked = !pairs || d.mask[static_cast<std::size_t>(i * steps + k)] != 0;
          const double weight = weights(i, h * steps + q, k);
          EXPECT_EQ(weight, asks && asked ? together(i, h * steps + from_q, from_k) : 0) << i << ' ' << q << ' ' << k;
          sum += weight;
          from_k += asked;
        }
        from_q += asks;
      }
    }
  }
  EXPECT_GT(sum, n - 1e-9) << "there are weights";
}

TEST(MaskedData, HaveAttentionWeightsAtTheirOwnSteps) {
  for (const bool holes : {true, false}) {
    expect_weights_in_place(small_model(), 0, holes);
    expect_weights_in_place(small_model(heed::Attention::multihead), 2, holes);
    heed::TransformerClassifierOptions o{.features = features, .classes = 3};
    o.transformer.d_model = 4;
    o.transformer.num_heads = 2;
    o.transformer.num_layers = 1;
    o.transformer.positions = heed::PositionKind::none;
    expect_weights_in_place(heed::TransformerClassifier<double>(o), 2, holes);
  }
  heed::Ensemble<Model> ensemble(std::vector<Model>{small_model(), small_model()});
  expect_weights_in_place(ensemble, 0, true);
}

TEST(MaskedData, TrainEnsembles) {
  const Data<double> d(true);
  const auto masked = d.masked(), by_hand = d.by_hand();
  heed::Ensemble<Model> one(2, small_model().options), other = one;
  heed::fit_ensemble(one, heed::LabelledSequences<double>{masked.x, d.labels, masked.lengths, masked.mask}, options());
  heed::fit_ensemble(other, heed::LabelledSequences<double>{by_hand.x, d.labels, by_hand.lengths}, options());
  EXPECT_EQ(test_support::numbers(one), test_support::numbers(other));
  EXPECT_EQ(all(heed::predict(one, d.masked())), all(heed::predict(other, d.by_hand())));
}

// Tokens that are padded on the left: a tag a word, and labels where there is no word do not count.
TEST(MaskedData, TrainTaggers) {
  for (const bool holes : {true, false}) {
    const Data<std::int32_t> d(holes, 1);
    heed::Tagger<double> one({.tokens = {9}, .embedding = {3}, .classes = 2, .hidden = 3}), other = one;
    const heed::LabelsView labels(d.step_labels, steps), by_hand(d.step_labels_together, steps);
    const auto first = heed::fit(one, d.masked(), labels, options());
    const auto second = heed::fit(other, d.by_hand(), by_hand, options());
    EXPECT_EQ(test_support::numbers(one), test_support::numbers(other));
    EXPECT_EQ(first.epochs.back().accuracy, second.epochs.back().accuracy);
    EXPECT_EQ(heed::evaluate(one, d.masked(), labels).loss, heed::evaluate(one, d.by_hand(), by_hand).loss);
    heed::Predictor predictor(one);
    const auto tags = predictor.step_labels(d.masked());
    for (Index i = 0; i < n; ++i) {
      for (Index t = 0; t < steps; ++t) {
        EXPECT_EQ(tags(i, t) >= 0, d.mask[static_cast<std::size_t>(i * steps + t)] != 0) << i << ' ' << t;
      }
    }
  }
}

TEST(MaskedData, TrainClassifiersOfText) {
  const Data<std::int32_t> d(false, 1);
  heed::TextClassifier<double> one({.tokens = 9, .embedding = 3, .classifier = {.classes = 3, .hidden = 3}}),
      other = one;
  heed::fit(one, d.masked(), d.labels, options());
  heed::fit(other, d.by_hand(), d.labels, options());
  EXPECT_EQ(test_support::numbers(one), test_support::numbers(other));
}

// Random convolutions take padding, and no holes.
TEST(MaskedData, TrainRockets) {
  using Rocket = heed::RocketClassifier<double>;
  const auto make = [] { return Rocket({.features = features, .classes = 3, .steps = steps, .num_features = 168}); };
  const auto data = [](const Data<double>& d, const heed::SequencesView<double>& view) {
    return heed::LabelledSequences<double>{view.x, d.labels, view.lengths, view.mask};
  };
  const Data<double> padded(false), holes(true);
  Rocket one = make(), other = make();
  heed::fit_rocket(one, data(padded, padded.masked()), {.threads = 1});
  heed::fit_rocket(other, data(padded, padded.by_hand()), {.threads = 1});
  EXPECT_EQ(test_support::numbers(one), test_support::numbers(other));
  heed::fit_rocket(one, padded.masked(), padded.labels, {.threads = 1});
  EXPECT_EQ(test_support::numbers(one), test_support::numbers(other));
  EXPECT_EQ(all(heed::predict(one, padded.masked())), all(heed::predict(one, padded.by_hand())));
  const std::string error = error_of([&] { heed::fit_rocket(one, data(holes, holes.masked())); });
  EXPECT_TRUE(error.starts_with("fit_rocket: positions, convolutions and windows cannot pass over missing steps"))
      << error;
}

TEST(MaskedData, AreStandardizedByTheStepsThatAreThere) {
  const Data<double> d(true);
  const auto masked = d.masked(), by_hand = d.by_hand();
  const auto a = heed::feature_statistics<double>(masked.x, {}, heed::AllHere(), masked.mask);
  const auto b = heed::feature_statistics<double>(by_hand.x, by_hand.lengths);
  EXPECT_EQ(a.mean, b.mean);
  EXPECT_EQ(a.deviation, b.deviation);
  EXPECT_EQ(a.largest, b.largest);
}

// A mask moves steps together, and errors name the step where the user has it.
TEST(MaskedData, AreNamedWhereTheyAre) {
  heed::Tensor<float, 3> x({4, 6, 2});
  x(1, 0, 0) = x(1, 5, 1) = std::nanf("");
  heed::Tensor<std::uint8_t, 2> mask({4, 6});
  std::fill(mask.begin(), mask.end(), std::uint8_t(1));
  mask(1, 0) = mask(1, 1) = mask(1, 3) = 0;
  const std::vector<std::int32_t> labels{0, 1, 0, 1};
  heed::SequenceClassifier<float> model({.features = 2, .classes = 2});
  const std::string fault =
      ", sequence 1, step 5, feature 1 (counted from 0): value is not finite (expected a finite number, got NaN)";
  EXPECT_EQ(error_of([&] { heed::fit(model, heed::view(x, {}, mask), labels); }), "sequences" + fault);
  EXPECT_EQ(error_of([&] { heed::evaluate(model, heed::view(x, {}, mask), labels); }), "sequences" + fault);
  heed::Predictor predictor(model);
  EXPECT_EQ(error_of([&] { predictor.outputs(heed::view(x, {}, mask)); }), "Predictor" + fault);
  std::string alone = "Predictor" + fault;
  alone.replace(alone.find("sequence 1"), 10, "sequence 0");
  const heed::TensorView<const std::uint8_t, 2> steps_there(&mask(1, 0), {1, 6});
  EXPECT_EQ(error_of([&] { predictor(x[1], steps_there); }), alone);
  EXPECT_EQ(error_of([&] { predictor.outputs(x[1], steps_there); }), alone);
  heed::Tensor<std::int32_t, 3> tokens({4, 6, 1});
  tokens(1, 5, 0) = 50;
  heed::TextClassifier<float> text({.tokens = 10, .embedding = 3, .classifier = {.classes = 2, .hidden = 3}});
  EXPECT_EQ(error_of([&] { heed::fit(text, heed::view(tokens, {}, mask), labels); }),
            "sequences, sequence 1, step 5 (counted from 0): token out of range (expected 0 to 9, got 50)");
}

}  // namespace masked_data_test
