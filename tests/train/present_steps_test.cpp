#include "heed/train/present_steps.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/compose/sequential.hpp"
#include "heed/infer/predictor.hpp"
#include "heed/layers/conv1d.hpp"
#include "heed/layers/dense.hpp"
#include "heed/layers/lstm.hpp"
#include "heed/layers/pooling.hpp"
#include "heed/models/sequence_classifier.hpp"
#include "heed/models/transformer_classifier.hpp"
#include "heed/train/cross_validate.hpp"
#include "heed/train/evaluate.hpp"
#include "heed/train/fit.hpp"
#include "heed/train/gradient.hpp"

namespace present_steps_test {

using heed::Index;
using heed::LabelledSequences;
using heed::StepMask;
using test_support::error_of;
using Model = heed::SequenceClassifier<double>;

constexpr Index n = 20, steps = 6, features = 2;
const double nan = std::numeric_limits<double>::quiet_NaN();

// Sequences with holes and padding on the left, NaN in them, and the same moved together by hand.
struct Data {
  std::vector<double> x, together;
  std::vector<std::uint8_t> mask;
  std::vector<std::int32_t> labels, step_labels, steps_together, lengths, present;

  explicit Data(bool holes = true) : together(n * steps * features), steps_together(n * steps, 77) {
    for (Index i = 0; i < n; ++i) {
      labels.push_back(static_cast<std::int32_t>(i % 3));
      lengths.push_back(static_cast<std::int32_t>(4 + i % 3));
      std::size_t there = 0;
      for (Index t = 0; t < steps; ++t) {
        const auto draw = heed::Key{5}.bits(static_cast<std::uint64_t>(i * steps + t));
        const bool valid = holes ? draw % 3 != 0 : t >= i % 4;
        mask.push_back(valid);
        step_labels.push_back(static_cast<std::int32_t>(draw % 2));
        const bool counts = valid && t < lengths.back();
        if (counts) steps_together[static_cast<std::size_t>(i * steps) + there] = step_labels.back();
        for (Index f = 0; f < features; ++f) {
          x.push_back(counts ? static_cast<double>(heed::Key{6}.bits(x.size()) % 1000) / 500 - 1 : nan);
          const std::size_t to = (static_cast<std::size_t>(i * steps) + there) * features + static_cast<std::size_t>(f);
          if (counts) together[to] = x.back();
        }
        there += counts;
      }
      present.push_back(static_cast<std::int32_t>(there));
    }
  }
  heed::TensorView<const double, 3> view() const { return heed::view(x, {n, steps, features}); }
  heed::TensorView<const double, 3> view_together() const { return heed::view(together, {n, steps, features}); }
  heed::TensorView<const std::uint8_t, 2> mask_view() const { return heed::view(mask, {n, steps}); }
  LabelledSequences<double> masked() const { return {view(), labels, lengths, mask_view()}; }
  LabelledSequences<double> by_hand() const { return {view_together(), labels, present}; }
};

heed::FitOptions options() { return {.epochs = 3, .learning_rate = 0.01, .batch_size = 7, .threads = 1}; }

Model small_model() { return Model({.features = features, .classes = 3, .hidden = 5}); }

TEST(PresentSteps, AreMovedTogether) {
  const Data d;
  const heed::PresentSteps<double> present(d.masked());
  EXPECT_EQ(std::vector<std::int32_t>(present.view().lengths.begin(), present.view().lengths.end()), d.present);
  EXPECT_TRUE(present.view().mask.empty());
  EXPECT_TRUE(present.has_gaps());
  EXPECT_FALSE(heed::PresentSteps<double>(Data(false).masked()).has_gaps());
  for (Index i = 0; i < n; ++i) {
    for (Index k = 0; k < d.present[static_cast<std::size_t>(i)] * features; ++k) {
      EXPECT_EQ(present.view().x[i].data()[k], d.view_together()[i].data()[k]);
    }
  }
  const heed::PresentSteps<double> all(d.by_hand());
  EXPECT_EQ(all.view().x.data(), d.together.data()) << "without a mask nothing is copied";
}

// The same bits, whatever stands at the steps that are missing.
TEST(PresentSteps, AreWhatFitAndEvaluateSee) {
  const Data d;
  Model one = small_model(), other = one;
  const auto test = d.masked();
  const auto masked = heed::fit(one, d.masked(), options(), test);
  const auto by_hand = heed::fit(other, d.by_hand(), options(), d.by_hand());
  EXPECT_EQ(test_support::numbers(one), test_support::numbers(other));
  EXPECT_EQ(masked.epochs.back().loss, by_hand.epochs.back().loss);
  EXPECT_EQ(masked.epochs.back().test_loss, by_hand.epochs.back().test_loss);
  EXPECT_EQ(heed::evaluate(one, d.masked()).loss, heed::evaluate(one, d.by_hand()).loss);
  heed::BatchGradient<Model> gradient(one);
  EXPECT_EQ(gradient(one, d.masked()).loss, gradient(one, d.by_hand()).loss);
}

TEST(PresentSteps, AreWhatFoldsSee) {
  const Data d;
  const auto mean = [&](const LabelledSequences<double>& data) {
    const auto result = heed::cross_validate([] { return small_model(); }, data, options(), {.folds = 2});
    return result.loss.mean;
  };
  EXPECT_EQ(mean(d.masked()), mean(d.by_hand()));
}

// An LSTM that is handed a state where a step is missing: what Keras' masking does.
TEST(PresentSteps, CarryTheStateOverMissingSteps) {
  heed::Lstm<double> lstm({.input_size = features, .hidden_size = 3});
  lstm.initialize(heed::Key{3});
  heed::Sequential model(lstm, heed::LastPool<double>(), heed::Dense<double>({3, 2}));
  const Data d;
  heed::Predictor predictor(model);
  const auto outputs = predictor.outputs(d.view(), d.lengths, d.mask_view());
  heed::Lstm<double>::Cache cache;
  heed::Scratch scratch;
  for (Index i = 0; i < n; ++i) {
    std::vector<double> h(3), c(3), next_h(3), next_c(3), y(3);
    for (Index t = 0; t < d.lengths[static_cast<std::size_t>(i)]; ++t) {
      if (!d.mask[static_cast<std::size_t>(i * steps + t)]) continue;
      using Tile = heed::Tile<double>;
      const auto tile = [](std::vector<double>& v) { return Tile(v.data(), {1, 3}, 1); };
      const heed::Tile<const double> x(d.view()[i][t].data(), {1, features}, 1);
      lstm.forward(x, tile(y), cache, heed::Pass{scratch}, {tile(h), tile(c)}, {tile(next_h), tile(next_c)});
      h = next_h;
      c = next_c;
    }
    std::vector<double> z(2);
    heed::Dense<double>::Cache dense;
    std::get<2>(model.layers)
        .forward(heed::Tile<const double>(h.data(), {1, 3}, 1), heed::Tile<double>(z.data(), {1, 2}, 1), dense,
                 heed::Pass{scratch});
    const double p = 1 / (1 + std::exp(z[1] - z[0]));
    EXPECT_NEAR(outputs(i, 0), p, 1e-12) << i;
  }
}

TEST(PresentSteps, OfOneSequenceAreWhatThePredictorSees) {
  const Data d;
  const Model model = small_model();
  heed::Predictor predictor(model);
  const auto many = predictor.outputs(d.view(), d.lengths, d.mask_view());
  const auto by_hand = predictor.outputs(d.view_together(), d.present);
  EXPECT_EQ(std::vector<double>(many.begin(), many.end()), std::vector<double>(by_hand.begin(), by_hand.end()));
  for (Index i = 0; i < n; ++i) {
    std::vector<std::uint8_t> mask(d.mask.begin() + i * steps, d.mask.begin() + (i + 1) * steps);
    for (Index t = d.lengths[static_cast<std::size_t>(i)]; t < steps; ++t) mask[static_cast<std::size_t>(t)] = 0;
    const auto sequence = d.view()[i];
    if (d.present[static_cast<std::size_t>(i)] == 0) {
      EXPECT_NE(error_of([&] { predictor(sequence, mask); }).find("empty sequence"), std::string::npos);
      continue;
    }
    const auto p = predictor(sequence, mask);
    for (Index c = 0; c < 3; ++c) EXPECT_NEAR(p.probabilities[static_cast<std::size_t>(c)], many(i, c), 1e-12);
    EXPECT_EQ(predictor.outputs(sequence, mask).size(), 3U);
  }
  const auto once = heed::predict(model, d.view(), d.lengths, d.mask_view());
  EXPECT_EQ(std::vector<double>(once.begin(), once.end()), std::vector<double>(many.begin(), many.end()));
}

// Labels of steps go with their steps, and come back to them.
TEST(PresentSteps, MayHaveLabelsOfTheirOwn) {
  const Data d;
  const auto make = [] {
    return heed::Sequential(heed::Lstm<double>({.input_size = features, .hidden_size = 4}),
                            heed::Dense<double>({4, 2}));
  };
  auto one = make(), other = make();
  const heed::LabelsView labels(d.step_labels, steps), by_hand(d.steps_together, steps);
  std::vector<std::int32_t> clean = d.steps_together;
  for (auto& label : clean) label = label == 77 ? 0 : label;  // past the end, where none counts
  heed::fit(one, LabelledSequences<double>{d.view(), labels, d.lengths, d.mask_view()}, options());
  heed::fit(other, LabelledSequences<double>{d.view_together(), heed::LabelsView(clean, steps), d.present}, options());
  EXPECT_EQ(test_support::numbers(one), test_support::numbers(other));
  heed::Predictor predictor(one);
  const auto found = predictor.step_labels(d.view(), d.lengths, d.mask_view());
  const auto together = predictor.step_labels(d.view_together(), d.present);
  for (Index i = 0; i < n; ++i) {
    Index there = 0;
    for (Index t = 0; t < steps; ++t) {
      const bool counts = t < d.lengths[static_cast<std::size_t>(i)] && d.mask[static_cast<std::size_t>(i * steps + t)];
      EXPECT_EQ(found(i, t), counts ? together(i, there) : -1) << i << ' ' << t;
      there += counts;
    }
  }
}

// What reads how far steps are apart takes masks of padding alone.
TEST(PresentSteps, OfModelsThatReadDistancesHaveNoGaps) {
  const Data holes, padded(false);
  const auto refuses = [&](auto model) {
    heed::Predictor predictor(model);
    predictor.outputs(padded.view(), padded.lengths, padded.mask_view());
    heed::evaluate(model, padded.masked());
    const std::string gaps = "positions, convolutions and windows cannot pass over missing steps";
    EXPECT_NE(error_of([&] { predictor.outputs(holes.view(), holes.lengths, holes.mask_view()); }).find(gaps),
              std::string::npos);
    EXPECT_NE(error_of([&] { heed::evaluate(model, holes.masked()); }).find(gaps), std::string::npos);
    EXPECT_NE(error_of([&] { heed::fit(model, holes.masked(), options()); }).find(gaps), std::string::npos);
  };
  heed::TransformerClassifierOptions o{.features = features, .classes = 3};
  o.transformer.d_model = 4;
  o.transformer.num_heads = 2;
  o.transformer.num_layers = 1;
  refuses(heed::TransformerClassifier<double>(o));
  o.transformer.positions = heed::PositionKind::none;
  EXPECT_EQ(error_of([&] { heed::evaluate(heed::TransformerClassifier<double>(o), holes.masked()); }), "no error");
  o.transformer.relative_bias = heed::RelativeBias::alibi;
  refuses(heed::TransformerClassifier<double>(o));
  refuses(heed::Sequential(heed::Conv1d<double>({.in_channels = features, .out_channels = 3, .kernel_size = 3}),
                           heed::MeanPool<double>()));
}

TEST(PresentSteps, RejectMasksThatDoNotFit) {
  const Data d;
  Model model = small_model();
  heed::Predictor predictor(model);
  const std::vector<std::uint8_t> odd(n * 5, 1);
  const StepMask mask(heed::view(odd, {n, 5}));
  EXPECT_EQ(error_of([&] { heed::fit(model, LabelledSequences<double>{d.view(), d.labels, d.lengths, mask}, {}); }),
            "sequences: the mask does not fit the sequences (expected (20, 6), got (20, 5))");
  EXPECT_EQ(error_of([&] { predictor.outputs(d.view(), d.lengths, mask); }),
            "Predictor: the mask does not fit the sequences (expected (20, 6), got (20, 5))");
  EXPECT_EQ(error_of([&] { predictor(d.view()[0], mask); }),
            "Predictor: the mask does not fit the sequences (expected (1, 6), got (20, 5))");
  const std::vector<std::uint8_t> all(n * steps, 1);
  EXPECT_NE(error_of([&] {
              heed::evaluate(model,
                             LabelledSequences<double>{d.view(), d.labels, d.lengths, heed::view(all, {n, steps})});
            }).find("not finite"),
            std::string::npos)
      << "NaN where a step is there";
}

}  // namespace present_steps_test
