#include "heed/core/tensor.hpp"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <span>
#include <type_traits>
#include <vector>

#include "../support/error_of.hpp"

namespace tensor_test {

using heed::Extents;
using heed::Index;
using heed::Tensor;
using heed::TensorView;
using test_support::error_of;

TEST(Tensor, StandsRowMajor) {
  Tensor<int, 3> t({2, 3, 4});
  std::iota(t.begin(), t.end(), 0);
  EXPECT_EQ(t(0, 0, 3), 3);
  EXPECT_EQ(t(0, 1, 0), 4);
  EXPECT_EQ(t(1, 0, 0), 12);
  EXPECT_EQ(t(1, 2, 3), 23);
  const Tensor<int, 3>& c = t;
  EXPECT_EQ(c(1, 2, 3), 23);
  EXPECT_EQ(c[1](2, 3), 23);
  EXPECT_EQ(t[1][2](3), 23);
  EXPECT_EQ(c[1].extents(), (Extents<2>{3, 4}));
  EXPECT_EQ(std::accumulate(c[1].begin(), c[1].end(), 0), 12 * (12 + 23) / 2);
}

TEST(Tensor, IsZeroAtTheStart) {
  const Tensor<double, 2> t({3, 5});
  EXPECT_EQ(t.size(), 15);
  for (const double v : t) EXPECT_EQ(v, 0);
  EXPECT_TRUE((Tensor<double, 2>().empty()));
}

TEST(Tensor, TakesNumbersOfTheRightCount) {
  const Tensor<float, 2> t({2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(t(1, 0), 3);
  EXPECT_EQ(error_of([] { Tensor<float, 2>({2, 2}, {1, 2, 3}); }),
            "tensor (2, 2): wrong number of values (expected 4, got 3)");
}

TEST(Tensor, CopiesAreDeep) {
  Tensor<int, 1> a({2}, {1, 2});
  Tensor<int, 1> b = a;
  b(0) = 5;
  EXPECT_EQ(a(0), 1);
}

TEST(TensorView, LooksAtTheUsersMemory) {
  std::vector<double> x(6);
  const auto v = heed::view(x, {2, 3});
  static_assert(std::is_same_v<decltype(v), const TensorView<double, 2>>);
  v(1, 2) = 7;
  EXPECT_EQ(x[5], 7);
  EXPECT_EQ(v.data(), x.data());
  EXPECT_EQ(heed::view(x.data(), {3, 2})(2, 1), 7);
  EXPECT_EQ(v.extent(0), 2);
  EXPECT_EQ(v.extent(1), 3);
  EXPECT_EQ(v.size(), 6);
}

TEST(TensorView, OfConstNumbersIsConst) {
  const std::array<float, 4> x{1, 2, 3, 4};
  const auto v = heed::view(x, {2, 2});
  static_assert(std::is_same_v<decltype(v(0, 0)), const float&>);
  EXPECT_EQ(v(1, 1), 4);
}

TEST(TensorView, ConvertsToOneOfConstNumbers) {
  Tensor<float, 2> t({2, 2}, {1, 2, 3, 4});
  const TensorView<const float, 2> v = t.view();
  const TensorView<const float, 2> w = t;
  EXPECT_EQ(v(1, 0), 3);
  EXPECT_EQ(w.data(), t.data());
  static_assert(!std::is_convertible_v<TensorView<const float, 2>, TensorView<float, 2>>);
  static_assert(!std::is_convertible_v<const Tensor<float, 2>&, TensorView<float, 2>>);
}

TEST(TensorView, RejectsNullUnlessEmpty) {
  EXPECT_EQ(error_of([] { TensorView<float, 2>(nullptr, {2, 3}); }),
            "view: no data (expected (2, 3) numbers, got a null pointer)");
  EXPECT_TRUE((TensorView<float, 2>(nullptr, {0, 3}).empty()));
  EXPECT_TRUE((TensorView<float, 2>().empty()));
}

TEST(TensorView, RejectsExtentsThatAreNotTheRanges) {
  std::vector<float> x(5);
  EXPECT_EQ(error_of([&] { heed::view(x, {2, 3}); }), "view (2, 3): wrong number of values (expected 6, got 5)");
  std::span<const float> s(x);
  EXPECT_EQ(heed::view(s, {1, 5}).size(), 5);
}

}  // namespace tensor_test
