#include "heed/core/types.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <typeinfo>

namespace {

using heed::Shape;

TEST(Types, ShapesAreEqualWhereBothNumbersAre) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2, 3}), (Shape{2, 4}));
  EXPECT_EQ(Shape{}, (Shape{0, 0}));
}

TEST(Types, LinkersSeeTheInstructionSetInNames) {
  static_assert(std::is_same_v<Shape, heed::HEED_ABI::Shape>);
#if defined(__AVX512F__)
  const std::string expected = "avx512";
#elif defined(__AVX2__) && defined(__FMA__)
  const std::string expected = "avx2";
#elif defined(__SSE4_1__) && !defined(__AVX__)
  const std::string expected = "sse4";
#else
  const std::string expected = "heed";
#endif
  EXPECT_NE(std::string(typeid(Shape).name()).find(expected), std::string::npos) << typeid(Shape).name();
}

TEST(Types, AnIndexIsSignedAndWide) {
  static_assert(std::is_signed_v<heed::Index>);
  EXPECT_EQ(sizeof(heed::Index), sizeof(void*));
}

}  // namespace
