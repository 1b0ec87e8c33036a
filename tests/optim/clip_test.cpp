#include "heed/optim/clip.hpp"

#include <gtest/gtest.h>

#include <array>
#include <utility>

#include "../support/two_parameters.hpp"

namespace clip_test {

using test_support::Reference;
using test_support::two_parameters;

TEST(ClipNorm, EqualsPyTorch) {
  for (const auto& name : test_support::reference_names("optimizer", "clip_grad_norm")) {
    SCOPED_TRACE(name);
    const Reference file(name);
    auto gradient = two_parameters(file, "before.");
    EXPECT_NEAR(heed::norm(gradient), file.value("norm"), 1e-12);
    EXPECT_NEAR(heed::clip_norm(gradient, file.number("max_norm")), file.value("norm"), 1e-12);
    expect_parameters(gradient, file.arrays("after."));
  }
}

TEST(ClipNorm, ScalesDownToTheNorm) {
  auto gradient = two_parameters<float>(Reference("optimizer/clip_grad_norm_clips"), "before.");
  const double before = heed::norm(gradient);
  EXPECT_EQ(heed::clip_norm(gradient, 0.5), before);
  EXPECT_NEAR(heed::norm(gradient), 0.5, 1e-6);
}

TEST(ClipNorm, LeavesASmallGradientAsItIs) {
  auto gradient = two_parameters(Reference("optimizer/clip_grad_norm_keeps"), "before.");
  const auto before = test_support::numbers(gradient);
  heed::clip_norm(gradient, 50);
  EXPECT_EQ(test_support::numbers(gradient), before);
}

TEST(ClipNorm, OfZerosIsZero) {
  test_support::TwoParameters<> gradient;
  EXPECT_EQ(heed::clip_norm(gradient, 1), 0);
  EXPECT_EQ(test_support::numbers(gradient), test_support::Values(17, 0.0));
}

TEST(ClipValue, EqualsPyTorch) {
  const Reference file("optimizer/clip_grad_value");
  auto gradient = two_parameters(file, "before.");
  heed::clip_value(gradient, file.number("most"));
  expect_parameters(gradient, file.arrays("after."));
}

struct Vectors {
  using Scalar = double;
  heed::Table<double> table{5, 2};
  static void visit(auto&& f, auto&... v) { f("table", v.table...); }
};

TEST(ClipNorm, IsTheSameBitsHoweverRowsCameToBeTouched) {
  Vectors one, other, all;
  for (Vectors* v : {&one, &other, &all}) {
    for (const heed::Index i : v == &one ? std::array{0, 3, 4} : std::array{4, 0, 3}) {
      for (heed::Index k = 0; k < 2; ++k) v->table.row(i)[k] = 1 / (3.0 + static_cast<double>(2 * i + k));
    }
  }
  all.table.data();
  EXPECT_EQ(heed::norm(one), heed::norm(other));
  EXPECT_EQ(heed::norm(one), heed::norm(all));
}

TEST(Clip, TouchesNoOtherRowsOfATable) {
  Vectors gradient;
  gradient.table.row(3)[0] = 3;
  gradient.table.row(1)[1] = -4;
  EXPECT_EQ(heed::clip_norm(gradient, 0.5), 5);
  EXPECT_NEAR(std::as_const(gradient).table.row(3)[0], 0.3, 1e-6);
  heed::clip_value(gradient, 0.25);
  EXPECT_EQ(std::as_const(gradient).table.row(1)[1], -0.25);
  heed::Index touched = 0;
  gradient.table.for_each_touched([&](heed::Index, heed::Index count) { touched += count; });
  EXPECT_EQ(touched, 4);
}

}  // namespace clip_test
