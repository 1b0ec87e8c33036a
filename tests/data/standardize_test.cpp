#include "heed/data/standardize.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "support.hpp"

namespace standardize_test {

using data_test::error_of;
using heed::FeatureStatistics;
using heed::Sequences;
using heed::Tensor;

TEST(FeatureStatistics, AreMeanAndPopulationDeviation) {
  // feature 0: 1 2 3 6, feature 1: 10 10 -10 -10
  const Sequences<float> s{Tensor<float, 3>({2, 2, 2}, {1, 10, 2, 10, 3, -10, 6, -10})};
  const FeatureStatistics statistics = heed::feature_statistics(s);
  EXPECT_EQ(statistics.mean, (std::vector<double>{3, 0}));
  EXPECT_DOUBLE_EQ(statistics.deviation[0], std::sqrt((4 + 1 + 0 + 9) / 4.0));
  EXPECT_DOUBLE_EQ(statistics.deviation[1], 10);
}

TEST(FeatureStatistics, CountValidStepsOnly) {
  const Sequences<double> s{Tensor<double, 3>({3, 2, 1}, {1, 999, 999, 999, 3, 5}), {1, 0, 2}};
  const FeatureStatistics statistics = heed::feature_statistics(s);
  EXPECT_DOUBLE_EQ(statistics.mean[0], 3);
  EXPECT_DOUBLE_EQ(statistics.deviation[0], std::sqrt(8 / 3.0));
}

TEST(FeatureStatistics, OfPartsInTurnAreTheBitsOfAll) {
  constexpr heed::Index count = 50;
  Tensor<float, 3> x({count, 2, 3});
  std::vector<std::int32_t> lengths;
  for (heed::Index i = 0; i < count; ++i) {
    lengths.push_back(static_cast<std::int32_t>(i % 3));
    for (heed::Index k = 0; k < 6; ++k)
      x(i, k / 3, k % 3) = static_cast<float>(std::sin(static_cast<double>(6 * i + k)));
  }
  for (heed::Index t = 0; t < 2 * count; ++t) x(t / 2, t % 2, 2) = 0.1F;
  const FeatureStatistics all = heed::feature_statistics<float>(x.view(), lengths);

  const std::span<const std::int32_t> l = lengths;
  const heed::TensorView<const float, 3> first(x.data(), {20, 2, 3}), second(x.data() + 20 * 6, {count - 20, 2, 3});
  struct Done {};
  int pass = 0;
  std::vector<double> totals;  // of the first pass
  const auto second_goes_on = [&](std::span<double> sums) {
    int its_pass = 0;
    try {
      heed::feature_statistics<float>(second, l.subspan(20), [&](std::span<double> its, auto&& f) {
        std::copy_n(its_pass < pass ? totals.data() : sums.data(), its.size(), its.begin());
        if (its_pass++ < pass) return;
        f();
        std::copy(its.begin(), its.end(), sums.begin());
        throw Done();
      });
    } catch (const Done&) {
    }
  };
  const auto together = heed::feature_statistics<float>(first, l.first(20), [&](std::span<double> sums, auto&& f) {
    f();
    second_goes_on(sums);
    if (pass++ == 0) totals.assign(sums.begin(), sums.end());
  });
  EXPECT_EQ(pass, 2);
  EXPECT_EQ(together.mean, all.mean);
  EXPECT_EQ(together.deviation, all.deviation);
  EXPECT_EQ(together.deviation[2], 1);
}

TEST(FeatureStatistics, KeepASmallDeviationBesideALargeMean) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(1e8 + (i % 2 ? 1e-3 : -1e-3));
  const Sequences<double> s{Tensor<double, 3>({1000, 1, 1}, values)};
  EXPECT_NEAR(heed::feature_statistics(s).deviation[0], 1e-3, 1e-8);
}

TEST(FeatureStatistics, AConstantFeatureHasDeviationOne) {
  // 0.1 + 0.1 + ... rounds: the mean is not 0.1 to the last digit
  const Sequences<double> s{Tensor<double, 3>({1000, 1, 1}, std::vector<double>(1000, 0.1))};
  EXPECT_EQ(heed::feature_statistics(s).deviation[0], 1);
}

TEST(FeatureStatistics, NeedFiniteValues) {
  EXPECT_EQ(error_of([] { heed::feature_statistics(Sequences<float>{Tensor<float, 3>({2, 3, 1}), {0, 0}}); }),
            "standardize: no values (expected at least one valid step, got (2, 3, 1))");
  EXPECT_EQ(error_of([] { heed::feature_statistics(Sequences<float>{}); }),
            "standardize: no values (expected at least one valid step, got (0, 0, 0))");
  for (const double bad : {std::nan(""), HUGE_VAL, 1e200}) {
    const Sequences<double> s{Tensor<double, 3>({2, 1, 2}, {1, 1, 2, bad})};
    EXPECT_EQ(error_of([&] { heed::feature_statistics(s); }),
              "standardize, feature 1 (counted from 0): mean and deviation cannot be computed (expected finite values "
              "whose squares fit a double)");
  }
}

TEST(Standardize, GivesMeanZeroAndDeviationOne) {
  Sequences<double> s{Tensor<double, 3>({2, 3, 2}, {1, 10, 2, 10, 0, 0, 3, -10, 6, -10, 7, 5}), {2, 3}};
  heed::standardize(s, heed::feature_statistics(s));
  const FeatureStatistics after = heed::feature_statistics(s);
  for (std::size_t f = 0; f < 2; ++f) {
    EXPECT_NEAR(after.mean[f], 0, 1e-15);
    EXPECT_NEAR(after.deviation[f], 1, 1e-15);
  }
  EXPECT_EQ(s.x(0, 2, 0), 0);
  EXPECT_EQ(s.x(0, 2, 1), 0);
}

TEST(Standardize, ShiftsAndScalesEachFeature) {
  Sequences<float> s{Tensor<float, 3>({1, 2, 2}, {1, 2, 3, 4})};
  heed::standardize(s, {{1, 0}, {2, 4}});
  EXPECT_EQ(std::vector<float>(s.x.begin(), s.x.end()), (std::vector<float>{0, 0.5f, 1, 1}));
  EXPECT_EQ(error_of([&] { heed::standardize(s, {{1}, {2}}); }),
            "standardize: wrong number of features (expected 1, got 2)");
}

TEST(FeatureStatistics, NameFeaturesWhoseNumbersLoseDigits) {
  // a time stamp, one in milliseconds that never changes, a small number, a large one that varies as much
  Sequences<double> s{Tensor<double, 3>({1, 3, 4}, {1700000000, 5e12, 1e-6, 3e9,  //
                                                    1700000030, 5e12, 2e-6, 5e9,  //
                                                    1700000090, 5e12, 4e-6, 9e9})};
  const FeatureStatistics statistics = heed::feature_statistics(s);
  EXPECT_EQ(statistics.losing_digits<float>(), std::vector<heed::Index>{0});
  EXPECT_TRUE(statistics.losing_digits<double>().empty());
  EXPECT_NEAR(statistics.deviation[0], std::sqrt(1400.0), 1e-6);
}

TEST(FeatureStatistics, TargetsNeedTwoSpacingsOfTheirType) {
  const auto statistics = [](double offset, double spread) {
    heed::Tensor<double, 3> targets({4, 1, 1});
    for (heed::Index i = 0; i < 4; ++i) targets(i, 0, 0) = offset + spread * static_cast<double>(i % 2);
    return heed::feature_statistics<double>(targets.view());
  };
  const FeatureStatistics small = statistics(1.7e9, 200);
  EXPECT_EQ(error_of([&] { small.require_digits<float>("y"); }),
            "y, output 0 (counted from 0): targets lose their digits: subtract an offset from them "
            "(expected a deviation above 405.311632, as numbers come to 1.7e+09, got 100.000000)");
  EXPECT_NO_THROW(small.require_digits<double>("y"));
  EXPECT_NO_THROW(statistics(1.7e9, 1000).require_digits<float>("y")) << "roughly is enough";
  EXPECT_NO_THROW(statistics(1.7e9, 0).require_digits<float>("y")) << "a constant needs none";
}

}  // namespace standardize_test
