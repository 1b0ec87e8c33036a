#include "heed/layers/rocket.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <span>
#include <vector>

#include "../support/allocations.hpp"
#include "../support/error_of.hpp"
#include "../support/reference.hpp"
#include "heed/core/init.hpp"
#include "heed/testing/check_layer.hpp"

namespace rocket_test {

using heed::Index;
using heed::Rocket;
using heed::testing::LayerRun;
using test_support::error_of;
using test_support::Reference;

// Biases that random convolutions are never near: shares move in steps, and have no differences to compare with. The
// mean above a bias moves, and its gradient is left out: it is above none.
template <class S>
Rocket<S> with_far_biases(heed::RocketOptions o) {
  Rocket<S> rocket(o);
  const bool above_some = o.statistics == heed::RocketStatistics::ppv;
  for (Index i = 0; i < rocket.biases.size(); ++i) rocket.biases(i) = above_some && i % 3 == 0 ? S(-1000) : S(1000);
  return rocket;
}
template <class S>
Rocket<S> with_random_biases(heed::RocketOptions o) {
  Rocket<S> rocket(o);
  heed::initialize_normal(rocket.biases, heed::Key{5});
  return rocket;
}

// Everything: four statistics, differences, and, with groups, kernels that compete and values of the series.
heed::RocketOptions all_statistics(heed::RocketOptions o, Index groups = 0) {
  o.statistics = heed::RocketStatistics::all;
  o.differences = true;
  o.groups = groups;
  o.values = 15 * groups;
  return o;
}

TEST(Rocket, FulfilsTheLayerContract) {
  for (const heed::RocketOptions& o : {heed::RocketOptions{.features = 1, .steps = 9, .num_features = 84},
                                       heed::RocketOptions{.features = 3, .steps = 33, .num_features = 168},
                                       all_statistics({.features = 2, .steps = 20, .num_features = 672})}) {
    const auto report = heed::testing::check_layer([&]<class S>() { return with_far_biases<S>(o); }, {5, o.features},
                                                   {.initialize = false, .allocations = test_support::allocations});
    EXPECT_TRUE(report.ok()) << report.text();
  }
}

/// The biases that are fitted to the first series, then what it gives of each series.
void expect_features(Rocket<float>& rocket, const Reference& file, const std::vector<float>& numbers,
                     heed::Extents<3> extents) {
  const auto [n, steps, features] = extents;
  rocket.fit_biases(heed::view(numbers.data(), {1, steps, features}));  // one series alone: nothing to draw
  EXPECT_TRUE(test_support::equals(std::vector<float>(rocket.biases.begin(), rocket.biases.end()),
                                   file.values("weight.biases"), 1e-5));

  const auto biases = file.values("weight.biases");
  std::copy(biases.begin(), biases.end(), rocket.biases.begin());
  const auto expected = file.array("output.y");
  for (Index i = 0; i < n; ++i) {
    LayerRun<Rocket<float>> run(rocket, {steps, features}, 1);
    std::copy_n(numbers.begin() + i * steps * features, steps * features, run.x.begin());
    run.forward();
    const auto begin = expected.values.begin() + i * expected.extents[1];
    EXPECT_TRUE(test_support::equals(run.y, std::vector<double>(begin, begin + expected.extents[1]), 1e-6));
  }
}

TEST(Rocket, EqualsAeon) {
  for (const std::string& name : test_support::reference_names("rocket")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    const auto x = file.array("input.x");
    const std::vector<float> numbers(x.values.begin(), x.values.end());
    const Index n = x.extents[0], steps = x.extents[1], features = x.extents[2];
    Rocket<float> rocket({.features = features,
                          .steps = steps,
                          .num_features = file.index("num_features"),
                          .max_dilations = file.index("max_dilations"),
                          .seed = static_cast<std::uint64_t>(file.index("seed"))});
    const auto copy = [](std::span<const std::int32_t> all) { return std::vector(all.begin(), all.end()); };
    EXPECT_EQ(copy(rocket.dilations()), file.integers("dilations"));
    EXPECT_EQ(copy(rocket.biases_per_kernel()), file.integers("per_kernel"));

    expect_features(rocket, file, numbers, {n, steps, features});
  }
}

TEST(Rocket, OfAllStatisticsEqualsAeon) {
  for (const std::string& name : test_support::reference_names("multirocket")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    const auto x = file.array("input.x");
    const std::vector<float> numbers(x.values.begin(), x.values.end());
    const Index n = x.extents[0], steps = x.extents[1], features = x.extents[2];
    Rocket<float> rocket(all_statistics({.features = features,
                                         .steps = steps,
                                         .num_features = file.index("num_features"),
                                         .max_dilations = file.index("max_dilations"),
                                         .seed = static_cast<std::uint64_t>(file.index("seed"))}));
    expect_features(rocket, file, numbers, {n, steps, features});
  }
}

TEST(Rocket, HasFourStatisticsOfABias) {
  heed::RocketOptions o = all_statistics({.features = 1, .steps = 6, .num_features = 672});
  o.differences = false;
  o.num_features = 336;
  Rocket<double> rocket(o);
  ASSERT_EQ(rocket.output_features(), 4 * 84);
  rocket.biases.fill(1);
  LayerRun<Rocket<double>> run(rocket, {6, 1}, 1);
  run.x = {0, 4, 5, 0, 4, 0};
  run.forward();
  for (std::size_t k = 0; k < 84; ++k) {
    const auto& twos = heed::detail::rocket_twos[k];
    double count = 0, sum = 0, places = 0, now = 0, longest = 0;
    for (int t = 0; t < 6; ++t) {
      double c = 0;
      for (int i = 0; i < 9; ++i) {
        const int at = t + i - 4;
        const bool two = std::find(twos.begin(), twos.end(), i) != twos.end();
        if (at >= 0 && at < 6) c += (two ? 2 : -1) * run.x[static_cast<std::size_t>(at)];
      }
      now = c > 1 ? now + 1 : 0;
      longest = std::max(longest, now);
      if (c <= 1) continue;
      ++count;
      sum += c - 1;
      places += t + 1;
    }
    EXPECT_EQ(run.y[k], count / 6);
    EXPECT_NEAR(run.y[84 + k], count > 0 ? sum / count : 0, 1e-12) << k;
    EXPECT_NEAR(run.y[168 + k], count > 0 ? places / count / 6 : 0, 1e-12) << k;
    EXPECT_EQ(run.y[252 + k], longest / 6) << k;
  }
}

TEST(Rocket, OfDifferencesIsThatOfTheDifferences) {
  for (const auto statistics : {heed::RocketStatistics::ppv, heed::RocketStatistics::all}) {
    heed::RocketOptions o{
        .features = 2, .steps = 12, .num_features = 1344, .statistics = statistics, .differences = true};
    const auto rocket = with_random_biases<float>(o);
    LayerRun<Rocket<float>> run(rocket, {12, 2}, 1);
    run.randomize(heed::Key{3});
    run.forward();
    o.differences = false;
    o.num_features /= 2;
    Rocket<float> plain(o);
    const Index half = plain.output_features();
    ASSERT_EQ(rocket.output_features(), 2 * half);
    std::copy_n(rocket.biases.begin(), plain.biases.size(), plain.biases.begin());
    LayerRun<Rocket<float>> first(plain, {12, 2}, 1);
    first.x = run.x;
    first.forward();
    EXPECT_EQ(first.y, std::vector<float>(run.y.begin(), run.y.begin() + half));

    // a constant has no differences: a bias above 0 is never reached
    std::fill(run.x.begin(), run.x.end(), 2.0F);
    run.forward();
    for (Index f = 0; f < plain.biases.size(); ++f) {
      EXPECT_EQ(run.y[static_cast<std::size_t>(half + f)], rocket.biases(plain.biases.size() + f) < 0 ? 1 : 0);
    }
  }
}

// Hydra's definition, kernel by kernel.
std::vector<double> competition(const Rocket<double>& rocket, const std::vector<double>& x, Index steps,
                                Index features) {
  std::vector<double> all;
  const auto& dictionary = rocket.dictionary();
  for (std::size_t j = 0; j < dictionary.dilations().size(); ++j) {
    for (Index g = 0; g < rocket.options.groups; ++g) {
      const auto w = dictionary.weights(static_cast<Index>(j), g);
      std::vector<double> sums(8), counts(8);
      for (Index t = 0; t < steps; ++t) {
        std::vector<double> z(8);
        for (std::size_t q = 0; q < 8; ++q) {
          for (Index i = 0; i < 9; ++i) {
            const Index at = t + (i - 4) * dictionary.dilations()[j];
            if (at < 0 || at >= steps) continue;
            for (const std::int32_t c : dictionary.channels(static_cast<Index>(j), g)) {
              z[q] += w[9 * q + static_cast<std::size_t>(i)] * x[static_cast<std::size_t>(at * features + c)];
            }
          }
        }
        const auto most = std::max_element(z.begin(), z.end()) - z.begin();
        sums[static_cast<std::size_t>(most)] += z[static_cast<std::size_t>(most)];
        ++counts[static_cast<std::size_t>(std::min_element(z.begin(), z.end()) - z.begin())];
      }
      for (const double v : sums) all.push_back(std::sqrt(std::max(v, 0.0)));
      for (const double v : counts) all.push_back(std::sqrt(v));
    }
  }
  return all;
}

TEST(Rocket, HasKernelsThatCompete) {
  for (const Index features : {1, 5}) {
    for (const Index steps : {5, 40}) {
      const Rocket<double> rocket({.features = features, .steps = 40, .num_features = 840, .groups = 3, .seed = 3});
      EXPECT_EQ(rocket.dictionary().dilations().size(), 3U) << "1, 2, 4";
      EXPECT_EQ(rocket.dictionary().channels(0, 0).size(), features == 1 ? 1U : 2U);
      EXPECT_EQ(rocket.output_features(), 840 + 3 * 3 * 16);
      LayerRun<Rocket<double>> run(rocket, {steps, features}, 1);
      run.randomize(heed::Key{8});
      run.forward();
      const std::vector<double> theirs(run.y.begin() + rocket.first_of_dictionary(), run.y.end());
      EXPECT_TRUE(test_support::equals(theirs, competition(rocket, run.x, steps, features), 1e-12)) << steps;
    }
  }
}

TEST(Rocket, CompetingKernelsHaveTheSumZero) {
  const Rocket<double> rocket({.features = 1, .steps = 100, .num_features = 840, .groups = 2});
  std::set<double> all;
  for (Index g = 0; g < 2; ++g) {
    const auto w = rocket.dictionary().weights(1, g);
    for (std::size_t q = 0; q < 8; ++q) {
      double sum = 0, magnitude = 0;
      for (const double v : w.subspan(9 * q, 9)) {
        sum += v;
        magnitude += std::abs(v);
        all.insert(v);
      }
      EXPECT_NEAR(sum, 0, 1e-12);
      EXPECT_NEAR(magnitude, 1, 1e-12);
    }
  }
  EXPECT_EQ(all.size(), 2U * 8 * 9) << "no two kernels are alike";
}

TEST(Rocket, HasTheValuesOfTheSeriesItself) {
  const auto values = [](Index count, Index steps, Index of_series) {
    const Rocket<double> rocket({.features = 2, .steps = steps, .num_features = 84, .values = count});
    LayerRun<Rocket<double>> run(rocket, {of_series, 2}, 2, {static_cast<std::int32_t>(of_series), 3});
    for (Index t = 0; t < of_series; ++t) {
      for (Index l = 0; l < 2; ++l) {
        run.x[static_cast<std::size_t>(4 * t + l)] = static_cast<double>(10 * l + t + 1);
        run.x[static_cast<std::size_t>(4 * t + 2 + l)] = -static_cast<double>(t);
      }
    }
    run.forward();
    std::vector<double> of_lanes;
    for (Index l = 0; l < 2; ++l) {
      for (Index k = rocket.first_of_values(); k < rocket.output_features(); ++k) {
        of_lanes.push_back(run.y[static_cast<std::size_t>(2 * k + l)]);
      }
    }
    return of_lanes;
  };
  // a place a step; the second series has three
  EXPECT_EQ(values(100, 4, 4), (std::vector<double>{1, 0, 2, -1, 3, -2, 4, -3, 11, 0, 12, -1, 13, -2, 0, 0}));
  // steps 0 and 1, 2 to 4: of the second series 2 alone
  EXPECT_EQ(values(5, 5, 5), (std::vector<double>{1.5, -0.5, 4, -3, 11.5, -0.5, 13, -2}));
  // what comes later than the longest series of training is not seen
  EXPECT_EQ(values(1, 3, 5), (std::vector<double>{2, -1, 12, -1}));
  EXPECT_EQ(values(0, 5, 5), std::vector<double>());
}

TEST(Rocket, TellsWhereTheKindsOfItsOutputsEnd) {
  const Rocket<float> one({.features = 1, .steps = 20, .num_features = 168});
  EXPECT_EQ(one.kinds(), (std::vector<Index>{168, 168, 168}));
  const Rocket<float> all(all_statistics({.features = 1, .steps = 20, .num_features = 1344}, 2));
  const Index dictionary = all.first_of_values() - all.first_of_dictionary();
  EXPECT_EQ(all.kinds(),
            (std::vector<Index>{168, 336, 504, 672, 840, 1008, 1176, 1344, 1344 + dictionary, 1344 + dictionary + 20}));
}

TEST(Rocket, IsTheShareOfStepsAboveTheBias) {
  Rocket<double> rocket({.features = 1, .steps = 3, .num_features = 84});
  ASSERT_EQ(rocket.output_features(), 84);
  rocket.biases.fill(0.5);
  LayerRun<Rocket<double>> run(rocket, {3, 1}, 1);
  run.x = {0, 1, 0};
  run.forward();
  // tap i of step t lies at t + i - 4: the 1 stands below tap 5, 4 and 3 of steps 0, 1 and 2
  for (Index k = 0; k < 84; ++k) {
    const auto& twos = heed::detail::rocket_twos[static_cast<std::size_t>(k)];
    double above = 0;
    for (const int tap : {3, 4, 5}) above += std::find(twos.begin(), twos.end(), tap) != twos.end();
    EXPECT_EQ(run.y[static_cast<std::size_t>(k)], above / 3) << k;
  }
}

TEST(Rocket, LooksOnlyInsideWithEveryOtherKernel) {
  Rocket<double> rocket({.features = 1, .steps = 10, .num_features = 84});
  rocket.biases.fill(-0.5);
  LayerRun<Rocket<double>> run(rocket, {10, 1}, 1);
  std::fill(run.x.begin(), run.x.end(), 1);  // inside the sum is 0; at the ends taps are missing
  run.forward();
  for (std::size_t k = 1; k < 84; k += 2) EXPECT_EQ(run.y[k], 1);
  EXPECT_LT(*std::min_element(run.y.begin(), run.y.end()), 1);
}

TEST(Rocket, OfASeriesIsTheSameInAnyTile) {
  for (const Index steps : {1, 2, 5, 8, 9, 20, 150, 300}) {
    for (const Index features : {1, 4, -4}) {
      heed::RocketOptions o{
          .features = std::abs(features), .steps = 90, .num_features = 504, .seed = static_cast<std::uint64_t>(steps)};
      if (features < 0) o = all_statistics(o, 3);
      const auto rocket = with_random_biases<float>(o);
      for (const Index lanes : {2, 15, 16, 37}) {
        LayerRun<Rocket<float>> run(rocket, {steps, o.features}, lanes, heed::testing::ragged_lengths(lanes, steps));
        run.randomize(heed::Key{3});
        run.forward();
        for (Index l = 0; l < lanes; ++l) {
          const Index length = run.lengths[static_cast<std::size_t>(l)];
          LayerRun<Rocket<float>> alone(rocket, {length, o.features}, 1);
          for (Index i = 0; i < length * o.features; ++i)
            alone.x[static_cast<std::size_t>(i)] = run.x[static_cast<std::size_t>(i * lanes + l)];
          alone.forward();
          for (Index f = 0; f < rocket.output_features(); ++f) {
            ASSERT_EQ(alone.y[static_cast<std::size_t>(f)], run.y[static_cast<std::size_t>(f * lanes + l)])
                << steps << " steps, lane " << l << " of " << lanes << ", feature " << f;
          }
        }
      }
    }
  }
}

void does_not_read_past_the_end(heed::RocketOptions o) {
  const auto rocket = with_random_biases<double>(o);
  LayerRun<Rocket<double>> a(rocket, {30, 2}, 19, heed::testing::ragged_lengths(19, 30));
  a.randomize(heed::Key{3});
  auto b = a;
  for (Index t = 0; t < 30; ++t) {
    for (Index l = 0; l < 19; ++l) {
      if (t < b.lengths[static_cast<std::size_t>(l)]) continue;
      for (Index f = 0; f < 2; ++f) b.x[static_cast<std::size_t>((t * 2 + f) * 19 + l)] = 1e9;
    }
  }
  a.forward();
  b.forward();
  EXPECT_EQ(a.y, b.y);
}

TEST(Rocket, DoesNotReadPastTheEnd) {
  does_not_read_past_the_end({.features = 2, .steps = 50, .num_features = 336});
  does_not_read_past_the_end(all_statistics({.features = 2, .steps = 50, .num_features = 1344}, 4));
}

void gives_zeros_without_steps(heed::RocketOptions o) {
  const auto rocket = with_far_biases<float>(o);
  for (const Index steps : {0, 20}) {
    LayerRun<Rocket<float>> run(rocket, {steps, 1}, 3, {0, 0, 0});
    std::fill(run.y.begin(), run.y.end(), 7.0F);
    run.forward();
    EXPECT_EQ(run.y, std::vector<float>(run.y.size()));
  }
}

TEST(Rocket, GivesZerosWithoutSteps) {
  gives_zeros_without_steps({.features = 1, .steps = 20, .num_features = 84});
  gives_zeros_without_steps(all_statistics({.features = 1, .steps = 20, .num_features = 672}, 4));
}

void tells_series_apart(heed::RocketOptions o, Index steps) {
  {
    o.steps = steps;
    Rocket<double> rocket(o);
    std::vector<double> x(static_cast<std::size_t>(2 * steps));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = heed::Key{4}.normal(i);
    rocket.fit_biases(heed::view(x, {2, steps, 1}));
    LayerRun<Rocket<double>> run(rocket, {steps, 1}, 2);
    for (Index t = 0; t < steps; ++t) {
      for (Index l = 0; l < 2; ++l)
        run.x[static_cast<std::size_t>(2 * t + l)] = x[static_cast<std::size_t>(l * steps + t)];
    }
    run.forward();
    double difference = 0;
    for (std::size_t i = 0; i < run.y.size(); i += 2) difference += std::abs(run.y[i] - run.y[i + 1]);
    EXPECT_GT(difference, 1) << steps;
  }
}

TEST(Rocket, TellsSeriesOfFewStepsApart) {
  for (const Index steps : {1, 2, 4, 8}) {
    tells_series_apart({.features = 1, .num_features = 840}, steps);
    tells_series_apart(all_statistics({.features = 1, .num_features = 6720}), steps);
  }
}

TEST(Rocket, OfAConstantSeriesIsFinite) {
  Rocket<float> rocket({.features = 2, .steps = 30, .num_features = 168});
  const std::vector<float> x(60, 3);
  rocket.fit_biases(heed::view(x, {1, 30, 2}));
  EXPECT_TRUE(heed::all_finite(rocket));
  LayerRun<Rocket<float>> run(rocket, {30, 2}, 1);
  run.x = x;
  run.forward();
  for (const float v : run.y) EXPECT_TRUE(v >= 0 && v <= 1);
}

void is_nan_where_a_series_is_not_finite(heed::RocketOptions o) {
  const auto rocket = with_random_biases<float>(o);
  for (const Index lanes : {1, 16, 19}) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      LayerRun<Rocket<float>> clean(rocket, {20, 2}, lanes), run(rocket, {20, 2}, lanes);
      clean.randomize(heed::Key{3});
      run.randomize(heed::Key{3});
      run.x[static_cast<std::size_t>(7 * lanes)] = bad;
      clean.forward();
      run.forward();
      for (std::size_t i = 0; i < run.y.size(); ++i) {
        if (i % static_cast<std::size_t>(lanes) == 0) {
          ASSERT_TRUE(std::isnan(run.y[i]));
        } else {
          ASSERT_EQ(run.y[i], clean.y[i]);
        }
      }
    }
  }
}

TEST(Rocket, IsNaNWhereASeriesIsNotFinite) {
  is_nan_where_a_series_is_not_finite({.features = 2, .steps = 20, .num_features = 84});
  is_nan_where_a_series_is_not_finite(all_statistics({.features = 2, .steps = 20, .num_features = 672}, 4));
}

TEST(Rocket, DrawsChannelsAndSeriesBySeed) {
  const auto made = [](std::uint64_t seed, Index features) {
    return Rocket<float>({.features = features, .steps = 40, .num_features = 504, .seed = seed});
  };
  const auto channels = [](const Rocket<float>& rocket) {
    std::vector<std::vector<std::int32_t>> all;
    for (Index j = 0; j < static_cast<Index>(rocket.dilations().size()); ++j) {
      for (Index k = 0; k < 84; ++k) all.emplace_back(rocket.channels(j, k).begin(), rocket.channels(j, k).end());
    }
    return all;
  };
  EXPECT_EQ(channels(made(1, 12)), channels(made(1, 12)));
  EXPECT_NE(channels(made(1, 12)), channels(made(2, 12)));
  std::set<std::size_t> counts;
  for (const auto& chosen : channels(made(1, 12))) {
    counts.insert(chosen.size());
    EXPECT_EQ(std::set<std::int32_t>(chosen.begin(), chosen.end()).size(), chosen.size()) << "each once";
    for (const std::int32_t c : chosen) EXPECT_TRUE(c >= 0 && c < 12);
  }
  EXPECT_EQ(*counts.begin(), 1U);
  EXPECT_EQ(*counts.rbegin(), 9U);

  std::vector<float> x(5 * 40);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(heed::Key{4}.normal(i));
  const auto biases = [&](std::uint64_t seed) {
    Rocket<float> rocket = made(seed, 1);
    rocket.fit_biases(heed::view(x, {5, 40, 1}));
    return std::vector<float>(rocket.biases.begin(), rocket.biases.end());
  };
  EXPECT_EQ(biases(1), biases(1));
  EXPECT_NE(biases(1), biases(2));
}

TEST(Rocket, TakesBiasesOfSeriesWithStepsAlone) {
  Rocket<float> rocket({.features = 1, .steps = 12, .num_features = 84});
  std::vector<float> x(3 * 12, 1e6F);
  for (std::size_t t = 0; t < 12; ++t) x[12 + t] = static_cast<float>(t);
  const std::vector<std::int32_t> lengths{0, 10, 0};
  rocket.fit_biases(heed::view(x, {3, 12, 1}), lengths);
  for (const float b : rocket.biases) EXPECT_LT(std::abs(b), 100);
  EXPECT_EQ(error_of([&] { rocket.fit_biases(heed::view(x, {3, 12, 1}), std::vector<std::int32_t>(3)); }),
            "Rocket, fit_biases: no series has a step (expected one at least, got none)");
}

TEST(Rocket, RefusesWhatItCannotTake) {
  const auto error = [](heed::RocketOptions o) { return error_of([&] { Rocket<float> rocket(o); }); };
  EXPECT_NE(error({.features = 0, .steps = 9}).find("features out of range"), std::string::npos);
  EXPECT_NE(error({.features = 1, .steps = 0}).find("Rocket: steps out of range"), std::string::npos);
  EXPECT_NE(error({.steps = 9, .num_features = 83}).find("num_features out of range"), std::string::npos);
  EXPECT_NE(error({.steps = 9, .max_dilations = 0}).find("max_dilations out of range"), std::string::npos);
  EXPECT_NE(error({.steps = 9, .groups = -1}).find("groups out of range"), std::string::npos);
  Rocket<float> rocket({.features = 2, .steps = 9});
  EXPECT_EQ(error_of([&] { rocket.output_shape({9, 3}); }), "Rocket: wrong number of features (expected 2, got 3)");
  std::vector<float> x(18);
  x[5] = NAN;
  EXPECT_NE(error_of([&] { rocket.fit_biases(heed::view(x, {1, 9, 2})); }).find("value is not finite"),
            std::string::npos);
}

}  // namespace rocket_test
