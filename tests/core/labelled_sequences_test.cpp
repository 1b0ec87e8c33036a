#include "heed/core/labelled_sequences.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <vector>

#include "heed/core/tensor.hpp"

namespace labelled_sequences_test {

using heed::LabelledSequences;
using heed::Tensor;

TEST(LabelledSequences, AreViewsOfTheUsersMemory) {
  const Tensor<float, 3> x({2, 3, 1}, {1, 2, 3, 4, 5, 6});
  const std::vector<std::int32_t> labels{1, 0}, lengths{3, 2};
  const LabelledSequences<float> data{x, labels, lengths};
  EXPECT_EQ(data.count(), 2);
  EXPECT_EQ(data.x.data(), x.data());
  EXPECT_EQ(data.labels.data(), labels.data());
  EXPECT_EQ(data.lengths.data(), lengths.data());
  EXPECT_TRUE((LabelledSequences<float>{x, labels}.lengths.empty())) << "all full";
}

TEST(LabelledSequences, HaveALabelForEachStepToo) {
  const Tensor<std::int32_t, 3> tokens({2, 3, 1});
  const Tensor<std::int32_t, 2> labels({2, 3});
  const LabelledSequences<std::int32_t> data{tokens, labels};
  EXPECT_EQ(data.count(), 2);
  EXPECT_EQ(data.labels.each(), 3);
}

TEST(LabelledSequences, HaveNumbersToo) {
  const Tensor<float, 3> x({2, 3, 1});
  const Tensor<float, 2> targets({2, 4});
  const heed::TargetSequences<float> data{x, targets};
  static_assert(std::derived_from<decltype(data.labels), heed::TensorView<const float, 2>>);
  EXPECT_EQ(data.labels.extent(1), 4);
}

}  // namespace labelled_sequences_test
