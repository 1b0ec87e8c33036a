#include "heed/core/types.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <typeinfo>

namespace types_test {

using heed::Shape;

TEST(Types, ShapesAreEqualWhereBothNumbersAre) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2, 3}), (Shape{2, 4}));
  EXPECT_EQ(Shape{}, (Shape{0, 0}));
}

TEST(Types, AShapeIsTheSameForEveryInstructionSet) {
  static_assert(std::is_same_v<Shape, heed::HEED_ABI::Shape>);
  const std::string name = typeid(Shape).name();
  for (const char* set : {"avx", "sse", "neon", "generic", "scalar"}) {
    EXPECT_EQ(name.find(set), std::string::npos) << name;
  }
}

TEST(Types, AnIndexIsSignedAndWide) {
  static_assert(std::is_signed_v<heed::Index>);
  EXPECT_EQ(sizeof(heed::Index), sizeof(void*));
}

}  // namespace types_test
