#include "heed/metrics/regression.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../support/error_of.hpp"

namespace regression_test {

using heed::Tensor;

const Tensor<double, 2> targets({4, 2}, {3.0, -0.5, 2, 7, -1, 4.25, 0.5, 6});
const Tensor<float, 2> answers({4, 2}, {2.5f, 0, 2, 8, -1.5f, 3, 1, 6.5f});

// sklearn.metrics.mean_squared_error, mean_absolute_error, r2_score (scikit-learn 1.x), multioutput="uniform_average"
TEST(Regression, EqualsScikitLearn) {
  EXPECT_DOUBLE_EQ(heed::mse(answers.view(), targets.view()), 0.4765625);
  EXPECT_DOUBLE_EQ(heed::mae(answers.view(), targets.view()), 0.59375);
  EXPECT_DOUBLE_EQ(heed::r2(answers.view(), targets.view()), 0.9130225806761707);
  Tensor<double, 2> turned({4, 2});
  for (heed::Index i = 0; i < 8; ++i) turned.data()[i] = -static_cast<double>(answers.data()[i]);
  EXPECT_NEAR(heed::r2(turned.view(), targets.view()), -8.522220192834553, 1e-14);
}

TEST(Regression, ConstantTargetsAsScikitLearn) {
  const Tensor<double, 2> equal({3, 2}, {1, 5, 1, 6, 1, 7});
  Tensor<double, 2> hit({3, 2}, {1, 5, 1, 6, 1, 8});
  EXPECT_DOUBLE_EQ(heed::r2(hit.view(), equal.view()), 0.75);
  hit(0, 0) = 2;
  EXPECT_DOUBLE_EQ(heed::r2(hit.view(), equal.view()), 0.25);
  const Tensor<double, 2> one({1, 1}, {2.0});
  EXPECT_TRUE(std::isnan(heed::r2(one.view(), one.view())));
  EXPECT_EQ(heed::mse(one.view(), one.view()), 0);
}

TEST(Regression, RefusesWhatCannotBeMeasured) {
  const Tensor<double, 2> few({2, 2});
  EXPECT_EQ(test_support::error_of([&] { heed::mae(few.view(), targets.view()); }),
            "mae: answers and targets differ in shape (expected (4, 2), at least one number, got (2, 2))");
  const Tensor<double, 2> none;
  EXPECT_NE(test_support::error_of([&] { heed::r2(none.view(), none.view()); }).find("at least one number"),
            std::string::npos);
  Tensor<double, 2> faulty = targets;
  faulty(1, 0) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(test_support::error_of([&] { heed::mse(faulty.view(), targets.view()); }),
            "mse, row 1 (counted from 0): value is not finite (expected finite answers and targets)");
}

}  // namespace regression_test
