#include "heed/train/augmentation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/small_model.hpp"
#include "../support/task.hpp"
#include "heed/core/sequences_view.hpp"
#include "heed/train/fit.hpp"

namespace augmentation_test {

using heed::Augmentation;
using heed::FitOptions;
using heed::Index;
using heed::Key;
using test_support::error_of;
using test_support::flat;
using test_support::Task;
using Model = test_support::SmallModel<float>;

/// A sequence x_t = f(t) of one feature, changed, by each of some keys.
template <class F>
std::vector<std::vector<double>> changed(const Augmentation& o, Index steps, F&& f, std::uint64_t keys) {
  std::vector<std::vector<double>> all;
  for (std::uint64_t k = 0; k < keys; ++k) {
    std::vector<double> x(static_cast<std::size_t>(steps) + 1), times(x.size()), room(2 * x.size());
    for (Index t = 0; t <= steps; ++t) x[static_cast<std::size_t>(t)] = f(t);
    heed::detail::augment_lane<double>(o, Key{k}, heed::Tile<double>(x.data(), {steps + 1, 1}, 1), 0, steps,
                                       times.data(), room.data());
    EXPECT_EQ(x.back(), f(steps));  // past the end
    x.pop_back();
    all.push_back(std::move(x));
  }
  return all;
}

double ramp(Index t) { return static_cast<double>(t); }

TEST(Augmentation, JitterIsNoiseInDeviationsOfTheSequence) {
  const auto wave = [](Index t) { return 10 + 3 * std::sqrt(2.0) * std::sin(static_cast<double>(t)); };  // deviation 3
  double sum = 0, squares = 0, n = 0;
  for (const auto& x : changed({.jitter = 0.2}, 1000, wave, 20)) {
    for (std::size_t t = 0; t < x.size(); ++t, ++n) {
      const double d = x[t] - wave(static_cast<Index>(t));
      sum += d;
      squares += d * d;
    }
  }
  EXPECT_NEAR(sum / n, 0, 0.02);
  EXPECT_NEAR(std::sqrt(squares / n), 0.6, 0.02);
  for (const auto& x : changed({.jitter = 0.2}, 9, [](Index) { return 4.0; }, 1)) {
    EXPECT_EQ(x, std::vector<double>(9, 4.0));  // a constant has no deviation
  }
}

TEST(Augmentation, ScalingIsOneFactorASequence) {
  double sum = 0, squares = 0;
  const auto all = changed({.scaling = 0.1}, 5, ramp, 4000);
  for (const auto& x : all) {
    for (std::size_t t = 0; t < x.size(); ++t) EXPECT_NEAR(x[t], static_cast<double>(t) * x[1], 1e-12);
    sum += x[1];
    squares += (x[1] - 1) * (x[1] - 1);
  }
  const auto n = static_cast<double>(all.size());
  EXPECT_NEAR(sum / n, 1, 0.01);
  EXPECT_NEAR(std::sqrt(squares / n), 0.1, 0.005);
}

TEST(Augmentation, TimeWarpKeepsOrderAndEnds) {
  double moved = 0;
  for (const auto& x : changed({.time_warp = 0.5}, 50, ramp, 200)) {
    EXPECT_EQ(x.front(), 0);
    EXPECT_NEAR(x.back(), 49, 1e-12);
    for (std::size_t t = 1; t < x.size(); ++t) EXPECT_GT(x[t], x[t - 1]);
    moved += std::abs(x[25] - 25);
  }
  EXPECT_GT(moved / 200, 1);
  EXPECT_EQ(changed({.time_warp = 0.5}, 1, ramp, 1)[0], std::vector<double>{0});
}

TEST(Augmentation, WindowSliceStretchesAWindow) {
  double least = 1, first = 0;
  for (const auto& x : changed({.window_slice = 0.4}, 21, ramp, 500)) {
    const double slope = x[1] - x[0];
    for (std::size_t t = 1; t < x.size(); ++t) EXPECT_NEAR(x[t] - x[t - 1], slope, 1e-9);
    EXPECT_GT(slope, 0.6);
    EXPECT_LE(slope, 1);
    EXPECT_GE(x.front(), 0);
    EXPECT_LE(x.back(), 20);
    least = std::min(least, slope);
    first = std::max(first, x.front());
  }
  EXPECT_LT(least, 0.61);
  EXPECT_GT(first, 5);
}

TEST(Augmentation, SharesOfMixupAreOfABetaDistribution) {
  for (const double a : {0.05, 0.4, 1.0}) {
    double sum = 0, squares = 0;
    constexpr int n = 20000;
    for (std::uint64_t k = 0; k < n; ++k) {
      const double b = heed::detail::draw_beta(a, Key{k});
      EXPECT_TRUE(b >= 0 && b <= 1) << b;
      sum += b;
      squares += (b - 0.5) * (b - 0.5);
    }
    EXPECT_NEAR(sum / n, 0.5, 0.02);
    EXPECT_NEAR(squares / n, 1 / (4 * (2 * a + 1)), 0.005);
  }
}

TEST(Augmentation, MixupMixesSequencesAndTargetsAlike) {
  // lane l is 10^l at all of its 2 + l steps
  constexpr Index rows = 3, lanes = 16;
  heed::Tensor<float, 3> x({rows, 4, 1});
  std::vector<std::int32_t> labels{5, 6, 7}, lengths{2, 3, 4};
  for (Index i = 0; i < rows; ++i) std::fill(x[i].begin(), x[i].end(), std::pow(10.0F, static_cast<float>(i)));
  const auto data =
      heed::detail::rows_of<float>(heed::LabelledSequences<float>{x, labels, lengths}, heed::InProcessReducer());
  data->prepare({}, {}, 0);
  data->reserve(1, 1, lanes, 0);
  const auto tile = data->gather(0, 0, {0, rows});
  heed::Scratch scratch;
  const auto mixed = heed::detail::augment<float>({.mixup = 1}, tile, true, Key{3}, [](Index l) { return l; }, scratch);
  const auto own = mixed.tile.targets.as<std::int32_t>(), other = mixed.other_targets.as<std::int32_t>();
  const auto z = mixed.tile.x.as<float>();
  for (Index l = 0; l < lanes; ++l) {
    if (l >= rows) {
      EXPECT_EQ(mixed.own_weights()[l] + mixed.other_weights[l], 0);
      continue;
    }
    const float share = mixed.own_weights()[l];
    EXPECT_GE(share, 0.5F);
    EXPECT_FLOAT_EQ(share + mixed.other_weights[l], 1);
    EXPECT_EQ(own.at(0, 0)[l], 5 + l);
    EXPECT_NE(other.at(0, 0)[l], 5 + l);
    for (Index t = 0; t < 2 + l; ++t) {
      const auto exponent = static_cast<float>(other.at(0, 0)[l] - 5);
      EXPECT_FLOAT_EQ(z.at(t, 0)[l],
                      share * std::pow(10.0F, static_cast<float>(l)) + (1 - share) * std::pow(10.0F, exponent));
    }
  }
}

const std::vector<Augmentation> each{{.jitter = 0.1},       {.scaling = 0.1}, {.time_warp = 0.3},
                                     {.window_slice = 0.3}, {.mixup = 0.4},   {0.1, 0.1, 0.3, 0.3, 0.4}};

std::vector<float> trained(const FitOptions& options, bool ragged = true) {
  const Task<float> task(40, {7, 2}, 3, ragged);
  Model model({.features = 2, .classes = 3});
  heed::fit(model, task.view(), options);
  return flat(model);
}

TEST(Augmentation, OffChangesNothingAndOnDoes) {
  for (const Index batch : {Index(0), Index(9)}) {
    const auto plain = trained({.epochs = 3, .batch_size = batch});
    EXPECT_EQ(trained({.epochs = 3, .batch_size = batch, .augment = {}}), plain);
    for (const Augmentation& augment : each) {
      EXPECT_NE(trained({.epochs = 3, .batch_size = batch, .augment = augment}), plain);
    }
  }
}

TEST(Augmentation, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const Index batch : {Index(0), Index(20)}) {
    for (const Augmentation& augment : each) {
      const auto weights = [&](int threads) {
        return trained({.epochs = 2, .batch_size = batch, .threads = threads, .tile_width = 16, .augment = augment});
      };
      EXPECT_EQ(weights(3), weights(1));
    }
  }
}

TEST(Augmentation, DiffersFromEpochToEpochAndFromSeedToSeed) {
  // the model stays: the loss alone tells
  const Task<float> task(20, {7, 2}, 3);
  const auto losses = [&](std::uint64_t seed) {
    Model model({.features = 2, .classes = 3});
    std::vector<double> all;
    const auto history =
        heed::fit(model, task.view(), {.epochs = 2, .learning_rate = 0, .seed = seed, .augment = {.jitter = 0.5}});
    for (const auto& epoch : history.epochs) all.push_back(epoch.loss);
    return all;
  };
  EXPECT_NE(losses(1)[0], losses(1)[1]);
  EXPECT_NE(losses(1)[0], losses(2)[0]);
}

TEST(Augmentation, GoesOnFromACheckpointToTheSameBits) {
  std::optional<heed::detail::StateCopy> kept;
  const Task<float> task(40, {7, 2}, 3);
  const auto options = [&](int epochs) {
    FitOptions o{.epochs = epochs, .batch_size = 9, .augment = {0.1, 0.1, 0.3, 0.3, 0.4}};
    o.checkpoint.load = [&](heed::TrainingState& state) {
      if (kept) kept->put_back(state);
      return kept.has_value();
    };
    o.checkpoint.save = [&](const heed::TrainingState& state) { kept.emplace(state); };
    return o;
  };
  Model broken({.features = 2, .classes = 3}), whole = broken;
  heed::fit(broken, task.view(), options(2));
  heed::fit(broken, task.view(), options(5));
  kept.reset();
  heed::fit(whole, task.view(), options(5));
  EXPECT_EQ(flat(broken), flat(whole));
}

TEST(Augmentation, TakesNumbersAsTargets) {
  const Task<float> task(24, {4, 2}, 3);
  const heed::Tensor<float, 2> y({24, 3});
  Model model({.features = 2, .classes = 3});
  const auto history = heed::fit(model, heed::TargetSequences<float>{task.x, y}, heed::MeanSquaredError<float>(),
                                 {.epochs = 2, .augment = {.jitter = 0.1, .mixup = 0.4}});
  EXPECT_TRUE(std::isfinite(history.epochs.back().loss));
}

// Missing steps are passed over before: what is changed are the steps that are there.
TEST(Augmentation, OfMaskedDataIsThatOfTheStepsThatAreThere) {
  constexpr Index n = 20, steps = 6;
  std::vector<float> x, together(n * steps), y;
  std::vector<std::uint8_t> mask;
  std::vector<std::int32_t> labels, lengths;
  for (Index i = 0; i < n; ++i) {
    std::int32_t there = 0;
    for (Index t = 0; t < steps; ++t) {
      mask.push_back((i + t) % 3 != 0);
      x.push_back(mask.back() ? static_cast<float>((i * 7 + t * 5) % 11) : std::nanf(""));
      if (mask.back()) together[static_cast<std::size_t>(i * steps + there++)] = x.back();
    }
    lengths.push_back(there);
    labels.push_back(static_cast<std::int32_t>(i % 2));
    y.push_back(static_cast<float>(i % 4));
  }
  const auto masked = heed::view(x, {n, steps, 1}, {}, mask), by_hand = heed::view(together, {n, steps, 1}, lengths);
  for (const Augmentation& augment : each) {
    const FitOptions o{.epochs = 2, .batch_size = 8, .threads = 1, .augment = augment};
    Model one({.features = 1, .classes = 2}), other = one;
    heed::fit(one, masked, labels, o);
    heed::fit(other, by_hand, labels, o);
    EXPECT_EQ(flat(one), flat(other));
    Model number({.features = 1, .classes = 1}), same = number;
    heed::fit(number, masked, y, o);
    heed::fit(same, by_hand, y, o);
    EXPECT_EQ(flat(number), flat(same));
  }
}

TEST(Augmentation, AllocatesNothingInAWarmStep) {
  const Task<float> task(40, {7, 2}, 3, true);
  Model model({.features = 2, .classes = 3});
  std::vector<long> after;
  after.reserve(8);
  const auto count = [&](const heed::EpochRecord&) {
    after.push_back(test_support::allocations());
    return true;
  };
  heed::fit(model, task.view(),
            {.epochs = 6, .batch_size = 16, .threads = 1, .augment = {0.1, 0.1, 0.3, 0.3, 0.4}, .callbacks = {count}});
  EXPECT_EQ(after[5], after[2]);
}

TEST(Augmentation, RefusesWhatItCannotDo) {
  const auto error = [](const Augmentation& o) { return error_of([&] { trained({.augment = o}); }); };
  EXPECT_NE(error({.jitter = -1}).find("augment.jitter"), std::string::npos);
  EXPECT_NE(error({.scaling = std::nan("")}).find("augment.scaling"), std::string::npos);
  EXPECT_NE(error({.window_slice = 1}).find("augment.window_slice"), std::string::npos);
  EXPECT_NE(error({.mixup = 1.5}).find("augment.mixup"), std::string::npos);
  EXPECT_EQ(error({.mixup = 1}), "no error");
  // tokens, and labels of steps
  heed::detail::check_augmentation({}, false, true, 5);
  const auto refused = [](const Augmentation& o, bool numbers) {
    return error_of([&] { heed::detail::check_augmentation(o, numbers, true, 5); });
  };
  EXPECT_NE(refused({.jitter = 0.1}, false).find("tokens"), std::string::npos);
  EXPECT_NE(refused({.mixup = 0.1}, true).find("labels of steps"), std::string::npos);
  EXPECT_NE(refused({.time_warp = 0.1}, true).find("labels of steps"), std::string::npos);
  EXPECT_EQ(refused({.jitter = 0.1, .scaling = 0.1}, true), "no error");
}

}  // namespace augmentation_test
