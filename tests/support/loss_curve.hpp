#pragma once

// Losses of training against those of a reference.

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "heed/train/history.hpp"

namespace test_support {

/// Expects the loss of every epoch, within a relative difference.
inline void expect_losses(const heed::History& history, const std::vector<double>& losses, double limit = 1e-10) {
  ASSERT_EQ(history.epochs.size(), losses.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    EXPECT_NEAR(history.epochs[i].loss / losses[i], 1, limit) << "epoch " << i + 1;
  }
}

}  // namespace test_support
