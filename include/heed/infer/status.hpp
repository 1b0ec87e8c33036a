#pragma once

/// @file
/// What the `try_` functions of predictors and streams return instead of throwing.

#include <array>
#include <string_view>

#include "heed/core/types.hpp"
#include "heed/options/named_enum.hpp"

namespace heed::inline HEED_ABI {

/// Why there is no answer. `to_text(status)` gives it in words, without allocating.
enum class [[nodiscard]] InferenceStatus : int {
  ok,
  too_many_steps,      ///< more than `max_steps`, or than the model's positions
  wrong_features,      ///< the features of a step do not fit the model
  no_steps,            ///< a sequence of no steps
  wrong_steps,         ///< the model does not accept this number of steps
  unknown_token,       ///< a token is not in the vocabulary
  not_finite,          ///< an input is NaN or infinite
  nothing_to_predict,  ///< a stream has had no step yet
  not_finite_logits,   ///< the weights of the model are faulty
  no_classes,          ///< the model gives numbers, which have no class: ask for outputs
  wrong_state          ///< a state of another model, or of other options
};

constexpr std::array<std::string_view, 11> names_of(InferenceStatus) {
  return {"ok",
          "too many steps",
          "wrong number of features",
          "empty sequence",
          "number of steps out of range",
          "token out of range",
          "value is not finite",
          "there is nothing to predict from before a step",
          "the logits are not finite",
          "the model gives numbers, which have no class and no probability",
          "a state of another model or max_steps"};
}

/// A value, or why there is none:
///
///     if (const auto y = stream.try_step(x)) play(y.value);
template <class T>
struct [[nodiscard]] InferenceResult {
  InferenceStatus status = InferenceStatus::ok;
  T value = {};

  constexpr explicit operator bool() const noexcept { return status == InferenceStatus::ok; }
};

}  // namespace heed::inline HEED_ABI
