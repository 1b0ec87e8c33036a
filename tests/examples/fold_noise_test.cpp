#include "../../examples/classifier/fold_noise.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace fold_noise_test {

using classifier::within_noise;
using Scores = std::vector<double>;

TEST(FoldNoise, ATieIsWithinItAndWhatIsBetterToo) {
  EXPECT_TRUE(within_noise(Scores{0.9, 0.8, 0.7}, Scores{0.9, 0.8, 0.7}, 3));
  EXPECT_TRUE(within_noise(Scores{0.9, 0.8, 0.8}, Scores{0.9, 0.8, 0.7}, 3));
  EXPECT_TRUE(within_noise(Scores{0.5}, Scores{0.5}, 3));
}

// differences .1, 0, -.04: mean .02, deviation .0721; sqrt(1/3 + 1/2) = .913
TEST(FoldNoise, IsTheCorrectedErrorOfTheDifferences) {
  EXPECT_TRUE(within_noise(Scores{0.8, 0.8, 0.84}, Scores{0.9, 0.8, 0.8}, 3));
  // always better by a little: no noise at all
  EXPECT_FALSE(within_noise(Scores{0.89, 0.79, 0.69}, Scores{0.9, 0.8, 0.7}, 3));
  // .1, .1, .04: mean .08, deviation .0346, error .0316
  EXPECT_FALSE(within_noise(Scores{0.8, 0.7, 0.66}, Scores{0.9, 0.8, 0.7}, 3));
  // of many parts the training data differ less, yet each part is small: 0, .1 has mean .05 and deviation .0707
  EXPECT_TRUE(within_noise(Scores{0.9, 0.7}, Scores{0.9, 0.8}, 2));
  EXPECT_TRUE(within_noise(Scores{0.9, 0.7}, Scores{0.9, 0.8}, 1000)) << "error .0500 and rounding";
}

TEST(FoldNoise, ComparesTheFoldsThatBothHave) {
  EXPECT_TRUE(within_noise(Scores{0.9}, Scores{0.9, 0.8, 0.7}, 3));
  EXPECT_FALSE(within_noise(Scores{0.8}, Scores{0.9, 0.1, 0.1}, 3)) << "one fold has no deviation";
  EXPECT_FALSE(within_noise(Scores{}, Scores{0.9}, 3));
}

}  // namespace fold_noise_test
