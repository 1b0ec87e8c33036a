#include "heed/core/sequences_view.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

#include "../support/error_of.hpp"

namespace sequences_view_test {

TEST(SequencesView, LooksAtTheUsersMemory) {
  std::vector<float> x(2 * 3 * 2);
  const std::vector<std::int32_t> lengths{3, 1};
  const std::vector<std::uint8_t> mask{1, 0, 1, 1, 1, 1};
  const heed::Tensor<std::uint8_t, 2> rows({2, 3}, mask);
  const heed::Tensor<float, 3> tensor({2, 3, 2});
  const auto range = heed::view(x, {2, 3, 2}, lengths, mask);
  const auto pointer = heed::view(x.data(), {2, 3, 2}, lengths, rows);
  const auto of_view = heed::view(heed::view(x, {2, 3, 2}), lengths, heed::view(mask, {2, 3}));
  const auto of_tensor = heed::view(tensor, lengths, mask);
  for (const heed::SequencesView<float>& view : {range, pointer, of_view, of_tensor}) {
    EXPECT_EQ(view.extents(), (heed::Extents<3>{2, 3, 2}));
    EXPECT_EQ(view.count(), 2);
    EXPECT_EQ(view.size(), 12);
    EXPECT_EQ(view.lengths.data(), lengths.data());
    EXPECT_EQ(view.mask.count(), 2);
    EXPECT_FALSE(view.mask(0, 1));
    EXPECT_TRUE(view.mask(1, 0));
  }
  EXPECT_EQ(range.data(), x.data());
  EXPECT_EQ(of_tensor.data(), tensor.data());
}

TEST(SequencesView, MayLackLengthsOrAMask) {
  const std::vector<double> x(6);
  const std::vector<std::int32_t> lengths{2, 1};
  const std::array<bool, 6> mask{true, true, false, true, true, true};
  EXPECT_TRUE(heed::view(x, {2, 3, 1}, lengths).mask.empty());
  const auto masked = heed::view(x, {2, 3, 1}, {}, mask);
  EXPECT_TRUE(masked.lengths.empty());
  EXPECT_FALSE(masked.mask(0, 2));
  EXPECT_EQ(heed::view(x, {1, 6, 1}, {}, mask).mask.steps(), 6);
  EXPECT_NE(test_support::error_of([&] { heed::view(x, {2, 2, 1}, lengths); }), "no error");
}

}  // namespace sequences_view_test
