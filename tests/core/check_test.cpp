#include "heed/core/check.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace check_test {

using heed::Tensor;

std::string message(const auto& f) {
  try {
    f();
  } catch (const heed::Error& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(CheckLengths, TakesNoneOrOneForEach) {
  const std::vector<std::int32_t> none, right = {0, 3, 2};
  EXPECT_NO_THROW(heed::check_lengths(none, 3, 3, "here"));
  EXPECT_NO_THROW(heed::check_lengths(right, 3, 3, "here"));
}

TEST(CheckLengths, NamesAWrongCountAndAWrongLength) {
  const std::vector<std::int32_t> lengths = {0, 4, 2}, negative = {-1};
  EXPECT_EQ(message([&] { heed::check_lengths(lengths, 2, 4, "here"); }),
            "here: wrong number of lengths (expected 2, got 3)");
  EXPECT_EQ(message([&] { heed::check_lengths(lengths, 3, 3, "here"); }),
            "here, sequence 1 (counted from 0): length out of range (expected 0 to 3, got 4)");
  EXPECT_THROW(heed::check_lengths(negative, 1, 3, "here"), heed::Error);
}

TEST(CheckFinite, NamesTheSequenceTheStepAndTheFeature) {
  Tensor<double, 3> x({2, 3, 2});
  x(1, 2, 0) = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(message([&] { heed::check_finite<double>(x, {}, "here"); }),
            "here, sequence 1, step 2, feature 0 (counted from 0): value is not finite (expected a finite number, got "
            "-infinity)");
}

TEST(CheckFinite, DoesNotLookPastASequencesEnd) {
  Tensor<float, 3> x({2, 3, 2});
  x(1, 2, 0) = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::int32_t> short_enough = {3, 2}, too_long = {3, 3};
  EXPECT_NO_THROW(heed::check_finite<float>(x, short_enough, "here"));
  EXPECT_THROW(heed::check_finite<float>(x, too_long, "here"), heed::Error);
}

TEST(CheckTokens, NamesTheSequenceAndTheStep) {
  const std::vector<std::int32_t> x = {0, 4, 2, 5, -1, 0}, short_enough = {3, 0}, too_long = {3, 2};
  const auto tokens = heed::view(x, {2, 3});
  EXPECT_EQ(message([&] { heed::check_tokens(tokens, {}, 5, "here", 10); }),
            "here, sequence 11, step 0 (counted from 0): token out of range (expected 0 to 4, got 5)");
  EXPECT_EQ(message([&] { heed::check_tokens(tokens, too_long, 6, "here"); }),
            "here, sequence 1, step 1 (counted from 0): token out of range (expected 0 to 5, got -1)");
  EXPECT_NO_THROW(heed::check_tokens(tokens, short_enough, 5, "here"));
  EXPECT_THROW(heed::check_tokens(tokens, std::vector<std::int32_t>{3}, 5, "here"), heed::Error);
}

}  // namespace check_test
