#include "heed/core/isa.hpp"

#include <gtest/gtest.h>

#include <string>
#include <typeinfo>

#include "heed/core/scratch.hpp"
#include "heed/core/simd.hpp"

#define HEED_TEST_TEXT_OF(name) #name
#define HEED_TEST_TEXT(name) HEED_TEST_TEXT_OF(name)

namespace isa_test {

// The linker sees the instruction set in the name of every type.
TEST(Isa, StandsInTheNamesOfTypes) {
  const std::string name = typeid(heed::Scratch).name();
  EXPECT_NE(name.find(HEED_TEST_TEXT(HEED_ISA)), std::string::npos) << name;
}

// So do macros that change what heed is made of: a library and its user must agree on them.
TEST(Isa, NamesSayWhetherThereArePackets) {
  const std::string name = HEED_TEST_TEXT(HEED_ISA);
#ifdef EIGEN_DONT_VECTORIZE
  EXPECT_NE(name.find("_scalar_"), std::string::npos) << name;
  EXPECT_EQ(heed::simd::native_width<float>, 1);
#else
  EXPECT_EQ(name.find("scalar"), std::string::npos) << name;
#endif
#ifdef _GLIBCXX_DEBUG
  EXPECT_NE(name.find("_debug_"), std::string::npos) << name;
#else
  EXPECT_EQ(name.find("debug"), std::string::npos) << name;
#endif
}

}  // namespace isa_test
