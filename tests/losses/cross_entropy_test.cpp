#include "heed/losses/cross_entropy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "../support/numbers.hpp"
#include "../support/reference.hpp"
#include "heed/testing/check_layer.hpp"

namespace cross_entropy_test {

using heed::CrossEntropy;
using heed::Index;
using heed::Tile;
using test_support::equals;
using test_support::error_of;
using test_support::Numbers;
using test_support::Reference;
using test_support::Values;
using Labels = std::vector<std::int32_t>;

CrossEntropy<double> loss_of(const Reference& file) {
  CrossEntropy<double>::Options o{.label_smoothing = file.number("label_smoothing"),
                                  .ignore_index = static_cast<std::int32_t>(file.index("ignore_index"))};
  if (file.has("input.class_weights")) o.class_weights = file.values("input.class_weights");
  return CrossEntropy<double>(o);
}

/// The mean loss of a file's logits and its gradient, batch first; `width` sequences a tile, and behind them `padding`
/// lanes that do not count.
std::pair<double, Values> mean_loss(const Reference& file, Index width, Index padding) {
  const auto loss = loss_of(file);
  const auto logits = file.array("input.logits");
  const auto labels = file.values("input.labels");
  const auto lengths = file.integers("input.lengths");
  const Index n = logits.extents[0], C = logits.extents.back(), T = logits.extents.size() == 3 ? logits.extents[1] : 1;
  double denominator = 0;
  for (Index i = 0; i < n * T; ++i) {
    const bool valid = lengths.empty() || i % T < lengths[static_cast<std::size_t>(i / T)];
    const auto y = static_cast<std::int32_t>(labels[static_cast<std::size_t>(i)]);
    denominator += valid ? loss.target_weight(y) : 0;
  }
  double total = 0;
  Values gradient;
  heed::Scratch scratch;
  for (Index first = 0; first < n; first += width) {
    const Index count = std::min(width, n - first), L = count + padding;
    const auto with_padding = [&](const auto& lanes, auto fill) {
      auto wide = lanes;
      wide.assign(lanes.size() / static_cast<std::size_t>(count) * static_cast<std::size_t>(L), fill);
      for (std::size_t i = 0; i < lanes.size(); ++i) {
        wide[i / static_cast<std::size_t>(count) * static_cast<std::size_t>(L) + i % static_cast<std::size_t>(count)] =
            lanes[i];
      }
      return wide;
    };
    const auto z = with_padding(test_support::to_lanes(logits.values, n, first, count), 2.0);
    const auto y = with_padding(test_support::to_lanes<std::int32_t>(labels, n, first, count), 1);
    const auto valid = with_padding(test_support::some_lengths(lengths, first, count), static_cast<std::int32_t>(T));
    const auto weights = with_padding(Values(static_cast<std::size_t>(count), 1.0), 0.0);
    Values dz(z.size(), 1e3);
    total += loss(Tile<const double>(z.data(), {T, C}, L, valid.empty() ? nullptr : valid.data()),
                  Tile<const std::int32_t>(y.data(), {T, 1}, L), padding ? weights.data() : nullptr, 1 / denominator,
                  Tile<double>(dz.data(), {T, C}, L), heed::Pass{scratch});
    Values used;
    for (std::size_t i = 0; i < dz.size(); ++i) {
      if (static_cast<Index>(i) % L < count) {
        used.push_back(dz[i]);
      } else {
        EXPECT_EQ(dz[i], 0) << "a lane that does not count has no gradient";
      }
    }
    test_support::append_lanes(used, count, gradient);
  }
  return {total, gradient};
}

TEST(CrossEntropy, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("cross_entropy")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    for (const Index width : {file.extent("input.logits", 0), Index(1)}) {
      for (const Index padding : {0, 3}) {
        const auto [loss, gradient] = mean_loss(file, width, padding);
        EXPECT_TRUE(equals(Values{loss}, file.values("output.loss")));
        EXPECT_TRUE(equals(gradient, file.values("dinput.logits")));
      }
    }
  }
}

/// Logits of 3 steps, 4 classes and 19 lanes, some ended, some targets ignored, lanes of different weight.
struct Sample {
  static constexpr Index lanes = 19, steps = 3, classes = 4;
  Numbers z{{steps, classes}, lanes, 1};
  Labels targets, lengths;
  Values weights;
  CrossEntropy<double> loss{{.class_weights = {0.5, 2, 1, 0.7}, .label_smoothing = 0.2, .ignore_index = 3}};
  heed::Scratch scratch;

  Sample() {
    for (Index i = 0; i < steps * lanes; ++i) targets.push_back(static_cast<std::int32_t>(i * 7 % 5 % 4));
    for (Index l = 0; l < lanes; ++l) lengths.push_back(static_cast<std::int32_t>(l % 4));
    for (Index l = 0; l < lanes; ++l) weights.push_back(l % 5 == 0 ? 0 : 0.5 + 0.1 * static_cast<double>(l));
  }
  double operator()(Tile<double> dz = {}) {
    return loss(z.view(lengths), Tile<const std::int32_t>(targets.data(), {steps, 1}, lanes), weights.data(), 0.3, dz,
                heed::Pass{scratch});
  }
};

TEST(CrossEntropy, GradientEqualsDifferences) {
  Sample sample;
  Numbers dz = sample.z;
  const double loss = sample(dz.tile());
  EXPECT_EQ(sample(), loss) << "without a gradient the loss is the same";
  const auto differences = heed::testing::detail::differences(
      sample.z.values.data(), static_cast<Index>(sample.z.values.size()), [&] { return sample(); });
  EXPECT_LT(heed::testing::detail::norm_error(dz.values, differences), 1e-8);
}

TEST(CrossEntropy, InFloatAgrees) {
  Sample sample;
  Numbers dz = sample.z;
  const double loss = sample(dz.tile());
  const std::vector<float> z(sample.z.values.begin(), sample.z.values.end());
  const std::vector<float> weights(sample.weights.begin(), sample.weights.end());
  std::vector<float> gradient(z.size());
  const CrossEntropy<float> in_float({.class_weights = {0.5, 2, 1, 0.7}, .label_smoothing = 0.2, .ignore_index = 3});
  const heed::Shape shape{Sample::steps, Sample::classes};
  EXPECT_NEAR(
      in_float(Tile<const float>(z.data(), shape, Sample::lanes, sample.lengths.data()),
               Tile<const std::int32_t>(sample.targets.data(), {Sample::steps, 1}, Sample::lanes), weights.data(), 0.3,
               Tile<float>(gradient.data(), shape, Sample::lanes), heed::Pass{sample.scratch}),
      loss, 2e-6 * loss);
  EXPECT_TRUE(equals(gradient, dz.values, 1e-6));
}

/// Loss and gradient of logits (1 step, 3 classes, 2 lanes).
std::pair<double, Values> of_two(const CrossEntropy<double>& loss, const Values& z, const Labels& targets,
                                 double scale) {
  Values dz(z.size(), 1e3);
  heed::Scratch scratch;
  const double value =
      loss(Tile<const double>(z.data(), {1, 3}, 2), Tile<const std::int32_t>(targets.data(), {1, 1}, 2), nullptr, scale,
           Tile<double>(dz.data(), {1, 3}, 2), heed::Pass{scratch});
  return {value, dz};
}

TEST(CrossEntropy, OfIgnoredTargetsIsZeroAndSoIsItsGradient) {
  const CrossEntropy<double> loss;
  EXPECT_EQ(loss.target_weight(-100), 0);
  const auto [value, gradient] = of_two(loss, {1, 2, 3, 4, 5, 6}, {-100, -100}, 0);
  EXPECT_EQ(value, 0);
  EXPECT_EQ(gradient, Values(6, 0.0));
  const auto scaled = of_two(loss, {1, 2, 3, 4, 5, 6}, {-100, -100}, 1);
  EXPECT_EQ(scaled.first, 0);
  EXPECT_EQ(scaled.second, Values(6, 0.0));
}

TEST(CrossEntropy, HoldsAtLargeLogits) {
  const auto [value, gradient] = of_two(CrossEntropy<double>(), {1e4, 1e4, -1e4, 1e4, 0, -1e4}, {0, 0}, 0.5);
  EXPECT_NEAR(value, 0.5 * std::log(2.0), 1e-12);  // lane 0: 1e4, -1e4, 0; lane 1: a tie of two
  EXPECT_TRUE(equals(gradient, (Values{0, -0.25, 0, 0.25, 0, 0})));
}

TEST(CrossEntropy, TargetsAddTheirClassWeightToTheDenominator) {
  const CrossEntropy<double> loss({.class_weights = {0.5, 2}});
  EXPECT_EQ(loss.target_weight(0), 0.5);
  EXPECT_EQ(loss.target_weight(1), 2);
  EXPECT_EQ(loss.target_weight(-100), 0);
  EXPECT_EQ(CrossEntropy<double>().target_weight(7), 1);
  EXPECT_EQ(CrossEntropy<double>({.ignore_index = 7}).target_weight(7), 0);
}

TEST(CrossEntropy, CountsTheFirstOfEqualLogitsAndWeighs) {
  const Labels labels{0, 2, 0, 2}, ignored{0, 2, -100, -100};
  const std::vector<float> logits{1, 2, 5, 0, 1, 2, 5, 9, 0, 3, 5, 9};  // three classes, four lanes
  const std::vector<float> weights{1, 1, 1, 1}, padded{1, 1, 0, 1};
  const CrossEntropy<float> loss;
  const Tile<const float> z(logits.data(), {1, 3}, 4);
  const auto count = [&](const Labels& y, const auto& w) {
    return loss.count_correct(z, Tile<const std::int32_t>(y.data(), {1, 1}, 4), w.data());
  };
  EXPECT_EQ(count(labels, weights), 3);
  EXPECT_EQ(count(labels, padded), 2);
  EXPECT_EQ(count(ignored, weights), 2);
  EXPECT_EQ(loss.counted(ignored), 2);
}

TEST(CrossEntropy, NamesTheLabelThatIsOutOfRange) {
  const CrossEntropy<float> loss;
  const auto checked = [&](const Labels& labels) { return error_of([&] { loss.check(labels, 3); }); };
  EXPECT_EQ(checked({0, 1, 2, -100}), "no error");
  EXPECT_EQ(checked({0, 3, 2}), "label 1 (counted from 0): label out of range (expected 0 to 2, got 3)");
  EXPECT_EQ(checked({0, 1, -1}), "label 2 (counted from 0): label out of range (expected 0 to 2, got -1)");
}

TEST(CrossEntropy, RejectsOptionsOutOfRange) {
  using Options = CrossEntropy<float>::Options;
  EXPECT_EQ(error_of([] { CrossEntropy<float>({.class_weights = {1, 1}}).check({}, 3); }),
            "CrossEntropy: wrong number of class weights (expected 3, got 2)");
  for (const double e : {-0.1, 1.1, double(NAN)}) {
    EXPECT_EQ(error_of([&] { CrossEntropy<float>(Options{.label_smoothing = e}); }).find("CrossEntropy: label smooth"),
              0u);
  }
  for (const double w : {-1.0, double(NAN), double(HUGE_VAL)}) {
    EXPECT_EQ(error_of([&] { CrossEntropy<float>(Options{.class_weights = {1, w}}); }).find("CrossEntropy: class w"),
              0u);
  }
  EXPECT_EQ(error_of([] { CrossEntropy<float>(Options{.class_weights = {0, 0}}); }),
            "CrossEntropy: class weights (expected one above 0, got zeros: no label counts)");
  EXPECT_NO_THROW(CrossEntropy<float>(Options{.class_weights = {0, 1}}));
}

}  // namespace cross_entropy_test
