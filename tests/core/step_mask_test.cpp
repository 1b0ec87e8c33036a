#include "heed/core/step_mask.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <vector>

#include "../support/error_of.hpp"

namespace step_mask_test {

using heed::Index;
using heed::StepMask;
using test_support::error_of;

TEST(StepMask, IsOfBoolsOrBytesOfManySequencesOrOne) {
  const bool bools[] = {true, false, true, false, false, true};
  const std::vector<std::uint8_t> bytes{1, 0, 7, 0, 0, 255};
  const heed::Tensor<std::uint8_t, 2> tensor({2, 3}, bytes);
  const heed::TensorView<const bool, 2> view(bools, {2, 3});
  for (const StepMask& mask : {StepMask(view), StepMask(heed::view(bytes, {2, 3})), StepMask(tensor)}) {
    EXPECT_FALSE(mask.empty());
    EXPECT_EQ(mask.count(), 2);
    EXPECT_EQ(mask.steps(), 3);
    EXPECT_TRUE(mask(0, 2));
    EXPECT_FALSE(mask(1, 0));
    EXPECT_TRUE(mask.row(1)(0, 2));
  }
  EXPECT_EQ(StepMask(bytes).count(), 1);
  EXPECT_EQ(StepMask(std::span<const bool>(bools)).steps(), 6);
  EXPECT_TRUE(StepMask().empty());
}

TEST(StepMask, HasTheSizeOfTheSequences) {
  const std::vector<std::uint8_t> bytes(6, 1);
  const StepMask mask(heed::view(bytes, {2, 3}));
  mask.check(2, 3, "here");
  StepMask().check(7, 9, "here");
  EXPECT_EQ(error_of([&] { mask.check(3, 2, "here"); }),
            "here: the mask does not fit the sequences (expected (3, 2), got (2, 3))");
}

TEST(StepMask, HasGapsWhereStepsAreMissingBetweenOthers) {
  const auto gaps = [](const std::vector<std::uint8_t>& steps, std::vector<std::int32_t> lengths = {}) {
    return StepMask(steps).has_gaps(lengths);
  };
  EXPECT_FALSE(gaps({1, 1, 1}));
  EXPECT_FALSE(gaps({0, 1, 1}));
  EXPECT_FALSE(gaps({0, 1, 0}));
  EXPECT_FALSE(gaps({1, 0, 0}));
  EXPECT_FALSE(gaps({0, 0, 0}));
  EXPECT_TRUE(gaps({1, 0, 1}));
  EXPECT_TRUE(gaps({0, 1, 0, 1}));
  EXPECT_FALSE(gaps({1, 0, 1}, {2})) << "past the end";
  EXPECT_FALSE(gaps({1, 0, 1}, {0}));
  EXPECT_FALSE(StepMask().has_gaps({}));
}

TEST(StepMask, MovesTogetherWhatIsThere) {
  const std::vector<std::uint8_t> mask{0, 1, 1, 0, 1};
  const std::vector<int> from{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  std::vector<int> to(10);
  EXPECT_EQ(heed::move_together(from.data(), 2, 4, StepMask(mask), to.data()), 2);
  EXPECT_EQ(to, (std::vector<int>{3, 4, 5, 6, 0, 0, 0, 0, 0, 0}));
}

}  // namespace step_mask_test
