#include "heed/options/size_list.hpp"

#include <gtest/gtest.h>

#include <string>

#include "../support/error_of.hpp"

namespace size_list_test {

using heed::SizeList;
using test_support::error_of;

TEST(SizeList, IsAConstantOfAFewSizes) {
  constexpr SizeList none, one = 64, three{8, 5, 3};
  static_assert(none.empty() && one.size() == 1 && one[0] == 64);
  static_assert(three.size() == 3 && three[2] == 3 && three == SizeList{8, 5, 3} && !(three == one));
}

TEST(SizeList, IsWrittenWithCommas) {
  for (const SizeList& sizes : {SizeList(), SizeList(64), SizeList{8, 5, 3}}) {
    EXPECT_EQ(heed::sizes_from(to_text(sizes), "sizes"), sizes);
  }
  EXPECT_EQ(to_text(SizeList{8, 5, 3}), "8,5,3");
}

TEST(SizeList, OfAnotherTextIsAnError) {
  for (const std::string text :
       {"8,", ",8", "8,,5", "8 5", "x", "8,5.5", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"}) {
    EXPECT_EQ(error_of([&] { heed::sizes_from(text, "--kernels"); }),
              "--kernels: wrong value (expected at most 16 whole numbers, as 8,5,3, got \"" + text + "\")");
  }
}

TEST(SizeList, HoldsSixteen) {
  SizeList sizes;
  for (int i = 0; i < 16; ++i) sizes.push_back(i);
  EXPECT_NE(error_of([&] { sizes.push_back(16); }), "no error");
  EXPECT_EQ(sizes.size(), 16);
}

}  // namespace size_list_test
