#include "heed/infer/status.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace status_test {

using heed::InferenceResult;
using heed::InferenceStatus;

TEST(InferenceStatus, HasATextOfItsOwnForEachReason) {
  const auto& texts = heed::choices<InferenceStatus>;
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(InferenceStatus::wrong_state) + 1);
  EXPECT_EQ(std::set<std::string_view>(texts.begin(), texts.end()).size(), texts.size());
  static_assert(to_text(InferenceStatus::ok) == "ok");
  static_assert(to_text(InferenceStatus::unknown_token) == "token out of range");
  static_assert(to_text(InferenceStatus::wrong_state) == "a state of another model or max_steps");
}

TEST(InferenceResult, IsTrueWithAValue) {
  constexpr InferenceResult<int> answer{InferenceStatus::ok, 3}, refusal{InferenceStatus::not_finite};
  static_assert(answer && answer.value == 3);
  static_assert(!refusal);
}

}  // namespace status_test
