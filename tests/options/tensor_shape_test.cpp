#include "heed/options/tensor_shape.hpp"

#include <gtest/gtest.h>

namespace tensor_shape_test {

using heed::TensorShape;

TEST(TensorShape, IsEqualWhereNameAndExtentsAre) {
  EXPECT_EQ((TensorShape{"w", {2, 3}}), (TensorShape{"w", {2, 3}}));
  EXPECT_NE((TensorShape{"w", {2, 3}}), (TensorShape{"v", {2, 3}}));
  EXPECT_NE((TensorShape{"w", {2, 3}}), (TensorShape{"w", {3, 2}}));
  EXPECT_NE((TensorShape{"w", {2, 3}}), (TensorShape{"w", {2, 3, 1}}));
}

}  // namespace tensor_shape_test
