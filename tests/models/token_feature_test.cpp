#include "heed/models/token_feature.hpp"

#include <gtest/gtest.h>

namespace token_feature_test {

TEST(TokenFeature, IsItsNameAndItsTexts) {
  const heed::TokenFeature a{"lower", {"the"}};
  EXPECT_EQ(a, (heed::TokenFeature{"lower", {"the"}}));
  EXPECT_NE(a, (heed::TokenFeature{"lower", {}}));
  EXPECT_NE(a, (heed::TokenFeature{"word", {"the"}}));
}

}  // namespace token_feature_test
