#include "heed/core/least_steps.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "heed/core/error.hpp"
#include "heed/core/types.hpp"
#include "heed/layers/flatten_steps.hpp"
#include "heed/layers/pooling.hpp"

namespace least_steps_test {

using heed::Index;
using heed::ModelReference;
using Lengths = std::vector<std::int32_t>;

// accepts sequences of at least four steps
struct NeedsFour : heed::MeanPool<float> {
  heed::Shape output_shape(heed::Shape x) const {
    heed::require(x.steps >= 4, [] { return heed::Fault{"too few steps", "NeedsFour", {}, {}}; });
    return {1, x.features};
  }
};

TEST(LeastSteps, AreThoseOfTheShortestSequenceOrWhatTheModelNeeds) {
  const heed::MeanPool<float> mean;
  const heed::FlattenSteps<float> all({.steps = 9});
  const NeedsFour needs_four;
  const auto of = [](const auto& model, const Lengths& lengths) {
    return heed::least_steps<float>(ModelReference<float>(model), {9, 2}, lengths);
  };
  EXPECT_EQ(of(mean, {}), 9);
  EXPECT_EQ(of(mean, {9, 3, 7}), 3);
  EXPECT_EQ(of(all, {9, 3, 7}), 9);
  EXPECT_EQ(of(all, {2, 2}), 9);
  EXPECT_EQ(of(needs_four, {9, 3, 7}), 4);
  EXPECT_EQ(of(needs_four, {6, 7}), 6);
}

}  // namespace least_steps_test
