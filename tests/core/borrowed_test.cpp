#include "heed/core/borrowed.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "heed/core/labelled_sequences.hpp"
#include "heed/core/labels_view.hpp"
#include "heed/core/tensor.hpp"

namespace borrowed_test {

using heed::BorrowedSpan;
using Labels = std::span<const std::int32_t>;

TEST(Borrowed, SpansLookAtVariables) {
  std::vector<std::int32_t> numbers{1, 2, 3};
  const std::array<std::int32_t, 3> fixed{4, 5, 6};
  BorrowedSpan<std::int32_t> span = numbers;
  EXPECT_EQ(span.data(), numbers.data());
  EXPECT_EQ(span.size(), 3U);
  span = fixed;
  EXPECT_EQ(span[2], 6);
  span = std::span(numbers).subspan(1);
  EXPECT_EQ(span.data(), numbers.data() + 1);
  span = {numbers.data(), 2};
  EXPECT_EQ(span.size(), 2U);
  span = {};
  EXPECT_TRUE(span.empty());
  const Labels as_span = BorrowedSpan<std::int32_t>(numbers);
  EXPECT_EQ(as_span.size(), 3U);
  EXPECT_FALSE((std::is_convertible_v<std::vector<float>&, BorrowedSpan<std::int32_t>>));
}

TEST(Borrowed, ViewsOfViewsMayBeTemporaries) {
  std::vector<float> numbers(6);
  EXPECT_EQ(heed::view(std::span(numbers), {2, 3}).data(), numbers.data());
  EXPECT_EQ(heed::view(std::span(numbers).subspan(2), {2, 2}).data(), numbers.data() + 2);
  EXPECT_EQ(heed::view(heed::view(numbers, {2, 3}), {3, 2}).extent(0), 3);
  const std::vector<float> constant(6);
  static_assert(std::is_same_v<decltype(heed::view(constant, {2, 3})), heed::TensorView<const float, 2>>);
}

TEST(Borrowed, ACopyOfLabelsHasAsManyEach) {
  std::vector<std::int32_t> labels{0, 1, 2, 3};
  heed::LabelsView rows(labels, 2);
  heed::LabelsView copy = rows;  // of a variable that is not const
  EXPECT_EQ(copy.each(), 2);
  const heed::LabelledSequences<float> data{{}, rows, labels};
  EXPECT_EQ(data.labels.each(), 2);
  EXPECT_EQ(heed::LabelsView(Labels(labels), 4).each(), 4);
}

}  // namespace borrowed_test
