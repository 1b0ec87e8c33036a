#include "heed/core/isa.hpp"

#include <gtest/gtest.h>

#include <string>
#include <typeinfo>

#include "heed/core/tensor.hpp"

#define HEED_TEST_TEXT_OF(name) #name
#define HEED_TEST_TEXT(name) HEED_TEST_TEXT_OF(name)

namespace {

// The linker sees the instruction set in the name of every type.
TEST(Isa, StandsInTheNamesOfTypes) {
  const std::string name = typeid(heed::Tensor<float, 2>).name();
  EXPECT_NE(name.find(HEED_TEST_TEXT(HEED_ISA)), std::string::npos) << name;
}

}  // namespace
