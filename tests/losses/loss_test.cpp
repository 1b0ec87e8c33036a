#include "heed/losses/loss.hpp"

#include <gtest/gtest.h>

#include "heed/losses/binary_cross_entropy.hpp"
#include "heed/losses/cross_entropy.hpp"
#include "heed/losses/huber.hpp"
#include "heed/losses/mean_squared_error.hpp"

namespace loss_test {

TEST(Loss, IsWhatHeedsLossesAre) {
  static_assert(heed::Loss<heed::CrossEntropy<float>, float>);
  static_assert(heed::Loss<heed::MeanSquaredError<double>, double>);
  static_assert(heed::Loss<heed::Huber<float>, float>);
  static_assert(heed::Loss<heed::BinaryCrossEntropy<double>, double>);
  static_assert(!heed::Loss<heed::Huber<float>, double>);
  static_assert(!heed::Loss<int, float>);
}

}  // namespace loss_test
